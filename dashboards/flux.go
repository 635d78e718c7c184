// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package dashboards

import "slices"

// fluxObject lists the labels that identify a Flux object.
const fluxObject = "cluster, target_cluster, kind, exported_namespace, name"

// fluxNotReady has a row for each Flux object that is not ready; the value is the onset.
const fluxNotReady = "cobaltcore_flux_resource_not_ready_since_timestamp_seconds"

func fluxFleet() Dashboard {
	resources := func(name, title, label string) Variable {
		return Variable{Name: name, Title: title, Selector: selector("cobaltcore_flux_resource_status"), Label: label}
	}
	return Dashboard{
		Description: "Flux in all clusters: objects that fail, are stalled, wait or are suspended, applied revisions, and the load of the controllers.",
		Variables: []Variable{
			clusterVariable(), resources("target", "Applied to", "target_cluster"),
			resources("namespace", "Namespace", "exported_namespace"), resources("kind", "Kind", "kind"), logsVariable(),
		},
		Links: linksTo(idFleet, idCluster, idFluxResource, idExporter),
		Sections: slices.Concat([]Section{
			{Title: "Now", Panels: slices.Concat([]Panel{presence("Flux", servedClusters("flux"))}, fluxNumbers(), []Panel{fluxByCluster(), fluxFailingHistory()})},
			{Title: "Findings", Panels: []Panel{
				withHeight(6, findingsTable("Findings about Flux", "Firing alerts about Flux, its sources and its controllers. None is good.", findings{system: "flux"})),
			}},
			{Title: "Objects that are not ready", Panels: fluxTables()},
			{Title: "FluxInstances", Collapsed: true, Panels: fluxInstances()},
			{Title: "Revisions across clusters", Collapsed: true, Panels: fluxRevisions()},
			{Title: "Reconciliation", Collapsed: true, Panels: fluxReconciliation()},
		}, fluxControllers()),
	}
}

// fluxResources selects the objects that are selected at the top of the page.
func fluxResources(metric string, matchers ...string) string {
	return selector(metric, slices.Concat([]string{`target_cluster=~"$target"`, `kind=~"$kind"`, `exported_namespace=~"$namespace"`}, matchers)...)
}

func fluxStatus(states string) string {
	return fluxResources("cobaltcore_flux_resource_status", `status=~"`+states+`"`)
}

// fluxStates returns the states in the order of urgency.
func fluxStates() []struct {
	name, title string
	color       Color
} {
	return []struct {
		name, title string
		color       Color
	}{
		{"ready", "ready", Good}, {"progressing", "under way", Info}, {"dependency_not_ready", "waiting", Warning},
		{"suspended", "suspended", Neutral}, {"deleting", "being deleted", Neutral}, {"unprocessed", "not processed", Warning}, {"unknown", "unknown", Unknown}, {"failed", "failed", Bad}, {"stalled", "stalled", Bad},
	}
}

// statusColumn returns the column with the state of a Flux object in the colour of the state.
func statusColumn() Column {
	c := withWidth(labelColumn("status", "State"), 110)
	for _, s := range fluxStates() {
		c.Mappings = append(c.Mappings, Mapping{Label: s.name, Text: s.title, Color: s.color})
	}
	return c
}

func fluxNumbers() []Panel {
	numbers := []Panel{
		sumPanel("Resources", "Objects of Flux, including sources and notifications. If the number drops, objects were deleted, or data are missing: see the page The exporter.", fluxStatus(".*"), Good),
		sumPanel("Failed", "Objects whose last attempt failed and that will be retried. 0 is good. The table of failed objects has the reasons; start with sources.", fluxStatus("failed"), Bad),
		sumPanel("Stalled", "Objects that are retried only after a change or on request. 0 is good.", fluxStatus("stalled"), Bad),
		sumPanel("Waiting", "Objects whose dependencies are not ready. 0 is good; some for a short time are normal. Otherwise repair their dependencies.", fluxStatus("dependency_not_ready"), Warning),
		sumPanel("Suspended", "Suspended objects, which are not reconciled. None is good; the table shows for how long.", fluxStatus("suspended"), Warning),
		sumPanel("Not applied", "Objects whose last attempted revision differs from the applied revision. 0 is good; some for a short time are normal after a push.", fluxBehind(), Warning),
		sumPanel("Overdue", "Ready objects that were last reconciled more than collectors.flux.overdueAfter intervals ago, 3 by default: their controller is down or does not keep up. 0 is good.", fluxOverdue()+` > bool 0`, Warning),
		sumPanel("Drifted", "HelmReleases whose objects were changed in the cluster, if drift is detected but not corrected. 0 is good.", fluxResources("cobaltcore_flux_helmrelease_drifted"), Warning),
	}
	for i := range numbers {
		numbers[i].Width, numbers[i].Height = 3, 4
	}
	return numbers
}

// fluxOverdue returns the time for which ready objects have been overdue; negative if they are not
// yet overdue.
func fluxOverdue() string {
	return `(time() - max by (` + fluxObject + `, component) (` + fluxResources("cobaltcore_flux_resource_overdue_timestamp_seconds") + `))`
}

func fluxByCluster() Panel {
	p := Panel{
		Kind: Table, Title: "Resources by cluster and state", Width: 24, Height: 5,
		Description: "Number of objects of Flux in each cluster by state. Only ready, and suspended on purpose, is good.",
		Columns:     []Column{clusterColumn()},
		Sort:        Sort{Column: "Cluster"},
	}
	for i, s := range fluxStates() {
		p.Queries = append(p.Queries, Query{Expr: perCluster(`sum by (cluster) (` + fluxStatus(s.name) + `)`)})
		p.Columns = append(p.Columns, valueColumn(i, s.title, Number, zeroIsGood(s.color)...))
	}
	return p
}

func fluxFailingHistory() Panel {
	return Panel{
		Kind: TimeSeries, Title: "Failed and stalled over time", Width: 24, Height: 8, Unit: Number, Thresholds: zeroIsGood(Bad), Stacked: true,
		Description: "How many objects have failed or are stalled in each cluster. 0 is good. A step after a push was caused by it; the same step in several clusters has a common source.",
		Queries:     []Query{{Expr: perCluster(`sum by (cluster) (` + fluxStatus("failed|stalled") + `)`), Legend: "{{cluster}}"}},
		Links:       []Link{*toCluster()},
	}
}

func fluxReconciliation() []Panel {
	return []Panel{
		fluxTable("Overdue objects", "Ready objects that were not reconciled for more than collectors.flux.overdueAfter intervals, the longest first. None is good: their controller is down, does not keep up, or serves another shard.",
			fluxColumns(labelColumn("component", "Controller"), ageColumn(0, "Overdue for", Threshold{Color: Warning})), oldestFirst("Overdue for"),
			withFallbackRow(fluxOverdue()+` > 0`, "name", "none")),
		{
			Kind: TimeSeries, Title: "Longest overdue", Width: 12, Unit: Minutes, Min: new(float64),
			Description: "Time for which the most overdue object of each cluster has been overdue. 0 is good; a rising line means that a controller has stopped.",
			Queries:     []Query{{Expr: `max by (cluster) (clamp_min(` + fluxOverdue() + `, 0)) / 60`, Legend: "{{cluster}}"}},
			Thresholds:  []Threshold{{Color: Good}, {From: 1.0 / 60, Color: Warning}, {From: 60, Color: Bad}},
			Links:       []Link{*toCluster()},
		},
		{
			Kind: TimeSeries, Title: "Duration of the last reconciliations", Width: 12, Unit: Milliseconds, Min: new(float64),
			Description: "How long the longest of the last reconciliations in the history of FluxInstances took. It is good as long as it is far below the interval.", Empty: "No FluxInstance has a history.",
			Queries: []Query{{Expr: milliseconds(`max by (cluster, kind) (` + fluxResources("cobaltcore_flux_resource_history_duration_seconds") + `)`), Legend: "{{cluster}} {{kind}}"}},
			Links:   []Link{*toCluster()},
		},
	}
}
