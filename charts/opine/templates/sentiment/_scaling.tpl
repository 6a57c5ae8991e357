{{/*
Seconds of computing that are asked for in a second, admitted or refused: demand shows before texts wait, on a GPU too, and
is not hidden by limits in front of the queue, as waiting texts are.
*/}}
{{- define "opine.offeredComputeMetric" -}}
- type: Pods
  pods:
    metric:
      name: opine_sentiment_offered_compute_seconds_total
    target:
      type: AverageValue
      averageValue: {{ .values.autoscaling.targetOfferedCompute | quote }}
{{- end -}}
