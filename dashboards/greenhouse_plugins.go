// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package dashboards

func pluginPanels() []Panel {
	trouble := firstState(byObject,
		numberedState{"4", selectGreenhouse("plugin_suspended") + ` == 1`},
		numberedState{"0", selectGreenhouse("plugin_ready") + ` == 0`},
		numberedState{"2", alertExpr("GreenhousePluginWorkloadDown")},
		numberedState{"3", alertExpr("GreenhousePluginOutdated")},
		numberedState{"5", selectGreenhouse("plugin_created_timestamp_seconds") + ` unless on (` + byObject + `) ` + selectGreenhouse("plugin_ready")},
	)
	rows := filterBy(`max by (`+byObject+`, target_cluster, definition_name, version, preset, owned_by) (`+selectGreenhouse("plugin_info")+`)`, byObject, trouble)
	preset := `max by (` + byObject + `, definition_name, version, owned_by) (` + selectGreenhouse("pluginpreset_info") + `)`
	catalog := func(ready string) string { return selectGreenhouse("catalog_inventory", `ready="`+ready+`"`) }
	known := syncedClusters("greenhouse", "Plugin")
	return []Panel{
		{
			Kind: TimeSeries, Title: "Plugins by Ready condition", Width: 12, Unit: Number, Min: new(float64),
			Description: "Plugins that are ready, not ready, and suspended. 0 not ready is good. If many fail at once, the cause is a cluster or a definition.",
			Queries: []Query{
				{Expr: countOr0("cluster", `(`+objectState("plugin")+`) == 1`, known), Legend: "{{cluster}} ready"},
				{Expr: countOr0("cluster", `(`+objectState("plugin")+`) == 0`, known), Legend: "{{cluster}} not ready"},
				{Expr: countOr0("cluster", `(`+objectState("plugin")+`) == 2`, known), Legend: "{{cluster}} suspended"},
			},
			Thresholds: []Threshold{{Color: Neutral}}, Links: []Link{playbook("CobaltCoreGreenhousePluginNotReady")},
		},
		{
			Kind: TimeSeries, Title: "Plugins without pods, and outdated ones", Width: 12, Unit: Number, Min: new(float64),
			Description: "Problems that Ready does not cover: plugins that are ready although one of their workloads has no pod, and plugins that do not run the version of their definition. 0 is good. For missing pods, check the workload in the target cluster.",
			Queries: []Query{
				{Expr: countOr0("cluster", alertExpr("GreenhousePluginWorkloadDown"), known), Legend: "{{cluster}} without pods"},
				{Expr: countOr0("cluster", alertExpr("GreenhousePluginOutdated"), known), Legend: "{{cluster}} outdated"},
			},
			Thresholds: zeroIsGood(Warning), Links: []Link{playbook("GreenhousePluginWorkloadDown")},
		},
		{
			Kind: Table, Title: "Plugins with problems", Width: 24, Height: 6, Unit: Number,
			Description: "Plugins that are not ready, that are ready without pods, that are behind their definition, suspended or unknown. \"None\" is good. The conditions above have the reasons.",
			Queries: perRow(rows, byObject, "name", "none", trouble,
				ageOf("cobaltcore_greenhouse_plugin_condition_transition_timestamp_seconds", `type="Ready"`), ageOf("cobaltcore_greenhouse_plugin_last_deployed_timestamp_seconds")),
			Columns: []Column{
				clusterColumn(), labelColumn("namespace", "Organization"), withWidth(labelColumn("name", "Plugin"), 175), {Label: "target_cluster", Title: "Target", Link: toTarget()},
				{Query: 0, Title: "State", Mappings: []Mapping{
					{Value: 0, Text: "not ready", Color: Bad}, {Value: 2, Text: "ready, without pods", Color: Bad}, {Value: 3, Text: "outdated", Color: Info},
					{Value: 4, Text: "suspended", Color: Info}, {Value: 5, Text: "unknown", Color: Unknown}, {Value: -1, Text: "all ready", Color: Good},
				}},
				labelColumn("definition_name", "Definition"), labelColumn("version", "Version"), labelColumn("preset", "Preset"), labelColumn("owned_by", "Owner"),
				ageColumn(1, "Unchanged for"), ageColumn(2, "Deployed"),
			},
			Sort: Sort{Column: "State"}, Links: []Link{playbook("CobaltCoreGreenhousePluginNotReady"), playbook("GreenhousePluginWorkloadDown")},
		},
		{
			Kind: Table, Title: "Presets", Width: 24, Unit: Number,
			Description: "A preset creates a plugin in each of its clusters. All ready and none failed is good. If all plugins of a preset fail, the cause is its definition or its values.",
			Queries:     perRow(preset, byObject, "name", "none", objectState("pluginpreset"), selectGreenhouse("pluginpreset_plugins"), selectGreenhouse("pluginpreset_plugins_ready"), selectGreenhouse("pluginpreset_plugins_failed")),
			Columns: []Column{
				clusterColumn(), labelColumn("namespace", "Organization"), labelColumn("name", "Preset"), labelColumn("definition_name", "Definition"), labelColumn("version", "Version"),
				{Query: 0, Title: "State", Mappings: objectStates()}, valueColumn(1, "Plugins", Number), valueColumn(2, "ready", Number),
				valueColumn(3, "failed", Number, zeroIsGood(Bad)...),
			},
			Sort: Sort{Column: "State"}, Links: []Link{playbook("GreenhousePresetFailing")},
		},
		{
			Kind: Table, Title: "Catalogs", Width: 24, Unit: Number,
			Description: "Catalogs with definitions. All objects ready is good. While a catalog fails, its definitions keep their versions, and new definitions are not created.",
			Queries:     perRow(`0 * max by (`+byObject+`) (`+selectGreenhouse("catalog_created_timestamp_seconds")+`) + 1`, byObject, "name", "none", objectState("catalog"), catalog("True"), catalog("False"), catalog("Unknown")),
			Columns: []Column{
				clusterColumn(), labelColumn("namespace", "Organization"), labelColumn("name", "Catalog"), {Query: 0, Title: "State", Mappings: objectStates()},
				valueColumn(1, "Objects ready", Number), valueColumn(2, "not ready", Number, zeroIsGood(Bad)...), valueColumn(3, "unknown", Number, zeroIsGood(Warning)...),
			},
			Sort: Sort{Column: "State"}, Links: []Link{playbook("CobaltCoreGreenhouseCatalogNotReady")},
		},
	}
}
