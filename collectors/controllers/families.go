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
	workloadInfo      = workloadGauge("info", "The workload and its version: version is its label app.kubernetes.io/version, or else the tag of its image; update_strategy is OnDelete if pods must be deleted by hand for a rollout. system and component are empty if the workload belongs only to a Helm release.", "version", "image", "update_strategy")
	workloadRelease   = workloadGauge("release_info", "The Helm release of the workload, and the HelmRelease that installed it, which may be in another cluster. There is no row without a Helm release.", "release_namespace", "release_name", "helmrelease_namespace", "helmrelease_name")
	workloadImage     = workloadGauge("container_info", "The image of each container of the workload's pods, according to the specification of the workload.", "container_name", "image")
	workloadCreated   = workloadGauge("created_timestamp_seconds", "When the workload was created.")
	workloadObserved  = workloadGauge("generation_observed", "Whether the numbers of replicas are for the current specification.")
	replicasDesired   = workloadGauge("replicas_desired", "Desired number of pods; 0 if the workload was scaled down. For a DaemonSet, the number of nodes that should run a pod.")
	replicasUpdated   = workloadGauge("replicas_updated", "Pods that match the specification. With update_strategy OnDelete, other pods stay until they are deleted.")
	replicasReady     = workloadGauge("replicas_ready", "Pods that are ready.")
	replicasAvailable = workloadGauge("replicas_available", "Pods that have been ready for long enough.")
)

// Families of Deployments. The other kinds have no conditions.
var (
	rolloutPaused      = workloadGauge("paused", "Whether the rollout of the Deployment is paused, by spec.paused.")
	rolloutExceeded    = workloadGauge("progress_deadline_exceeded", "Whether the rollout of the Deployment has made no progress within its deadline. There is no row while this is unknown.")
	rolloutRecreating  = workloadGauge("recreating", "A rollout of a Deployment with the strategy Recreate is running, so that it has no pods. There is no row otherwise, and after the deadline of the rollout. Always 1.")
	workloadStatus     = workloadGauge("condition", "The status of each condition of the Deployment (Available, Progressing, ReplicaFailure): True, False or Unknown.", "type", "status")
	workloadTransition = workloadGauge("condition_transition_timestamp_seconds", "When each condition of the Deployment last changed its status. For Available, this is the start or the end of the availability.", "type")
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
