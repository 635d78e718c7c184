// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package dashboards

// differenceColumn returns the column with the differences from a FluxInstance, each of which is a warning.
func differenceColumn() Column {
	c := labelColumn("aspect", "About")
	for _, aspect := range []string{"sync", "registry", "distribution", "shard"} {
		c.Mappings = append(c.Mappings, Mapping{Text: aspect, Color: Warning})
	}
	return c
}

// fluxInstances shows the settings of FluxInstances, and the differences from them.
func fluxInstances() []Panel {
	instance := func(more ...Column) []Column {
		return append([]Column{clusterColumn(), labelColumn("exported_namespace", "Namespace"), fluxNameColumn()}, more...)
	}
	table := func(title, description string, width int, columns []Column, expr string) Panel {
		p := fluxTable(title, description, columns, Sort{Column: "Cluster"}, expr)
		p.Width = width
		return p
	}
	return []Panel{
		table("Differences from the FluxInstance", "Objects that differ from their declaration in a FluxInstance that is ready: the source and the Kustomization of the sync, images of another registry, another distribution, and shards without controllers. None is good.",
			24, instance(differenceColumn(), labelColumn("object", "Object"), labelColumn("desired", "Asked for"), labelColumn("actual", "Actual")),
			withFallbackRow(`max by (`+fluxObject+`, aspect, object, desired, actual) (`+selector("cobaltcore_flux_instance_mismatch_info")+`)`, "name", "none")),
		table("Settings", "The settings of each FluxInstance about its cluster. Equal settings in clusters of the same role are good.",
			24, instance(labelColumn("type", "Type"), labelColumn("size", "Size"), labelColumn("multitenant", "Multi-tenant"), labelColumn("network_policy", "Network policies"), labelColumn("domain", "Domain"), labelColumn("variant", "Variant"), labelColumn("artifact", "Artifact")),
			withFallbackRow(`max by (`+fluxObject+`, type, size, multitenant, network_policy, domain, variant, artifact) (`+selector("cobaltcore_flux_instance_settings_info")+`)`, "name", "no FluxInstance")),
		{
			Kind: Table, Title: "Network policies and versions", Width: 14, Height: 6,
			Description: "Number of declared network policies that are missing, whether the applied version is in its range, and how long an upgrade has been attempted. No missing policy and a version in the range are good.",
			Queries: []Query{
				{Expr: `max by (` + fluxObject + `) (` + selector("cobaltcore_flux_instance_version_in_range") + `)`},
				{Expr: `sum by (` + fluxObject + `) (max by (` + fluxObject + `, policy) (` + selector("cobaltcore_flux_instance_network_policy_present") + `) == bool 0)`},
				{Expr: `time() - min by (` + fluxObject + `) (` + selector("cobaltcore_flux_instance_upgrade_pending_since_timestamp_seconds") + `)`},
			},
			Columns: instance(Column{Query: 0, Title: "Version in range", Mappings: boolMappings("yes", "no", Warning)}, valueColumn(1, "Policies missing", Number, zeroIsGood(Warning)...),
				ageColumn(2, "Upgrade attempted for")),
			Sort: Sort{Column: "Cluster"},
		},
		table("Shards", "The shards for which each FluxInstance has installed controllers. No shard is good unless one controller does not keep up.",
			10, instance(labelColumn("shard", "Shard")),
			withFallbackRow(`max by (`+fluxObject+`, shard) (`+selector("cobaltcore_flux_instance_shard_info")+`)`, "name", "no shards")),
		table("Sync", "The source that each FluxInstance declares for the sync of its cluster. A cluster without a row is not synced by its FluxInstance.",
			24, instance(labelColumn("source_kind", "Source"), labelColumn("source_name", "Name of the source"), withWidth(labelColumn("url", "URL"), 290), labelColumn("ref", "Reference"), labelColumn("path", "Path")),
			withFallbackRow(`max by (`+fluxObject+`, source_kind, source_name, url, ref, path) (`+selector("cobaltcore_flux_instance_sync_info")+`)`, "name", "no sync")),
	}
}
