{{- /*
SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
SPDX-License-Identifier: Apache-2.0
*/ -}}
{{- /*
The configuration of the exporter, and what in it concerns the cluster that this is installed in.
*/}}

{{- define "cobaltcore-exporter.localName" -}}
{{- $greenhouse := include "cobaltcore-exporter.greenhouse" . | fromYaml -}}
{{- if .Values.remoteAccount.enabled -}}
{{ default (get $greenhouse "clusterName") .Values.remoteAccount.clusterName }}
{{- else -}}
{{ .Values.localCluster.name | default (get $greenhouse "clusterName") | default "management" }}
{{- end -}}
{{- end }}

{{- /* The names that this cluster has in the configuration, as a list; none if it is not watched. */}}
{{- define "cobaltcore-exporter.here" -}}
{{- $names := list -}}
{{- if .Values.remoteAccount.enabled -}}
{{- $names = list (include "cobaltcore-exporter.localName" .) -}}
{{- else -}}
{{- range (include "cobaltcore-exporter.config" . | fromYaml).clusters -}}
{{- if .inCluster }}{{ $names = append $names .name }}{{ end -}}
{{- end -}}
{{- end -}}
{{ $names | toJson }}
{{- end }}

{{- define "cobaltcore-exporter.config" -}}
{{- $config := deepCopy (.Values.config | default dict) -}}
{{- $greenhouse := include "cobaltcore-exporter.greenhouse" . | fromYaml -}}
{{- $clusters := $config.clusters | default list -}}
{{- with .Values.localCluster -}}
{{- if .enabled -}}
{{- $cluster := dict "name" (include "cobaltcore-exporter.localName" $) "inCluster" true -}}
{{- with .role }}{{ $_ := set $cluster "role" . }}{{ end -}}
{{- with .region | default (dig "metadata" "region" "" $greenhouse) }}{{ $_ := set $cluster "region" (toString .) }}{{ end -}}
{{- with .owner | default (get $greenhouse "ownedBy") }}{{ $_ := set $cluster "owner" (toString .) }}{{ end -}}
{{- range $clusters -}}
{{- if .inCluster }}{{ fail (printf "config.clusters: %s is the cluster that this is installed in, which localCluster adds already; switch localCluster.enabled off, or leave it out" .name) }}{{ end -}}
{{- if eq .name $cluster.name }}{{ fail (printf "config.clusters: %s is the name of the cluster that this is installed in; set localCluster.name, or switch localCluster.enabled off" .name) }}{{ end -}}
{{- end -}}
{{- $clusters = prepend $clusters $cluster -}}
{{- end -}}
{{- end -}}
{{- if not $clusters }}{{ fail "there is no cluster to watch: set localCluster.enabled, or add one to config.clusters" }}{{ end -}}
{{- $_ := set $config "clusters" $clusters -}}
{{- /* The token for OpenBao is another one than that for the API server. */ -}}
{{- if .Values.openbaoToken.audience -}}
{{- range dig "collectors" "openbao" list $config -}}
{{- if and (dig "auth" "kubernetes" nil . | kindIs "map") (not (dig "auth" "kubernetes" "tokenFile" "" .)) -}}
{{- $_ := set .auth.kubernetes "tokenFile" "/etc/cobaltcore-exporter/openbao-token/token" -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- /* What it sends itself goes the way of the alerts of Prometheus. */ -}}
{{- with $config.alertmanager -}}
{{- if .urls -}}
{{- $labels := .externalLabels | default dict -}}
{{- range $name, $value := include "cobaltcore-exporter.alertLabels" $ | fromYaml -}}
{{- /* Templates of rules are not evaluated here. */ -}}
{{- if and $value (not (contains "{{" $value)) (not (hasKey $labels $name)) }}{{ $_ := set $labels $name $value }}{{ end -}}
{{- end -}}
{{- with $labels }}{{ $_ := set $config.alertmanager "externalLabels" . }}{{ end -}}
{{- end -}}
{{- end -}}
{{- $rules := $config.rules | default dict -}}
{{- $changes := include "cobaltcore-exporter.ruleChanges" . | fromYaml -}}
{{- with concat ($rules.disabled | default list) ($changes.disabled | default list) | uniq }}{{ $_ := set $rules "disabled" . }}{{ end -}}
{{- with merge ($rules.overrides | default dict) ($changes.overrides | default dict) }}{{ $_ := set $rules "overrides" . }}{{ end -}}
{{- with .Values.prometheusRules.playbookBaseURL }}{{ $_ := set $rules "playbookBaseURL" ($rules.playbookBaseURL | default .) }}{{ end -}}
{{- with .Values.prometheusRules.dashboardBaseURL }}{{ $_ := set $rules "dashboardBaseURL" ($rules.dashboardBaseURL | default .) }}{{ end -}}
{{- with $rules }}{{ $_ := set $config "rules" . }}{{ end -}}
{{- include "cobaltcore-exporter.checkConfig" $config -}}
{{ $config | toYaml }}
{{- end }}

{{- /* Where the exporter connects to: {ports: [port, …], pods: true if it is all pods}. */}}
{{- define "cobaltcore-exporter.egress" -}}
{{- $collectors := dig "collectors" dict (.Values.config | default dict) | default dict -}}
{{- $ports := list -}}
{{- range .Values.networkPolicy.apiServerPorts }}{{ $ports = append $ports (int .) }}{{ end -}}
{{- $urls := dig "alertmanager" "urls" list (.Values.config | default dict) | default list -}}
{{- range $collectors.openbao -}}
{{- with .service }}{{ $ports = append $ports (int (.port | default 8200)) }}{{ end -}}
{{- $urls = concat $urls (.nodes | default list) -}}
{{- end -}}
{{- range $collectors.aurora }}{{ $urls = concat $urls (compact (list .url .keystoneURL)) }}{{ end -}}
{{- range $urls -}}
{{- $host := (urlParse .).host -}}
{{- $port := regexFind "[0-9]+$" (regexFind ":[0-9]+$" $host) | default (ternary "80" "443" (hasPrefix "http:" .)) -}}
{{- $ports = append $ports (int $port) -}}
{{- end -}}
{{- $pods := and (dig "controllers" "enabled" true $collectors) (eq (dig "controllers" "via" "proxy" $collectors) "direct") -}}
{{ dict "ports" ($ports | uniq) "pods" $pods | toJson }}
{{- end }}

{{- /* The changes of prometheusRules as the exporter's own rules: disabled, overrides. */}}
{{- define "cobaltcore-exporter.ruleChanges" -}}
{{- $disabled := list -}}
{{- $overrides := dict -}}
{{- $groups := dict -}}
{{- $alerts := dict -}}
{{- $options := .Values.prometheusRules -}}
{{- range (.Files.Get "files/rules.yaml" | fromYaml).groups -}}
{{- $off := eq (get ($options.ruleGroups | default dict) .name | toString) "false" -}}
{{- $_ := set $groups .name true -}}
{{- range .rules -}}
{{- if .alert -}}
{{- $_ := set $alerts .alert . -}}
{{- if or $off (get ($options.disabled | default dict) .alert) }}{{ $disabled = append $disabled .alert }}{{ end -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- range $alert, $override := $options.overrides -}}
{{- with omit $override "annotations" }}{{ $_ := set $overrides $alert . }}{{ end -}}
{{- end -}}
{{- $rules := dig "rules" dict (.Values.config | default dict) | default dict -}}
{{- include "cobaltcore-exporter.knownNames" (list "prometheusRules.ruleGroups" $groups (keys ($options.ruleGroups | default dict))) -}}
{{- include "cobaltcore-exporter.knownNames" (list "prometheusRules.disabled" $alerts (keys ($options.disabled | default dict))) -}}
{{- include "cobaltcore-exporter.knownNames" (list "prometheusRules.overrides" $alerts (keys ($options.overrides | default dict))) -}}
{{- /* Files have alerts of their own. */ -}}
{{- if not $rules.files -}}
{{- include "cobaltcore-exporter.knownNames" (list "config.rules.disabled" $alerts ($rules.disabled | default list)) -}}
{{- include "cobaltcore-exporter.knownNames" (list "config.rules.overrides" $alerts (keys ($rules.overrides | default dict))) -}}
{{- end -}}
{{- $thresholds := .Files.Get "files/thresholds.yaml" | fromYaml -}}
{{- range $alert, $override := merge (deepCopy ($rules.overrides | default dict)) $overrides -}}
{{- $numbers := list $override.threshold -}}
{{- range $override.clusters }}{{ $numbers = append $numbers .threshold }}{{ end -}}
{{- if and (without $numbers nil) (hasKey $alerts $alert) (not (hasKey $thresholds $alert)) }}{{ fail (printf "overrides of alerts: %s has no threshold; docs/alerts.md lists those that have one" $alert) }}{{ end -}}
{{- end -}}
{{ dict "disabled" $disabled "overrides" $overrides | toYaml }}
{{- end }}

{{- /* Fails for a name that is none of the known: option, known, names. */}}
{{- define "cobaltcore-exporter.knownNames" -}}
{{- $known := index . 1 -}}
{{- range $name := index . 2 | sortAlpha -}}
{{- if not (hasKey $known $name) }}{{ fail (printf "%s: there is no %s; docs/alerts.md has them all" (index $ 0) $name) }}{{ end -}}
{{- end -}}
{{- end }}

{{- /* The label of clusters, if there are rules and dashboards for it. */}}
{{- define "cobaltcore-exporter.clusterLabel" -}}
{{- $label := dig "clusterLabel" "cluster" (.Values.config | default dict) -}}
{{- if not (has $label (list "cluster" "clusterName")) -}}
{{- fail (printf "config.clusterLabel: there are rules and dashboards for cluster and clusterName, not for %s; switch prometheusRules.create and dashboards off" $label) -}}
{{- end -}}
{{ $label }}
{{- end }}
