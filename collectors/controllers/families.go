// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package controllers

import (
	"slices"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/exposition"
)

// workloadGauge declares a family about one workload.
func workloadGauge(name, help string, more ...string) *exposition.Family {
	return &exposition.Family{
		Name: "cobaltcore_controller_" + name, Type: exposition.Gauge, Help: help,
		Labels: slices.Concat([]string{"cluster", "namespace", "name", "kind", "system", "component"}, more),
	}
}

// Families of all workloads. A number that the API server omits from the status is 0.
var (
	workloadInfo      = workloadGauge("info", "What the workload runs: version is its label app.kubernetes.io/version, or else the tag of its image; update_strategy is OnDelete if a rollout needs pods to be deleted by hand. system and component are empty where a Helm release owns it.", "version", "image", "update_strategy")
	workloadRelease   = workloadGauge("release_info", "The Helm release that owns the workload, and the HelmRelease that made it, which may live in another cluster; there is no row without one.", "release_namespace", "release_name", "helmrelease_namespace", "helmrelease_name")
	workloadImage     = workloadGauge("container_info", "The image of each container of the workload's pods, as the workload asks for it.", "container_name", "image")
	workloadCreated   = workloadGauge("created_timestamp_seconds", "When the workload was created.")
	workloadObserved  = workloadGauge("generation_observed", "Whether the numbers of replicas are those of the present specification.")
	replicasDesired   = workloadGauge("replicas_desired", "How many pods the workload should have: 0 if it was scaled down on purpose. For a DaemonSet, the nodes that should run one.")
	replicasUpdated   = workloadGauge("replicas_updated", "Pods that match the specification. Where update_strategy is OnDelete, the others stay until they are deleted.")
	replicasReady     = workloadGauge("replicas_ready", "Pods that are ready.")
	replicasAvailable = workloadGauge("replicas_available", "Pods that have been ready for long enough.")
)

// Families of Deployments. The other kinds have no conditions.
var (
	rolloutPaused      = workloadGauge("paused", "Whether the rollout of the Deployment is paused, by spec.paused.")
	rolloutExceeded    = workloadGauge("progress_deadline_exceeded", "Whether the rollout of the Deployment has made no progress within its deadline. There is no row while that is not known.")
	rolloutRecreating  = workloadGauge("recreating", "The Deployment has the strategy Recreate and a rollout under way: it has no pod meanwhile. There is no row otherwise, nor after the deadline of the rollout. Always 1.")
	workloadStatus     = workloadGauge("condition", "The status of each condition of the Deployment (Available, Progressing, ReplicaFailure): True, False or Unknown.", "type", "status")
	workloadTransition = workloadGauge("condition_transition_timestamp_seconds", "When each condition of the Deployment last changed its status. Available is since when it is, or is not.", "type")
)

func workloadFamilies() []*exposition.Family {
	return []*exposition.Family{
		workloadInfo, workloadRelease, workloadImage, workloadCreated, workloadObserved,
		replicasDesired, replicasUpdated, replicasReady, replicasAvailable,
	}
}

func deploymentFamilies() []*exposition.Family {
	return append(workloadFamilies(), rolloutPaused, rolloutExceeded, rolloutRecreating, workloadStatus, workloadTransition)
}

// Families returns every family about workloads.
func Families() []*exposition.Family { return deploymentFamilies() }
