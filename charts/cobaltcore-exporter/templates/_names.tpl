{{- /*
SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
SPDX-License-Identifier: Apache-2.0
*/ -}}
{{- define "cobaltcore-exporter.name" -}}
{{ default .Chart.Name .Values.nameOverride }}
{{- end }}

{{- /* The names of objects, short enough for a suffix. */}}
{{- define "cobaltcore-exporter.fullname" -}}
{{- $name := include "cobaltcore-exporter.name" . -}}
{{- $full := .Values.fullnameOverride | default (contains $name .Release.Name | ternary .Release.Name (printf "%s-%s" .Release.Name $name)) -}}
{{- if gt (len $full) 50 }}{{ fail (printf "fullnameOverride: the name %s has %d characters, and 50 leave room for suffixes; set a shorter one, or shorten the name of the release" $full (len $full)) }}{{ end -}}
{{ $full }}
{{- end }}

{{- define "cobaltcore-exporter.namespace" -}}
{{ default .Release.Namespace .Values.namespaceOverride }}
{{- end }}

{{- define "cobaltcore-exporter.serviceAccountName" -}}
{{- if or .Values.serviceAccount.create .Values.remoteAccount.enabled -}}
{{ default (include "cobaltcore-exporter.fullname" .) .Values.serviceAccount.name }}
{{- else -}}
{{ required "serviceAccount.name: set the service account of the exporter, or set serviceAccount.create" .Values.serviceAccount.name }}
{{- end -}}
{{- end }}

{{- /* What Greenhouse adds to the values; nothing of it is there with Helm alone. */}}
{{- define "cobaltcore-exporter.greenhouse" -}}
{{ dig "greenhouse" dict (.Values.global | default dict) | default dict | toYaml }}
{{- end }}

{{- define "cobaltcore-exporter.commonLabels" -}}
{{ dig "commonLabels" dict (.Values.global | default dict) | default dict | toYaml }}
{{- end }}

{{- define "cobaltcore-exporter.selectorLabels" -}}
app.kubernetes.io/name: {{ include "cobaltcore-exporter.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- /* Labels of every object: those that the chart and Greenhouse need count more than those of the user. */}}
{{- define "cobaltcore-exporter.labels" -}}
{{- $greenhouse := include "cobaltcore-exporter.greenhouse" . | fromYaml -}}
{{- $labels := dict
  "helm.sh/chart" (printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" | trunc 63)
  "app.kubernetes.io/version" (.Chart.AppVersion | toString)
  "app.kubernetes.io/managed-by" .Release.Service
  "app.kubernetes.io/part-of" "cobaltcore-exporter"
  "plugin" .Release.Name
  "plugindefinition" .Chart.Name -}}
{{- with $greenhouse.ownedBy }}{{ $_ := set $labels "greenhouse.sap/owned-by" (toString .) }}{{ end -}}
{{- merge (include "cobaltcore-exporter.selectorLabels" . | fromYaml) $labels (include "cobaltcore-exporter.commonLabels" . | fromYaml) | toYaml -}}
{{- end }}

{{- define "cobaltcore-exporter.image" -}}
{{- $registry := dig "imageRegistry" "" (.Values.global | default dict) | default .Values.image.registry -}}
{{- with .Values.image -}}
{{- if $registry }}{{ $registry }}/{{ end }}{{ .repository }}
{{- if .digest }}@{{ .digest }}{{ else }}:{{ default $.Chart.AppVersion .tag }}{{ end -}}
{{- end -}}
{{- end }}

{{- /* Is anything between the exporter and a probe: TLS, basic authentication, a rate limit? */}}
{{- define "cobaltcore-exporter.protected" -}}
{{- if or .Values.web.tlsSecretName .Values.web.configSecretName .Values.web.rateLimit.interval }}true{{ end -}}
{{- end }}

{{- define "cobaltcore-exporter.scheme" -}}
{{ default (ternary "https" "http" (ne .Values.web.tlsSecretName "")) .Values.serviceMonitor.scheme }}
{{- end }}

{{- /* Does the cluster have the kinds of the Prometheus Operator? */}}
{{- define "cobaltcore-exporter.monitoring" -}}
{{- if or (not .Values.requireMonitoringCRDs) (.Capabilities.APIVersions.Has "monitoring.coreos.com/v1") }}true{{ end -}}
{{- end }}

{{- /* Nine tenths of a memory limit, in bytes: the rest is for what Go does not count. */}}
{{- define "cobaltcore-exporter.memoryLimit" -}}
{{- $text := toString . -}}
{{- $unit := regexFind "[A-Za-z]*$" $text -}}
{{- $units := dict "" 1 "k" 1000 "M" 1000000 "G" 1000000000 "T" 1000000000000 "Ki" 1024 "Mi" 1048576 "Gi" 1073741824 "Ti" 1099511627776 -}}
{{- if not (hasKey $units $unit) }}{{ fail (printf "resources.limits.memory: %s is not understood; write it with Mi or Gi" $text) }}{{ end -}}
{{ mulf (trimSuffix $unit $text | float64) (get $units $unit) 0.9 | floor | int64 }}
{{- end }}
