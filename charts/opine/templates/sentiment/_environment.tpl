{{/* "true" where releases decide which version is served. */}}
{{- define "opine.sentiment.followsRegistry" -}}
{{- if and .Values.learning.enabled (not .Values.sentiment.model.image) -}}true{{- end -}}
{{- end -}}

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
{{- if .values.model.image }}
- name: OPINE_SENTIMENT_MODEL_DIR
  value: /pinned-model
- name: OPINE_SENTIMENT_MODEL_SOURCE
  value: image
{{- else if include "opine.sentiment.followsRegistry" .root }}
- name: OPINE_SENTIMENT_REGISTRY_URL
  value: {{ include "opine.learning.registryUrl" .root }}
- name: OPINE_SENTIMENT_CACHE_DIR
  value: /models
{{- end }}
{{- include "opine.tracing.env" (dict "root" .root) }}
{{- end -}}
