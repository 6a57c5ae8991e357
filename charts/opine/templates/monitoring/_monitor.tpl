{{/* Bounds, so that a label gone wild cannot fill Prometheus. */}}
{{- define "opine.monitorLimits" -}}
sampleLimit: {{ .Values.monitoring.sampleLimit }}
labelLimit: 30
labelValueLengthLimit: 512
{{- end -}}

{{- define "opine.monitorTimes" -}}
interval: {{ .Values.monitoring.interval }}
scrapeTimeout: {{ .Values.monitoring.scrapeTimeout }}
{{- end -}}
