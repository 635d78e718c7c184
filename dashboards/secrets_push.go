// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package dashboards

// pushSecrets returns a row for each PushSecret.
func pushSecrets() string {
	return `max by (` + bySecret + `) (` + selectESO("pushsecret_ready") + ` or ` + esoNotReady(`kind="PushSecret"`) + `)`
}

func pushTable() Panel {
	rows := `max by (` + bySecret + `, reason) (` + selectESO("pushsecret_status") + `) or on (` + bySecret + `) max by (` + bySecret + `) (` + selectESO("pushsecret_ready") + `)`
	state := firstState(bySecret, numberedState{"0", selectESO("pushsecret_ready") + ` == 0`}, numberedState{"1", selectESO("pushsecret_ready") + ` == 1`}, numberedState{"2", esoNotReady(`kind="PushSecret"`)})
	missing := `(` + selectESO("pushsecret_declared_targets") + ` - on (` + bySecret + `) ` + selectESO("pushsecret_synced_targets") + ` or on (` + bySecret + `) 0 * ` + selectESO("pushsecret_ready") + `)`
	return Panel{
		Kind: Table, Title: "PushSecrets", Width: 24, Height: 6, Unit: Number,
		Description: "PushSecrets and their targets. Ready and nothing missing is good. While one fails, its readers, possibly in other clusters, keep the old value: check the store, then the permissions of its role.",
		Queries: perRow(rows, bySecret, "name", "none", state, missing,
			`time() - `+esoNotReady(`kind="PushSecret"`),
			ageOf("cobaltcore_eso_pushsecret_last_sync_timestamp_seconds"), refreshInterval("pushsecret")),
		Columns: []Column{
			clusterColumn(), labelColumn("namespace", "Namespace"), labelColumn("name", "PushSecret"), {Query: 0, Title: "State", Mappings: secretStates()},
			labelColumn("reason", "Reason"), valueColumn(1, "Keys missing", Number, zeroIsGood(Warning)...),
			ageColumn(2, "Not ready for"), ageColumn(3, "Last push"), ageColumn(4, "Interval"),
		},
		Sort: Sort{Column: "State"}, Links: []Link{playbook("ESOPushSecretFailing"), playbook("ESOPushSecretStale"), playbook("ESOPushSecretIncomplete")},
	}
}

// clusterObjectRows joins a family of ClusterExternalSecrets and one of ClusterPushSecrets by kind
// and name, with a condition.
func clusterObjectRows(suffix, condition string) string {
	of := func(kind, prefix string) string {
		return withLabel(`max by (cluster, name) (`+selectESO(prefix+suffix)+condition+`)`, "kind", kind)
	}
	return of("ClusterExternalSecret", "clusterexternalsecret") + `
or ` + of("ClusterPushSecret", "clusterpushsecret")
}

func clusterObjects() Panel {
	return Panel{
		Kind: Table, Title: "ClusterExternalSecrets and ClusterPushSecrets", Width: 24, Height: 5, Unit: Number,
		Description: "Objects that create others in many namespaces. Ready and no namespace failed is good. In a failed namespace, an object of that name often has another owner.",
		Queries: []Query{
			{Expr: withFallbackRow(clusterObjectRows("_failed_namespaces", ""), "name", "none")},
			{Expr: clusterObjectRows("_provisioned_namespaces", "")}, {Expr: clusterObjectRows("_ready", "")},
		},
		Columns: []Column{
			clusterColumn(), labelColumn("kind", "Kind"), labelColumn("name", "Name"), {Query: 2, Title: "State", Mappings: secretStates()},
			valueColumn(1, "Namespaces", Number), {Query: 0, Title: "failed", Unit: Number, Thresholds: zeroIsGood(Bad), Mappings: noRow()},
		},
		Sort: Sort{Column: "failed", Descending: true}, Links: []Link{playbook("ESOClusterExternalSecretFailing"), playbook("ESOClusterPushSecretFailing")},
	}
}
