{{- /*
SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
SPDX-License-Identifier: Apache-2.0
*/ -}}
{{- /* The files of the directory config. */}}
{{- define "cobaltcore-exporter.files" -}}
exporter.yaml: |
{{ include "cobaltcore-exporter.config" . | indent 2 }}
{{- with .Values.configFiles }}
{{ toYaml . }}
{{- end }}
{{- if and .Values.web.tlsSecretName (not .Values.web.configSecretName) }}
web.yaml: |
  tls_server_config:
    cert_file: /etc/cobaltcore-exporter/web-tls/tls.crt
    key_file: /etc/cobaltcore-exporter/web-tls/tls.key
{{- end }}
{{- end }}

{{- define "cobaltcore-exporter.args" -}}
- serve
- --config=/etc/cobaltcore-exporter/config/exporter.yaml
- --web.listen-address=:{{ .Values.web.port }}
{{- if .Values.web.configSecretName }}
- --web.config.file=/etc/cobaltcore-exporter/web/web.yaml
{{- else if .Values.web.tlsSecretName }}
- --web.config.file=/etc/cobaltcore-exporter/config/web.yaml
{{- end }}
{{- if include "cobaltcore-exporter.protected" . }}
{{- if eq (int .Values.web.port) (int .Values.web.probePort) }}{{ fail "web.probePort: it is that of web.port; probes need one of their own, without TLS and authentication" }}{{ end }}
- --web.probe-address=:{{ .Values.web.probePort }}
{{- end }}
- --web.max-requests={{ .Values.web.maxRequests }}
{{- if .Values.web.enablePprof }}
- --web.enable-pprof
{{- end }}
- --sync-timeout={{ .Values.syncTimeout }}
- --log.level={{ .Values.log.level }}
- --log.format={{ .Values.log.format }}
{{- if gt (int .Values.shards) 1 }}
- --shard=auto/{{ .Values.shards }}
{{- end }}
{{- end }}

{{- define "cobaltcore-exporter.volumeMounts" -}}
- name: config
  mountPath: /etc/cobaltcore-exporter/config
  readOnly: true
{{- range .Values.secretMounts }}
- name: secret-{{ .name }}
  mountPath: /etc/cobaltcore-exporter/secrets/{{ .name }}
  readOnly: true
{{- end }}
{{- if .Values.web.configSecretName }}
- name: web
  mountPath: /etc/cobaltcore-exporter/web
  readOnly: true
{{- end }}
{{- if .Values.web.tlsSecretName }}
- name: web-tls
  mountPath: /etc/cobaltcore-exporter/web-tls
  readOnly: true
{{- end }}
{{- with .Values.extraVolumeMounts }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{- define "cobaltcore-exporter.volumes" -}}
- name: config
  configMap:
    name: {{ include "cobaltcore-exporter.fullname" . }}
{{- range .Values.secretMounts }}
- name: secret-{{ .name }}
  secret: {{- omit . "name" | toYaml | nindent 4 }}
{{- end }}
{{- with .Values.web.configSecretName }}
- name: web
  secret:
    secretName: {{ . }}
{{- end }}
{{- with .Values.web.tlsSecretName }}
- name: web-tls
  secret:
    secretName: {{ . }}
{{- end }}
{{- with .Values.extraVolumes }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{- /* Is the token of the service account of use to anybody, the API server or OpenBao? */}}
{{- define "cobaltcore-exporter.needsToken" -}}
{{- $needed := gt (include "cobaltcore-exporter.here" . | fromJsonArray | len) 0 -}}
{{- range dig "openbao" list (dig "collectors" dict (.Values.config | default dict) | default dict) -}}
{{- /* An empty mapping is a login with the defaults. */ -}}
{{- if dig "auth" "kubernetes" nil . | kindIs "map" }}{{ $needed = true }}{{ end -}}
{{- end -}}
{{- if $needed }}true{{ end -}}
{{- end }}

{{- /* A probe of the pod, unless the user has another way to ask. */}}
{{- define "cobaltcore-exporter.probe" -}}
{{- $probe := deepCopy (.probe | default dict) -}}
{{- if not (or $probe.exec $probe.grpc $probe.tcpSocket) -}}
{{- $_ := set $probe "httpGet" (merge ($probe.httpGet | default dict) (dict "path" .path "port" .port)) -}}
{{- end -}}
{{ toYaml $probe }}
{{- end }}

{{- /* What Deployment and StatefulSet have in common: a template of pods. */}}
{{- define "cobaltcore-exporter.podTemplate" -}}
metadata:
  {{- /* Not the version of the chart: pods need not start anew for it. */}}
  labels: {{- merge (omit (include "cobaltcore-exporter.labels" . | fromYaml) "helm.sh/chart") (deepCopy (.Values.podLabels | default dict)) | toYaml | nindent 4 }}
  {{- $annotations := deepCopy (.Values.podAnnotations | default dict) }}
  {{- if .Values.restartOnConfigChange }}
  {{- $_ := set $annotations "checksum/config" (include "cobaltcore-exporter.files" . | sha256sum) }}
  {{- end }}
  {{- with $annotations }}
  annotations: {{- toYaml . | nindent 4 }}
  {{- end }}
spec:
  serviceAccountName: {{ include "cobaltcore-exporter.serviceAccountName" . }}
  automountServiceAccountToken: {{ eq (include "cobaltcore-exporter.needsToken" .) "true" }}
  enableServiceLinks: false
  terminationGracePeriodSeconds: {{ .Values.terminationGracePeriodSeconds }}
  {{- with .Values.podSecurityContext }}
  securityContext: {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with .Values.imagePullSecrets }}
  imagePullSecrets: {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with .Values.priorityClassName }}
  priorityClassName: {{ . }}
  {{- end }}
  containers:
    - name: exporter
      image: {{ include "cobaltcore-exporter.image" . }}
      imagePullPolicy: {{ .Values.image.pullPolicy }}
      args: {{- include "cobaltcore-exporter.args" . | nindent 8 }}
      {{- $memory := dig "limits" "memory" "" (.Values.resources | default dict) }}
      {{- /* Two variables of one name are an error to server-side apply. */}}
      {{- range .Values.extraEnv }}{{ if eq .name "GOMEMLIMIT" }}{{ $memory = "" }}{{ end }}{{ end }}
      {{- if or $memory .Values.extraEnv }}
      env:
        {{- with $memory }}
        - name: GOMEMLIMIT
          value: {{ include "cobaltcore-exporter.memoryLimit" . | quote }}
        {{- end }}
        {{- with .Values.extraEnv }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
      {{- end }}
      ports:
        - name: metrics
          containerPort: {{ .Values.web.port }}
          protocol: TCP
        {{- if include "cobaltcore-exporter.protected" . }}
        - name: probes
          containerPort: {{ .Values.web.probePort }}
          protocol: TCP
        {{- end }}
      {{- $port := ternary "probes" "metrics" (eq (include "cobaltcore-exporter.protected" .) "true") }}
      livenessProbe:
        {{- include "cobaltcore-exporter.probe" (dict "probe" .Values.livenessProbe "path" "/-/healthy" "port" $port) | nindent 8 }}
      readinessProbe:
        {{- include "cobaltcore-exporter.probe" (dict "probe" .Values.readinessProbe "path" "/-/ready" "port" $port) | nindent 8 }}
      {{- with .Values.resources }}
      resources: {{- toYaml . | nindent 8 }}
      {{- end }}
      {{- with .Values.securityContext }}
      securityContext: {{- toYaml . | nindent 8 }}
      {{- end }}
      volumeMounts: {{- include "cobaltcore-exporter.volumeMounts" . | nindent 8 }}
  volumes: {{- include "cobaltcore-exporter.volumes" . | nindent 4 }}
  {{- with .Values.nodeSelector }}
  nodeSelector: {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with .Values.tolerations }}
  tolerations: {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with .Values.affinity }}
  affinity: {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with .Values.hostAliases }}
  hostAliases: {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with .Values.topologySpreadConstraints }}
  topologySpreadConstraints:
    {{- range . }}
    - {{- merge (deepCopy .) (dict "labelSelector" (dict "matchLabels" (include "cobaltcore-exporter.selectorLabels" $ | fromYaml))) | toYaml | nindent 6 }}
    {{- end }}
  {{- end }}
{{- end }}
