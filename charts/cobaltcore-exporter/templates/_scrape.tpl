{{- /*
SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
SPDX-License-Identifier: Apache-2.0
*/ -}}
{{- /*
What ServiceMonitor and ScrapeConfig share.
*/}}

{{- define "cobaltcore-exporter.monitorLabels" -}}
{{- $labels := merge (deepCopy (.Values.serviceMonitorLabels | default dict)) (include "cobaltcore-exporter.labels" . | fromYaml) -}}
{{- with .Values.release }}{{ $_ := set $labels "release" . }}{{ end -}}
{{ toYaml $labels }}
{{- end }}

{{- define "cobaltcore-exporter.scrapeOptions" -}}
{{- $monitor := .Values.serviceMonitor -}}
{{- if gt (include "cobaltcore-exporter.milliseconds" $monitor.scrapeTimeout | int64) (include "cobaltcore-exporter.milliseconds" $monitor.interval | int64) -}}
{{- fail (printf "serviceMonitor.scrapeTimeout: %s is longer than the interval %s, which Prometheus refuses" $monitor.scrapeTimeout $monitor.interval) -}}
{{- end -}}
{{- if and .Values.web.kubernetesAuth.enabled $monitor.basicAuth }}{{ fail "serviceMonitor.basicAuth: with web.kubernetesAuth, use serviceMonitor.authorization or bearerTokenFile" }}{{ end -}}
{{- $options := dict -}}
{{- range $key := list "tlsConfig" "basicAuth" "authorization" "relabelings" "metricRelabelings" -}}
{{- with get $monitor $key }}{{ $_ := set $options $key . }}{{ end -}}
{{- end -}}
{{- /* Prometheus asks the address of a pod, and the certificate is that of the Service. */ -}}
{{- if and .Values.web.tlsSecretName (not $monitor.tlsConfig) -}}
{{- $_ := set $options "tlsConfig" (dict "serverName" (printf "%s.%s.svc" (include "cobaltcore-exporter.fullname" .) (include "cobaltcore-exporter.namespace" .))) -}}
{{- end -}}
{{ toYaml $options }}
{{- end }}

{{- /* A duration, such as 1m30s, in milliseconds. */}}
{{- define "cobaltcore-exporter.milliseconds" -}}
{{- $units := dict "ms" 1 "s" 1000 "m" 60000 "h" 3600000 "d" 86400000 "w" 604800000 "y" 31536000000 -}}
{{- $sum := 0 -}}
{{- range regexFindAll "[0-9]+(ms|[smhdwy])" . -1 -}}
{{- $sum = add $sum (mul (regexFind "^[0-9]+" . | int64) (get $units (regexFind "[a-z]+$" .))) -}}
{{- end -}}
{{ $sum }}
{{- end }}
