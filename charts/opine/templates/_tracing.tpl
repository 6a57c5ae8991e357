{{/* dict "root" $ "sampler" "traceidratio": who begins traces decides, the others follow whoever asks them. */}}
{{- define "opine.tracing.env" -}}
{{- with .root.Values.tracing }}
{{- if .endpoint }}
- name: OTEL_EXPORTER_OTLP_ENDPOINT
  value: {{ .endpoint | quote }}
- name: OTEL_TRACES_SAMPLER
  value: {{ $.sampler | default "parentbased_traceidratio" }}
- name: OTEL_TRACES_SAMPLER_ARG
  value: {{ .share | quote }}
{{- end }}
{{- end }}
{{- end -}}

{{- define "opine.tracing.egress" -}}
{{- with .Values.tracing }}
{{- if .endpoint }}
{{- $url := urlParse .endpoint }}
# Spans are sent to the collector.
- ports:
    - port: {{ regexFind ":[0-9]+$" $url.host | trimPrefix ":" | default (ternary 443 80 (eq $url.scheme "https")) }}
  {{- with .collector }}
  to:
    {{- toYaml . | nindent 4 }}
  {{- end }}
{{- end }}
{{- end }}
{{- end -}}
