{{- /*
SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
SPDX-License-Identifier: Apache-2.0
*/ -}}
{{- /* Labels that every alert gets: those of the owner, then what is said about alerts. */}}
{{- define "cobaltcore-exporter.alertLabels" -}}
{{- $labels := dict -}}
{{- $greenhouse := include "cobaltcore-exporter.greenhouse" . | fromYaml -}}
{{- with $greenhouse.ownedBy }}{{ $_ := set $labels "support_group" (toString .) }}{{ end -}}
{{- with $greenhouse.organizationName }}{{ $_ := set $labels "organization" (toString .) }}{{ end -}}
{{- range $name, $value := include "cobaltcore-exporter.commonLabels" . | fromYaml -}}
{{- /* A label of Kubernetes may have a name that is none in Prometheus, and that of an object may not replace what an alert is known by. */ -}}
{{- if and (regexMatch "^[a-zA-Z_][a-zA-Z0-9_]*$" $name) (not (has $name (list "alertname" "cluster" "clusterName" "playbook" "severity" "target_cluster"))) }}{{ $_ := set $labels $name $value }}{{ end -}}
{{- end -}}
{{- mergeOverwrite $labels (.Values.prometheusRules.additionalRuleLabels | default dict) | toYaml -}}
{{- end }}

{{- /* The generated groups, with what is left out and changed. */}}
{{- define "cobaltcore-exporter.ruleGroups" -}}
{{- $options := .Values.prometheusRules -}}
{{- $everywhere := include "cobaltcore-exporter.alertLabels" . | fromYaml -}}
{{- $config := include "cobaltcore-exporter.config" . | fromYaml -}}
{{- $disabled := dig "rules" "disabled" list $config -}}
{{- $overrides := dig "rules" "overrides" dict $config -}}
{{- $label := include "cobaltcore-exporter.clusterLabel" . -}}
{{- /* The files have the label clusterName. */ -}}
{{- $thresholds := .Files.Get "files/thresholds.yaml" | replace "clusterName" $label | fromYaml -}}
{{- /* The files have the default setup. */ -}}
{{- $setup := dict -}}
{{- if or (dig "rules" "exporterJob" "" $config) (dig "rules" "fleet" "" $config) }}{{ $setup = .Files.Get "files/setup.yaml" | replace "clusterName" $label | fromYaml }}{{ end -}}
{{- $groups := list -}}
{{- range (.Files.Get "files/rules.yaml" | replace "clusterName" $label | fromYaml).groups -}}
{{- $name := .name -}}
{{- $rules := list -}}
{{- range $rule := .rules -}}
{{- if not $rule.alert -}}
{{- $rules = append $rules $rule -}}
{{- else if not (has $rule.alert $disabled) -}}
{{- if and $rule.labels.playbook $options.playbookBaseURL -}}
{{- $_ := set $rule.labels "playbook" (printf "%s/%s" (trimSuffix "/" $options.playbookBaseURL) (base $rule.labels.playbook)) -}}
{{- end -}}
{{- with $rule.annotations.dashboard -}}
{{- if $options.dashboardBaseURL }}{{ $_ := set $rule.annotations "dashboard" (printf "%s/%s" (trimSuffix "/" $options.dashboardBaseURL) .) }}{{ end -}}
{{- end -}}
{{- /* A label is not copied onto itself. */ -}}
{{- if eq (get $rule.labels "cluster") "{{ $labels.cluster }}" }}{{ $_ := unset $rule.labels "cluster" }}{{ end -}}
{{- with get $setup $rule.alert -}}
{{- $expr := . -}}
{{- range $place, $value := dict "$exporterJob" (dig "rules" "exporterJob" ".*cobaltcore-exporter.*" $config) "$fleetJob" (dig "rules" "fleet" "job" ".+" $config) "$fleetLabel" (dig "rules" "fleet" "label" "cluster" $config) -}}
{{- $expr = replace $place (quote $value | trimPrefix "\"" | trimSuffix "\"") $expr -}}
{{- end -}}
{{- $_ := set $rule "expr" $expr -}}
{{- end -}}
{{- with (get $overrides $rule.alert | default dict).threshold -}}
{{- $adjusted := get $thresholds $rule.alert -}}
{{- $_ := set $rule "expr" (replace "$threshold" (include "cobaltcore-exporter.number" .) $adjusted.expr) -}}
{{- $text := include "cobaltcore-exporter.thresholdText" (dict "value" . "unit" $adjusted.unit) -}}
{{- $_ := set $rule.annotations "description" (replace "$threshold" $text $adjusted.description) -}}
{{- end -}}
{{- $_ := set $rule "labels" (mergeOverwrite $rule.labels $everywhere) -}}
{{- $_ := set $rule "annotations" (mergeOverwrite $rule.annotations ($options.additionalRuleAnnotations | default dict)) -}}
{{- with get $overrides $rule.alert -}}
{{- with .for }}{{ $_ := set $rule "for" . }}{{ end -}}
{{- with .severity }}{{ $_ := set $rule.labels "severity" . }}{{ end -}}
{{- end -}}
{{- with get ($options.overrides | default dict) $rule.alert -}}
{{- $_ := set $rule "labels" (mergeOverwrite $rule.labels (.labels | default dict)) -}}
{{- $_ := set $rule "annotations" (mergeOverwrite $rule.annotations (.annotations | default dict)) -}}
{{- end -}}
{{- $rules = append $rules $rule -}}
{{- end -}}
{{- end -}}
{{- with $rules }}{{ $groups = append $groups (dict "name" $name "rules" .) }}{{ end -}}
{{- end -}}
{{ $groups | toYaml }}
{{- end }}

{{- /* A threshold for people, as the exporter writes it: value, unit. */}}
{{- define "cobaltcore-exporter.thresholdText" -}}
{{- if eq .unit "ratio" -}}
{{ printf "%.3g%%" (mulf 100 .value) }}
{{- else if eq .unit "seconds" -}}
{{- $left := mulf 1000 .value | int64 -}}
{{- /* Years and weeks only if nothing is left. */ -}}
{{- range list (list "y" 31536000000 true) (list "w" 604800000 true) (list "d" 86400000 false) (list "h" 3600000 false) (list "m" 60000 false) (list "s" 1000 false) (list "ms" 1 false) -}}
{{- $size := index . 1 -}}
{{- if or (not (index . 2)) (eq (mod $left $size) 0) -}}
{{- with div $left $size }}{{ . }}{{ end -}}
{{- if ge $left (int64 $size) }}{{ index . 0 }}{{ end -}}
{{- $left = mod $left $size -}}
{{- end -}}
{{- end -}}
{{- else -}}
{{ include "cobaltcore-exporter.number" .value }}
{{- end -}}
{{- end }}

{{- /* A number without an exponent. */}}
{{- define "cobaltcore-exporter.number" -}}
{{ eq (floor .) (float64 .) | ternary (int64 .) . }}
{{- end }}

{{- /* The matchers of Alertmanager's configuration as those of an AlertmanagerConfig. */}}
{{- define "cobaltcore-exporter.matchers" -}}
{{- $matchers := list -}}
{{- range . -}}
{{- $type := regexFind "[=!~]+" . -}}
{{- $parts := splitn $type 2 . -}}
{{- $matchers = append $matchers (dict "name" $parts._0 "matchType" $type "value" (trimAll "\"" $parts._1)) -}}
{{- end -}}
{{ $matchers | toJson }}
{{- end }}
