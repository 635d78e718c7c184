// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package dashboards

import "github.com/cobaltcore-dev/cobaltcore-exporter/alerts"

// Labels of the rows about writers and readers of secrets. backend and path_id identify an OpenBao and
// a path and are the same in all clusters: rows of stored secrets are joined by them.
const (
	byPath = "backend, mount, path_id"
	byFlow = bySecret + ", " + byPath
)

const (
	flow     = "cobaltcore_secretflow_"
	syncTime = "_last_sync_timestamp_seconds"
	stored   = `max by (` + byPath + `) (` + flow + `stored_version)`
	changed  = `max by (` + byPath + `) (` + flow + `stored_timestamp_seconds)`
)

// consumerReferences returns the references of ExternalSecrets to secrets, each with the value 1.
func consumerReferences() string { return references("externalsecret", "consumer") }

// producerReferences returns the references of PushSecrets.
func producerReferences() string { return references("pushsecret", "producer") }

// references returns the first path and the further paths of each object of a kind.
func references(kind, further string) string {
	return `group by (` + byFlow + `) (` + selectESO(kind+syncTime, `path_id!=""`) + ` or ` + selector(flow+further+syncTime) + `)`
}

func secretFlowPage() Dashboard {
	return Dashboard{
		Description: "How secrets come from those who write them through OpenBao to those who read them: who holds an older version than OpenBao has, and for how long, and which paths lead nowhere. path_id stands for a path; /api/v1/secretflow of the exporter names it.",
		Variables:   []Variable{clusterVariable()},
		Links:       linksTo(idFleet, idSecrets, idOpenBao),
		Sections: []Section{
			{Title: "Now", Panels: []Panel{
				presence("Secret flow", consumerReferences()+" or "+producerReferences()+" or "+selector(flow+"unresolved")),
				flowByCluster(),
				withHeight(5, findingsTable("Findings about the secret flow", "Firing alerts about secrets that do not arrive. None is good.", findings{rule: "SecretFlow.*|ESOPushSecret.*"})),
			}},
			{Title: "Readers with an old version", Panels: readersBehind()},
			{Title: "Pushes", Panels: []Panel{pushPanel()}},
			{Title: "Paths that lead nowhere", Collapsed: true, Panels: []Panel{missingPaths(), unresolved()}},
			{Title: "Secrets", Collapsed: true, Panels: []Panel{mostRead(), longestUnchanged()}},
		},
	}
}

// withoutUnaskedPaths returns the references to paths for which OpenBao was queried; the state of
// other paths is unknown.
func withoutUnaskedPaths(references string) string { return filterBy(references, byPath, stored) }

func flowByCluster() Panel {
	reads, writes := withoutUnaskedPaths(consumerReferences()), withoutUnaskedPaths(producerReferences())
	nowhere := ` and on (` + byPath + `) (` + stored + ` == 0)`
	return Panel{
		Kind: Table, Title: "By cluster", Width: 24, Height: 5, Unit: Number,
		Description: "References of each cluster to paths of OpenBao, and how many have problems. Zeros are good; a reader may be behind until its next refresh. References for which OpenBao could not be queried are left out. A cluster without references has no row.",
		Queries: []Query{
			{Expr: withFallbackRow(`count by (cluster) (`+reads+`) or 0 * max by (cluster) (`+writes+`)`, "cluster", "no references")},
			{Expr: countOr0("cluster", inFleet(alerts.SecretBehind), reads)},
			{Expr: countOr0("cluster", reads+nowhere, reads)},
			{Expr: countOr0("cluster", writes, reads)},
			{Expr: countOr0("cluster", inFleet(alerts.SecretPushedNotStored), reads+" or "+writes)},
			{Expr: `count by (cluster) (` + selector(flow+"unresolved") + `) or 0 * max by (cluster) (` + reads + ` or ` + writes + `)`},
		},
		Columns: []Column{
			clusterColumn(), {Query: 0, Title: "Reads", Unit: Number, Mappings: noRow()}, valueColumn(1, "Readers behind", Number, zeroIsGood(Warning)...),
			valueColumn(2, "Reads of nothing", Number, zeroIsGood(Warning)...), valueColumn(3, "Writes", Number),
			valueColumn(4, "Pushed and not stored", Number, zeroIsGood(Bad)...), valueColumn(5, "Not resolved", Number, zeroIsGood(Warning)...),
		},
		Sort: Sort{Column: "Readers behind", Descending: true}, Links: []Link{playbook("SecretFlowBehind")},
	}
}

func readersBehind() []Panel {
	rows := inFleet(`0 * (` + alerts.SecretBehind + `) + 1`)
	age := `time() - (` + alerts.SecretBehindSince + `)`
	periodic := `max by (` + bySecret + `) ` + refreshInterval("externalsecret")
	// The value of an ExternalSecret or of a path, as one of a reference.
	reader := func(expr string) string { return joinValue(expr, bySecret, rows) }
	path := func(expr string) string { return joinValue(expr, byPath, rows) }
	late := firstState(byFlow,
		numberedState{"2", `(` + age + `) > on (` + bySecret + `) group_left () (2 * ` + periodic + ` + 300)`},
		numberedState{"3", rows + ` unless on (` + bySecret + `) ` + periodic},
		numberedState{"1", rows},
	)
	return []Panel{
		{
			Kind: Table, Title: "ExternalSecrets with an old version", Width: 24, Height: 5, Unit: Number,
			Description: "ExternalSecrets that were last synchronized before OpenBao got the current version. \"None is behind\" is good. One that is due soon is normal after a rotation; one that is late fails or is not reconciled; one without an interval has to be refreshed by hand: annotate it with force-sync. Its workloads may use a password that is no longer valid.",
			Queries: []Query{
				{Expr: withFallbackRow(joinValue(late, byFlow, rows), "name", "none is behind")}, {Expr: joinValue(age, byFlow, rows)}, {Expr: path(stored)},
				{Expr: reader(ageOf("cobaltcore_eso_externalsecret_last_sync_timestamp_seconds"))}, {Expr: reader(periodic)},
			},
			Columns: []Column{
				withWidth(clusterColumn(), 105), withWidth(labelColumn("namespace", "Namespace"), 100), labelColumn("name", "ExternalSecret"),
				withWidth(labelColumn("backend", "OpenBao"), 140), withWidth(labelColumn("mount", "Mount"), 130), withWidth(labelColumn("path_id", "Path"), 140),
				{Query: 0, Title: "State", Width: 85, Mappings: []Mapping{
					{Value: 1, Text: "due soon", Color: Info}, {Value: 2, Text: "late", Color: Bad},
					{Value: 3, Text: "manual", Color: Warning}, {Value: -1, Text: "all current", Color: Good},
				}},
				withWidth(ageColumn(1, "Behind for"), 95), withWidth(valueColumn(2, "Version", Number), 90), withWidth(ageColumn(3, "Synced"), 85), withWidth(ageColumn(4, "Every"), 75),
			},
			Sort: oldestFirst("Behind for"), Links: []Link{playbook("SecretFlowBehind")},
		},
		{
			Kind: TimeSeries, Title: "Readers behind", Width: 12, Unit: Number, Min: new(float64),
			Description: "References of each cluster whose reader has an old version. 0 is good. A peak for one interval after a rotation is normal; otherwise check the readers.",
			Queries:     []Query{{Expr: countOr0("cluster", inFleet(alerts.SecretBehind), withoutUnaskedPaths(consumerReferences())), Legend: "{{cluster}}"}},
			Thresholds:  zeroIsGood(Warning), Links: []Link{*toCluster()},
		},
		{
			Kind: TimeSeries, Title: "Longest behind", Width: 12, Unit: Hours, Min: new(float64),
			Description: "Time for which the oldest lagging reader of each cluster has been behind. 0, or a sawtooth up to one interval, is good. A line that only rises belongs to a reader that is not refreshed.",
			Queries:     []Query{{Expr: `max by (cluster) (` + inFleet(age) + `) / 3600 or 0 * max by (cluster) (` + withoutUnaskedPaths(consumerReferences()) + `)`, Legend: "{{cluster}}"}},
			Thresholds:  []Threshold{{Color: Good}, {From: 2, Color: Warning}, {From: 24, Color: Bad}}, Links: []Link{*toCluster()},
		},
	}
}

func pushPanel() Panel {
	rows := producerReferences()
	push := func(expr string) string { return joinValue(expr, bySecret, rows) }
	path := func(expr string) string { return joinValue(expr, byPath, rows) }
	state := firstState(byFlow,
		numberedState{"0", filterBy(rows, bySecret, selectESO("pushsecret_ready")+` == 0`)},
		numberedState{"2", filterBy(filterBy(rows, bySecret, selectESO("pushsecret_ready")+` == 1`), byPath, stored+` == 0`)},
		numberedState{"3", rows + ` unless on (` + byPath + `) ` + stored},
		numberedState{"1", rows},
	)
	return Panel{
		Kind: Table, Title: "Pushed secrets", Width: 24, Height: 6, Unit: Number,
		Description: "Each path that a PushSecret writes, with its state in OpenBao. Stored is good. Fails: its readers keep the old version. Not stored: the PushSecret is Ready, but OpenBao does not have the secret: it was deleted, or written to another path.",
		Queries: []Query{
			{Expr: withFallbackRow(joinValue(state, byFlow, rows), "name", "nothing is pushed")}, {Expr: path(stored)}, {Expr: path(`time() - ` + changed)},
			{Expr: push(ageOf("cobaltcore_eso_pushsecret_last_sync_timestamp_seconds"))}, {Expr: push(refreshInterval("pushsecret"))},
		},
		Columns: []Column{
			withWidth(clusterColumn(), 105), withWidth(labelColumn("namespace", "Namespace"), 100), labelColumn("name", "PushSecret"),
			withWidth(labelColumn("backend", "OpenBao"), 140), withWidth(labelColumn("mount", "Mount"), 130), withWidth(labelColumn("path_id", "Path"), 140),
			{Query: 0, Title: "State", Width: 95, Mappings: []Mapping{
				{Value: 0, Text: "fails", Color: Bad}, {Value: 1, Text: "stored", Color: Good}, {Value: 2, Text: "not stored", Color: Bad},
				{Value: 3, Text: "not known", Color: Unknown}, {Value: -1, Text: "none", Color: Neutral},
			}},
			withWidth(valueColumn(1, "Version", Number), 90), withWidth(ageColumn(2, "Stored"), 80), withWidth(ageColumn(3, "Pushed"), 85), withWidth(ageColumn(4, "Every"), 75),
		},
		Sort: Sort{Column: "State"}, Links: []Link{playbook("ESOPushSecretFailing")},
	}
}
