// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package dashboards

const watchedKind = "cluster, collector, group, kind"

// kindsTable returns a table with a row for each watched kind.
func kindsTable() Panel {
	of := func(metric string) string {
		return `max by (` + watchedKind + `) (` + selector(metric) + `)`
	}
	return Panel{
		Kind: Table, Title: "Objects by kind", Width: 24, Height: 8,
		Description: "Every kind that is watched in every cluster: how many objects have rows, whether they are complete, the time of the last event or bookmark of the watch (at least about once a minute), and the objects left out.",
		Queries: []Query{
			{Expr: withFallbackRow(of("cobaltcore_watch_objects"), "kind", "nothing is watched")}, {Expr: of("cobaltcore_watch_synced")},
			{Expr: `time() - ` + of("cobaltcore_watch_last_event_timestamp_seconds")}, {Expr: of("cobaltcore_watch_objects_cut")},
			{Expr: of("cobaltcore_watch_objects_with_cut_labels")}, {Expr: of("cobaltcore_watch_partial_decodes_total")},
		},
		Columns: []Column{
			clusterColumn(), labelColumn("collector", "Collector"), labelColumn("kind", "Kind"), labelColumn("group", "Group"),
			valueColumn(0, "Objects", Number), {Query: 1, Title: "Complete", Mappings: boolMappings("yes", "no", Bad)},
			ageColumn(2, "Last sign of life", splitAt(Good, 600, Warning)...), valueColumn(3, "Left out", Number, zeroIsGood(Bad)...),
			valueColumn(4, "Cut labels", Number, zeroIsGood(Info)...), valueColumn(5, "Wrong types", Number, zeroIsGood(Warning)...),
		},
		Sort: oldestFirst("Objects"),
	}
}

func watchPanels() []Panel {
	return []Panel{
		{
			Kind: Table, Title: "Failing watches", Width: 14, Height: 6,
			Description: "Kinds that cannot be listed or watched, and why. None is good. forbidden means that the exporter lacks a permission in that cluster; other reasons concern the network or the API server.",
			Queries:     []Query{{Expr: withFallbackRow(`max by (`+watchedKind+`, reason) (`+selector("cobaltcore_watch_failing")+`)`, "kind", "none")}},
			Columns: []Column{
				clusterColumn(), labelColumn("collector", "Collector"), labelColumn("kind", "Kind"), labelColumn("group", "Group"), wordColumn("reason", "Reason"),
			},
			Sort: Sort{Column: "Cluster"},
		},
		func() Panel {
			p := linePanel("Errors of watches", "Failed attempts per second to list or watch, by reason. 0 is good; a cluster that recovers has some for a moment.", PerSecond, "{{cluster}} {{reason}}",
				`sum by (cluster, reason) (`+perSecond("cobaltcore_watch_errors_total")+`)
or 0 * max by (cluster) (`+selector("cobaltcore_cluster_up")+`)`)
			p.Width = 10
			return p
		}(),
		kindsTable(),
		linePanel("Objects by cluster", "Objects that have rows. Steady is good; a drop to 0 means that the data of a cluster were removed.", Number, "{{cluster}}",
			perCluster(`sum by (cluster) (`+selector("cobaltcore_watch_objects")+`)`)),
		linePanel("Objects by collector", "Objects that have rows, by collector. The cost of a scrape grows with this number.", Number, "{{cluster}} {{collector}}",
			`sum by (cluster, collector) (`+selector("cobaltcore_watch_objects")+`)`),
	}
}

func collectorPanels() []Panel {
	const of = "cluster, collector"
	errors := linePanel("Errors of collectors", "Failed attempts per second of each collector, by reason. 0 is good.", PerSecond, "{{cluster}} {{collector}} {{reason}}",
		`sum by (cluster, collector, reason) (`+perSecond("cobaltcore_collector_errors_total")+`)
or 0 * max by (cluster) (`+selector("cobaltcore_cluster_up")+`)`)
	return []Panel{
		{
			Kind: StatusHistory, Title: "Collectors over time", Width: 24, Height: 12, Mappings: boolMappings("knows all", "does not", Bad),
			Description: "Whether the data of each collector are complete: all kinds are complete, nothing fails, and all queried systems respond. Always green is good.",
			Queries:     []Query{{Expr: `max by (` + of + `) (` + selector("cobaltcore_collector_up") + `)`, Legend: "{{cluster}} {{collector}}"}},
			Links:       []Link{*toCluster()},
		},
		withThresholds(linePanel("Time since the last success", "Time since the last success of each watch and probe of a collector; the oldest counts. Below two minutes is good.", Seconds, "{{cluster}} {{collector}}",
			`time() - max by (`+of+`) (`+selector("cobaltcore_collector_last_success_timestamp_seconds")+`)`), splitAt(Good, 120, Warning)),
		linePanel("Duration of lists and probes", "Duration of the slowest initial list or last probe of each collector. Seconds are good.", Milliseconds, "{{cluster}} {{collector}}",
			milliseconds(`max by (`+of+`) (`+selector("cobaltcore_collector_duration_seconds")+`)`)),
		errors,
		{
			Kind: Table, Title: "Controllers whose metrics cannot be read", Width: 12, Height: 6,
			Description: "Pods of controllers whose metrics cannot be read, and systems whose pods cannot be listed, with the reason. None is good; forbidden means that pods or pods/proxy are not allowed.",
			Queries: []Query{{Expr: withFallbackRow(`max by (cluster, system, namespace, name, reason) (`+selector("cobaltcore_controller_scrape_failing")+`)
or max by (cluster, system, reason) (`+selector("cobaltcore_controller_pods_failing")+`)`, "name", "none")}},
			Columns: []Column{clusterColumn(), systemColumn(), labelColumn("namespace", "Namespace"), labelColumn("name", "Pod"), wordColumn("reason", "Reason")},
			Sort:    Sort{Column: "Cluster"},
		},
	}
}

// exporterPeers returns a section about optional peers, so an empty table has a fallback row.
func exporterPeers() []Panel {
	const search = "cluster, source, namespace"
	return []Panel{
		{
			Kind: Table, Title: "Discovery", Width: 12, Height: 6,
			Description: "Sources of discovery, whether discovery succeeds, and how many clusters were discovered. Known clusters stay while it fails.",
			Queries: []Query{
				{Expr: withFallbackRow(`max by (`+search+`) (`+selector("cobaltcore_discovery_up")+`)`, "source", "not configured")}, {Expr: `max by (` + search + `) (` + selector("cobaltcore_discovery_clusters") + `)`},
				{Expr: `time() - max by (` + search + `) (` + selector("cobaltcore_discovery_last_success_timestamp_seconds") + `)`},
			},
			Columns: []Column{
				clusterColumn(), labelColumn("source", "By"), labelColumn("namespace", "Namespace"),
				{Query: 0, Title: "Last look", Mappings: []Mapping{{Value: 1, Text: "succeeded", Color: Good}, {Value: 0, Text: "no success", Color: Warning},
					{Value: -1, Text: "none", Color: Neutral}}},
				valueColumn(1, "Clusters", Number), ageColumn(2, "Last success"),
			},
		},
		{
			Kind: Table, Title: "Rejected clusters", Width: 12, Height: 6,
			Description: "Secrets and Cluster objects that were rejected as clusters, with the reason. None is good; the operations page of the documentation explains how to fix each reason.",
			Queries:     []Query{{Expr: withFallbackRow(`max by (`+search+`, name, reason, other) (`+selector("cobaltcore_discovery_finding")+`)`, "name", "none")}},
			Columns: []Column{
				clusterColumn(), labelColumn("source", "By"), labelColumn("namespace", "Namespace"), labelColumn("name", "Name"), wordColumn("reason", "Reason"), labelColumn("other", "Taken by"),
			},
		},
		{
			Kind: Table, Title: "Alertmanager", Width: 12, Height: 6,
			Description: "The Alertmanagers from which the exporter reads, and to which it sends its alerts if it is not scraped. All up is good.",
			Queries: []Query{
				{Expr: withFallbackRow(`max by (alertmanager) (cobaltcore_alertmanager_up)`, "alertmanager", "not configured")}, {Expr: `time() - max by (alertmanager) (cobaltcore_alertmanager_last_success_timestamp_seconds)`},
				{Expr: `max by (alertmanager) (cobaltcore_alertmanager_pushed_alerts_total)`}, {Expr: `max by (alertmanager) (cobaltcore_alertmanager_pushes_failed_total)`},
			},
			Columns: []Column{
				labelColumn("alertmanager", "Alertmanager"), {Query: 0, Title: "State", Mappings: []Mapping{{Value: 1, Text: "answers", Color: Good}, {Value: 0, Text: "no answer", Color: Warning},
					{Value: -1, Text: "none", Color: Neutral}}},
				ageColumn(1, "Last answer"), valueColumn(2, "Alerts sent", Number), valueColumn(3, "Failed attempts", Number, zeroIsGood(Warning)...),
			},
		},
		func() Panel {
			p := sumPanel("Exporters that send alerts themselves", "Exporters that are not scraped and send the alerts of their rules themselves. 0 is good: Prometheus sends them.", `cobaltcore_alertmanager_fallback_active`, Bad)
			p.Width, p.Height = 6, 7
			return p
		}(),
		func() Panel {
			p := sumPanel("Watchdogs missing", "Clusters without the alert Watchdog in Alertmanager, which should always fire: their alerts do not arrive. 0 is good.", selector("cobaltcore_alertmanager_watchdog_missing"), Bad)
			p.Width, p.Height = 6, 7
			return p
		}(),
	}
}
