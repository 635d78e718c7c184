// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package alerts

import "time"

// exporterUp selects the metric up of each exporter.
const exporterUp = `up{job=~"` + exporterJob + `"}`

// anyReplicaUp selects the same for all replicas together.
const anyReplicaUp = `max without (container, instance, node, pod) (` + exporterUp + `)`

// asCollector adds the label collector to a system that does not answer, because the missing data
// of this collector is a consequence.
func asCollector(collector, expr string) string {
	return `label_replace(` + expr + `, "collector", "` + collector + `", "", "")`
}

// exporterGroup returns the rules about the exporter itself.
func exporterGroup() Group {
	return Group{Name: "exporter", Title: "The exporter", Rules: []Rule{
		{
			Name: "ExporterCollectorDown", System: Exporter, Severity: Warning, For: 10 * time.Minute, KeepFiringFor: 2 * time.Minute,
			Expr:    `max by (cluster, collector, reason) (cobaltcore_collector_failing)`,
			Object:  Object{Kind: "Collector", Name: "{{ $labels.collector }}"},
			Summary: "Collector {{ $labels.collector }} is not complete in cluster {{ $labels.cluster }}: {{ $labels.reason }}",
			Description: "A watch fails or is not complete, or a probe has no answer or no token. The state of missing objects is unknown. " +
				"The status page of the exporter names the kind, its log the error.",
			InhibitedBy: []Inhibition{
				followsFromOutage(),
				{By: "FleetKindForbidden", Equal: []string{clusterLabel, "collector"}},
				{By: "FleetWatchFailing", Equal: []string{clusterLabel, "collector"}},
				{By: "FleetKindUnknown", Equal: []string{clusterLabel, "collector"}},
				{By: "AuroraDown", Equal: []string{clusterLabel, "collector"}},
				{By: "OpenBaoDown", Equal: []string{clusterLabel, "collector"}},
			},
		},
		{
			Name: "ExporterReloadFailed", System: Exporter, Severity: Warning, For: 5 * time.Minute,
			Expr:        reloadSuccessful + ` == 0`,
			Object:      Object{Kind: "Exporter", Name: "configuration"},
			Summary:     "Exporter: the configuration cannot be loaded",
			Description: "The file of a replica is not valid, so it keeps the previous configuration. Run check-config on it for line and key.",
		},
		{
			Name: "ExporterReportStale", System: Exporter, Severity: Warning, For: 5 * time.Minute, PrometheusOnly: true,
			Threshold: secondsThreshold(2*time.Minute, "how old the last evaluation may be"),
			Expr:      `time() - ` + lastEvaluation + ` > ` + threshold,
			Object:    Object{Kind: "Exporter", Name: "report"},
			Summary:   "Exporter: its report is " + rounded + " old",
			Description: "The page and the report of a replica are older than $threshold. " +
				"Alerts by Prometheus are not affected. Its log has the error; an evaluation that takes long needs more CPU.",
		},
		{
			Name: "ExporterAlertmanagerDown", System: Exporter, Severity: Warning, For: 10 * time.Minute,
			Expr:        `max by (alertmanager) (cobaltcore_alertmanager_up) == 0`,
			Object:      Object{Kind: "Alertmanager", Name: "{{ $labels.alertmanager }}"},
			Summary:     "Alertmanager {{ $labels.alertmanager }} does not answer the exporter",
			Description: "Silences are not known, and alerts could not be sent there if Prometheus were down. Check its pods and the NetworkPolicies.",
		},
		{
			Name: "ExporterWatchdogMissing", System: Exporter, Severity: Warning, For: 10 * time.Minute,
			Expr:        `max by (cluster) (cobaltcore_alertmanager_watchdog_missing) == 1`,
			Object:      Object{Kind: "Alert", Name: "Watchdog"},
			Summary:     "Watchdog of cluster {{ $labels.cluster }} is missing in Alertmanager",
			Description: "Other alerts of its Prometheus do not arrive either. Check Prometheus and its connection to Alertmanager.",
			InhibitedBy: []Inhibition{followsFromOutage()},
		},
		{
			Name: "ExporterRefusesClients", System: Exporter, Severity: Warning, For: 10 * time.Minute, PrometheusOnly: true,
			Expr:        `increase(` + refusedClients + `[5m]) > 0`,
			Object:      Object{Kind: "Exporter", Name: "{{ $labels.what }}"},
			Summary:     "Exporter refuses {{ $labels.what }}: limit of scope {{ $labels.scope }} reached",
			Description: "Clients get no answer; with scope all, Prometheus may be one of them. The log has their addresses: stop them, or raise --web.max-requests.",
		},
		{
			Name: "ExporterMissing", System: Exporter, Severity: Critical, For: 10 * time.Minute, PrometheusOnly: true,
			Expr:    `absent(` + exporterUp + `)`,
			Object:  Object{Kind: "Exporter", Name: "*"},
			Summary: "Prometheus has no cobaltcore-exporter to scrape",
			Description: "No other rule about the fleet can fire. " +
				"Check its pods, the ServiceMonitor, the Prometheus that selects it, and that the job matches rules.exporterJob.",
		},
		{
			Name: "ExporterDown", System: Exporter, Severity: Critical, For: 5 * time.Minute, PrometheusOnly: true,
			Expr:        anyReplicaUp + ` == 0`,
			Object:      Object{Kind: "Exporter", Name: "{{ $labels.job }}"},
			Summary:     "All replicas of the exporter {{ $labels.job }} are down",
			Description: "The clusters that it watches are unknown, and their alerts end. Check its pods, then the error in Prometheus' list of targets.",
		},
		{
			Name: "ExporterReplicaDown", System: Exporter, Severity: Warning, For: 15 * time.Minute, PrometheusOnly: true,
			Expr:        exporterUp + ` == 0 unless ignoring (container, instance, node, pod) ` + anyReplicaUp + ` == 0`,
			Object:      Object{Kind: "Exporter", Name: "{{ $labels.instance }}"},
			Summary:     "Replica {{ $labels.instance }} of the exporter {{ $labels.job }} is down",
			Description: "Prometheus can scrape other replicas. Check its pod before another one is lost.",
		},
		{
			Name: "ExporterShardMissing", System: Exporter, Severity: Critical, For: 10 * time.Minute, PrometheusOnly: true,
			Expr:    `cobaltcore_shards - count without (shard, shards) (cobaltcore_shard_info) > 0`,
			Object:  Object{Kind: "Exporter", Name: "shards"},
			Summary: "Exporter: " + count("shard") + " without metrics",
			Description: "Prometheus lacks " + count("shard") + ": " +
				"their clusters have no rows and no alerts. Compare the pods with the number in --shard.",
		},
		{
			Name: "ExporterWatchdog", System: Exporter, Severity: Info, PrometheusOnly: true,
			Expr:        `vector(1)`,
			Object:      Object{Kind: "Exporter", Name: "watchdog"},
			Summary:     "Exporter: this alert always fires",
			Description: "It shows that rules are evaluated and that alerts arrive. Only its absence is a problem.",
		},
	}}
}

// exporterSystem describes the exporter.
func exporterSystem() Description {
	return Description{
		System: Exporter, Title: "Exporter", Prefixes: []string{"Exporter"}, Page: "cobaltcore-exporter",
		Why: exporterWhy, Groups: groups(exporterGroup),
	}
}

// exporterWhy returns the reasons for the severities of the alerts about the exporter.
func exporterWhy() map[string]string {
	return map[string]string{
		"ExporterCollectorDown":    "a part of the fleet is not monitored; users are not affected",
		"ExporterReloadFailed":     "the previous configuration stays in effect",
		"ExporterReportStale":      "the report is old; alerts arrive by Prometheus",
		"ExporterAlertmanagerDown": "alerts arrive by Prometheus",
		"ExporterWatchdogMissing":  "alerts from one cluster do not arrive; alerts of the exporter do",
		"ExporterRefusesClients":   "the scrape of Prometheus may be refused next; users are not affected",
		"ExporterMissing":          "faults in the fleet, which may affect users now, are not reported",
		"ExporterDown":             "faults in the fleet, which may affect users now, are not reported",
		"ExporterReplicaDown":      "another replica works",
		"ExporterShardMissing":     "faults in some clusters, which may affect users now, are not reported",
		"ExporterWatchdog":         "it always fires",
	}
}
