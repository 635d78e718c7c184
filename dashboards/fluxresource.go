// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package dashboards

import (
	"strconv"
	"strings"
)

// chosenFluxResource selects the object that is selected at the top of the page.
const chosenFluxResource = chosenClusters + `, kind="$kind", exported_namespace="$namespace", name="$name"`

func fluxResource() Dashboard {
	variable := func(name, title, label, matchers string) Variable {
		return Variable{Name: name, Title: title, Selector: `cobaltcore_flux_resource_status{` + chosenClusters + matchers + `}`, Label: label, Single: true}
	}
	return Dashboard{
		Description: "One object of Flux: its state over time, its source, dependencies and dependents, and its reconciliations.",
		Variables: []Variable{
			oneCluster(), variable("kind", "Kind", "kind", ""), variable("namespace", "Namespace", "exported_namespace", `, kind="$kind"`),
			variable("name", "Name", "name", `, kind="$kind", exported_namespace="$namespace"`),
		},
		Links: linksTo(idFlux, idCluster, idFleet),
		Sections: []Section{
			{Title: "Now", Panels: []Panel{
				resourceState(), resourceTimes(), resourceRevisions(), resourceHistory()[0],
				withHeight(4, findingsTable("Findings about this object", "The firing alerts about this object. None is good.", findings{where: `object_cluster=~"$cluster", kind="$kind", namespace="$namespace", name="$name"`})),
			}},
			{Title: "Measurements over time", Collapsed: true, Panels: resourceHistory()[1:]},
			{Title: "Dependencies", Panels: resourceRelatives()},
			{Title: "Past reconciliations", Collapsed: true, Panels: []Panel{resourceAttempts(), resourceRelease()}},
		},
	}
}

func stateMappings() []Mapping {
	all := []Mapping{{Value: -1, Text: "no such object", Color: Unknown}}
	for i, s := range fluxStates() {
		all = append(all, Mapping{Value: float64(i), Text: s.title, Color: s.color})
	}
	return all
}

// stateValue returns the state of objects as a number, which stateMappings maps to words.
func stateValue(matchers string) string {
	var states []string
	for i, s := range fluxStates() {
		states = append(states, strconv.Itoa(i)+` * max by (`+fluxObject+`) (cobaltcore_flux_resource_status{`+matchers+`, status="`+s.name+`"})`)
	}
	return strings.Join(states, "\nor ")
}

func resourceState() Panel {
	return Panel{
		Kind: Stat, Title: "State", Width: 6, Height: 6, Unit: Number, Mappings: append(stateMappings(), Mapping{Value: -1, Text: "no such object", Color: Neutral}),
		Description: "The state of the object. Ready is good. Failed is retried; stalled is retried only after a change or on request; waiting is for a dependency.",
		Queries:     []Query{{Expr: `(` + stateValue(chosenFluxResource) + `) or on () vector(-1)`, Legend: "{{kind}} {{exported_namespace}}/{{name}}"}},
	}
}

// resourceTimes returns a table with a row for each time that objects of this kind record.
func resourceTimes() Panel {
	var all []string
	for _, m := range [][2]string{
		{"not ready for", "not_ready_since_timestamp_seconds"}, {"last reconciled", "last_reconcile_timestamp_seconds"}, {"last success", "last_success_timestamp_seconds"}, {"Ready changed", "ready_transition_timestamp_seconds"},
		{"artifact changed", "artifact_timestamp_seconds"}, {"created", "created_timestamp_seconds"},
	} {
		all = append(all, `label_replace(time() - max by (`+fluxObject+`) (cobaltcore_flux_resource_`+m[1]+`{`+chosenFluxResource+`}), "what", "`+m[0]+`", "", "")`)
	}
	all = append(all, `label_replace(max by (`+fluxObject+`) (cobaltcore_flux_resource_interval_seconds{`+chosenFluxResource+`}), "what", "interval between reconciliations", "", "")`)
	return Panel{
		Kind: Table, Title: "Times", Width: 7, Height: 6,
		Description: "Time since events of the object, as far as objects of this kind record them. The last reconciliation, Ready, the creation and the interval need metrics.detail: full.",
		Queries:     []Query{{Expr: withFallbackRow(strings.Join(all, "\nor "), "what", "no such object")}},
		Columns:     []Column{labelColumn("what", "What"), ageColumn(0, "Time")},
		Sort:        Sort{Column: "Time"},
	}
}

func resourceRevisions() Panel {
	const labels = "cluster, target_cluster, reason, revision, applied_revision, url, ref, path"
	return Panel{
		Kind: Table, Title: "Revisions", Width: 11, Height: 6,
		Description: "The target cluster of the object, the reason of its Ready condition, and its revisions. The same revision attempted and applied is good.",
		Queries:     []Query{{Expr: withFallbackRow(shortRevisions(`max by (`+labels+`) (flux_resource_info{`+chosenFluxResource+`})`, "revision", "applied_revision"), "reason", "this kind has no revision")}},
		Columns: []Column{
			labelColumn("reason", "Reason"), labelColumn("revision", "Attempted"), labelColumn("applied_revision", "Applied"), labelColumn("target_cluster", "Applied to"),
			labelColumn("url", "URL"), labelColumn("ref", "Reference"), labelColumn("path", "Path"),
		},
	}
}

func resourceHistory() []Panel {
	one := func(metric string) string {
		return `max by (` + fluxObject + `) (cobaltcore_flux_resource_` + metric + `{` + chosenFluxResource + `})`
	}
	age := linePanel("Age of the last reconciliation", "How long ago the object was reconciled, or Ready changed for kinds that do not record it, and its interval; it needs metrics.detail: full. A sawtooth below the interval is good; a rising line means that a controller has stopped.", Seconds, "age",
		`time() - (`+one("last_reconcile_timestamp_seconds")+` or `+one("ready_transition_timestamp_seconds")+` or `+one("created_timestamp_seconds")+`)`)
	age.Queries = append(age.Queries, Query{Legend: "interval", Expr: one("interval_seconds")})
	took := linePanel("Duration of reconciliations", "How long the last reconciliation in the history of the object took, and how long its controller takes on average, if its metrics are read. Far below the interval is good.", Milliseconds, "last",
		milliseconds(one("history_duration_seconds")))
	took.Queries = append(took.Queries, Query{Legend: "average", Expr: milliseconds(
		average("gotk_reconcile_duration_seconds", "cluster, kind, exported_namespace, name", `kind="$kind"`, `exported_namespace="$namespace"`, `name="$name"`))})
	inventory := linePanel("Objects in the inventory", "Number of objects that it has applied. Steady is good; a drop after a push means that objects were pruned. It needs metrics.detail: full.", Number, "objects", one("inventory_entries"))
	size := linePanel("Size of the artifact", "Size of the artifact of a source. It needs metrics.detail: full.", Bytes, "size", one("artifact_size_bytes"))
	age.Empty, took.Empty = "It needs metrics.detail: full.", "The object has no history, and the metrics of its controller are not read."
	inventory.Empty, size.Empty = "The object has no inventory, or metrics.detail is not full.", "The object is no source, or metrics.detail is not full."
	return []Panel{
		{
			Kind: StatusHistory, Title: "State over time", Width: 24, Height: 4, Mappings: stateMappings(),
			Description: "The state of the object over time. Always ready is good; progressing during each attempt is normal.",
			Queries:     []Query{{Expr: stateValue(chosenFluxResource), Legend: "{{name}}"}},
		},
		age, took, inventory, size,
	}
}

// resourceRelatives returns the objects that the object refers to and those that refer to it, with
// their states.
func resourceRelatives() []Panel {
	const object, itself = "cluster, kind, exported_namespace, name", `$kind/$namespace/$name`
	const waiting = "cobaltcore_flux_resource_waiting_since_timestamp_seconds"
	table := func(title, description, expr, none string) Panel {
		state := `topk by (` + object + `) (1, ` + selector("cobaltcore_flux_resource_status") + `)`
		p := fluxTable(title, description, []Column{
			withWidth(labelColumn("kind", "Kind"), 120), labelColumn("exported_namespace", "Namespace"), fluxNameColumn(), statusColumn(),
			withWidth(labelColumn("target_cluster", "Applied to"), 105),
		}, Sort{Column: "Name"}, withFallbackRow(expr+`
  * on (`+object+`) group_left (status, target_cluster) `+state+`
  or label_replace(`+expr+` unless on (`+object+`) `+state+`, "status", "is not there", "", "")`, "name", none))
		p.Width, p.Height = 12, 5
		return p
	}
	// named extracts the object from three labels by patterns.
	named := func(expr string, labels, patterns [3]string) string {
		for i, to := range []string{"kind", "exported_namespace", "name"} {
			expr = `label_replace(` + expr + `, "` + to + `", "$1", "` + labels[i] + `", "` + patterns[i] + `")`
		}
		return `max by (` + object + `) (0 * ` + expr + ` + 1)`
	}
	return []Panel{
		table("Source", "The source of this object. If it is not ready, this object stays at its last revision.",
			named(`flux_resource_info{`+chosenFluxResource+`, source_name!=""}`, [3]string{"source_kind", "source_namespace", "source_name"}, [3]string{"(.*)", "(.*)", "(.*)"}), "nothing"),
		table("Dependencies", "Objects that must be ready before this object is reconciled, while it waits.",
			named(waiting+`{`+chosenFluxResource+`}`, [3]string{"dependency", "dependency", "dependency"}, [3]string{"([^/]*)/.*", "[^/]*/([^/]*)/.*", ".*/([^/]*)"}), "nothing"),
		table("Used by", "Objects that use this object: they stay at their revision while it fails.",
			`max by (`+object+`) (flux_resource_info{`+chosenClusters+`, source_kind="$kind", source_namespace="$namespace", source_name="$name"})`, "nothing"),
		table("Waiting for this object", "Objects that are not reconciled before this one is ready.", `max by (`+object+`) (0 * `+waiting+`{`+chosenClusters+`, dependency="`+itself+`"} + 1)`, "nothing"),
	}
}

func resourceAttempts() Panel {
	const labels = "cluster, digest, version, status"
	history := func(metric string) string {
		return `max by (` + labels + `) (cobaltcore_flux_resource_history_` + metric + `{` + chosenFluxResource + `})`
	}
	return Panel{
		Kind: Table, Title: "History", Width: 24, Height: 6,
		Description: "The history in the status of the object: revisions, their results, the number of reconciliations and the duration of the last one. Sources and notifications have no history.",
		Queries:     []Query{{Expr: withFallbackRow(`time() - `+history("last_reconciled_timestamp_seconds"), "status", "no history")}, {Expr: history("reconciliations")}, {Expr: history("duration_seconds")}},
		Columns: []Column{
			ageColumn(0, "Last reconciled"), labelColumn("status", "Result"), labelColumn("version", "Version"), labelColumn("digest", "Digest"),
			valueColumn(1, "Reconciliations", Number), ageColumn(2, "Took"),
		},
		Sort: Sort{Column: "Last reconciled"},
	}
}

func resourceRelease() Panel {
	const labels = "chart_name, chart_version, app_version, release_status"
	joined := func(metric, matchers string) string {
		return `max by (cluster) (cobaltcore_flux_helmrelease_` + metric + `{` + chosenFluxResource + matchers + `})
  * on (cluster) group_right () max by (cluster, ` + labels + `) (cobaltcore_flux_helmrelease_info{` + chosenFluxResource + `})`
	}
	return Panel{
		Kind: Table, Title: "Helm release", Width: 24, Height: 4,
		Description: "The newest release of a HelmRelease: deployed, without failures, drift and failing tests is good. Failures need metrics.detail: full. Drift, tests and remediation are empty if there is no problem; other kinds have no release.",
		Queries: []Query{
			{Expr: withFallbackRow(`max by (cluster, `+labels+`) (cobaltcore_flux_helmrelease_info{`+chosenFluxResource+`})`, "release_status", "no release")},
			{Expr: joined("failures", `, action="all"`)}, {Expr: joined("drifted", "")}, {Expr: joined("test_success", "")}, {Expr: joined("remediated", "")},
		},
		Columns: []Column{
			labelColumn("chart_name", "Chart"), labelColumn("chart_version", "Version"), labelColumn("app_version", "Version of the application"), labelColumn("release_status", "Release"),
			valueColumn(1, "Failures", Number, zeroIsGood(Bad)...),
			{Query: 2, Title: "Drift", Mappings: []Mapping{{Value: 0, Text: "none", Color: Good}, {Value: 1, Text: "drifted", Color: Warning}}},
			{Query: 3, Title: "Tests", Mappings: boolMappings("passed", "failed", Bad)},
			{Query: 4, Title: "Last failure", Mappings: []Mapping{{Value: 1, Text: "remediated", Color: Warning}, {Value: 0, Text: "not remediated", Color: Bad}}},
		},
	}
}
