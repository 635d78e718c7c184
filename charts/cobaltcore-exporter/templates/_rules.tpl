{{- /*
SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
SPDX-License-Identifier: Apache-2.0
*/ -}}
{{- /* Labels that every alert gets: those of the owner, then those for alerts. */}}
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

{{- /* The generated groups, with the rules left out and changed. */}}
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
{{- $playbook := printf "%s/%s" (trimSuffix "/" $options.playbookBaseURL) (base $rule.labels.playbook) -}}
{{- $_ := set $rule.labels "playbook" $playbook -}}
{{- $_ := set $rule.annotations "runbook_url" $playbook -}}
{{- end -}}
{{- with $rule.annotations.dashboard -}}
{{- /* In Grafana, whose addresses end in /d, the label is part of the address of a dashboard. */ -}}
{{- $at := . -}}
{{- if and (ne $label "cluster") (regexMatch "/d/?$" $options.dashboardBaseURL) }}{{ $at = regexReplaceAll "^(cobaltcore-[a-z-]+)" . (printf "${1}-%s" (lower $label)) }}{{ end -}}
{{- if $options.dashboardBaseURL }}{{ $_ := set $rule.annotations "dashboard" (printf "%s/%s" (trimSuffix "/" $options.dashboardBaseURL) $at) }}{{ end -}}
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
{{- $_ := set $rule "labels" (mergeOverwrite $rule.labels $everywhere) -}}
{{- $_ := set $rule "annotations" (mergeOverwrite $rule.annotations ($options.additionalRuleAnnotations | default dict)) -}}
{{- with get ($options.overrides | default dict) $rule.alert -}}
{{- $_ := set $rule "annotations" (mergeOverwrite $rule.annotations (.annotations | default dict)) -}}
{{- end -}}
{{- $rules = concat $rules (include "cobaltcore-exporter.changedRules" (dict "rule" $rule "change" (get $overrides $rule.alert | default dict) "thresholds" $thresholds "label" $label) | fromYamlArray) -}}
{{- end -}}
{{- end -}}
{{- with $rules }}{{ $groups = append $groups (dict "name" $name "rules" .) }}{{ end -}}
{{- end -}}
{{ $groups | toYaml }}
{{- end }}

{{- /* A rule for all clusters without changes of their own, then those of these clusters: rule, change, thresholds, label. */}}
{{- define "cobaltcore-exporter.changedRules" -}}
{{- $rule := include "cobaltcore-exporter.changedRule" . | fromYaml -}}
{{- $clusters := .change.clusters | default dict -}}
{{- if not $clusters -}}
{{ list $rule | toYaml }}
{{- else -}}
{{- $names := list -}}
{{- $own := list -}}
{{- range $name, $change := $clusters -}}
{{- $names = append $names (regexQuoteMeta $name) -}}
{{- if not $change.disabled -}}
{{- $changed := include "cobaltcore-exporter.changedRule" (dict "rule" (deepCopy $rule) "change" $change "thresholds" $.thresholds) | fromYaml -}}
{{- $own = append $own (set $changed "expr" (include "cobaltcore-exporter.inClusters" (list $changed.expr "and" $.label (regexQuoteMeta $name)))) -}}
{{- end -}}
{{- end -}}
{{- $_ := set $rule "expr" (include "cobaltcore-exporter.inClusters" (list $rule.expr "unless" $.label (join "|" $names))) -}}
{{ prepend $own $rule | toYaml }}
{{- end -}}
{{- end }}

{{- /* A rule with a change, that of clusters aside: rule, change, thresholds. */}}
{{- define "cobaltcore-exporter.changedRule" -}}
{{- $rule := .rule -}}
{{- with .change.threshold -}}
{{- $adjusted := get $.thresholds $rule.alert -}}
{{- $_ := set $rule "expr" (replace "$threshold" (include "cobaltcore-exporter.number" .) $adjusted.expr) -}}
{{- $text := include "cobaltcore-exporter.thresholdText" (dict "value" . "unit" $adjusted.unit) -}}
{{- $_ := set $rule.annotations "description" (replace "$threshold" $text $adjusted.description) -}}
{{- end -}}
{{- with .change.for }}{{ $_ := set $rule "for" . }}{{ end -}}
{{- with .change.keepFiringFor }}{{ $_ := set $rule "keep_firing_for" . }}{{ end -}}
{{- $_ := set $rule "labels" (mergeOverwrite $rule.labels (.change.labels | default dict)) -}}
{{- with .change.severity }}{{ $_ := set $rule.labels "severity" . }}{{ end -}}
{{ $rule | toYaml }}
{{- end }}

{{- /* An expression, limited to clusters (and) or to all others (unless): expression, operator, label, names as an expression. */}}
{{- define "cobaltcore-exporter.inClusters" -}}
({{ index . 0 | trim }}) {{ index . 1 }} on ({{ index . 2 }}) cobaltcore_cluster_up{ {{- index . 2 }}=~{{ index . 3 | toJson }}}
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
