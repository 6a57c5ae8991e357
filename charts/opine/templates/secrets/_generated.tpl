{{/*
"true" where this render can look into the cluster. `helm template` and what builds on it cannot, and would make
another password at every render. The ConfigMap is in every namespace; where the namespace is not there yet, the user
who creates it may read namespaces.
*/}}
{{- define "opine.canLookup" -}}
{{- if lookup "v1" "ConfigMap" .Release.Namespace "kube-root-ca.crt" -}}true
{{- else if lookup "v1" "Namespace" "" "default" -}}true
{{- end -}}
{{- end -}}

{{/* The value that a Secret has, or a new one: dict "found" (its data) "key" "password" "length" 32 */}}
{{- define "opine.keptOrNew" -}}
{{- index .found .key | default (randAlphaNum .length | b64enc) -}}
{{- end -}}

{{- define "opine.secretData" -}}
{{- (lookup "v1" "Secret" .root.Release.Namespace .name).data | default dict | toYaml -}}
{{- end -}}
