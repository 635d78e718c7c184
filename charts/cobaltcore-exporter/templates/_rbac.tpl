{{- /*
SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
SPDX-License-Identifier: Apache-2.0
*/ -}}
{{- /*
What the configuration needs in this cluster, and nothing else: the kinds that are watched, and in single namespaces what
discovery, OpenBao and its login probe ask for. An exporter that does not watch this cluster needs nothing.
*/}}

{{- define "cobaltcore-exporter.clusterRules" -}}
{{- $collectors := dig "collectors" dict (.Values.config | default dict) | default dict -}}
{{- range $key, $groups := .Files.Get "files/kinds.yaml" | fromYaml -}}
{{- if dig $key "enabled" true $collectors -}}
{{- range $group, $resources := $groups }}
- apiGroups: [{{ $group }}]
  resources: {{ $resources | toJson }}
  verbs: [list, watch]
{{- end -}}
{{- end -}}
{{- end }}
{{- if dig "controllers" "enabled" true $collectors }}
- apiGroups: [""]
  resources: [pods]
  verbs: [list]
{{- if and (eq (dig "controllers" "via" "proxy" $collectors) "proxy") (not (dig "controllers" "namespaces" list $collectors)) }}
- apiGroups: [""]
  resources: [pods/proxy]
  verbs: [get]
{{- end }}
{{- end }}
# Its UID is that of the cluster.
- apiGroups: [""]
  resources: [namespaces]
  resourceNames: [kube-system]
  verbs: [get]
{{- end }}

{{- /* The rules in namespaces: {rules: {namespace: [rule, …]}}. */}}
{{- define "cobaltcore-exporter.namespaceRules" -}}
{{- $here := include "cobaltcore-exporter.here" . | fromJsonArray -}}
{{- $collectors := dig "collectors" dict (.Values.config | default dict) | default dict -}}
{{- $rules := dict -}}
{{- range dig "discover" list (.Values.config | default dict) -}}
{{- $place := .fluxSecrets | default .greenhouse | default .secrets -}}
{{- if has $place.cluster $here -}}
{{- $namespace := $place.namespace | default "flux-system" -}}
{{- $of := get $rules $namespace | default list -}}
{{- if .secrets -}}
{{- $of = append $of (dict "apiGroups" (list "") "resources" (list "secrets") "verbs" (list "get" "list")) -}}
{{- else -}}
{{- $names := get ($.Values.rbac.secretNames | default dict) $namespace -}}
{{- if not $names -}}
{{- fail (printf "rbac.secretNames: list the Secrets of namespace %s with the kubeconfigs that config.discover reads there, {%s: [<name>-kubeconfig]}, or [\"*\"] for all" $namespace $namespace) -}}
{{- end -}}
{{- $secrets := dict "apiGroups" (list "") "resources" (list "secrets") "verbs" (list "get") -}}
{{- if not (has "*" $names) }}{{ $_ := set $secrets "resourceNames" ($names | uniq | sortAlpha) }}{{ end -}}
{{- $of = append $of $secrets -}}
{{- end -}}
{{- /* Watched kinds may be listed already. */ -}}
{{- if and .fluxSecrets (not (dig "flux" "enabled" true $collectors)) -}}
{{- $of = append $of (dict "apiGroups" (list "kustomize.toolkit.fluxcd.io") "resources" (list "kustomizations") "verbs" (list "list")) -}}
{{- $of = append $of (dict "apiGroups" (list "helm.toolkit.fluxcd.io") "resources" (list "helmreleases") "verbs" (list "list")) -}}
{{- end -}}
{{- if and .greenhouse (not (dig "greenhouse" "enabled" true $collectors)) -}}
{{- $of = append $of (dict "apiGroups" (list "greenhouse.sap") "resources" (list "clusters") "verbs" (list "list")) -}}
{{- end -}}
{{- $_ := set $rules $namespace ($of | uniq) -}}
{{- end -}}
{{- end -}}
{{- range $collectors.openbao -}}
{{- if and .service (has .cluster $here) -}}
{{- $of := get $rules .service.namespace | default list -}}
{{- $_ := set $rules .service.namespace (append $of (dict "apiGroups" (list "discovery.k8s.io") "resources" (list "endpointslices") "verbs" (list "list")) | uniq) -}}
{{- end -}}
{{- end -}}
{{- if and (dig "controllers" "enabled" true $collectors) (eq (dig "controllers" "via" "proxy" $collectors) "proxy") -}}
{{- range dig "controllers" "namespaces" list $collectors -}}
{{- $of := get $rules . | default list -}}
{{- $_ := set $rules . (append $of (dict "apiGroups" (list "") "resources" (list "pods/proxy") "verbs" (list "get"))) -}}
{{- end -}}
{{- end -}}
{{- range (include "cobaltcore-exporter.probeAccounts" . | fromYaml).accounts -}}
{{- $of := get $rules .namespace | default list -}}
{{- $_ := set $rules .namespace (append $of (dict "apiGroups" (list "") "resources" (list "serviceaccounts/token") "resourceNames" (list .name) "verbs" (list "create"))) -}}
{{- end -}}
{{ dict "rules" $rules | toYaml }}
{{- end }}

{{- /* The service accounts of this cluster that login probes log in as, each once: {accounts: [{namespace, name}, …]}. */}}
{{- define "cobaltcore-exporter.probeAccounts" -}}
{{- $accounts := list -}}
{{- if include "cobaltcore-exporter.here" . | fromJsonArray -}}
{{- range dig "openbao" list (dig "collectors" dict (.Values.config | default dict) | default dict) -}}
{{- if dig "loginProbe" "enabled" false . -}}
{{- $account := dig "loginProbe" "serviceAccount" dict . -}}
{{- $namespace := $account.namespace | default "cobaltcore-exporter" -}}
{{- $name := $account.name | default "cobaltcore-exporter-probe" -}}
{{- if and (eq $namespace (include "cobaltcore-exporter.namespace" $)) (eq $name (include "cobaltcore-exporter.serviceAccountName" $)) -}}
{{- fail (printf "config.collectors.openbao: %s/%s is the account of the exporter, whose tokens it would make itself; set loginProbe.serviceAccount.name to one that may do nothing" $namespace $name) -}}
{{- end -}}
{{- $accounts = append $accounts (dict "namespace" $namespace "name" $name) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{ dict "accounts" ($accounts | uniq) | toYaml }}
{{- end }}
