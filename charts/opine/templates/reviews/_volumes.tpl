{{- define "opine.reviews.volumes" -}}
- name: tmp
  emptyDir: {sizeLimit: 128Mi}
{{- include "opine.databaseCaVolume" .root }}
{{- end -}}

{{- define "opine.reviews.mounts" -}}
- name: tmp
  mountPath: /tmp
{{- include "opine.databaseCaMount" .root }}
{{- end -}}
