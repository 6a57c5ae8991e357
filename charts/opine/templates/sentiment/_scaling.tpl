{{/* Texts that wait say sooner than the CPU that a pod has too much to do, and say it of a GPU too. */}}
{{- define "opine.queuedRowsMetric" -}}
- type: Pods
  pods:
    metric:
      name: opine_sentiment_queue_rows
    target:
      type: AverageValue
      averageValue: {{ .values.autoscaling.targetQueuedRows | quote }}
{{- end -}}
