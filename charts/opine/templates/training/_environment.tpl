{{- define "opine.training.env" -}}
# PyTorch would take a thread for every CPU of the node.
- name: OMP_NUM_THREADS
  valueFrom:
    resourceFieldRef:
      containerName: training
      resource: requests.cpu
      divisor: "1"
- name: JOB_NAME
  valueFrom:
    fieldRef:
      fieldPath: metadata.labels['batch.kubernetes.io/job-name']
{{- $roles := .Values.database.roles -}}
{{- $secret := include "opine.roleSecretName" (dict "root" . "role" "analysis") -}}
{{- if and (eq .Values.database.type "external") (not $roles.analysisSecret) -}}
  {{- $secret = include "opine.ownerSecretName" . -}}
{{- end }}
{{ include "opine.envFromSecret" (dict "name" "PGUSER" "secret" $secret "key" "username") }}
{{ include "opine.envFromSecret" (dict "name" "PGPASSWORD" "secret" $secret "key" "password") }}
{{ include "opine.envFromSecret" (dict "name" "OPINE_TRAINING_REGISTRY_TOKEN" "secret" (include "opine.secretName" .) "key" "registry-token") }}
{{- end -}}
