{{/* Where the sentiment service finds the registry. */}}
{{- define "opine.learning.registryUrl" -}}
http://{{ include "opine.fullname" . }}-reviews
{{- end -}}

{{- define "opine.learning.env" -}}
{{ include "opine.envFromSecret" (dict "name" "OPINE_LEARNING_REGISTRY_TOKEN" "secret" (include "opine.secretName" .root) "key" "registry-token") }}
- name: OPINE_LEARNING_REVIEWS_URL
  value: {{ include "opine.learning.registryUrl" .root }}
# Each pod is asked: one may refuse what another serves.
- name: OPINE_LEARNING_SENTIMENT_URL
  value: http://{{ include "opine.fullname" .root }}-sentiment-pods:3000
{{- if .values.events }}
- name: OPINE_LEARNING_KUBERNETES_NAMESPACE
  value: {{ .root.Release.Namespace }}
- name: OPINE_LEARNING_KUBERNETES_CRON_JOB
  value: {{ include "opine.componentName" . }}
{{- end }}
{{- with .root.Values.training }}
{{- if .enabled }}
- name: OPINE_LEARNING_TRAINING
  value: job
- name: OPINE_LEARNING_KUBERNETES_TRAINING_CRON_JOB
  value: {{ include "opine.componentName" (dict "root" $.root "component" "training") }}
# The Job ends itself before; this is for one that went without a trace.
- name: OPINE_LEARNING_TRAINING_LIMIT_S
  value: {{ add .activeDeadlineSeconds 600 | quote }}
{{- end }}
{{- end }}
{{- end -}}
