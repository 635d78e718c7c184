// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package dashboards

// exporterJob selects the metrics of the scrape itself, like the rule about an exporter that is
// down.
const exporterJob = `job=~".*cobaltcore-exporter.*"`

func exporterPage() Dashboard {
	return Dashboard{
		Description: "What the exporter knows and does not know: which clusters and kinds it reads, what keeps it from that, what it left out, and what it costs.",
		Variables:   []Variable{clusterVariable()},
		Links:       linksTo(idFleet, idCluster),
		Sections: []Section{
			{Title: "Now", Panels: exporterNumbers()},
			{Title: "Findings", Panels: []Panel{
				withHeight(4, findingsTable("Findings about the exporter", "Firing alerts about the exporter itself. While one fires, data on all pages may be outdated or incomplete. None is good.", findings{system: "exporter"})),
			}},
			{Title: "Clusters", Panels: []Panel{clustersTable(), clustersHistory()}},
			{Title: "Watches and limits", Collapsed: true, Panels: watchPanels()},
			{Title: "Collectors", Collapsed: true, Panels: collectorPanels()},
			{Title: "Cost", Collapsed: true, Panels: exporterCost()},
			{Title: "Rules", Collapsed: true, Panels: exporterRules()},
			{Title: "Discovery and Alertmanager", Collapsed: true, Panels: exporterPeers()},
			{Title: "Access", Collapsed: true, Panels: []Panel{refusedClients()}},
		},
	}
}

func exporterNumbers() []Panel {
	numbers := []Panel{
		replicasPanel(),
		sumPanel("Replicas down", "Processes of the exporter that Prometheus cannot scrape. 0 is good; otherwise check their pods.", `up{`+exporterJob+`} == bool 0`, Bad),
		sumPanel("Clusters down", "Clusters whose API server has not answered two probes in a row. 0 is good; the table below has the reasons.", selector("cobaltcore_cluster_up")+` == bool 0`, Bad),
		sumPanel("Failing watches", "Kinds that cannot be listed or watched. 0 is good; their data are from the last success, until staleAfter.", selector("cobaltcore_watch_failing"), Bad),
		sumPanel("Kinds without rows", "Kinds without complete data: failures of their objects are not detected. 0 is good.", selector("cobaltcore_watch_synced")+` == bool 0`, Bad),
		sumPanel("Objects left out", "Objects beyond limits.objectsPerKind or the limits of the size of rows: their failures are not detected. 0 is good; otherwise raise the limit, or select less.", selector("cobaltcore_watch_objects_cut"), Bad),
		sumPanel("Objects with cut labels", "Objects with a label value that was longer than limits.labelValueLength or not valid UTF-8 (it ends in a hash), or with more than 64 KiB of rows. 0 is good.", selector("cobaltcore_watch_objects_with_cut_labels"), Info),
		sumPanel("Reload failed", "Exporters whose last attempt to load the configuration failed: the previous configuration stays in effect. 0 is good; the log has the errors.", `cobaltcore_config_last_reload_successful == bool 0`, Bad),
	}
	numbers[len(numbers)-1].PerReplica = true // a successful replica must not hide a failed one
	for i := range numbers {
		numbers[i].Width, numbers[i].Height = 6, 4
	}
	return numbers
}

func clustersTable() Panel {
	const labels = "cluster, role, source, version, reason"
	reason := `topk by (cluster) (1, ` + selector("cobaltcore_cluster_failing") + `)
    or on (cluster) max by (cluster) (` + selector("cobaltcore_cluster_up") + ` * 0 + 1)`
	joined := func(expr string) string {
		return `(` + expr + `)
  * on (cluster) group_left (reason) (` + reason + `)
  * on (cluster) group_left (role, source, version) topk by (cluster) (1, ` + selector("cobaltcore_cluster_info") + `)`
	}
	return Panel{
		Kind: Table, Title: "Clusters", Width: 24, Height: 5,
		Description: "Every cluster with its source, whether it can be reached, and the reason if not. A reason for a cluster that is up means that one probe has failed. A snapshot is always up.",
		Queries: []Query{
			{Expr: withFallbackRow(`max by (`+labels+`) (`+joined(selector("cobaltcore_cluster_up"))+`)`, "cluster", "no cluster is configured")},
			{Expr: `max by (` + labels + `) (` + joined(`time() - max by (cluster) (`+selector("cobaltcore_cluster_last_contact_timestamp_seconds")+`)`) + `)`},
			{Expr: `max by (` + labels + `) (` + joined(`sum by (cluster) (`+selector("cobaltcore_watch_objects")+`)`) + `)`},
		},
		Columns: []Column{
			clusterColumn(), {Query: 0, Title: "API server", Mappings: append(boolMappings("answers", "does not answer", Bad), noRow()...)}, wordColumn("reason", "Reason"),
			ageColumn(1, "Last contact", splitAt(Good, 60, Warning)...), valueColumn(2, "Objects", Number),
			labelColumn("role", "Role"), labelColumn("source", "Known from"), labelColumn("version", "Kubernetes"),
		},
		Sort: Sort{Column: "API server"},
	}
}

func clustersHistory() Panel {
	return Panel{
		Kind: StatusHistory, Title: "Clusters over time", Width: 24, Height: 7, Mappings: boolMappings("answers", "does not answer", Bad),
		Description: "Whether each API server could be reached. Always green is good.",
		Queries:     []Query{{Expr: `max by (cluster) (` + selector("cobaltcore_cluster_up") + `)`, Legend: "{{cluster}}"}},
		Links:       []Link{*toCluster()},
	}
}

// exporterCost returns panels with metrics of the process and of the scrape.
func exporterCost() []Panel {
	const replica = "job, instance"
	each := func(title, description string, unit Unit, expr string) Panel {
		p := linePanel(title, description, unit, "{{instance}}", expr)
		p.PerReplica = true
		return p
	}
	return []Panel{
		each("Duration of a scrape", "How long Prometheus takes to read a replica. Well below the interval of the scrape is good.", Milliseconds, milliseconds(`scrape_duration_seconds{`+exporterJob+`}`)),
		each("Rows", "Samples in a scrape of a replica. Steady is good; if it jumps, see the objects by kind above.", Number, `scrape_samples_scraped{`+exporterJob+`}`),
		each("CPU", "Processor cores that a replica uses. The sizing page of the documentation has typical values.", Number, `rate(process_cpu_seconds_total{`+exporterJob+`}[$__rate_interval])`),
		each("Memory", "Resident memory of a replica. Steady is good; it follows the number of objects.", Bytes, `process_resident_memory_bytes{`+exporterJob+`}`),
		each("Goroutines", "Goroutines of a replica: some for each cluster and watch. A line that only rises is a leak: report it to the maintainers.", Number, `go_goroutines{`+exporterJob+`}`),
		{
			Kind: Table, Title: "Versions and shards", Width: 12, Height: 6, PerReplica: true,
			Description: "The version of each replica, and its shard if the fleet is divided. One version is good, and all shards, counted from 0.",
			Queries:     []Query{{Expr: `cobaltcore_build_info * on (` + replica + `) group_left (shard, shards) (cobaltcore_shard_info or on (` + replica + `) cobaltcore_build_info)`}},
			Columns: []Column{
				labelColumn("instance", "Replica"), labelColumn("version", "Version"), labelColumn("revision", "Revision"), labelColumn("goversion", "Go"),
				labelColumn("shard", "Shard"), labelColumn("shards", "of"),
			},
			Sort: Sort{Column: "Replica"},
		},
	}
}

func exporterRules() []Panel {
	evaluation := linePanel("Evaluation of the rules", "How long the exporter takes to evaluate its rules, every 15 s. Far below a second is good.", Milliseconds, "duration",
		milliseconds(`max(cobaltcore_health_evaluation_duration_seconds)`))
	age := Panel{
		Kind: Stat, Title: "Last evaluation", Width: 4, Height: 8, Unit: Duration, Thresholds: splitAt(Good, 60, Bad),
		Description: "Time since the last evaluation of the rules, of the exporter with the oldest one. Below half a minute is good; otherwise findings and verdicts are outdated.",
		Queries:     []Query{{Expr: `time() - min(cobaltcore_health_last_evaluation_timestamp_seconds)`}},
		PerReplica:  true,
	}
	evaluated := sumPanel("Rules evaluated", "Alerts that the exporter evaluates itself.", `cobaltcore_health_rules{state="evaluated"}`, Good)
	failures := sumPanel("Failed evaluations", "Failed evaluations of rules since the exporter was started. 0 is good; the log has the rules and the errors.", `cobaltcore_health_evaluation_failures_total`, Bad)
	leftOut := sumPanel("Findings left out", "Findings beyond 10,000 of a cluster or 40,000 in all. 0 is good; otherwise thousands of objects fail: see the page of the cluster.", selector("cobaltcore_health_findings_left_out"), Bad)
	evaluated.Width, evaluated.Height, failures.Width, failures.Height, leftOut.Width, leftOut.Height = 4, 8, 4, 8, 4, 8
	evaluation.Width = 8
	return []Panel{evaluation, age, evaluated, failures, leftOut}
}

// refusedClients returns a panel with refused requests; the log has the addresses.
func refusedClients() Panel {
	return Panel{
		Kind: TimeSeries, Title: "Refused clients", Width: 24, Height: 7, Unit: Number,
		Description: "Connections and requests per second that a replica refused: beyond a limit, or by the decision of --web.kubernetes-auth. None is good; the log of the replica has the clients.",
		Queries: []Query{
			{Expr: `sum by (what, scope) (rate(cobaltcore_web_refused_total[$__rate_interval]))`, Legend: "{{what}} beyond the limit of: {{scope}}"},
			{Expr: `sum by (decision) (rate(cobaltcore_web_access_decisions_total{decision!="allowed"}[$__rate_interval]))`, Legend: "{{decision}}"},
		},
		PerReplica: true,
	}
}
