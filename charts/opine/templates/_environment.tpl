{{/*
A list of environment variables in which each name occurs once: server-side apply refuses duplicates.
dict "defaults" (YAML of a list) "values" .Values.reviews; later ones replace earlier ones at their place.
*/}}
{{- define "opine.env" -}}
{{- $names := list -}}
{{- $byName := dict -}}
{{- $all := fromYamlArray .defaults -}}
{{- range $name := keys .values.env | sortAlpha -}}
{{- $value := index $.values.env $name -}}
{{- /* Helm reads whole numbers as floats, and a large one would become 1e+06. */ -}}
{{- if and (kindIs "float64" $value) (eq $value (floor $value)) -}}
{{- $value = int64 $value -}}
{{- end -}}
{{- $all = append $all (dict "name" $name "value" (toString $value)) -}}
{{- end -}}
{{- range $entry := concat $all .values.extraEnv -}}
{{- if not (hasKey $byName $entry.name) -}}
{{- $names = append $names $entry.name -}}
{{- end -}}
{{- $_ := set $byName $entry.name $entry -}}
{{- end -}}
{{- $result := list -}}
{{- range $names -}}
{{- $result = append $result (index $byName .) -}}
{{- end -}}
{{- toYaml $result -}}
{{- end -}}

{{/* A variable from a Secret: dict "name" "PGUSER" "secret" "x-app" "key" "username" */}}
{{- define "opine.envFromSecret" -}}
- name: {{ .name }}
  valueFrom:
    secretKeyRef:
      name: {{ .secret }}
      key: {{ .key }}
      {{- if .optional }}
      optional: true
      {{- end }}
{{- end -}}
