// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package dashboards

import (
	"slices"

	"github.com/cobaltcore-dev/cobaltcore-exporter/alerts"
)

// fluxObject names an object of Flux.
const fluxObject = "cluster, target_cluster, kind, exported_namespace, name"

func fluxFleet() Dashboard {
	resources := func(name, title, label string) Variable {
		return Variable{Name: name, Title: title, Selector: selector("cobaltcore_flux_resource_status"), Label: label}
	}
	return Dashboard{
		Description: "What Flux does in all clusters: what fails, has given up, waits or is suspended, which revisions are where, and whether its controllers keep up.",
		Variables: []Variable{
			clusterVariable(), resources("target", "Applied to", "target_cluster"),
			resources("namespace", "Namespace", "exported_namespace"), resources("kind", "Kind", "kind"),
		},
		Links: linksTo(idFleet, idCluster, idFluxResource, idExporter),
		Sections: slices.Concat([]Section{
			presence("Flux", served("flux")),
			{Title: "Now", Panels: slices.Concat(fluxNumbers(), []Panel{fluxByCluster(), fluxFailingHistory()})},
			{Title: "What does not work", Panels: fluxTables()},
			{Title: "Revisions across clusters", Panels: fluxRevisions()},
			{Title: "Reconciliation", Panels: fluxReconciliation()},
		}, fluxControllers()),
	}
}

// fluxResources selects the objects that are chosen at the top of the page.
func fluxResources(metric string, matchers ...string) string {
	return selector(metric, slices.Concat([]string{`target_cluster=~"$target"`, `kind=~"$kind"`, `exported_namespace=~"$namespace"`}, matchers)...)
}

func fluxStatus(states string) string {
	return fluxResources("cobaltcore_flux_resource_status", `status=~"`+states+`"`)
}

// fluxStates are the states in the order of how much somebody has to do.
func fluxStates() []struct {
	name, title string
	color       Color
} {
	return []struct {
		name, title string
		color       Color
	}{
		{"ready", "ready", Good}, {"progressing", "under way", Info}, {"dependency_not_ready", "waiting", Warning},
		{"suspended", "suspended", Neutral}, {"unknown", "unknown", Unknown}, {"failed", "failed", Bad}, {"stalled", "stalled", Bad},
	}
}

func fluxNumbers() []Panel {
	numbers := []Panel{
		number("Resources", "Objects of Flux, sources and notifications too. If it drops, somebody deleted something, or rows are missing: see the page The exporter.", fluxStatus(".*"), Good),
		number("Failed", "Objects whose last attempt failed and that will be tried again. 0 is good. The table of what fails says why; begin with sources.", fluxStatus("failed"), Bad),
		number("Stalled", "Objects that are not tried again before somebody changes them or asks for it. 0 is good.", fluxStatus("stalled"), Bad),
		number("Waiting", "Objects whose dependencies are not ready. 0 is good, and some for a while are normal; what they wait for is what has to be mended.", fluxStatus("dependency_not_ready"), Warning),
		number("Suspended", "Objects that somebody has suspended: they neither fail nor follow. None is good; the table tells for how long.", fluxStatus("suspended"), Warning),
		number("Attempted, not applied", "Objects whose newest revision was tried and is not what is applied. 0 is good, and some for a while are normal after a push.", fluxBehind(), Warning),
		number("Overdue", "Objects that were last reconciled more than three intervals ago: their controller is dead or does not keep up. 0 is good.", fluxLate()+` > bool 3`, Warning),
		number("Drifted", "HelmReleases whose objects were changed by hand, where drift is detected and not corrected. 0 is good.", fluxResources("cobaltcore_flux_helmrelease_drifted"), Warning),
	}
	for i := range numbers {
		numbers[i].Width, numbers[i].Height = 3, 4
	}
	return numbers
}

// fluxLate is how many intervals ago the objects were reconciled that are meant to be.
func fluxLate() string {
	return `(max by (` + fluxObject + `) (` + alerts.RecordedFluxOverdue + `{` + fluxChosen + `}) unless on (` + fluxObject + `) ` + fluxStatus("suspended") + `)`
}

// fluxChosen are the matchers of what is chosen at the top of the page.
const fluxChosen = here + `, target_cluster=~"$target", kind=~"$kind", exported_namespace=~"$namespace"`

func fluxByCluster() Panel {
	p := Panel{
		Kind: Table, Title: "Resources by cluster and state", Width: 12, Height: 9,
		Description: "How many objects of Flux in each cluster are in which state. Only ready, and suspended on purpose, is good.",
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
		Kind: TimeSeries, Title: "Failed and stalled over time", Width: 12, Height: 9, Unit: Number, Thresholds: zeroIsGood(Bad), Stacked: true,
		Description: "How many objects have failed or are stalled in each cluster. 0 is good. A step after a push came with it; the same step in several clusters has one source.",
		Queries:     []Query{{Expr: perCluster(`sum by (cluster) (` + fluxStatus("failed|stalled") + `)`), Legend: "{{cluster}}"}},
		Links:       []Link{*toCluster()},
	}
}

func fluxReconciliation() []Panel {
	late := fluxLate() + ` > 1.5`
	of := func(metric string) string {
		return `max by (` + fluxObject + `) (` + fluxResources(metric) + `) and on (` + fluxObject + `) (` + late + `)`
	}
	table := fluxTable("Reconcile age against interval", "Objects that were last reconciled more than one and a half intervals ago, the latest first. None is good. Up to three intervals is a controller that is busy; beyond, it is dead or of another shard. What is suspended is left out.", fluxColumns(
		valueColumn(0, "Intervals", Number, Threshold{Color: Good}, Threshold{From: 2, Color: Warning}, Threshold{From: 3, Color: Bad}),
		ageColumn(1, "Last reconciled"), ageColumn(2, "Interval"),
	), oldestFirst("Intervals"),
		orRow(late, "name", "none"),
		`time() - (`+of("cobaltcore_flux_resource_last_reconcile_timestamp_seconds")+`)`,
		of("cobaltcore_flux_resource_interval_seconds"))
	return []Panel{
		table,
		{
			Kind: TimeSeries, Title: "Latest reconciliation, in intervals", Width: 12, Height: 8, Unit: Number, Decimals: 1,
			Description: "How many intervals ago the object that is latest in each cluster was reconciled, without those that are suspended. About 1 is good; a line that climbs is a controller that has stopped.",
			Queries:     []Query{{Expr: `max by (cluster) (` + fluxLate() + `)`, Legend: "{{cluster}}"}},
			Thresholds:  []Threshold{{Color: Good}, {From: 2, Color: Warning}, {From: 3, Color: Bad}},
			Links:       []Link{*toCluster()},
		},
		{
			Kind: TimeSeries, Title: "Duration of the last reconciliations", Width: 12, Height: 8, Unit: Duration,
			Description: "How long the longest of the last reconciliations in the history of the objects of a kind took. It is good as long as it is far below the interval. A Kustomization waits for health checks in it.",
			Queries:     []Query{{Expr: `max by (cluster, kind) (` + fluxResources("cobaltcore_flux_resource_history_duration_seconds") + `)`, Legend: "{{cluster}} {{kind}}"}},
			Links:       []Link{*toCluster()},
		},
	}
}
