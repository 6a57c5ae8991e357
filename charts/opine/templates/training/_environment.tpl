{{- define "opine.training.env" -}}
# PyTorch would take a thread for every CPU of the node.
- name: OMP_NUM_THREADS
  valueFrom:
    resourceFieldRef:
      containerName: training
      resource: requests.cpu
      divisor: "1"
{{- end -}}
