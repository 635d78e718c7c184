// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package dashboards

import "strings"

// changeRow is a type of event within the last hour: its age, with the labels cluster, kind,
// namespace and name, and a text.
func changeRow(what, kind, labels, timestamp string) string {
	expr := `(time() - max by (` + labels + `) (` + timestamp + `) < 3600)`
	if kind != "" {
		expr = `label_replace(` + expr + `, "kind", "` + kind + `", "", "")`
	}
	return `label_replace(` + expr + `, "what", "` + what + `", "", "")`
}

// changes returns queries of metrics with the time of a change, so that no history is needed.
func changes() string {
	const workload = "cluster, namespace, name, kind"
	flux := []string{
		changeRow("not ready", "", fluxObject, selector(fluxNotReady)),
		changeRow("new artifact", "", fluxObject, selector("cobaltcore_flux_resource_artifact_timestamp_seconds")),
		changeRow("deployed", "", fluxObject, selector("cobaltcore_flux_helmrelease_last_deployed_timestamp_seconds")),
		changeRow("created", "", fluxObject, selector("cobaltcore_flux_resource_created_timestamp_seconds")),
	}
	return strings.Join([]string{
		`label_replace(` + strings.Join(flux, "\nor ") + `, "namespace", "$1", "exported_namespace", "(.*)")`,
		changeRow("not ready", "", workload, selector("cobaltcore_eso_object_not_ready_since_timestamp_seconds", `kind!~"(Cluster)?SecretStore"`)),
		changeRow("ready or not", "", workload, selector("cobaltcore_eso_store_condition_transition_timestamp_seconds")),
		changeRow("available or not", "", workload, selector("cobaltcore_controller_condition_transition_timestamp_seconds", `type="Available"`)),
		changeRow("restarted", "Pod", "cluster, namespace, name", selector("cobaltcore_controller_pod_last_restart_timestamp_seconds")),
		changeRow("ready or not", "Plugin", "cluster, namespace, name", selector("cobaltcore_greenhouse_plugin_condition_transition_timestamp_seconds", `type="Ready"`)),
		changeRow("deployed", "Plugin", "cluster, namespace, name", selector("cobaltcore_greenhouse_plugin_last_deployed_timestamp_seconds")),
		`label_replace(` + changeRow("new leader", "OpenBao", "cluster, openbao", selector("cobaltcore_openbao_leader_since_timestamp_seconds")) + `, "name", "$1", "openbao", "(.*)")`,
	}, "\nor ")
}

func changedPanel() Panel {
	return Panel{
		Kind: Table, Title: "Changes in the last hour", Width: 24, Height: 8,
		Description: "Objects that stopped being ready, were deployed or restarted, or got a new artifact, the last one first. Compare with when the findings began. " +
			"Times of creation and deployment of Flux objects need metrics.detail: full.",
		Queries: []Query{{Expr: withFallbackRow(changes(), "what", "nothing")}},
		Columns: []Column{
			ageColumn(0, "Ago"), labelColumn("what", "What"), clusterColumn(), labelColumn("target_cluster", "Applied to"),
			labelColumn("kind", "Kind"), labelColumn("namespace", "Namespace"), labelColumn("name", "Name"),
		},
		Sort: Sort{Column: "Ago"},
	}
}

func appliedPanel() Panel {
	const revisions = `max by (` + fluxObject + `, applied_revision) (flux_resource_info{` + chosenClusters + `, applied_revision!=""`
	return Panel{
		Kind: Table, Title: "Revisions applied in the last hour", Width: 24, Height: 5,
		Description: "Objects of Flux with another applied revision than an hour ago, by the history of Prometheus. A failure that began after one of these changes was probably caused by it.",
		Queries: []Query{{Expr: withFallbackRow(shortRevisions(revisions+`}) unless `+revisions+`} offset 1h)
  and on (`+fluxObject+`) max by (`+fluxObject+`) (flux_resource_info{`+chosenClusters+`} offset 1h)`, "applied_revision"), "name", "none")}},
		Columns: []Column{
			clusterColumn(), labelColumn("target_cluster", "Applied to"), labelColumn("kind", "Kind"), labelColumn("exported_namespace", "Namespace"),
			fluxNameColumn(), labelColumn("applied_revision", "Applied now"),
		},
		Sort: Sort{Column: "Cluster"},
	}
}
