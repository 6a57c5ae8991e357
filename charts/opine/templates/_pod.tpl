{{/* What the pods of all components have in common: identity, hardening, where they run. */}}
{{- define "opine.podSpec" -}}
serviceAccountName: {{ include "opine.serviceAccountName" . }}
automountServiceAccountToken: false
# No OPINE_REVIEWS_PORT=tcp://... that would read like a setting.
enableServiceLinks: false
{{- with .root.Values.global.imagePullSecrets }}
imagePullSecrets:
  {{- toYaml . | nindent 2 }}
{{- end }}
securityContext:
  runAsNonRoot: true
  runAsUser: 10001
  runAsGroup: 10001
  fsGroup: 10001
  fsGroupChangePolicy: OnRootMismatch
  seccompProfile:
    type: RuntimeDefault
{{- with .values.priorityClassName }}
priorityClassName: {{ . }}
{{- end }}
{{- $gpu := .values.gpu | default dict }}
{{- if and $gpu.enabled $gpu.runtimeClassName }}
runtimeClassName: {{ $gpu.runtimeClassName }}
{{- end }}
{{- if and $gpu.enabled $gpu.resourceClaimTemplateName }}
resourceClaims:
  - {name: gpu, resourceClaimTemplateName: {{ $gpu.resourceClaimTemplateName }}}
{{- end }}
{{- with (merge dict (.values.nodeSelector | default dict) (ternary $gpu.nodeSelector dict (dig "enabled" false $gpu))) }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with (concat (.values.tolerations | default list) (ternary $gpu.tolerations list (dig "enabled" false $gpu))) }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .values.affinity }}
affinity:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}

{{/*
Over zones, then over nodes; counted within one revision, so that a rollout is spread as well. dict of a component, with
"selector" where its pods have other labels.
*/}}
{{- define "opine.spread" -}}
topologySpreadConstraints:
  {{- $selector := .selector }}
  {{- if not $selector }}{{ $selector = include "opine.selectorLabels" . | fromYaml }}{{ end }}
  {{- if .values.topologySpreadConstraints }}
  {{- toYaml .values.topologySpreadConstraints | nindent 2 }}
  {{- else }}
  {{- range $key := list "topology.kubernetes.io/zone" "kubernetes.io/hostname" }}
  - maxSkew: 1
    topologyKey: {{ $key }}
    whenUnsatisfiable: ScheduleAnyway
    matchLabelKeys: [pod-template-hash]
    labelSelector:
      matchLabels:
        {{- toYaml $selector | nindent 8 }}
  {{- end }}
  {{- end }}
{{- end -}}

{{- define "opine.containerSecurityContext" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities:
  drop: [ALL]
{{- end -}}

{{/* Image, pull policy, hardening and resources of a component's container. */}}
{{- define "opine.container" -}}
image: {{ include "opine.image" (dict "root" .root "image" .values.image) }}
imagePullPolicy: {{ .values.image.pullPolicy }}
securityContext:
  {{- include "opine.containerSecurityContext" . | nindent 2 }}
{{- end -}}

{{/* A quantity such as 512Mi or 1.5G in bytes. */}}
{{- define "opine.bytes" -}}
{{- $text := toString . -}}
{{- $units := dict "Ki" 1024 "Mi" 1048576 "Gi" 1073741824 "Ti" 1099511627776 "k" 1000 "M" 1000000 "G" 1000000000 "T" 1000000000000 -}}
{{- $unit := regexFind "[A-Za-z]+$" $text -}}
{{- $number := trimSuffix $unit $text | float64 -}}
{{- if kindIs "float64" . -}}{{- $unit = "" -}}{{- $number = . -}}{{- end -}}
{{- mulf $number (get $units $unit | default 1) | int64 -}}
{{- end -}}

{{/* Resources with the GPU, if there is one; it stands in the limits, whose request follows, or is claimed. */}}
{{- define "opine.resources" -}}
{{- $gpu := .values.gpu | default dict -}}
{{- $resources := deepCopy (.resources | default .values.resources) -}}
{{- if and $gpu.enabled $gpu.resourceClaimTemplateName -}}
{{- $_ := set $resources "claims" (list (dict "name" "gpu")) -}}
{{- else if $gpu.enabled -}}
{{- $_ := set $resources "limits" (merge (dict $gpu.resourceName $gpu.count) ($resources.limits | default dict)) -}}
{{- end -}}
{{- toYaml $resources -}}
{{- end -}}

{{/* Where metrics are, and probes that answer while all else hangs: a port of its own, which no Service has. */}}
{{- define "opine.managementPort" -}}
{{- if eq .component "sentiment" }}http{{ else }}management{{ end }}
{{- end -}}

{{- define "opine.probes" -}}
{{- $port := include "opine.managementPort" . -}}
startupProbe:
  httpGet: {path: /livez, port: {{ $port }}}
  {{- toYaml .values.probes.startup | nindent 2 }}
livenessProbe:
  httpGet: {path: /livez, port: {{ $port }}}
  {{- toYaml .values.probes.liveness | nindent 2 }}
readinessProbe:
  httpGet: {path: /readyz, port: {{ $port }}}
  {{- toYaml .values.probes.readiness | nindent 2 }}
{{- if .values.lifecycle.preStopSleepSeconds }}
lifecycle:
  preStop:
    sleep:
      seconds: {{ .values.lifecycle.preStopSleepSeconds }}
{{- end }}
{{- end -}}

{{/* A GPU pod cannot surge where every GPU is taken: the new pod would wait for ever. */}}
{{- define "opine.rollout" -}}
{{- $gpu := .values.gpu | default dict -}}
{{- $surge := .values.updateStrategy.maxSurge -}}
{{- $unavailable := .values.updateStrategy.maxUnavailable -}}
type: RollingUpdate
rollingUpdate:
  maxSurge: {{ if kindIs "invalid" $surge }}{{ ternary 0 1 (dig "enabled" false $gpu) }}{{ else }}{{ $surge }}{{ end }}
  maxUnavailable: {{ if kindIs "invalid" $unavailable }}{{ ternary 1 0 (dig "enabled" false $gpu) }}{{ else }}{{ $unavailable }}{{ end }}
{{- end -}}
