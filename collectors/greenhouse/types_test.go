// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package greenhouse

import (
	"testing"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/testing/collectortest"
)

var (
	stateFamilies     = []string{"not_ready_since_timestamp_seconds", "reason_info"}
	conditionFamilies = []string{
		"not_ready_since_timestamp_seconds", "reason_info", "ready", "condition", "condition_reason_info", "condition_transition_timestamp_seconds", "suspended",
		// An object without conditions has not been processed.
		"plugins", "plugins_ready", "plugins_failed", "inventory", "members", "clusters", "clusters_failed", "exposed_services",
	}
	nodeFamilies   = []string{"nodes", "nodes_ready", "nodes_not_ready"}
	statusFamilies = append(append([]string{
		"kubernetes_version_info", "kubernetes_minor_version", "token_expiry_timestamp_seconds", "helm_release_status", "last_deployed_timestamp_seconds",
	}, conditionFamilies...), nodeFamilies...)
)

var breakages = []collectortest.Breakage{
	{"status", "oops", statusFamilies},
	{"status", nil, statusFamilies},
	{"status.statusConditions", "oops", conditionFamilies},
	{"status.statusConditions.conditions", map[string]any{}, conditionFamilies},
	{"status.statusConditions.conditions.0.type", 5, conditionFamilies[:6]},
	{"status.statusConditions.conditions.0.status", true, append([]string{"ready", "condition"}, stateFamilies...)},
	{"status.statusConditions.conditions.0.reason", []any{}, append([]string{"condition_reason_info"}, stateFamilies...)},
	{"status.statusConditions.conditions.0.lastTransitionTime", "yesterday", append([]string{"condition_transition_timestamp_seconds"}, stateFamilies...)},
	{"status.kubernetesVersion", 5, []string{"kubernetes_version_info", "kubernetes_minor_version"}},
	{"status.bearerTokenExpirationTimestamp", "soon", []string{"token_expiry_timestamp_seconds"}},
	{"status.nodes", "three", nodeFamilies},
	{"status.nodes.total", "three", []string{"nodes"}},
	{"status.nodes.ready", 2.5, []string{"nodes_ready"}},
	{"status.nodes.notReady", 5, []string{"nodes_not_ready"}},
	{"status.version", 5, nil},
	{"status.helmChart", "x", nil},
	{"status.helmReleaseStatus", "x", []string{"helm_release_status", "last_deployed_timestamp_seconds"}},
	{"status.helmReleaseStatus.status", 5, []string{"helm_release_status"}},
	{"status.helmReleaseStatus.lastDeployed", "yesterday", []string{"last_deployed_timestamp_seconds"}},
	{"status.exposedServices", "x", []string{"exposed_services"}},
	{"status.totalPlugins", "4", []string{"plugins"}},
	{"status.readyPlugins", "4", []string{"plugins_ready"}},
	{"status.failedPlugins", "4", []string{"plugins_failed"}},
	{"status.inventory", "x", []string{"inventory"}},
	{"status.members", "x", []string{"members"}},
	{"status.clusters", "x", []string{"clusters", "clusters_failed"}},
	{"status.clusters.1.condition", "x", []string{"clusters_failed"}},
	{"spec", "oops", []string{"team_info"}},
	{"spec.pluginDefinitionRef", "x", nil},
	{"spec.pluginDefinitionRef.kind", 5, nil},
	{"spec.clusterName", 5, nil},
	{"spec.releaseName", []any{}, nil},
	{"spec.plugin", "x", nil},
	{"spec.helmChart", "x", nil},
	{"spec.version", 5, nil},
	{"spec.teamRef", 5, []string{"team_info"}},
	{"spec.teamRefs", "x", []string{"team_info"}},
	{"metadata.creationTimestamp", "", []string{"created_timestamp_seconds"}},
	{"metadata.labels", "x", []string{"support_group"}},
	{"metadata.annotations", "x", nil},
}

// TestWrongTypeAffectsOnlyItsRow breaks one value at a time.
func TestWrongTypeAffectsOnlyItsRow(t *testing.T) {
	suite().WrongTypes(t, collectortest.ByKind("cobaltcore_greenhouse_"), breakages, collectortest.NameOf,
		collectortest.Find(t, "cluster-conditions.yaml", "Cluster", "hypervisor"),
		collectortest.Find(t, "plugin.yaml", "Plugin", "kube-monitoring-control-plane"),
		collectortest.Find(t, "pluginpreset.yaml", "PluginPreset", "cert-manager"),
		collectortest.Find(t, "plugindefinition.yaml", "PluginDefinition", "kube-monitoring"),
		collectortest.Find(t, "catalog.yaml", "Catalog", "internal"),
		collectortest.Find(t, "organization.yaml", "Organization", "tenants"),
		collectortest.Find(t, "organization.yaml", "Team", "infra"),
		collectortest.Find(t, "teamrolebinding.yaml", "TeamRoleBinding", "viewers"),
		collectortest.Find(t, "teamrolebinding.yaml", "TeamRoleBinding", "admins"),
	)
}
