{{/* Values that are each right and do not go together. Every message names the values and the ways out. */}}
{{- define "opine.contradictions" -}}
{{- $db := .Values.database -}}
{{- if eq $db.type "external" -}}
  {{- if not $db.external.host -}}
    {{- fail "\n\ndatabase.type=external needs database.external.host, the address of PostgreSQL.\n" -}}
  {{- end -}}
  {{- if not $db.external.existingSecret -}}
    {{- fail "\n\ndatabase.type=external needs database.external.existingSecret, a Secret with the keys username and password:\n  kubectl create secret generic opine-postgres --from-literal=username=opine --from-literal=password=...\n" -}}
  {{- end -}}
  {{- if or $db.cnpg.backup.enabled $db.cnpg.recovery.enabled -}}
    {{- fail "\n\ndatabase.cnpg.backup and database.cnpg.recovery are for database.type=cnpg; an external database is backed up by who runs it. Set both to enabled=false.\n" -}}
  {{- end -}}
  {{- if and .Values.scraping.enabled (not $db.roles.scrapingSecret) -}}
    {{- fail "\n\nscraping.enabled=true with database.type=external needs database.roles.scrapingSecret, a Secret with username and password of the role opine_scraping; only CloudNativePG makes that role by itself.\n" -}}
  {{- end -}}
{{- else if $db.external.host -}}
  {{- fail (printf "\n\ndatabase.external.host is %s but database.type is cnpg. Set database.type=external, or leave the host empty.\n" $db.external.host) -}}
{{- end -}}
{{- if and $db.cnpg.backup.enabled (not $db.cnpg.backup.destinationPath) -}}
  {{- fail "\n\ndatabase.cnpg.backup.enabled=true needs database.cnpg.backup.destinationPath, such as s3://bucket/opine.\n" -}}
{{- end -}}
{{- if $db.cnpg.recovery.enabled -}}
  {{- if not $db.cnpg.backup.enabled -}}
    {{- fail "\n\ndatabase.cnpg.recovery.enabled=true needs database.cnpg.backup.enabled=true, which says where the backup lies.\n" -}}
  {{- end -}}
  {{- if or (not $db.cnpg.recovery.serverName) (eq $db.cnpg.recovery.serverName (include "opine.backupServerName" .)) -}}
    {{- fail "\n\ndatabase.cnpg.recovery needs serverName, the folder of the backup, which is the old Cluster's name unless database.cnpg.backup.serverName said otherwise; and database.cnpg.backup.serverName or clusterName another one: a new Cluster must not write over the backup that it starts from.\n" -}}
  {{- end -}}
{{- end -}}
{{- with .Values.sentiment -}}
  {{- if and .gpu.enabled (ne .engine "torch") -}}
    {{- fail "\n\nsentiment.gpu.enabled=true with sentiment.engine=onnx would hold a GPU and compute on the CPU. Set sentiment.engine=torch and an image built with VARIANT=cuda, or sentiment.gpu.enabled=false.\n" -}}
  {{- end -}}
  {{- $memory := dig "limits" "memory" "" .resources -}}
  {{- if and .gpu.enabled $memory (lt (include "opine.bytes" $memory | int64) 2147483648) -}}
    {{- fail (printf "\n\nsentiment.resources.limits.memory is %v, and PyTorch with CUDA takes some 2Gi of the node's memory before it computes: the pod would be killed at its start, again and again. Set sentiment.resources to requests and limits such as 4Gi.\n" $memory) -}}
  {{- end -}}
  {{- if and .autoscaling.enabled (eq .autoscaling.type "keda") (eq .autoscaling.metric "offeredCompute") (not .autoscaling.keda.prometheusAddress) -}}
    {{- fail "\n\nsentiment.autoscaling.type=keda with metric=offeredCompute needs sentiment.autoscaling.keda.prometheusAddress, such as http://prometheus-operated.monitoring.svc:9090.\n" -}}
  {{- end -}}
  {{- if and .autoscaling.enabled (not .autoscaling.minReplicas) (or (ne .autoscaling.type "keda") (ne .autoscaling.metric "offeredCompute")) -}}
    {{- fail "\n\nsentiment.autoscaling.minReplicas=0 needs sentiment.autoscaling.type=keda and metric=offeredCompute: nothing else wakes a model that has no pod. Or set minReplicas to 1.\n" -}}
  {{- end -}}
  {{- if and .autoscaling.enabled (eq .autoscaling.metric "offeredCompute") (not $.Values.monitoring.enabled) -}}
    {{- fail "\n\nsentiment.autoscaling.metric=offeredCompute needs monitoring.enabled=true: without a ServiceMonitor nobody reads what is asked of the model. Or set sentiment.autoscaling.metric=cpu.\n" -}}
  {{- end -}}
  {{- if and (eq (toString .updateStrategy.maxSurge) "0") (eq (toString .updateStrategy.maxUnavailable) "0") -}}
    {{- fail "\n\nsentiment.updateStrategy.maxSurge and maxUnavailable are both 0: no pod could ever be replaced. Set one of them to 1.\n" -}}
  {{- end -}}
{{- end -}}
{{- range $name := list "sentiment" "reviews" "frontend" -}}
  {{- $v := index $.Values $name -}}
  {{- if and $v.autoscaling.enabled (gt (int $v.autoscaling.minReplicas) (int $v.autoscaling.maxReplicas)) -}}
    {{- fail (printf "\n\n%s.autoscaling.minReplicas (%d) is above maxReplicas (%d). Swap them.\n" $name (int $v.autoscaling.minReplicas) (int $v.autoscaling.maxReplicas)) -}}
  {{- end -}}
  {{- if le (int $v.lifecycle.terminationGracePeriodSeconds) (int $v.lifecycle.preStopSleepSeconds) -}}
    {{- fail (printf "\n\n%s.lifecycle.terminationGracePeriodSeconds (%d) leaves no time after preStopSleepSeconds (%d): running requests would be cut off. Make it the sleep and at least 30 more.\n" $name (int $v.lifecycle.terminationGracePeriodSeconds) (int $v.lifecycle.preStopSleepSeconds)) -}}
  {{- end -}}
  {{- if and (not $v.serviceAccount.create) (not $v.serviceAccount.name) -}}
    {{- fail (printf "\n\n%s.serviceAccount.create=false needs %s.serviceAccount.name, an account that exists.\n" $name $name) -}}
  {{- end -}}
{{- end -}}
{{- $given := keys .Values.reviews.env -}}
{{- range .Values.reviews.extraEnv -}}{{- $given = append $given .name -}}{{- end -}}
{{- range $key := list "workers" "threads" -}}
  {{- $variable := printf "OPINE_REVIEWS_%s" (upper $key) -}}
  {{- if has $variable $given -}}
    {{- fail (printf "\n\nreviews.env or reviews.extraEnv sets %s past the check that PostgreSQL has a connection for each thread. Set reviews.%s instead.\n" $variable $key) -}}
  {{- end -}}
{{- end -}}
{{- include "opine.connections" . -}}
{{- if and .Values.scraping.enabled (or (not .Values.scraping.siteUrl) (not .Values.scraping.contact)) -}}
  {{- fail "\n\nscraping.enabled=true needs scraping.siteUrl, the site that is read, and scraping.contact, at which its operator reaches you.\n" -}}
{{- end -}}
{{- if and .Values.training.enabled (not (and .Values.learning.enabled .Values.learning.events)) -}}
  {{- fail "\n\ntraining.enabled=true needs learning.enabled=true, which decides when a version learns, and learning.events=true, which gives it an account.\n" -}}
{{- end -}}
{{- if and .Values.ingress.enabled (not .Values.ingress.hosts) -}}
  {{- fail "\n\ningress.enabled=true needs ingress.hosts, such as {opine.example.org}.\n" -}}
{{- end -}}
{{- if and .Values.httpRoute.enabled (not .Values.httpRoute.parentRefs) -}}
  {{- fail "\n\nhttpRoute.enabled=true needs httpRoute.parentRefs, the Gateways that it joins, such as [{name: shared, namespace: gateway-system}].\n" -}}
{{- end -}}
{{- if and (not .Values.migrations.enabled) .Values.migrations.seedBrands -}}
  {{- fail "\n\nmigrations.enabled=false also seeds no brands. Set migrations.seedBrands=false, and run `opine-reviews migrate` and `opine-reviews seed-brands` yourself.\n" -}}
{{- end -}}
{{- $given := and .Values.secrets.existingSecret (or (eq $db.type "external") (and $db.roles.scrapingSecret $db.roles.analysisSecret $db.roles.readingSecret)) -}}
{{- if not (or $given .Values.secrets.allowOfflineGeneration (include "opine.canLookup" .)) -}}
  {{- fail "\n\nPasswords are generated once, which needs a look into the cluster; this render has none (helm template, Argo CD), so that they would change every time. Create a Secret with admin-password, admin-token, client-hash-key, registry-token and session-key and set secrets.existingSecret, and for database.type=cnpg also database.roles.scrapingSecret, analysisSecret and readingSecret. For a preview: --set secrets.allowOfflineGeneration=true.\n" -}}
{{- end -}}
{{- end -}}

{{/* Every thread of the API may hold a connection; those that find none answer 503 under load, when it hurts most. */}}
{{- define "opine.connections" -}}
{{- $v := .Values.reviews -}}
{{- $pods := add1 (ternary (int $v.autoscaling.maxReplicas) (int $v.replicaCount) $v.autoscaling.enabled) -}}
{{- $wanted := mul $pods $v.workers $v.threads -}}
{{- if include "opine.usesPooler" . -}}
  {{- $most := mul .Values.database.cnpg.pooler.instances .Values.database.cnpg.pooler.maxClientConnections -}}
  {{- if gt $wanted $most -}}
    {{- fail (printf "\n\nThe review API may open %d connections (%d pods of %d processes of %d threads, one pod more in a rollout), the pooler takes %d. Raise database.cnpg.pooler.maxClientConnections or lower reviews.threads.\n" $wanted $pods (int $v.workers) (int $v.threads) $most) -}}
  {{- end -}}
  {{- $server := mul .Values.database.cnpg.pooler.instances .Values.database.cnpg.pooler.poolSize -}}
  {{- $max := int (index .Values.database.cnpg.parameters "max_connections" | default "100") -}}
  {{- if gt (int $server) (sub $max 20) -}}
    {{- fail (printf "\n\nThe pooler may open %d connections, PostgreSQL takes %d and needs some 20 for others. Raise database.cnpg.parameters.max_connections or lower database.cnpg.pooler.poolSize.\n" $server $max) -}}
  {{- end -}}
{{- else if eq .Values.database.type "cnpg" -}}
  {{- $max := int (index .Values.database.cnpg.parameters "max_connections" | default "100") -}}
  {{- if gt (int $wanted) (sub $max 20) -}}
    {{- fail (printf "\n\nThe review API may open %d connections, PostgreSQL takes %d and needs some 20 for others. Set database.cnpg.pooler.enabled=true, raise database.cnpg.parameters.max_connections, or lower reviews.threads.\n" $wanted $max) -}}
  {{- end -}}
{{- end -}}
{{- end -}}
