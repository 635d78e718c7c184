{{- /*
SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
SPDX-License-Identifier: Apache-2.0
*/ -}}
{{- /*
Checks of the configuration that a schema cannot express. The exporter would refuse the same.
*/}}

{{- define "cobaltcore-exporter.checkConfig" -}}
{{- $names := list -}}
{{- $snapshots := list -}}
{{- range .clusters -}}
{{- $names = append $names .name -}}
{{- if .snapshot }}{{ $snapshots = append $snapshots .name }}{{ end -}}
{{- end -}}
{{- include "cobaltcore-exporter.checkUnique" (list "config.clusters" .clusters) -}}
{{- range $i, $discover := .discover -}}
{{- range $source, $options := $discover -}}
{{- if kindIs "map" $options -}}
{{- if not (has $options.cluster $names) }}{{ fail (printf "config.discover[%d].%s: the cluster %s is none of the configuration, which has %s" $i $source (toString $options.cluster) (join ", " $names)) }}{{ end -}}
{{- if has $options.cluster $snapshots }}{{ fail (printf "config.discover[%d].%s: the cluster %s is a snapshot, which has no Secrets" $i $source $options.cluster) }}{{ end -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- $collectors := .collectors | default dict -}}
{{- range $collector, $instances := dict "openbao" $collectors.openbao "aurora" $collectors.aurora -}}
{{- $path := printf "config.collectors.%s" $collector -}}
{{- include "cobaltcore-exporter.checkUnique" (list $path $instances) -}}
{{- range $instances -}}
{{- /* Any name can be that of a cluster that is found. */ -}}
{{- if not (or $.discover (has .cluster $names)) }}{{ fail (printf "%s: the cluster %s of %s is none of the configuration, which has %s" $path (toString .cluster) (toString .name) (join ", " $names)) }}{{ end -}}
{{- $interval := .interval | default (ternary "15s" "30s" (eq $collector "openbao")) -}}
{{- $timeout := .timeout | default "0s" -}}
{{- if gt (include "cobaltcore-exporter.milliseconds" $timeout | int64) (include "cobaltcore-exporter.milliseconds" $interval | int64) }}{{ fail (printf "%s: the timeout %s of %s is longer than its interval %s" $path $timeout (toString .name) $interval) }}{{ end -}}
{{- end -}}
{{- end -}}
{{- range $collectors.aurora -}}
{{- range compact (list .url .keystoneURL) }}{{ $_ := urlParse . }}{{ end -}}
{{- if not (or .url (has .cluster $snapshots)) }}{{ fail (printf "config.collectors.aurora: %s has no url; add that of the dashboard" (toString .name)) }}{{ end -}}
{{- end -}}
{{- range $collectors.openbao -}}
{{- if not (or .nodes .service (has .cluster $snapshots)) }}{{ fail (printf "config.collectors.openbao: %s has neither nodes nor service; add one of them" (toString .name)) }}{{ end -}}
{{- if and .service (has .cluster $snapshots) }}{{ fail (printf "config.collectors.openbao: %s has a service in the cluster %s, which is a snapshot; remove it" (toString .name) .cluster) }}{{ end -}}
{{- include "cobaltcore-exporter.checkNodes" . -}}
{{- $path := printf "config.collectors.openbao: paths of %s" (toString .name) -}}
{{- include "cobaltcore-exporter.checkPaths" (list $path (dig "expect" "mounts" dict . | default dict | keys)) -}}
{{- include "cobaltcore-exporter.checkPaths" (list $path (dig "expect" "auth" dict . | default dict | keys)) -}}
{{- include "cobaltcore-exporter.checkPaths" (list $path (get (.kv | default dict) "mounts" | default list)) -}}
{{- $mount := dig "loginProbe" "mount" "{cluster}" . | toString -}}
{{- if and (dig "loginProbe" "enabled" false .) (not (contains "{cluster}" $mount)) (or $.discover (gt (len (without $names $snapshots)) 1)) }}{{ fail (printf "config.collectors.openbao: the loginProbe.mount of %s is the same for every cluster; put {cluster} into %s" (toString .name) $mount) }}{{ end -}}
{{- end -}}
{{- include "cobaltcore-exporter.checkServers" (list "config.alertmanager.urls" (dig "alertmanager" "urls" list .)) -}}
{{- range compact (list (dig "rules" "exporterJob" "" .) (dig "rules" "fleet" "job" "" .)) }}{{ $_ := mustRegexMatch . "" }}{{ end -}}
{{- if not .discover -}}
{{- range $alert, $override := dig "rules" "overrides" dict . -}}
{{- range $cluster, $_ := $override.clusters -}}
{{- if not (has $cluster $names) }}{{ fail (printf "overrides of alerts: %s has changes for the cluster %s, which is none of the configuration, which has %s" $alert $cluster (join ", " $names)) }}{{ end -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end }}

{{- /* Fails for two elements of one name: path, elements. */}}
{{- define "cobaltcore-exporter.checkUnique" -}}
{{- $seen := dict -}}
{{- range index . 1 -}}
{{- if hasKey $seen (toString .name) }}{{ fail (printf "%s: the name %s is there twice; names are unique" (index $ 0) (toString .name)) }}{{ end -}}
{{- $_ := set $seen (toString .name) true -}}
{{- end -}}
{{- end }}

{{- /* Fails for two paths that differ in slashes only: path, paths. */}}
{{- define "cobaltcore-exporter.checkPaths" -}}
{{- $named := list -}}
{{- range index . 1 }}{{ $named = append $named (dict "name" (trimAll "/" . | trimPrefix "auth/")) }}{{ end -}}
{{- include "cobaltcore-exporter.checkUnique" (list (index . 0) $named) -}}
{{- end }}

{{- /* Fails for two URLs of one server: path, URLs. */}}
{{- define "cobaltcore-exporter.checkServers" -}}
{{- $seen := dict -}}
{{- range index . 1 -}}
{{- $url := urlParse . -}}
{{- $host := lower $url.host -}}
{{- if not (regexMatch ":[0-9]+$" $host) }}{{ $host = printf "%s:%s" $host (ternary "80" "443" (eq $url.scheme "http")) }}{{ end -}}
{{- $server := printf "%s%s" $host (trimSuffix "/" $url.path) -}}
{{- if hasKey $seen $server }}{{ fail (printf "%s: %s is the same server as %s; remove one of them" (index $ 0) . (get $seen $server)) }}{{ end -}}
{{- $_ := set $seen $server . -}}
{{- end -}}
{{- end }}

{{- /* The numbers of nodes that an OpenBao is expected to have. */}}
{{- define "cobaltcore-exporter.checkNodes" -}}
{{- include "cobaltcore-exporter.checkServers" (list "config.collectors.openbao: nodes" (.nodes | default list)) -}}
{{- $expect := .expect | default dict -}}
{{- $nodes := int $expect.nodes -}}
{{- $voters := int $expect.voters -}}
{{- $others := int $expect.nonVoters -}}
{{- if and $nodes (not $voters) (ge $others $nodes) }}{{ fail (printf "config.collectors.openbao: %s expects %d nodes, and no voter among them" (toString .name) $nodes) }}{{ end -}}
{{- if and $nodes $voters (or $others (gt $voters $nodes)) (ne (add $voters $others) (int64 $nodes)) }}{{ fail (printf "config.collectors.openbao: %s expects %d nodes, which are not %d voters and %d others" (toString .name) $nodes $voters $others) }}{{ end -}}
{{- end }}
