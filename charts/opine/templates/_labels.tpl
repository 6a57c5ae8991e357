{{/* Immutable, so nothing that may change. */}}
{{- define "opine.selectorLabels" -}}
app.kubernetes.io/name: {{ include "opine.name" .root }}
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .component }}
{{- end -}}

{{/* Without what changes with each release of the chart: on pods it would restart them. */}}
{{- define "opine.stableLabels" -}}
{{ include "opine.selectorLabels" . }}
app.kubernetes.io/part-of: opine
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
{{- with .root.Values.global.labels }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{- define "opine.labels" -}}
{{ include "opine.stableLabels" . }}
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
helm.sh/chart: {{ printf "%s-%s" .root.Chart.Name .root.Chart.Version | replace "+" "_" | trunc 63 | trimSuffix "-" }}
{{- end -}}

{{/* Name, namespace and labels of an object; dict with "name" if it is not the component's. */}}
{{- define "opine.metadata" -}}
name: {{ .name | default (include "opine.componentName" .) }}
namespace: {{ .root.Release.Namespace }}
labels:
  {{- include "opine.labels" . | nindent 2 }}
{{- end -}}

{{- define "opine.podMetadata" -}}
labels:
  {{- include "opine.stableLabels" . | nindent 2 }}
  app.kubernetes.io/version: {{ .values.image.tag | default .root.Chart.AppVersion | splitList "@" | first | replace "+" "_" | trunc 63 | trimSuffix "-" | quote }}
  {{- with .values.podLabels }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
annotations:
  kubectl.kubernetes.io/default-container: {{ .component }}
  {{- with .values.podAnnotations }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
{{- end -}}
