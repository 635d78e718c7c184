// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"slices"

	"github.com/cobaltcore-dev/cobaltcore-exporter/alerts"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/app"
)

// pluginOption is a value of the chart that users of the plugin may set, with its name in the user
// interface of Greenhouse. All other properties are in values.yaml.
type pluginOption struct{ path, displayName string }

// pluginOptions returns the options of the plugin, the most frequently used first.
func pluginOptions() []pluginOption {
	return slices.Concat(clusterOptions(), systemOptions(), otherOptions())
}

// systemOptions returns the options that enable the watched systems.
func systemOptions() []pluginOption {
	var all []pluginOption
	for _, set := range app.Watched() {
		d := alerts.Describe(alerts.System(set.Collector))
		all = append(all, pluginOption{"config.collectors." + d.Key + ".enabled", d.Title})
	}
	return all
}

func clusterOptions() []pluginOption {
	return []pluginOption{
		{"localCluster.enabled", "Watch this cluster"},
		{"localCluster.name", "Name of this cluster"},
		{"localCluster.role", "Role of this cluster"},
		{"localCluster.region", "Region of this cluster"},
		{"localCluster.owner", "Owner of this cluster"},
		{"config.clusters", "Clusters"},
		{"config.discover", "Places where clusters are found"},
		{"rbac.secretNames", "Kubeconfig Secrets that may be read"},
		{"rbac.createProbeAccount", "Create the account of the login probe"},
		{"secretMounts", "Mounted Secrets"},
		{"config.clusterLabel", "Name of the label for clusters"},
	}
}

func otherOptions() []pluginOption {
	return []pluginOption{
		{"config.collectors.controllers.via", "Way to the metrics of controllers"},
		{"config.collectors.controllers.namespaces", "Namespaces of controllers"},
		{"config.collectors.openbao", "OpenBao clusters"},
		{"openbaoToken.audience", "Audience of the token for OpenBao"},
		{"config.collectors.aurora", "Aurora dashboards"},
		{"config.alertmanager.urls", "Alertmanagers"},
		{"configFiles", "Files beside the configuration"},

		{"serviceMonitorLabels", "Labels of the ServiceMonitor"},
		{"serviceMonitor.create", "Create a ServiceMonitor"},
		{"serviceMonitor.interval", "Scrape interval"},
		{"serviceMonitor.scrapeTimeout", "Scrape timeout"},
		{"serviceMonitor.metricRelabelings", "Metric relabelings"},
		{"prometheusRules.create", "Create alerts"},
		{"prometheusRules.ruleSelectors", "Labels of the PrometheusRule"},
		{"prometheusRules.additionalRuleLabels", "Labels of alerts"},
		{"prometheusRules.additionalRuleAnnotations", "Annotations of alerts"},
		{"prometheusRules.ruleGroups", "Groups of alerts"},
		{"prometheusRules.disabled", "Alerts to leave out"},
		{"prometheusRules.overrides", "Changes to alerts"},
		{"prometheusRules.playbookBaseURL", "Address of the playbooks"},
		{"prometheusRules.dashboardBaseURL", "Address of the dashboards"},
		{"prometheusRules.inhibition.create", "Create an AlertmanagerConfig"},
		{"prometheusRules.inhibition.labels", "Labels of the AlertmanagerConfig"},
		{"dashboards.create", "Create Perses dashboards"},
		{"dashboards.global.create", "Create global Perses dashboards"},
		{"dashboards.grafana.create", "Create Grafana dashboards"},
		{"dashboards.grafana.labels", "Labels of Grafana dashboards"},
		{"dashboards.logsURL", "Log search of dashboards"},
		{"dashboards.operator.create", "Create PersesDashboards"},
		{"dashboards.grafana.operator.create", "Create GrafanaDashboards"},
		{"global.commonLabels", "Labels of everything"},

		{"remoteAccount.enabled", "Account only"},
		{"remoteAccount.clusterName", "Account: name of this cluster"},
		{"remoteAccount.createTokenSecret", "Account: create a token"},

		{"replicas", "Replicas"},
		{"shards", "Shards"},
		{"resources", "Resources"},
		{"nodeSelector", "Node selector"},
		{"tolerations", "Tolerations"},
		{"affinity", "Affinity"},
		{"priorityClassName", "Priority class"},
		{"networkPolicy.create", "Create a NetworkPolicy"},
		{"networkPolicy.prometheus", "Pods of Prometheus"},
		{"networkPolicy.ingressFrom", "Other peers"},
		{"networkPolicy.egressFromConfig", "Egress by the configuration"},
		{"networkPolicy.egress", "Egress rules"},
		{"hostAliases", "Host aliases"},
		{"service.expose", "Show the web page in Greenhouse"},
		{"web.tlsSecretName", "Secret with the certificate"},
		{"web.configSecretName", "Secret with the web configuration"},
		{"web.kubernetesAuth.enabled", "Kubernetes decides who may read"},
		{"web.kubernetesAuth.audiences", "Audiences of tokens"},
		{"web.kubernetesAuth.scrapers", "Service accounts that may scrape"},
		{"serviceMonitor.scheme", "Scheme of the scrape"},
		{"serviceMonitor.tlsConfig", "TLS of the scrape"},
		{"serviceMonitor.basicAuth", "Credentials of the scrape"},
		{"serviceMonitor.authorization", "Token of the scrape"},
		{"log.level", "Log level"},
		{"log.format", "Log format"},
		{"image.registry", "Registry of the image"},
		{"image.repository", "Repository of the image"},
		{"image.tag", "Tag of the image"},
		{"image.digest", "Digest of the image"},
		{"imagePullSecrets", "Secrets to pull the image"},
	}
}

// notPluginOptions lists values, or mappings of values, that are not options of the plugin, because
// rarely used options would hide the others. They can be set with Helm.
func notPluginOptions() []string {
	return []string{
		"global.imageRegistry", "enabled", "nameOverride", "fullnameOverride", "namespaceOverride", "image.pullPolicy", "restartOnConfigChange", "serviceAccount", "rbac.create",
		"syncTimeout", "web.port", "web.probePort", "web.enablePprof", "web.maxRequests", "web.rateLimit",
		"service.type", "service.port", "service.annotations", "service.labels",
		"requireMonitoringCRDs", "release", "scrapeConfig", "serviceMonitor.relabelings", "serviceMonitor.sampleLimit", "serviceMonitor.bearerTokenFile", "networkPolicy.apiServerPorts", "dashboards.grafana.annotations",
		"dashboards.operator.instanceSelector", "dashboards.grafana.operator.instanceSelector", "dashboards.grafana.operator.allowCrossNamespaceImport", "dashboards.grafana.operator.folder", "podDisruptionBudget", "ingress", "httpRoute",
		"livenessProbe", "readinessProbe", "startupProbe", "strategy", "dnsPolicy", "dnsConfig", "podLabels", "podAnnotations", "podSecurityContext", "securityContext",
		"topologySpreadConstraints", "terminationGracePeriodSeconds", "extraArgs", "initContainers", "extraContainers", "extraManifests", "extraEnv", "extraVolumes", "extraVolumeMounts", "testFramework",
	}
}
