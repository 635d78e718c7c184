// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package dashboards

import (
	"slices"

	"github.com/cobaltcore-dev/cobaltcore-exporter/alerts"
)

// byObject lists the labels of an object of Greenhouse.
const byObject = "cluster, namespace, name"

func greenhouseAndAurora() Dashboard {
	return Dashboard{
		Description: "Clusters and Plugins of Greenhouse, with nodes and pods that their conditions do not cover, and whether users can work with Aurora. The cluster is the one in which Greenhouse or Aurora lives.",
		Variables:   []Variable{clusterVariable(), logsVariable()},
		Links:       linksTo(idFleet, idCluster, idCertificates),
		Sections: []Section{
			{Title: "Now", Panels: []Panel{
				withHalfWidth(presence("Greenhouse", servedClusters("greenhouse"))),
				withHalfWidth(presence("Aurora", selector("cobaltcore_collector_up", `collector="aurora"`))),
				findingsTable("Findings about Greenhouse and Aurora", "Firing alerts about Greenhouse and Aurora. None is good.", findings{system: "greenhouse|aurora"}),
				greenhouseByCluster(),
			}},
			{Title: "Aurora", Panels: auroraPanels()},
			auroraServiceLevel(),
			{Title: "Conditions of Greenhouse", Panels: []Panel{conditionsTable()}},
			{Title: "Clusters of Greenhouse", Collapsed: true, Panels: greenhouseClusters()},
			{Title: "Plugins", Collapsed: true, Panels: pluginPanels()},
			{Title: "Controllers", Collapsed: true, Panels: []Panel{
				workloadsTable("greenhouse", "Greenhouse", playbook("GreenhouseControllerDown")),
				workloadsTable("aurora", "Aurora", playbook("AuroraControllerDown")),
			}},
		},
	}
}

// withHalfWidth sets the width of a panel to half of the page.
func withHalfWidth(p Panel) Panel {
	p.Width = 12
	return p
}

// selectGreenhouse selects a family of Greenhouse.
func selectGreenhouse(family string, matchers ...string) string {
	return selector("cobaltcore_greenhouse_"+family, matchers...)
}

// alertExpr returns the expression of an alert for the chosen clusters.
func alertExpr(rule string) string {
	rules := alerts.Rules()
	return inFleet(rules[slices.IndexFunc(rules, func(r alerts.Rule) bool { return r.Name == rule })].Expr)
}

// objectState returns the state of objects of a kind as a number.
func objectState(kind string) string {
	return firstState(byObject,
		numberedState{"3", selectGreenhouse(kind + "_deletion_timestamp_seconds")},
		numberedState{"2", selectGreenhouse(kind+"_suspended") + ` == 1`},
		numberedState{"0", selectGreenhouse(kind+"_ready") + ` == 0`},
		numberedState{"1", selectGreenhouse(kind+"_ready") + ` == 1`},
		numberedState{"4", selectGreenhouse(kind + "_created_timestamp_seconds")},
	)
}

func objectStates() []Mapping {
	return []Mapping{
		{Value: 0, Text: "not ready", Color: Bad}, {Value: 1, Text: "ready", Color: Good}, {Value: 2, Text: "suspended", Color: Info},
		{Value: 3, Text: "being deleted", Color: Neutral}, {Value: 4, Text: "unknown", Color: Unknown}, {Value: -1, Text: "none", Color: Neutral},
	}
}

func greenhouseByCluster() Panel {
	count := func(rule, kind string) string {
		return countOr0("cluster", alertExpr(rule), syncedClusters("greenhouse", kind))
	}
	return Panel{
		Kind: Table, Title: "By cluster", Width: 24, Height: 4, Unit: Number,
		Description: "How many objects of each Greenhouse are not ready, with clusters that have nodes that are not ready, tokens that were not rotated, and plugins that have no pods or are outdated; suspended objects and objects in deletion do not count. Zeros are good. Start with clusters, then catalogs and definitions: plugins depend on them.",
		Queries: []Query{
			{Expr: withFallbackRow(count("CobaltCoreGreenhouseClusterNotReady", "Cluster"), "cluster", "no Greenhouse")}, {Expr: count("GreenhouseNodesNotReady", "Cluster")},
			{Expr: count("GreenhouseTokenExpiring", "Cluster")}, {Expr: count("CobaltCoreGreenhouseCatalogNotReady", "Catalog")},
			{Expr: count("GreenhouseDefinitionNotReady", "PluginDefinition")}, {Expr: count("GreenhousePresetFailing", "PluginPreset")},
			{Expr: count("CobaltCoreGreenhousePluginNotReady", "Plugin")}, {Expr: count("GreenhousePluginWorkloadDown", "Plugin")}, {Expr: count("GreenhousePluginOutdated", "Plugin")},
			{Expr: count("CobaltCoreGreenhouseOrganizationNotReady", "Organization")}, {Expr: count("CobaltCoreGreenhouseTeamRoleBindingNotReady", "TeamRoleBinding")},
		},
		Columns: []Column{
			clusterColumn(), {Query: 0, Title: "Clusters", Unit: Number, Thresholds: zeroIsGood(Bad), Mappings: noRow()},
			valueColumn(1, "Nodes", Number, zeroIsGood(Warning)...), valueColumn(2, "Tokens", Number, zeroIsGood(Warning)...),
			valueColumn(3, "Catalogs", Number, zeroIsGood(Warning)...), valueColumn(4, "Definitions", Number, zeroIsGood(Warning)...),
			valueColumn(5, "Presets", Number, zeroIsGood(Warning)...), valueColumn(6, "Plugins", Number, zeroIsGood(Warning)...),
			valueColumn(7, "No pods", Number, zeroIsGood(Warning)...), valueColumn(8, "Outdated", Number, zeroIsGood(Info)...),
			valueColumn(9, "Orgs", Number, zeroIsGood(Warning)...), valueColumn(10, "Roles", Number, zeroIsGood(Warning)...),
		},
		Sort: Sort{Column: "Clusters", Descending: true}, Links: []Link{playbook("CobaltCoreGreenhouseClusterNotReady"), playbook("CobaltCoreGreenhousePluginNotReady")},
	}
}

// conditionsTable returns a table of all conditions that are not True, with their reasons.
func conditionsTable() Panel {
	// These conditions are True for a problem, or are not about health.
	const others = `type!~"Suspended|Delete|ClusterListEmpty|HelmDriftDetected"`
	const by = "cluster, namespace, name, type"
	kinds := []struct{ kind, family string }{
		{"Cluster", "cluster"}, {"Plugin", "plugin"}, {"PluginPreset", "pluginpreset"}, {"Catalog", "catalog"},
		{"Organization", "organization"}, {"Team", "team"}, {"TeamRoleBinding", "teamrolebinding"}, {"Definition", "plugindefinition"},
	}
	var rows, ages []string
	for _, k := range kinds {
		wrong := selectGreenhouse(k.family+"_condition", `status!="True"`, others)
		reasons := `max by (` + by + `, reason) (` + filterBy(selectGreenhouse(k.family+"_condition_reason_info"), by, wrong) + `)
  or on (` + by + `) max by (` + by + `) (` + wrong + `)`
		rows = append(rows, withLabel(reasons, "kind", k.kind))
		ages = append(ages, withLabel(ageOf("cobaltcore_greenhouse_"+k.family+"_condition_transition_timestamp_seconds"), "kind", k.kind))
	}
	return Panel{
		Kind: Table, Title: "Conditions that are not True", Width: 24, Height: 6, Unit: Number,
		Description: "Each condition of an object of Greenhouse that is False or Unknown, with its reason and for how long. \"None\" is good. Look for the cause first: Ready depends on the other conditions of the object, plugins on definitions, and definitions on catalogs.",
		Queries:     []Query{{Expr: withFallbackRow(joinValue(joinOr(ages), by+", kind", joinOr(rows)), "name", "none")}},
		Columns: []Column{
			clusterColumn(), labelColumn("kind", "Kind"), labelColumn("namespace", "Organization"), labelColumn("name", "Name"),
			labelColumn("type", "Condition"), labelColumn("reason", "Reason"), {Query: 0, Title: "For", Unit: Duration, Mappings: noRow()},
		},
		Sort: oldestFirst("For"),
	}
}

func greenhouseClusters() []Panel {
	rows := `max by (` + byObject + `, target_cluster, connectivity, owned_by) (` + selectGreenhouse("cluster_info") + `)`
	payload := firstState(byObject,
		numberedState{"1", selectGreenhouse("cluster_condition", `type="PayloadSchedulable"`, `status="True"`)},
		numberedState{"0", selectGreenhouse("cluster_condition", `type="PayloadSchedulable"`)},
	)
	legend := "{{cluster}} {{namespace}}/{{name}}"
	return []Panel{
		{
			Kind: StatusHistory, Title: "Clusters over time", Width: 24, Height: 7, Unit: Number,
			Description: "Whether each Cluster is ready: Greenhouse can log in to it and has deployed its resources. Nodes do not count. Green is good.",
			Queries:     []Query{{Expr: withFallbackClusters(objectState("cluster"), -1), Legend: legend}},
			Mappings:    objectStates(), Links: []Link{playbook("CobaltCoreGreenhouseClusterNotReady"), playbook("GreenhouseClusterUnknown")},
		},
		{
			Kind: Table, Title: "Clusters", Width: 24, Height: 6, Unit: Number,
			Description: "The Clusters of Greenhouse. Ready, no nodes that are not ready, schedulable payload, and a token with more than 20 hours left are good. A token with less was not rotated: Greenhouse loses the cluster when it expires. Click the target to see the page of that cluster.",
			Queries: perRow(rows, byObject, "name", "none", objectState("cluster"), selectGreenhouse("cluster_nodes"), selectGreenhouse("cluster_nodes_not_ready"), payload,
				selectGreenhouse("cluster_token_expiry_timestamp_seconds")+` - time()`),
			Columns: []Column{
				clusterColumn(), labelColumn("namespace", "Organization"), labelColumn("name", "Cluster of Greenhouse"),
				{Label: "target_cluster", Title: "Target", Link: toTarget()}, labelColumn("connectivity", "Login by"), labelColumn("owned_by", "Owner"),
				{Query: 0, Title: "State", Mappings: objectStates()}, valueColumn(1, "Nodes", Number), valueColumn(2, "not ready", Number, zeroIsGood(Warning)...),
				{Query: 3, Title: "Payload", Mappings: boolMappings("schedulable", "not schedulable", Bad)}, ageColumn(4, "Token left", expiry(0, 20*hour)...),
			},
			Sort: Sort{Column: "State"}, Links: []Link{playbook("GreenhouseNodesNotReady"), playbook("GreenhouseTokenExpiring"), playbook("GreenhouseClusterUnschedulable")},
		},
		{
			Kind: TimeSeries, Title: "Nodes that are not ready", Width: 12, Unit: Number, Min: new(float64),
			Description: "Nodes of each Cluster that are not ready, which its own Ready does not cover. 0 is good; one for a short time is usually an upgrade.",
			Queries:     []Query{{Expr: `max by (` + byObject + `) (` + selectGreenhouse("cluster_nodes_not_ready") + `)`, Legend: legend}},
			Thresholds:  zeroIsGood(Warning), Links: []Link{playbook("GreenhouseNodesNotReady")},
		},
		{
			Kind: Table, Title: "Versions of Kubernetes", Width: 12, Unit: Number,
			Description: "The version of each Cluster according to Greenhouse; unknown if Greenhouse cannot log in. If versions differ by more than one minor version, upgrade soon.",
			Queries:     []Query{{Expr: withFallbackRow(`max by (`+byObject+`, version) (`+selectGreenhouse("cluster_kubernetes_version_info")+`)`, "name", "none")}},
			Columns:     []Column{clusterColumn(), labelColumn("namespace", "Organization"), labelColumn("name", "Cluster of Greenhouse"), labelColumn("version", "Version")},
			Sort:        Sort{Column: "Version"},
		},
	}
}

// toTarget returns a link to the cluster that an object of Greenhouse represents.
func toTarget() *Link {
	return &Link{Title: "Cluster ${target_cluster}", Dashboard: idCluster, Variables: map[string]string{"cluster": "${target_cluster}"}}
}
