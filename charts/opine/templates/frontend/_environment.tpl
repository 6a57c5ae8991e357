{{- define "opine.frontend.env" -}}
{{- $secret := include "opine.secretName" .root -}}
- name: OPINE_FRONTEND_REVIEWS_URL
  value: http://{{ include "opine.fullname" .root }}-reviews
{{ include "opine.envFromSecret" (dict "name" "OPINE_FRONTEND_ADMIN_PASSWORD" "secret" $secret "key" "admin-password") }}
{{ include "opine.envFromSecret" (dict "name" "OPINE_FRONTEND_ADMIN_TOKEN" "secret" $secret "key" "admin-token") }}
{{ include "opine.envFromSecret" (dict "name" "OPINE_FRONTEND_SECRET_KEY" "secret" $secret "key" "session-key") }}
- name: OPINE_FRONTEND_ALLOWED_HOSTS
  value: {{ join "," .values.allowedHosts | quote }}
- name: OPINE_FRONTEND_PREFIX
  value: {{ .values.prefix | quote }}
- name: OPINE_FRONTEND_TRUSTED_PROXIES
  {{- if kindIs "invalid" .values.trustedProxies }}
  value: {{ ternary "1" "0" (or .root.Values.ingress.enabled .root.Values.httpRoute.enabled) | quote }}
  {{- else }}
  value: {{ .values.trustedProxies | quote }}
  {{- end }}
{{- include "opine.tracing.env" (dict "root" .root "sampler" "traceidratio") }}
{{- end -}}
