{{- define "opine.sentiment.env" -}}
- name: OPINE_SENTIMENT_ENGINE
  value: {{ .values.engine }}
{{- if .values.gpu.enabled }}
# Without its GPU the pod is not ready, instead of slow.
- name: OPINE_SENTIMENT_DEVICE
  value: cuda
{{- end }}
# Without a CPU limit the service would take a thread for every CPU of the node.
- name: OPINE_SENTIMENT_THREADS
  valueFrom:
    resourceFieldRef:
      containerName: sentiment
      resource: requests.cpu
      divisor: "1"
{{- if .root.Values.learning.enabled }}
- name: OPINE_SENTIMENT_REGISTRY_URL
  value: {{ include "opine.learning.registryUrl" .root }}
- name: OPINE_SENTIMENT_CACHE_DIR
  value: /models
{{- end }}
{{- include "opine.tracing.env" (dict "root" .root) }}
{{- end -}}
