{{- define "opine.serviceAccount" -}}
{{- if .values.serviceAccount.create }}
apiVersion: v1
kind: ServiceAccount
metadata:
  {{- include "opine.metadata" (merge (dict "name" (include "opine.serviceAccountName" .)) .) | nindent 2 }}
  {{- with .values.serviceAccount.annotations }}
  annotations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
automountServiceAccountToken: false
{{- end }}
{{- end -}}

{{/*
With an autoscaler the number is its own. Until it has set it once, though, the number belongs to Helm alone, and
leaving it out would make it one: then the number that is there is kept.
*/}}
{{- define "opine.replicas" -}}
{{- if not .values.autoscaling.enabled }}
replicas: {{ .values.replicaCount }}
{{- else }}
{{- $live := lookup "apps/v1" "Deployment" .root.Release.Namespace (include "opine.componentName" .) }}
{{- $owners := list }}
{{- range dig "metadata" "managedFields" list $live }}
{{- if hasKey (dig "f:spec" dict (.fieldsV1 | default dict)) "f:replicas" }}
{{- $owners = append $owners .manager }}
{{- end }}
{{- end }}
{{- if and $owners (not (without $owners "helm")) }}
replicas: {{ $live.spec.replicas }}
{{- end }}
{{- end }}
{{- end -}}

{{/* None for a single pod: it would block every drain. */}}
{{- define "opine.podDisruptionBudget" -}}
{{- $fewest := ternary .values.autoscaling.minReplicas .values.replicaCount .values.autoscaling.enabled }}
{{- if and .values.pdb.enabled (gt (int $fewest) 1) }}
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata:
  {{- include "opine.metadata" . | nindent 2 }}
spec:
  maxUnavailable: {{ .values.pdb.maxUnavailable }}
  unhealthyPodEvictionPolicy: AlwaysAllow
  selector:
    matchLabels:
      {{- include "opine.selectorLabels" . | nindent 6 }}
{{- end }}
{{- end -}}

{{/* Quickly up, slowly down. */}}
{{- define "opine.scalingBehavior" -}}
scaleUp:
  stabilizationWindowSeconds: 0
  policies:
    - {type: Percent, value: 100, periodSeconds: 30}
scaleDown:
  stabilizationWindowSeconds: {{ .values.autoscaling.scaleDownStabilizationSeconds }}
  policies:
    - {type: Pods, value: 1, periodSeconds: 60}
{{- end -}}

{{/* dict of a component with "metric": the YAML of one metric. */}}
{{- define "opine.horizontalPodAutoscaler" -}}
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata:
  {{- include "opine.metadata" . | nindent 2 }}
spec:
  scaleTargetRef:
    apiVersion: apps/v1
    kind: Deployment
    name: {{ include "opine.componentName" . }}
  minReplicas: {{ .values.autoscaling.minReplicas }}
  maxReplicas: {{ .values.autoscaling.maxReplicas }}
  metrics:
    {{- .metric | nindent 4 }}
  behavior:
    {{- include "opine.scalingBehavior" . | nindent 4 }}
{{- end -}}

{{- define "opine.cpuMetric" -}}
- type: Resource
  resource:
    name: cpu
    target:
      type: Utilization
      averageUtilization: {{ .values.autoscaling.targetCPUUtilization }}
{{- end -}}

{{/* What a Job of the release may do with failures: an eviction is no failure of its own. */}}
{{- define "opine.disruptionIgnored" -}}
- action: Ignore
  onPodConditions:
    - type: DisruptionTarget
      status: "True"
{{- end -}}
