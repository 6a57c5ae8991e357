{{/* The Job's spec, apart from its name, which is a hash of it: a Job cannot be changed, so a change is a new Job. */}}
{{- define "opine.migrations.spec" -}}
{{- $c := dict "root" . "component" "migrations" "values" (merge (dict "image" .Values.reviews.image "env" .Values.reviews.env "extraEnv" .Values.reviews.extraEnv) .Values.migrations) -}}
{{- $container := include "opine.container" $c -}}
{{- $env := include "opine.env" (dict "values" $c.values "defaults" (include "opine.reviews.databaseEnv" (dict "root" . "host" (include "opine.postgresHost" .)))) -}}
{{- $resources := toYaml .Values.migrations.resources -}}
{{- $mounts := include "opine.reviews.mounts" $c -}}
backoffLimit: {{ .Values.migrations.backoffLimit }}
activeDeadlineSeconds: {{ .Values.migrations.activeDeadlineSeconds }}
{{- if not (kindIs "invalid" .Values.migrations.ttlSecondsAfterFinished) }}
ttlSecondsAfterFinished: {{ .Values.migrations.ttlSecondsAfterFinished }}
{{- end }}
podFailurePolicy:
  rules:
    {{- include "opine.disruptionIgnored" . | nindent 4 }}
template:
  metadata:
    {{- include "opine.podMetadata" $c | nindent 4 }}
  spec:
    {{- include "opine.podSpec" $c | nindent 4 }}
    restartPolicy: Never
    initContainers:
      # CloudNativePG makes the roles, and the migration gives them their rights.
      - name: wait-for-database
        {{- $container | nindent 8 }}
        args: [opine-reviews, wait, {{ ternary "roles" "database" (eq .Values.database.type "cnpg") }}, --seconds, {{ .Values.migrations.waitSeconds | quote }}]
        env:
          {{- $env | nindent 10 }}
        resources:
          {{- $resources | nindent 10 }}
        volumeMounts:
          {{- $mounts | nindent 10 }}
      {{- if .Values.migrations.seedBrands }}
      - name: migrate
        {{- $container | nindent 8 }}
        args: [opine-reviews, migrate]
        env:
          {{- $env | nindent 10 }}
        resources:
          {{- $resources | nindent 10 }}
        volumeMounts:
          {{- $mounts | nindent 10 }}
      {{- end }}
    containers:
      - name: migrations
        {{- $container | nindent 8 }}
        args: [opine-reviews, {{ ternary "seed-brands" "migrate" .Values.migrations.seedBrands }}]
        env:
          {{- $env | nindent 10 }}
        resources:
          {{- $resources | nindent 10 }}
        volumeMounts:
          {{- $mounts | nindent 10 }}
    volumes:
      {{- include "opine.reviews.volumes" $c | nindent 6 }}
{{- end -}}
