// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package flux

import (
	"slices"
	"strings"
	"testing"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/testing/collectortest"
)

type breakage = collectortest.Breakage

// wrongTypes returns the values to break, in each kind that has them. The rows resource_status and info may
// change their labels, but must not disappear.
func wrongTypes() []breakage {
	const own = "cobaltcore_flux_"
	conditionRows := []string{
		own + "resource_not_ready_since", own + "resource_overdue", own + "resource_revision_pending",
		own + "resource_reason_info", own + "resource_ready_transition", own + "resource_generation_observed",
		own + "kustomization_healthy", own + "helmrelease_re", own + "helmrelease_drifted", own + "helmrelease_test", own + "report_timestamp", own + "instance_kind_desired", own + "instance_shard", own + "instance_upgrade",
	}
	everyStatusRow := append([]string{
		own + "resource_artifact", own + "resource_history", own + "resource_last_", own + "resource_inventory",
		own + "helmrelease", own + "instance_component_info", own + "instance_version",
	}, conditionRows...)
	historyRows := []string{own + "resource_not_ready_since", own + "resource_reason_info", own + "resource_overdue", own + "resource_history", own + "resource_last_", own + "helmrelease_info", own + "helmrelease_last_deployed"}
	return []breakage{
		{"status", "oops", everyStatusRow},
		{"status", []any{1, "x"}, everyStatusRow},
		{"status", nil, everyStatusRow},
		{"status.conditions", map[string]any{}, conditionRows},
		{"status.conditions", "Ready", conditionRows},
		{"status.conditions", nil, conditionRows},
		{"status.conditions", []any{nil, "x", 7, []any{}}, conditionRows},
		{"status.conditions.0.lastTransitionTime", "", []string{own + "resource_ready_transition", own + "report_timestamp"}},
		{"status.conditions.0.lastTransitionTime", 5, []string{own + "resource_ready_transition", own + "report_timestamp"}},
		{"status.conditions.0.lastTransitionTime", "yesterday", []string{own + "resource_ready_transition", own + "report_timestamp"}},
		{"status.conditions.0.lastTransitionTime", nil, []string{own + "resource_ready_transition", own + "report_timestamp"}},
		{"status.conditions.0.reason", 5, []string{own + "resource_reason_info"}},
		{"status.conditions.0.status", true, conditionRows},
		{"status.conditions.0.observedGeneration", "1", []string{own + "resource_generation_observed"}},
		{"status.observedGeneration", "1", []string{own + "resource_generation_observed"}},
		{"status.observedGeneration", 1.5, []string{own + "resource_generation_observed"}},
		{"status.inventory", "x", []string{own + "resource_inventory"}},
		{"status.inventory.entries", "x", []string{own + "resource_inventory"}},
		{"status.inventory.entries", nil, []string{own + "resource_inventory"}},
		{"status.history", map[string]any{}, historyRows},
		{"status.history", "x", historyRows},
		{"status.history.0.lastReconciled", "", historyRows},
		{"status.history.0.lastDeployed", "", historyRows},
		{"status.history.0.totalReconciliations", "x", historyRows},
		{"status.history.0.metadata", "x", historyRows},
		{"status.history.0.metadata", map[string]any{"flux": 5}, historyRows},
		{"status.artifact", "x", []string{own + "resource_artifact"}},
		{"status.artifact.size", "12", []string{own + "resource_artifact_size"}},
		{"status.artifact.lastUpdateTime", "", []string{own + "resource_artifact_timestamp"}},
		{"status.components", map[string]any{}, []string{own + "instance_component_info"}},
		{"status.lastAttemptedRevision", 5, []string{own + "instance_version"}},
		{"spec", "oops", []string{own + "resource_interval", own + "resource_overdue", own + "resource_depends_on", own + "instance_", own + "report_", "flux_operator_info"}},
		{"spec", nil, []string{own + "resource_interval", own + "resource_overdue", own + "resource_depends_on", own + "instance_", own + "report_", "flux_operator_info"}},
		{"spec.suspend", "yes", nil},
		{"spec.interval", 5, []string{own + "resource_interval", own + "resource_overdue"}},
		{"spec.interval", "often", []string{own + "resource_interval", own + "resource_overdue"}},
		{"spec.url", 5, nil},
		{"spec.ref", "main", nil},
		{"spec.sourceRef", "fleet", nil},
		{"spec.chart", "podinfo", nil},
		{"spec.dependsOn", "x", []string{own + "resource_depends_on"}},
		{"spec.dependsOn", []any{5, nil}, []string{own + "resource_depends_on"}},
		{"spec.components", "all", []string{own + "instance_component_desired", own + "instance_kind_desired", own + "report_component"}},
		{"spec.cluster", "x", []string{own + "instance_settings", own + "report_"}},
		{"spec.cluster.networkPolicy", "no", []string{own + "instance_settings"}},
		{"spec.sharding", "x", []string{own + "instance_shard"}},
		{"spec.kustomize", "x", nil},
		{"spec.distribution", 5, []string{own + "instance_version", own + "instance_settings", own + "report_info"}},
		{"spec.reconcilers", map[string]any{}, []string{own + "report_reconcilers", own + "report_artifact"}},
		{"spec.cluster.nodes", "12", []string{own + "report_cluster_nodes"}},
		{"spec.sync", "x", []string{own + "report_sync", own + "instance_sync"}},
		{"metadata.annotations", "x", []string{own + "resource_interval", own + "resource_overdue"}},
		{"metadata.annotations", map[string]any{"a": 5, "b": nil}, []string{own + "resource_interval", own + "resource_overdue"}},
		{"metadata.managedFields", map[string]any{}, []string{own + "report_timestamp"}},
		{"metadata.managedFields.0.time", "", []string{own + "report_timestamp"}},
		{"metadata.creationTimestamp", "", []string{own + "resource_created"}},
		{"metadata.creationTimestamp", nil, []string{own + "resource_created"}},
		{"metadata.generation", "1", []string{own + "resource_generation_observed"}},
		{"metadata.uid", 5, nil},
	}
}

// TestWrongTypeAffectsOnlyItsRow breaks one value at a time, in one object of each kind.
func TestWrongTypeAffectsOnlyItsRow(t *testing.T) {
	var objects []collectortest.Object
	for _, name := range []string{
		"fluxinstance/default-components", "fluxreport/sync", "resourceset/ready", "resourcesetinputprovider/ready",
		"gitrepository/branch", "ocirepository/ready", "bucket/ready", "helmrepository/ready", "helmchart/ready", "externalartifact/ready",
		"artifactgenerator/ready", "kustomization/ready", "helmrelease/chart-ref", "alert/ready", "provider/ready", "receiver/ready",
		"imagerepository/ready", "imagepolicy/ready", "imageupdateautomation/ready",
	} {
		objects = append(objects, object(t, name))
	}
	rules := collectortest.Rules{
		Gone: func(family string, prefixes []string) bool {
			return slices.ContainsFunc(prefixes, func(p string) bool { return strings.HasPrefix(family, p) })
		},
		Info: func(family string) bool {
			return strings.HasPrefix(family, "flux_") || family == "cobaltcore_flux_resource_status"
		},
		Anonymous: []string{"flux_operator_info"},
	}
	suite().WrongTypes(t, rules, wrongTypes(), func(o collectortest.Object) string { return strings.ToLower(o.Kind) }, objects...)
}
