{{/* What every process of the reviews image needs, and no secret but the database's: dict "root" $ "host" "x:5432"; "secret" of a role, else the owner's */}}
{{- define "opine.reviews.databaseEnv" -}}
{{ include "opine.databaseEnv" (dict "root" .root "host" .host "prefix" "OPINE_REVIEWS_" "secret" (.secret | default (include "opine.ownerSecretName" .root))) }}
{{- $roles := include "opine.roles" .root | fromYaml }}
- name: OPINE_REVIEWS_SCRAPING_ROLE
  value: {{ $roles.scraping }}
- name: OPINE_REVIEWS_ANALYSIS_ROLE
  value: {{ $roles.analysis }}
- name: OPINE_REVIEWS_READING_ROLE
  value: {{ $roles.reading }}
{{- end -}}

{{/* What reads reviews for their terms: dict "root" $ */}}
{{- define "opine.reviews.readingEnv" -}}
{{- $roles := .root.Values.database.roles -}}
{{- $secret := include "opine.roleSecretName" (dict "root" .root "role" "reading") -}}
{{- if and (eq .root.Values.database.type "external") (not $roles.readingSecret) -}}
  {{- $secret = include "opine.ownerSecretName" .root -}}
{{- end -}}
{{ include "opine.reviews.databaseEnv" (dict "root" .root "host" (include "opine.postgresHost" .root) "secret" $secret) }}
- name: OPINE_REVIEWS_SENTIMENT_URL
  value: http://{{ include "opine.fullname" .root }}-sentiment
{{- end -}}

{{- define "opine.reviews.env" -}}
{{- $host := include "opine.postgresHost" .root -}}
{{- if include "opine.usesPooler" .root -}}
{{- $host = printf "%s:5432" (include "opine.poolerName" .root) -}}
{{- end -}}
{{ include "opine.reviews.databaseEnv" (dict "root" .root "host" $host) }}
{{ include "opine.envFromSecret" (dict "name" "OPINE_REVIEWS_CLIENT_HASH_KEY" "secret" (include "opine.secretName" .root) "key" "client-hash-key") }}
{{ include "opine.envFromSecret" (dict "name" "OPINE_REVIEWS_PREVIOUS_CLIENT_HASH_KEY" "secret" (include "opine.secretName" .root) "key" "previous-client-hash-key" "optional" true) }}
# There only while the password changes: see the README's "Passwords".
- name: OPINE_REVIEWS_DATABASE_NEXT_PASSWORD
  valueFrom:
    secretKeyRef:
      name: {{ include "opine.ownerSecretName" .root }}
      key: next-password
      optional: true
{{ include "opine.envFromSecret" (dict "name" "OPINE_REVIEWS_ADMIN_TOKEN" "secret" (include "opine.secretName" .root) "key" "admin-token") }}
{{- /* A Secret of before the registry lacks the key: its routes then answer 403. */}}
{{ include "opine.envFromSecret" (dict "name" "OPINE_REVIEWS_REGISTRY_TOKEN" "secret" (include "opine.secretName" .root) "key" "registry-token" "optional" true) }}
- name: OPINE_REVIEWS_SENTIMENT_URL
  value: http://{{ include "opine.fullname" .root }}-sentiment
{{- with .root.Values.sentiment.autoscaling }}
{{- if and .enabled (not .minReplicas) }}
- name: OPINE_REVIEWS_SENTIMENT_SLEEPS
  value: "true"
{{- end }}
{{- end }}
- name: OPINE_REVIEWS_TRUSTED_PROXIES
  value: {{ .values.trustedProxies | quote }}
# All processes and replicas count together.
- name: OPINE_REVIEWS_LIMIT_STORE
  value: postgresql
- name: OPINE_REVIEWS_WORKERS
  value: {{ .values.workers | quote }}
- name: OPINE_REVIEWS_THREADS
  value: {{ .values.threads | quote }}
{{- include "opine.tracing.env" (dict "root" .root) }}
{{- end -}}
