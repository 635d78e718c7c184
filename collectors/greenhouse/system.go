// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package greenhouse

import (
	"github.com/cobaltcore-dev/cobaltcore-exporter/collectors"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/changes"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/config"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/exposition"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/objects"
)

// System describes Greenhouse to the exporter.
func System() collectors.System {
	return collectors.System{
		Name: Name,
		New: func(c *config.Collectors) (collectors.Collector, bool) {
			return Collector{}, c.Greenhouse.Enabled
		},
		Objects: objects.Declaration{
			NotReady: []string{"cobaltcore_greenhouse_object_not_ready_since_timestamp_seconds"},
			Info: []string{
				"cobaltcore_greenhouse_object_reason_info", "cobaltcore_greenhouse_plugin_info", "cobaltcore_greenhouse_pluginpreset_info",
				"cobaltcore_greenhouse_plugindefinition_info", "cobaltcore_greenhouse_cluster_info", "cobaltcore_greenhouse_catalog_info",
				"cobaltcore_greenhouse_teamrolebinding_info",
			},
			Edges: []objects.Edge{
				{Family: "cobaltcore_greenhouse_plugin_info", Label: "definition_name", Kinds: definitionKinds(), Other: definitionOf},
				{ // the target of a Plugin need not be onboarded under this name
					Family: "cobaltcore_greenhouse_plugin_info", Label: "target_cluster", Kinds: []string{"Cluster"}, Optional: []string{"Cluster"},
					Other: objects.InNamespace("Cluster"),
				},
				{
					Family: "cobaltcore_greenhouse_plugin_info", Label: "preset", Kinds: []string{"PluginPreset"},
					Other: objects.InNamespace("PluginPreset"),
				},
				{Family: "cobaltcore_greenhouse_pluginpreset_info", Label: "definition_name", Kinds: definitionKinds(), Other: definitionOf},
				{
					Family: "cobaltcore_greenhouse_plugindefinition_info", Label: "catalog", Kinds: []string{"Catalog"},
					Other: objects.InNamespace("Catalog"),
				},
			},
			Creates: []objects.Creation{{Kind: "Plugin", Creates: "HelmRelease"}},
		},
		Changes: []changes.Source{
			{
				Family: "cobaltcore_greenhouse_object_not_ready_since_timestamp_seconds", Type: changes.State, Label: "status",
				Problems: true,
			},
			{Family: "cobaltcore_greenhouse_plugin_info", Type: changes.Version, Label: "version", Kind: "Plugin"},
		},
		Metrics: []collectors.Section{{
			Title: "Greenhouse",
			Text: "A namespace is an organization. Each condition has its own row, because Ready of a Cluster does not cover its " +
				"nodes and the scheduling of pods, and Ready of a Plugin does not cover its pods. To find the workload of a Plugin, use " +
				"`target_cluster`, `release_namespace` and `release_name` of its info. To compare its version with its definition, use " +
				"`definition_kind`, `definition_namespace` and `definition_name`. Members of teams are counted; their names are not exported.",
			Prefixes: []string{"cobaltcore_greenhouse_"},
		}},
	}
}

func definitionKinds() []string { return []string{"PluginDefinition", "ClusterPluginDefinition"} }

// definitionOf returns the definition in the labels of a row.
func definitionOf(self objects.Node, name string, line []byte) objects.Node {
	return objects.Node{
		Cluster: self.Cluster, Kind: exposition.RowLabel(line, "definition_kind"),
		Namespace: exposition.RowLabel(line, "definition_namespace"), Name: name,
	}
}
