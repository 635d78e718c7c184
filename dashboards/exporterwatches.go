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
			Description: "Kinds that cannot be listed or watched, and why. None is good. forbidden is a right that the exporter does not have in that cluster; all others are the network or the API server.",
			Queries:     []Query{{Expr: withFallbackRow(`max by (`+watchedKind+`, reason) (`+selector("cobaltcore_watch_failing")+`)`, "kind", "none")}},
			Columns: []Column{
				clusterColumn(), labelColumn("collector", "Collector"), labelColumn("kind", "Kind"), labelColumn("group", "Group"), wordColumn("reason", "Reason"),
			},
			Sort: Sort{Column: "Cluster"},
		},
		func() Panel {
			p := linePanel("Errors of watches", "Failed attempts a second to list or watch, by reason. 0 is good; a cluster that comes back has some for a moment.", PerSecond, "{{cluster}} {{reason}}",
				`sum by (cluster, reason) (`+perSecond("cobaltcore_watch_errors_total")+`)
or 0 * max by (cluster) (`+selector("cobaltcore_cluster_up")+`)`)
			p.Width = 10
			return p
		}(),
		kindsTable(),
		linePanel("Objects by cluster", "Objects that have rows. Steady is good; a drop to nothing is a cluster whose rows were withdrawn.", Number, "{{cluster}}",
			perCluster(`sum by (cluster) (`+selector("cobaltcore_watch_objects")+`)`)),
		linePanel("Objects by collector", "Objects that have rows, by collector. What grows here is what scrapes cost.", Number, "{{cluster}} {{collector}}",
			`sum by (cluster, collector) (`+selector("cobaltcore_watch_objects")+`)`),
	}
}

func collectorPanels() []Panel {
	const of = "cluster, collector"
	errors := linePanel("Errors of collectors", "Failed attempts a second of each collector, by reason. 0 is good.", PerSecond, "{{cluster}} {{collector}} {{reason}}",
		`sum by (cluster, collector, reason) (`+perSecond("cobaltcore_collector_errors_total")+`)
or 0 * max by (cluster) (`+selector("cobaltcore_cluster_up")+`)`)
	return []Panel{
		{
			Kind: StatusHistory, Title: "Collectors over time", Width: 24, Height: 12, Mappings: boolMappings("knows all", "does not", Bad),
			Description: "Whether each collector knows what it should: everything that it watches is complete, nothing fails, and what it asks answers. Green all along is good.",
			Queries:     []Query{{Expr: `max by (` + of + `) (` + selector("cobaltcore_collector_up") + `)`, Legend: "{{cluster}} {{collector}}"}},
			Links:       []Link{*toCluster()},
		},
		linePanel("Last sign of life", "How long ago the most silent watch or probe of each collector gave a sign of life. Below two minutes is good.", Duration, "{{cluster}} {{collector}}",
			`time() - max by (`+of+`) (`+selector("cobaltcore_collector_last_success_timestamp_seconds")+`)`),
		linePanel("Duration of lists and probes", "How long the slowest of the initial lists, or of the last probes, of each collector took. Seconds are good.", Duration, "{{cluster}} {{collector}}",
			`max by (`+of+`) (`+selector("cobaltcore_collector_duration_seconds")+`)`),
		errors,
		{
			Kind: Table, Title: "Controllers that cannot be asked", Width: 12, Height: 6,
			Description: "Pods of controllers whose metrics cannot be read, and systems whose pods cannot be listed, with the reason. None is good; forbidden means that pods or pods/proxy are not allowed.",
			Queries: []Query{{Expr: withFallbackRow(`max by (cluster, system, namespace, name, reason) (`+selector("cobaltcore_controller_scrape_failing")+`)
or max by (cluster, system, reason) (`+selector("cobaltcore_controller_pods_failing")+`)`, "name", "none")}},
			Columns: []Column{clusterColumn(), labelColumn("system", "System"), labelColumn("namespace", "Namespace"), labelColumn("name", "Pod"), wordColumn("reason", "Reason")},
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
			Description: "Where clusters are searched for, whether that works, and how many were found. Those that are known stay while it does not.",
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
			Kind: Table, Title: "Clusters that are not taken", Width: 12, Height: 6,
			Description: "Secrets and Cluster objects that stand for a cluster which is not watched, and why. None is good; the operations page of the documentation has a remedy for each reason.",
			Queries:     []Query{{Expr: withFallbackRow(`max by (`+search+`, name, reason, other) (`+selector("cobaltcore_discovery_finding")+`)`, "name", "none")}},
			Columns: []Column{
				clusterColumn(), labelColumn("source", "By"), labelColumn("namespace", "Namespace"), labelColumn("name", "Name"), wordColumn("reason", "Reason"), labelColumn("other", "Taken by"),
			},
		},
		{
			Kind: Table, Title: "Alertmanager", Width: 12, Height: 6,
			Description: "The Alertmanagers that the exporter reads and, when it is not scraped, sends its alerts to. All that answer is good.",
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
			p := sumPanel("Watchdogs missing", "Clusters of which Alertmanager has no alert Watchdog, though that should always fire: their alerts do not arrive. 0 is good.", selector("cobaltcore_alertmanager_watchdog_missing"), Bad)
			p.Width, p.Height = 6, 7
			return p
		}(),
	}
}
