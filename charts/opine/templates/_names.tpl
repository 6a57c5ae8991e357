{{- define "opine.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 34 | trimSuffix "-" -}}
{{- end -}}

{{/* The prefix of all names. Short, because a CronJob's name has at most 52 characters. */}}
{{- define "opine.fullname" -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 34 | trimSuffix "-" -}}
{{- else if contains (include "opine.name" .) .Release.Name -}}
{{- .Release.Name | trunc 34 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name (include "opine.name" .) | trunc 34 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{/* Of a component: dict "root" $ "component" "reviews" "values" .Values.reviews */}}
{{- define "opine.componentName" -}}
{{- printf "%s-%s" (include "opine.fullname" .root) .component -}}
{{- end -}}

{{- define "opine.serviceAccountName" -}}
{{- if .values.serviceAccount.create -}}
{{- .values.serviceAccount.name | default (include "opine.componentName" .) -}}
{{- else -}}
{{- .values.serviceAccount.name -}}
{{- end -}}
{{- end -}}

{{- define "opine.secretName" -}}
{{- .Values.secrets.existingSecret | default (printf "%s-secrets" (include "opine.fullname" .)) -}}
{{- end -}}

{{- define "opine.clusterName" -}}
{{- .Values.database.cnpg.clusterName | default (printf "%s-db" (include "opine.fullname" .)) -}}
{{- end -}}

{{- define "opine.poolerName" -}}
{{- printf "%s-pooler" (include "opine.clusterName" .) -}}
{{- end -}}

{{- define "opine.backupName" -}}
{{- printf "%s-backups" (include "opine.clusterName" .) -}}
{{- end -}}

{{/* The folder of this Cluster's backups. */}}
{{- define "opine.backupServerName" -}}
{{- .Values.database.cnpg.backup.serverName | default (include "opine.clusterName" .) -}}
{{- end -}}

{{/* dict "root" $ "role" "scraping" */}}
{{- define "opine.roleSecretName" -}}
{{- index .root.Values.database.roles (printf "%sSecret" .role) | default (printf "%s-%s" (include "opine.clusterName" .root) .role) -}}
{{- end -}}

{{/* dict "root" $ "image" .Values.reviews.image */}}
{{- define "opine.image" -}}
{{- $registry := .root.Values.global.imageRegistry -}}
{{- if $registry -}}{{ trimSuffix "/" $registry }}/{{- end -}}
{{- .image.repository -}}
{{- if .image.digest -}}@{{ .image.digest }}{{- else -}}:{{ .image.tag | default .root.Chart.AppVersion }}{{- end -}}
{{- end -}}
