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
{{- if include "cobaltcore-exporter.webConfig" . }}
web.yaml: |
{{ include "cobaltcore-exporter.webConfig" . | indent 2 }}
{{- end }}
{{- end }}

{{- /* The configuration of the web server, unless it is in a Secret. */}}
{{- define "cobaltcore-exporter.webConfig" -}}
{{- $config := dict -}}
{{- with .Values.web -}}
{{- if and .configSecretName .rateLimit.interval }}{{ fail "web.rateLimit: it is in web.yaml of web.configSecretName, as rate_limit" }}{{ end -}}
{{- if not .configSecretName -}}
{{- if .tlsSecretName -}}
{{- $_ := set $config "tls_server_config" (dict "cert_file" "/etc/cobaltcore-exporter/web-tls/tls.crt" "key_file" "/etc/cobaltcore-exporter/web-tls/tls.key") -}}
{{- end -}}
{{- with .rateLimit -}}
{{- if .interval }}{{ $_ := set $config "rate_limit" (dict "interval" .interval "burst" (int .burst)) }}{{ end -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- with $config }}{{ toYaml . }}{{ end -}}
{{- end }}

{{- define "cobaltcore-exporter.args" -}}
- serve
- --config=/etc/cobaltcore-exporter/config/exporter.yaml
- --web.listen-address=:{{ .Values.web.port }}
{{- if .Values.web.configSecretName }}
- --web.config.file=/etc/cobaltcore-exporter/web/web.yaml
{{- else if include "cobaltcore-exporter.webConfig" . }}
- --web.config.file=/etc/cobaltcore-exporter/config/web.yaml
{{- end }}
{{- if include "cobaltcore-exporter.protected" . }}
{{- if eq (int .Values.web.port) (int .Values.web.probePort) }}{{ fail "web.probePort: it is that of web.port; probes need one of their own, without TLS and authentication" }}{{ end }}
- --web.probe-address=:{{ .Values.web.probePort }}
{{- end }}
- --web.max-requests={{ .Values.web.maxRequests }}
{{- with .Values.web.kubernetesAuth }}
{{- if .enabled }}
- --web.kubernetes-auth
{{- range .audiences }}
- --web.kubernetes-auth-audience={{ . }}
{{- end }}
{{- end }}
{{- end }}
{{- if .Values.web.enablePprof }}
- --web.enable-pprof
{{- end }}
- --sync-timeout={{ .Values.syncTimeout }}
- --log.level={{ .Values.log.level }}
- --log.format={{ .Values.log.format }}
{{- if gt (int .Values.shards) 1 }}
- --shard=auto/{{ .Values.shards }}
{{- end }}
{{- range .Values.extraArgs }}
- {{ . | quote }}
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
{{- if and .Values.openbaoToken.audience (include "cobaltcore-exporter.openbaoLogin" .) }}
- name: openbao-token
  mountPath: /etc/cobaltcore-exporter/openbao-token
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
{{- if and .Values.openbaoToken.audience (include "cobaltcore-exporter.openbaoLogin" .) }}
- name: openbao-token
  projected:
    sources:
      - serviceAccountToken: {audience: {{ .Values.openbaoToken.audience | quote }}, expirationSeconds: 3600, path: token}
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

{{- /* Is there an OpenBao that the exporter logs in to with the token of its account, or with that of an own audience? */}}
{{- define "cobaltcore-exporter.openbaoLogin" -}}
{{- $needed := false -}}
{{- range dig "collectors" "openbao" list (.Values.config | default dict) | default list -}}
{{- /* An empty mapping is a login with the defaults. */ -}}
{{- if and (dig "auth" "kubernetes" nil . | kindIs "map") (not (dig "auth" "kubernetes" "tokenFile" "" .)) }}{{ $needed = true }}{{ end -}}
{{- end -}}
{{- if $needed }}true{{ end -}}
{{- end }}

{{- /* Is the token of the service account of use, at the API server or at OpenBao? */}}
{{- define "cobaltcore-exporter.needsToken" -}}
{{- $needed := or .Values.web.kubernetesAuth.enabled (gt (include "cobaltcore-exporter.here" . | fromJsonArray | len) 0) -}}
{{- if or $needed (and (include "cobaltcore-exporter.openbaoLogin" .) (not .Values.openbaoToken.audience)) }}true{{ end -}}
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
  {{- with .Values.dnsPolicy }}
  dnsPolicy: {{ . }}
  {{- end }}
  {{- with .Values.dnsConfig }}
  dnsConfig: {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with .Values.initContainers }}
  initContainers: {{- toYaml . | nindent 4 }}
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
      {{- with .Values.startupProbe }}
      startupProbe:
        {{- include "cobaltcore-exporter.probe" (dict "probe" . "path" "/-/healthy" "port" $port) | nindent 8 }}
      {{- end }}
      {{- with .Values.resources }}
      resources: {{- toYaml . | nindent 8 }}
      {{- end }}
      {{- with .Values.securityContext }}
      securityContext: {{- toYaml . | nindent 8 }}
      {{- end }}
      volumeMounts: {{- include "cobaltcore-exporter.volumeMounts" . | nindent 8 }}
    {{- with .Values.extraContainers }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
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
