{{/* Pods of a component of this release, as a peer: dict "root" $ "component" "reviews" */}}
{{- define "opine.peer" -}}
- podSelector:
    matchLabels:
      {{- include "opine.selectorLabels" . | nindent 6 }}
{{- end -}}

{{- define "opine.dnsEgress" -}}
# Names of services are looked up.
- to:
    {{- toYaml .Values.networkPolicy.dns | nindent 4 }}
  ports:
    - {port: 53, protocol: UDP}
    - {port: 53, protocol: TCP}
{{- end -}}

{{/* dict "root" $ "port" "http" */}}
{{- define "opine.monitoringIngress" -}}
{{- if .root.Values.monitoring.enabled }}
# Prometheus reads the metrics.
- from:
    {{- toYaml .root.Values.networkPolicy.monitoring | nindent 4 }}
  ports:
    - port: {{ .port }}
{{- end }}
{{- end -}}

{{/* To PostgreSQL itself: migrations and jobs, and the API where there is no pooler. */}}
{{- define "opine.postgresEgress" -}}
{{- if eq .Values.database.type "cnpg" }}
- to:
    - podSelector:
        matchLabels:
          cnpg.io/cluster: {{ include "opine.clusterName" . }}
          cnpg.io/podRole: instance
  ports:
    - port: 5432
{{- else }}
- ports:
    - port: {{ .Values.database.external.port }}
  {{- with .Values.database.external.cidrs }}
  to:
    {{- range . }}
    - ipBlock:
        cidr: {{ . }}
    {{- end }}
  {{- end }}
{{- end }}
{{- end -}}

{{- define "opine.poolerEgress" -}}
{{- if include "opine.usesPooler" . }}
- to:
    - podSelector:
        matchLabels:
          cnpg.io/poolerName: {{ include "opine.poolerName" . }}
  ports:
    - port: 5432
{{- else }}
{{- include "opine.postgresEgress" . }}
{{- end }}
{{- end -}}

{{- define "opine.apiServerEgress" -}}
# The instance manager reads its Cluster from the API server, whose address differs from cluster to cluster.
- ports:
    {{- range .Values.networkPolicy.apiServerPorts }}
    - port: {{ . }}
    {{- end }}
{{- end -}}
