{{/* dict "root" $ "api" "group/version[/Kind]" "needs" "what needs it" "fix" "what to do" */}}
{{- define "opine.need" -}}
{{- if not (.root.Capabilities.APIVersions.Has .api) -}}
{{- fail (printf "\n\n%s needs the API %s, which this cluster does not have. %s\nTo render without a cluster: --set validateCapabilities=false, or --api-versions %s\n" .needs .api .fix .api) -}}
{{- end -}}
{{- end -}}

{{- define "opine.prerequisites" -}}
{{- if eq .Values.database.type "cnpg" -}}
{{- include "opine.need" (dict "root" . "api" "postgresql.cnpg.io/v1" "needs" "database.type=cnpg" "fix" "Install CloudNativePG 1.30 or newer first:\n  kubectl apply --server-side -f https://raw.githubusercontent.com/cloudnative-pg/cloudnative-pg/v1.30.0/releases/cnpg-1.30.0.yaml\n  kubectl -n cnpg-system rollout status deployment/cnpg-controller-manager\nor use a PostgreSQL that is there: --set database.type=external") -}}
{{- include "opine.need" (dict "root" . "api" "postgresql.cnpg.io/v1/DatabaseRole" "needs" "database.type=cnpg" "fix" "Upgrade CloudNativePG to 1.30 or newer.") -}}
{{- if .Values.database.cnpg.backup.enabled -}}
{{- include "opine.need" (dict "root" . "api" "barmancloud.cnpg.io/v1" "needs" "database.cnpg.backup.enabled=true" "fix" "Install the Barman Cloud plugin of CloudNativePG first, or set database.cnpg.backup.enabled=false.") -}}
{{- end -}}
{{- end -}}
{{- if .Values.monitoring.enabled -}}
{{- include "opine.need" (dict "root" . "api" "monitoring.coreos.com/v1" "needs" "monitoring.enabled=true" "fix" "Install the Prometheus operator first, for example by kube-prometheus-stack, or set monitoring.enabled=false.") -}}
{{- end -}}
{{- if .Values.httpRoute.enabled -}}
{{- include "opine.need" (dict "root" . "api" "gateway.networking.k8s.io/v1" "needs" "httpRoute.enabled=true" "fix" "Install the Gateway API and a controller for it first, or use ingress.enabled=true.") -}}
{{- end -}}
{{- with .Values.sentiment.autoscaling -}}
{{- if and .enabled (eq .type "keda") -}}
{{- include "opine.need" (dict "root" $ "api" "keda.sh/v1alpha1" "needs" "sentiment.autoscaling.type=keda" "fix" "Install KEDA first, or set sentiment.autoscaling.type=hpa.") -}}
{{- else if and .enabled (eq .metric "offeredCompute") -}}
{{- include "opine.need" (dict "root" $ "api" "custom.metrics.k8s.io/v1beta1" "needs" "sentiment.autoscaling.metric=offeredCompute" "fix" "Install a custom metrics API such as prometheus-adapter first, or set sentiment.autoscaling.type=keda or sentiment.autoscaling.metric=cpu.") -}}
{{- end -}}
{{- end -}}
{{- if and .Values.sentiment.model.image (semverCompare "<1.35.0-0" .Capabilities.KubeVersion.Version) -}}
{{- fail (printf "\n\nsentiment.model.image needs image volumes, which Kubernetes has switched on since 1.35; this is %s. Leave it empty, or on 1.33 and 1.34 switch on the feature gate ImageVolume and set validateCapabilities=false.\n" .Capabilities.KubeVersion.Version) -}}
{{- end -}}
{{- end -}}
