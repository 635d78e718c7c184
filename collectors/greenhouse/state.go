// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package greenhouse

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/exposition"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/fleet"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/lifecycle"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/watch"
)

var (
	notReadySince = gauge("object_not_ready_since_timestamp_seconds",
		"Since when an object of Greenhouse is in a state other than ready; status, onset and tolerated are as in cobaltcore_flux_resource_not_ready_since_timestamp_seconds. "+
			"condition is the condition that explains Ready, if there is one. target_cluster, cluster_name and preset are set for a Cluster (its own name), a Plugin and a PluginPreset (its own name as preset).",
		"kind", "namespace", "name", "status", "onset", "tolerated", "condition", "target_cluster", "cluster_name", "preset")
	notReadyReason = gauge("object_reason_info",
		"Why an object of Greenhouse is not ready: the reason of Ready, else the reason of the condition that explains it, else the Plugins of a PluginPreset "+
			"that are not ready (at most three), else the condition itself. Always 1.",
		"kind", "namespace", "name", "reason")
)

// reconciled is the lifecycle of all kinds. Conditions keep lastTransitionTime until the status changes (SetConditions in
// api/meta/v1alpha1 of greenhouse). A Plugin copies the reason DependencyNotReady from its HelmRelease.
var reconciled = lifecycle.Kind{KeepsTransitions: true, NoGenerations: true, NeverWaits: true}

// evidenceFor returns the conditions that explain why an object of a kind is not ready, most specific first (functions
// computeReadyCondition of the cluster, pluginpreset and plugin controllers).
func evidenceFor(kind string) []lifecycle.Evidence {
	switch kind {
	case "Cluster":
		return []lifecycle.Evidence{{Type: "KubeConfigValid", Status: "False"}, {Type: "PermissionsVerified", Status: "False"}, {Type: "ManagedResourcesDeployed", Status: "False"}}
	case "Plugin":
		return []lifecycle.Evidence{
			{Type: "HelmReleaseCreated", Status: "False"}, {Type: "HelmReleaseDeployed", Status: "False"},
			{Type: "HelmReleaseDeployed", Status: "Unknown"}, // during an attempt, Ready is False
			// Conditions up to version 0.6.
			{Type: "ClusterAccessReady", Status: "False"}, {Type: "WaitingForDependencies", Status: "True"}, {Type: "HelmReconcileFailed", Status: "True"},
			{Type: "RetriesExhausted", Status: "True"}, {Type: "WorkloadReady", Status: "False"},
		}
	case "PluginPreset":
		return []lifecycle.Evidence{
			{Type: "PluginDefinitionNotFound", Status: "True"}, {Type: "ClusterListEmpty", Status: "True"}, {Type: "PluginSkipped", Status: "True"},
			{Type: "PluginFailed", Status: "True"}, {Type: "AllPluginsReady", Status: "False"},
		}
	case "PluginDefinition", "ClusterPluginDefinition":
		return []lifecycle.Evidence{{Type: "HelmChartReady", Status: "False"}, {Type: "OCIReplicationReady", Status: "False"}}
	case "Organization":
		return []lifecycle.Evidence{
			{Type: "NamespaceCreated", Status: "False"}, {Type: "OrganizationRBACConfigured", Status: "False"},
			{Type: "OrganizationDefaultTeamRolesConfigured", Status: "False"}, {Type: "OrganizationOICDConfigured", Status: "False"},
			{Type: "SCIMAPIAvailable", Status: "False"}, {Type: "ServiceProxyProvisioned", Status: "False"}, {Type: "OrganizationAdminTeamConfigured", Status: "False"},
		}
	case "Team":
		return []lifecycle.Evidence{{Type: "SCIMAccessReady", Status: "False"}, {Type: "SCIMAllMembersValid", Status: "False"}}
	case "TeamRoleBinding":
		return []lifecycle.Evidence{{Type: "ClusterListEmpty", Status: "True"}, {Type: "RBACReady", Status: "False"}}
	}
	return nil
}

// findCause returns the condition that explains why an object is not ready. unknown reports that Ready is Unknown; then a
// condition with status Unknown may explain it.
func findCause(kind string, conditions lifecycle.Conditions, unknown bool) lifecycle.Condition {
	all := evidenceFor(kind)
	for _, e := range all {
		if c, _ := conditions.Get(e.Type); c.Status == e.Status {
			return c
		}
	}
	for _, e := range all {
		if c, _ := conditions.Get(e.Type); unknown && c.Status == "Unknown" {
			return c
		}
	}
	return lifecycle.Condition{}
}

// identities has the labels by which rules find causes; each may be empty. parts are the Plugins of a PluginPreset that are
// not ready.
type identities struct {
	target, cluster, preset string

	parts []string
}

// reason returns the reason why an object is not ready.
func (id *identities) reason(kind, ready string, cause lifecycle.Condition) string {
	const most = 3
	if kind == "Plugin" && isReason(cause.Reason) {
		return cause.Reason // Ready keeps the reason of an earlier failure while the cluster cannot be reached
	}
	switch parts := id.parts; {
	case isReason(ready) && (ready != lifecycle.ReasonReadyUnknown || cause.Type == ""):
		return ready
	case isReason(cause.Reason):
		return cause.Reason
	case len(parts) > most:
		return fmt.Sprintf("%s and %d more", strings.Join(parts[:most], ", "), len(parts)-most)
	case len(parts) > 0:
		return strings.Join(parts, ", ")
	case cause.Type != "":
		return cause.Type + " is " + cause.Status
	}
	return ""
}

// isSuspended reports whether the object is suspended according to its annotation or its condition.
func (s *status) isSuspended(m *watch.Meta) bool {
	asked := m.Annotations[suspendAnnotation]
	return asked != "" && asked != "false" || s.hasCondition("Suspended", "True")
}

// lifecycleRows adds the onset and the reason of an object that is not ready, and returns the memory for its next
// evaluation.
func (s *status) lifecycleRows(r *exposition.Rows, kind string, m *watch.Meta, id identities, seen lifecycle.Observation) lifecycle.Memory {
	o := lifecycle.Object{
		Created: m.Created, Deleted: m.Deleted, Suspended: s.isSuspended(m), SuspendedAt: m.SuspensionChanged(),
		Conditions: s.StatusConditions.Conditions,
	}
	if c, _ := o.Conditions.Get("Suspended"); c.Status == "True" && o.SuspendedAt.IsZero() {
		o.SuspendedAt = c.LastTransitionTime
	}
	result := reconciled.Evaluate(o, seen)
	if result.State == lifecycle.Ready {
		return result.Memory
	}
	cause := findCause(kind, o.Conditions, result.State == lifecycle.Unknown)
	precision := result.Onset.Precision()
	r.Time(notReadySince, result.Onset.Time, kind, m.Namespace, m.Name, result.State.String(), precision,
		strconv.FormatBool(precision != lifecycle.Undated),
		cause.Type, id.target, id.cluster, id.preset)
	if reason := id.reason(kind, result.Reason, cause); reason != "" && result.State != lifecycle.Deleting &&
		result.State != lifecycle.Suspended {
		r.Add(notReadyReason, 1, kind, m.Namespace, m.Name, reason)
	}
	return result.Memory
}

// newLifecycleResource declares a kind with a lifecycle.
func newLifecycleResource[T any, P watch.Slim[T]](
	r watch.Resource, rows func(*T, fleet.View, lifecycle.Observation, *exposition.Rows) lifecycle.Memory,
) watch.Resource {
	r.Families = append(slices.Clip(r.Families), notReadySince, notReadyReason)
	return watch.NewStatefulResource[T, P](r, rows)
}
