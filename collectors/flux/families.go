// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package flux

import (
	"slices"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/exposition"
)

// Families that Flux Operator also exports, with its label names and values (research: flux-operator v0.59.0) and
// more labels. Differences: a Receiver has no url (the path of a webhook is a secret), URLs have no user info and
// query, and a suspended ArtifactGenerator is exported as suspended.
var (
	instanceInfo = &exposition.Family{
		Name: "flux_instance_info", Type: exposition.Gauge,
		Labels: []string{"cluster", "kind", "exported_namespace", "name", "ready", "reason", "suspended", "registry", "revision", "uid"},
		Help:   "The current status of a Flux instance. Always 1.",
	}
	resourceInfo = &exposition.Family{
		Name: "flux_resource_info", Type: exposition.Gauge,
		Labels: []string{
			"cluster", "target_cluster", "group", "kind", "exported_namespace", "name", "ready", "reason", "suspended", "revision", "applied_revision",
			"url", "ref", "source_kind", "source_namespace", "source_name", "path", "uid",
		},
		Help: "The current status of a Flux resource. Always 1.",
	}
	resourceSetInfo = &exposition.Family{
		Name: "flux_resourceset_info", Type: exposition.Gauge,
		Labels: []string{"cluster", "kind", "exported_namespace", "name", "ready", "reason", "suspended", "resources", "revision", "uid"},
		Help:   "The current status of a Flux Operator ResourceSet. Always 1.",
	}
	inputProviderInfo = &exposition.Family{
		Name: "flux_resourcesetinputprovider_info", Type: exposition.Gauge,
		Labels: []string{"cluster", "kind", "exported_namespace", "name", "ready", "reason", "suspended", "url", "uid"},
		Help:   "The current status of a Flux Operator ResourceSetInputProvider. Always 1.",
	}
	operatorInfo = &exposition.Family{
		Name: "flux_operator_info", Type: exposition.Gauge,
		Labels: []string{"cluster", "exported_namespace", "name", "version", "api_version", "platform"},
		Help:   "The version of Flux Operator, from its FluxReport. Always 1.",
	}
)

// objectLabels are the labels that identify a Flux object in all families below.
var objectLabels = []string{"cluster", "target_cluster", "kind", "exported_namespace", "name"}

func objectGauge(name, help string, labels ...string) *exposition.Family {
	return &exposition.Family{Name: name, Help: help, Type: exposition.Gauge, Labels: slices.Concat(objectLabels, labels)}
}

// newDetailFamily declares a family that is exported with metrics.detail: full only.
func newDetailFamily(name, help string, labels ...string) *exposition.Family {
	f := objectGauge(name, help, labels...)
	f.Detail = true
	return f
}

// Families of Flux objects.
var (
	resourceStatus = objectGauge("cobaltcore_flux_resource_status",
		"The state of a Flux resource, one row of value 1: the first of deleting, suspended, stalled, failed, dependency_not_ready, unprocessed, progressing, ready and unknown that applies.",
		"status")
	resourceNotReadySince = objectGauge("cobaltcore_flux_resource_not_ready_since_timestamp_seconds",
		"Since when a Flux resource is in a state other than ready. onset is exact; at_least if the state may have begun before the exporter first saw it; or undated if a later observation is not possible (snapshots and one-shot reports). "+
			"tolerated is false for states that rules report at once (stalled, and failed or unprocessed with onset undated), and briefly for failed health checks after another attempt has begun. source is the source of the object, unless the object failed although it has the artifact; for a source, it is the object itself. upstream is the source of source, or else source. "+
			"dependency is the object itself (kind/namespace/name), and component its controller.",
		"status", "onset", "tolerated", "source", "upstream", "dependency", "component")
	resourceReason = objectGauge("cobaltcore_flux_resource_reason_info",
		"Why a Flux resource is not ready: the reason of the last failure, or of the condition that determines the state. Always 1.", "reason")
	resourceOverdue = objectGauge("cobaltcore_flux_resource_overdue_timestamp_seconds",
		"When a ready object becomes overdue, for kinds that record their reconciliations: collectors.flux.overdueAfter intervals after the last reconciliation, but at least half an hour. component is its controller.", "component")
	resourceRevisionPending = objectGauge("cobaltcore_flux_resource_revision_pending_info",
		"The last attempted revision if it differs from the applied revision. Always 1.", "attempted", "applied")
	resourceCreated = newDetailFamily("cobaltcore_flux_resource_created_timestamp_seconds",
		"When the object was created.")
	resourceTransition = newDetailFamily("cobaltcore_flux_resource_ready_transition_timestamp_seconds",
		"When the Ready condition last changed.")
	resourceReconciled = newDetailFamily("cobaltcore_flux_resource_last_reconcile_timestamp_seconds",
		"When the object was last reconciled, for kinds that record it.")
	resourceSucceeded = objectGauge("cobaltcore_flux_resource_last_success_timestamp_seconds",
		"When the object was last reconciled successfully, for kinds with a history.")
	// resourceRefers is not exported; the page of an object reads it.
	resourceRefers = &exposition.Family{
		Name: "cobaltcore_flux_resource_refers_to", Type: exposition.Gauge, Internal: true, Labels: []string{"reference"},
		Help: "The objects (kind/namespace/name) to which the object of the row refers. Always 1.",
	}
	resourceDependsOn = objectGauge("cobaltcore_flux_resource_depends_on",
		"The dependencies of an object that is not ready: objects that must be ready before it is reconciled. Always 1.", "dependency_namespace", "dependency_name")
	resourceInterval = newDetailFamily("cobaltcore_flux_resource_interval_seconds",
		"The interval at which the object should be reconciled.")
	resourceObserved = newDetailFamily("cobaltcore_flux_resource_generation_observed",
		"Whether the controller has seen the newest generation of the object.")
	resourceInventory = newDetailFamily("cobaltcore_flux_resource_inventory_entries",
		"Number of objects in the inventory of a Flux resource.")
	artifactSize = newDetailFamily("cobaltcore_flux_resource_artifact_size_bytes",
		"Size of the artifact of a source.")
	artifactTime = objectGauge("cobaltcore_flux_resource_artifact_timestamp_seconds",
		"When the artifact of a source last changed.")
	historyTime = objectGauge("cobaltcore_flux_resource_history_last_reconciled_timestamp_seconds",
		"When a revision in the history of the object was last reconciled.", "digest", "version", "status")
	historyDuration = objectGauge("cobaltcore_flux_resource_history_duration_seconds",
		"How long the last reconciliation of a revision in the history of the object took.", "digest", "version", "status")
	historyCount = objectGauge("cobaltcore_flux_resource_history_reconciliations",
		"How often a revision in the history of the object was reconciled with this result.", "digest", "version", "status")
)

// Families of single kinds.
var (
	kustomizationHealthy = newDetailFamily("cobaltcore_flux_kustomization_healthy",
		"Whether the health checks of a Kustomization passed. There is no row without health checks, or while they are running.")
	releaseInfo = objectGauge("cobaltcore_flux_helmrelease_info",
		"The newest release in the history of a HelmRelease. Always 1.", "chart_name", "chart_version", "app_version", "release_status")
	releaseDeployed = newDetailFamily("cobaltcore_flux_helmrelease_last_deployed_timestamp_seconds",
		"When the newest release in the history of a HelmRelease was deployed.")
	releaseFailures = newDetailFamily("cobaltcore_flux_helmrelease_failures",
		"Failures of a HelmRelease since its last success: all failures, and failed installs and upgrades, which are limited by the retries.", "action")
	releaseReleased = objectGauge("cobaltcore_flux_helmrelease_released",
		"0 if the last install or upgrade failed. There is no row if it succeeded.")
	releaseRemediated = objectGauge("cobaltcore_flux_helmrelease_remediated",
		"1 if the last failure was remediated by a rollback or an uninstall. There is no row if it was not.")
	releaseDrifted = objectGauge("cobaltcore_flux_helmrelease_drifted",
		"1 if the objects in the cluster differ from the release. There is no row if they do not differ, or if drift is not detected.")
	releaseTrouble = objectGauge("cobaltcore_flux_helmrelease_trouble_since_timestamp_seconds",
		"Since when a condition of a HelmRelease other than Ready reports a problem: Released or TestSuccess is False, Remediated or Drifted is True. onset: see cobaltcore_flux_resource_not_ready_since_timestamp_seconds.",
		"condition", "reason", "onset")
	releaseTested = objectGauge("cobaltcore_flux_helmrelease_test_success",
		"0 if the Helm tests of the last release failed. There is no row if they did not fail.")

	instanceVersion = objectGauge("cobaltcore_flux_instance_version_info",
		"The declared version range of a FluxInstance, and the versions that were last attempted and applied. Always 1.", "desired", "attempted", "applied")
	instanceDesired = objectGauge("cobaltcore_flux_instance_component_desired",
		"The components that a FluxInstance declares. Always 1.", "component")
	instanceImage = objectGauge("cobaltcore_flux_instance_component_info",
		"The images that a FluxInstance has rolled out. Always 1.", "component", "image")
	instanceKind = objectGauge("cobaltcore_flux_instance_kind_desired",
		"The kinds that the components of a FluxInstance reconcile. The FluxInstance installs their definitions. Always 1.", "component", "served_kind")
	instanceInRange = objectGauge("cobaltcore_flux_instance_version_in_range",
		"Whether the applied version is in the declared range of a FluxInstance. There is no row if no version is applied, or if the range is invalid.")
	instanceOutOfRange = objectGauge("cobaltcore_flux_instance_version_out_of_range_since_timestamp_seconds",
		"Since when the applied version is not in the declared range of a FluxInstance: the last change of either of them. There is no row if this is not recorded. "+
			"onset: see cobaltcore_flux_resource_not_ready_since_timestamp_seconds.", "onset")
	instanceUpgrade = objectGauge("cobaltcore_flux_instance_upgrade_pending_since_timestamp_seconds",
		"Since when the attempted revision differs from the applied revision. onset: see cobaltcore_flux_resource_not_ready_since_timestamp_seconds.", "attempted", "applied", "onset")
	instanceSettings = objectGauge("cobaltcore_flux_instance_settings_info",
		"The settings of a FluxInstance for its cluster and its distribution. Always 1.", "type", "size", "domain", "multitenant", "network_policy", "variant", "artifact")
	instanceSyncInfo = objectGauge("cobaltcore_flux_instance_sync_info",
		"The source and the Kustomization that a FluxInstance declares for the sync of the cluster. There is no row without a sync. Always 1.", "source_kind", "source_name", "url", "ref", "path")
	instanceShard = objectGauge("cobaltcore_flux_instance_shard_info",
		"The shards for which a FluxInstance has installed controllers. Always 1.", "shard")
)

// Families of a FluxReport. They have the view of Flux Operator on its cluster, for comparison with the rows of
// the objects.
var (
	reportInfo = objectGauge("cobaltcore_flux_report_info",
		"The distribution and the cluster that a FluxReport describes. Always 1.",
		"distribution_status", "distribution_version", "managed_by", "entitlement", "server_version", "platform")
	reportTime = objectGauge("cobaltcore_flux_report_timestamp_seconds",
		"When the FluxReport was last written, or its update requested, according to its metadata. A report whose content does not change may be newer. There is no row if it is suspended.")
	reportNodes = objectGauge("cobaltcore_flux_report_cluster_nodes",
		"Nodes of the cluster according to the FluxReport.")
	reportComponentReady = objectGauge("cobaltcore_flux_report_component_ready",
		"Whether a Flux controller is ready according to the FluxReport.", "component")
	reportComponentInfo = objectGauge("cobaltcore_flux_report_component_info",
		"The image of a Flux controller according to the FluxReport. Always 1.", "component", "image")
	reportReconcilers = objectGauge("cobaltcore_flux_report_reconcilers",
		"Objects of a kind by state according to the FluxReport. Running includes failing.", "reconciler_group", "reconciler_kind", "state")
	reportArtifacts = objectGauge("cobaltcore_flux_report_artifact_size_bytes",
		"Size of all artifacts of a kind of source according to the FluxReport, which rounds it to a tenth of its unit.", "reconciler_group", "reconciler_kind")
	reportSyncReady = objectGauge("cobaltcore_flux_report_sync_ready",
		"Whether the cluster sync is ready according to the FluxReport. There is no row without a sync.")
	reportSyncInfo = objectGauge("cobaltcore_flux_report_sync_info",
		"The cluster sync according to the FluxReport. Always 1.", "sync", "path", "url")
)

// commonFamilies returns the families of all kinds, then more.
func commonFamilies(more ...*exposition.Family) []*exposition.Family {
	return append([]*exposition.Family{
		resourceStatus, resourceNotReadySince, resourceReason, resourceCreated, resourceTransition, resourceObserved, resourceInterval,
		resourceReconciled, resourceRefers,
	}, more...)
}

// Families returns every family that the collector may export.
func Families() []*exposition.Family {
	return commonFamilies(
		instanceInfo, resourceInfo, resourceSetInfo, inputProviderInfo, operatorInfo,
		resourceOverdue, resourceSucceeded, resourceDependsOn, resourceRevisionPending, resourceInventory, artifactSize, artifactTime,
		historyTime, historyDuration, historyCount,
		kustomizationHealthy, releaseInfo, releaseDeployed, releaseFailures, releaseReleased, releaseRemediated, releaseDrifted, releaseTested,
		releaseTrouble,
		instanceVersion, instanceInRange, instanceOutOfRange, instanceUpgrade, instanceDesired, instanceKind, instanceImage, instanceSettings,
		instanceSyncInfo, instanceShard,
		reportInfo, reportTime, reportNodes, reportComponentReady, reportComponentInfo, reportReconcilers, reportArtifacts, reportSyncReady,
		reportSyncInfo,
	)
}
