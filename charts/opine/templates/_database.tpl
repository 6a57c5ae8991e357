{{- define "opine.usesPooler" -}}
{{- if and (eq .Values.database.type "cnpg") .Values.database.cnpg.pooler.enabled -}}true{{- end -}}
{{- end -}}

{{/* PostgreSQL's own address, for migrations and jobs: a pooler in transaction mode keeps no session. */}}
{{- define "opine.postgresHost" -}}
{{- if eq .Values.database.type "cnpg" -}}
{{- printf "%s-rw:5432" (include "opine.clusterName" .) -}}
{{- else -}}
{{- printf "%s:%d" .Values.database.external.host (int .Values.database.external.port) -}}
{{- end -}}
{{- end -}}

{{- define "opine.postgresQuery" -}}
{{- if and (eq .Values.database.type "external") .Values.database.external.caSecret -}}
?sslmode=verify-full&sslrootcert=/etc/postgresql-ca/ca.crt
{{- else -}}
?sslmode={{ ternary "require" .Values.database.external.sslMode (eq .Values.database.type "cnpg") }}
{{- end -}}
{{- end -}}

{{- define "opine.ownerSecretName" -}}
{{- if eq .Values.database.type "cnpg" -}}
{{- printf "%s-app" (include "opine.clusterName" .) -}}
{{- else -}}
{{- .Values.database.external.existingSecret -}}
{{- end -}}
{{- end -}}

{{/*
How a process reaches the database: dict "root" $ "host" "x:5432" "prefix" "OPINE_REVIEWS_" "secret" "x-app".
The driver takes name and password from PGUSER and PGPASSWORD, where they need no URL quoting.
*/}}
{{- define "opine.databaseEnv" -}}
- name: {{ .prefix }}DATABASE_URL
  value: {{ printf "postgresql+psycopg2://%s/%s%s" .host .root.Values.database.name (include "opine.postgresQuery" .root) | quote }}
{{ include "opine.envFromSecret" (dict "name" "PGUSER" "secret" .secret "key" "username") }}
{{ include "opine.envFromSecret" (dict "name" "PGPASSWORD" "secret" .secret "key" "password") }}
{{- end -}}

{{- define "opine.databaseCaVolume" -}}
{{- if and (eq .Values.database.type "external") .Values.database.external.caSecret }}
- name: postgresql-ca
  secret:
    secretName: {{ .Values.database.external.caSecret }}
{{- end }}
{{- end -}}

{{- define "opine.databaseCaMount" -}}
{{- if and (eq .Values.database.type "external") .Values.database.external.caSecret }}
- name: postgresql-ca
  mountPath: /etc/postgresql-ca
  readOnly: true
{{- end }}
{{- end -}}

{{/* The roles beside the owner: their names are known to the migrations, which grant them their rights. */}}
{{- define "opine.roles" -}}
scraping: opine_scraping
analysis: opine_analysis
reading: opine_reading
{{- end -}}
