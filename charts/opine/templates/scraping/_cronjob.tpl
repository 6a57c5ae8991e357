{{/* dict "root" $ "run" "crawl" */}}
{{- define "opine.scraping.env" -}}
{{- $v := .root.Values.scraping -}}
{{ include "opine.databaseEnv" (dict "root" .root "host" (include "opine.postgresHost" .root) "prefix" "OPINE_SCRAPING_" "secret" (include "opine.roleSecretName" (dict "root" .root "role" "scraping"))) }}
- name: OPINE_SCRAPING_SITE_URL
  value: {{ $v.siteUrl | quote }}
- name: OPINE_SCRAPING_CONTACT
  value: {{ $v.contact | quote }}
{{- with (index $v .run).shards }}
- name: OPINE_SCRAPING_SHARDS
  value: {{ . | quote }}
{{- end }}
- name: OPINE_SCRAPING_STATE_DIR
  value: /state
# Chromium's own sandbox needs rights that a restricted pod has not; the pod is the sandbox.
- name: OPINE_SCRAPING_BROWSER_SANDBOX
  value: "false"
{{- end -}}

{{/* dict "root" $ "run" "crawl" */}}
{{- define "opine.scraping.cronjob" -}}
{{- $v := .root.Values.scraping -}}
{{- $run := index $v .run -}}
{{- $c := dict "root" .root "component" "scraping" "values" $v -}}
apiVersion: batch/v1
kind: CronJob
metadata:
  {{- include "opine.metadata" (merge (dict "name" (printf "%s-%s" (include "opine.fullname" .root) .run)) $c) | nindent 2 }}
spec:
  schedule: {{ $run.schedule | quote }}
  timeZone: Etc/UTC
  suspend: {{ $run.suspend }}
  concurrencyPolicy: Forbid
  startingDeadlineSeconds: 3600
  successfulJobsHistoryLimit: 1
  failedJobsHistoryLimit: 3
  jobTemplate:
    metadata:
      labels:
        {{- include "opine.stableLabels" $c | nindent 8 }}
    spec:
      {{- if gt (int $run.shards) 1 }}
      completionMode: Indexed
      completions: {{ $run.shards }}
      parallelism: {{ $run.shards }}
      backoffLimitPerIndex: 2
      {{- else }}
      backoffLimit: 2
      {{- end }}
      activeDeadlineSeconds: {{ $run.activeDeadlineSeconds }}
      ttlSecondsAfterFinished: 604800
      podFailurePolicy:
        rules:
          {{- include "opine.disruptionIgnored" .root | nindent 10 }}
          # A wrong setting, a site that does not want this, pages that cannot be read: trying again helps nobody.
          - action: FailJob
            onExitCodes:
              containerName: scraping
              operator: In
              values: [2, 64, 65]
      template:
        metadata:
          {{- include "opine.podMetadata" $c | nindent 10 }}
        spec:
          {{- include "opine.podSpec" $c | nindent 10 }}
          restartPolicy: Never
          # Told to stop, a run keeps its place.
          terminationGracePeriodSeconds: 60
          containers:
            - name: scraping
              {{- include "opine.container" $c | nindent 14 }}
              args:
                {{- toYaml (prepend $run.args .run) | nindent 16 }}
              env:
                {{- include "opine.env" (dict "values" $v "defaults" (include "opine.scraping.env" .)) | nindent 16 }}
              resources:
                {{- toYaml $run.resources | nindent 16 }}
              volumeMounts:
                - {name: tmp, mountPath: /tmp}
                - {name: state, mountPath: /state}
                - {name: shm, mountPath: /dev/shm}
                {{- include "opine.databaseCaMount" .root | nindent 16 }}
                {{- with $v.extraVolumeMounts }}
                {{- toYaml . | nindent 16 }}
                {{- end }}
          volumes:
            - name: tmp
              emptyDir: {sizeLimit: 2Gi}
            - name: state
              {{- with $v.state.existingClaim }}
              persistentVolumeClaim:
                claimName: {{ . }}
              {{- else }}
              emptyDir: {sizeLimit: 2Gi}
              {{- end }}
            # Chromium shares more memory than the 64 MiB that a container gets.
            - name: shm
              emptyDir: {medium: Memory, sizeLimit: 512Mi}
            {{- include "opine.databaseCaVolume" .root | nindent 12 }}
            {{- with $v.extraVolumes }}
            {{- toYaml . | nindent 12 }}
            {{- end }}
{{- end -}}
