// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package controllers

import "github.com/cobaltcore-dev/cobaltcore-exporter/internal/exposition"

// podLabels returns the labels of a family about pods: the common ones, then more.
func podLabels(more ...string) []string {
	return append([]string{"cluster", "namespace", "name", "system", "component"}, more...)
}

var (
	podInfo = &exposition.Family{
		Name: "cobaltcore_controller_pod_info", Type: exposition.Gauge, Labels: podLabels("image", "version"),
		Help: "A pod of the management plane with the image of its main container. The version is the tag of the image, or else the label app.kubernetes.io/version.",
	}
	podReady = &exposition.Family{
		Name: "cobaltcore_controller_pod_ready", Type: exposition.Gauge, Labels: podLabels(),
		Help: "Whether the pod is ready. There is no row for a pod that has ended.",
	}
	podRestarts = &exposition.Family{
		Name: "cobaltcore_controller_pod_restarts", Type: exposition.Gauge, Labels: podLabels(),
		Help: "Number of restarts of the containers of the pod, without init containers. It starts at 0 for a new pod.",
	}
	podLastRestartReason = &exposition.Family{
		Name: "cobaltcore_controller_pod_last_restart_reason", Type: exposition.Gauge, Labels: podLabels("reason"),
		Help: "Why a container of the pod ended before its last restart, such as OOMKilled or Error.",
	}
	podLastRestart = &exposition.Family{
		Name: "cobaltcore_controller_pod_last_restart_timestamp_seconds", Type: exposition.Gauge, Labels: podLabels(),
		Help: "When a container of the pod ended before its last restart.",
	}
	podWaiting = &exposition.Family{
		Name: "cobaltcore_controller_pod_waiting", Type: exposition.Gauge, Labels: podLabels("reason"),
		Help: "Why the pod or one of its containers does not run, such as CrashLoopBackOff, ImagePullBackOff or Unschedulable.",
	}
	podCreated = &exposition.Family{
		Name: "cobaltcore_controller_pod_created_timestamp_seconds", Type: exposition.Gauge, Labels: podLabels(),
		Help: "When the pod was created.",
	}
	podsFailing = &exposition.Family{
		Name: "cobaltcore_controller_pods_failing", Type: exposition.Gauge, Labels: []string{"cluster", "system", "reason"},
		Help: "Why the pods of a system could not be listed. Existing rows stay for five minutes.",
	}
	scrapeSuccess = &exposition.Family{
		Name: "cobaltcore_controller_scrape_success", Type: exposition.Gauge, Labels: podLabels(),
		Help: "Whether the metrics of the pod could be read in the last round. There is no row for a pod that has no metrics or does not run.",
	}
	scrapeFailing = &exposition.Family{
		Name: "cobaltcore_controller_scrape_failing", Type: exposition.Gauge, Labels: podLabels("reason"),
		Help: "Why the metrics of the pod could not be read in the last round.",
	}
	metricsCut = &exposition.Family{
		Name: "cobaltcore_controller_metrics_cut", Type: exposition.Gauge, Labels: podLabels(),
		Help: "Samples of the pod that are allowed but left out, because there are too many or because they have the wrong type.",
	}
)

// podFamilies returns all families about pods.
func podFamilies() []*exposition.Family {
	return []*exposition.Family{podInfo, podReady, podRestarts, podLastRestartReason, podLastRestart, podWaiting, podCreated, podsFailing}
}

// scrapeFamilies returns the families about the scrapes of pods, and the families of pods that are re-exported.
func (r *reexport) scrapeFamilies() []*exposition.Family {
	return append([]*exposition.Family{scrapeSuccess, scrapeFailing, metricsCut}, r.families...)
}
