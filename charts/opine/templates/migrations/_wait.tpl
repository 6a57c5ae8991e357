{{/* The command of a container of the reviews image that waits: dict "root" $ "for" "database" or "schema" */}}
{{- define "opine.waitCommand" -}}
command: [python, -c]
args:
  - |
    {{- .root.Files.Get "files/wait.py" | nindent 4 }}
  - {{ .for }}
  - {{ .root.Values.migrations.waitSeconds | quote }}
{{- end -}}
