// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package controllers

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/labels"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/exposition"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/fleet"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/redact"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/watch"
)

// workload is a Deployment, a StatefulSet or a DaemonSet. Fields that a kind does not have are empty.
type workload struct {
	watch.Labeled

	Spec struct {
		Replicas       *int64         `json:"replicas"`
		Paused         bool           `json:"paused"`
		Strategy       updateStrategy `json:"strategy"`
		UpdateStrategy updateStrategy `json:"updateStrategy"`
		Template       struct {
			Metadata struct {
				Labels      watch.Annotations `json:"labels"`
				Annotations watch.Annotations `json:"annotations"`
			} `json:"metadata"`
			Spec struct {
				Containers []workloadContainer `json:"containers"`
			} `json:"spec"`
		} `json:"template"`
	} `json:"spec"`
	Status struct {
		ObservedGeneration int64               `json:"observedGeneration"`
		Ready              int64               `json:"readyReplicas"`
		Available          int64               `json:"availableReplicas"`
		Updated            int64               `json:"updatedReplicas"`
		Conditions         []workloadCondition `json:"conditions"`

		// The names of these numbers in a DaemonSet.
		NodesDesired   int64 `json:"desiredNumberScheduled"`
		NodesReady     int64 `json:"numberReady"`
		NodesAvailable int64 `json:"numberAvailable"`
		NodesUpdated   int64 `json:"updatedNumberScheduled"`
	} `json:"status"`
}

type updateStrategy struct {
	Type string `json:"type"`
}

// workloadContainer has the fields of a container that are read; not its command and environment.
type workloadContainer struct {
	Name  string     `json:"name"`
	Image redact.URL `json:"image"`
}

// workloadCondition is a condition of a Deployment. Its message is not read.
type workloadCondition struct {
	Type       string    `json:"type"`
	Status     string    `json:"status"`
	Reason     string    `json:"reason"`
	Transition time.Time `json:"lastTransitionTime"`
}

// workloads declares a kind. rows adds the rows of this kind only. namespaces are the namespaces of controllers.
func workloads(kind string, known []matcher, namespaces []string, rows func(*workload, *exposition.Rows, []string)) watch.Resource {
	families := workloadFamilies()
	if kind == "Deployment" {
		families = deploymentFamilies()
	}
	return watch.NewResource(
		watch.Resource{
			Group: "apps", Kind: kind, Versions: []string{"v1"}, Families: families,
			Annotations: []string{mainAnnotation, releaseNamespaceAnnotation, releaseNameAnnotation},
			Labels:      append(labelsRead(known), releaseNamespaceLabel, releaseNameLabel),
		},
		func(w *workload, _ fleet.View, r *exposition.Rows) {
			pods, own := labels.Set(w.Spec.Template.Metadata.Labels), labels.Set(w.Metadata.Labels)
			system, component, from := "", "", w.release()
			if inNamespaces(namespaces, w.Metadata.Namespace) {
				system = systemOf(known, pods, own)
			}
			if system == "" && !from.any() {
				r.Skip()
				return
			}
			if system != "" {
				component = cmp.Or(componentOf(pods), componentOf(own), w.Metadata.Name)
			}
			l := []string{w.Metadata.Namespace, w.Metadata.Name, kind, system, component}
			w.rows(r, l)
			if from.any() {
				r.Add(workloadRelease, 1, append(slices.Clip(l), from[:]...)...)
			}
			rows(w, r, l)
		})
}

func (w *workload) rows(r *exposition.Rows, l []string) {
	with := func(more ...string) []string { return append(slices.Clip(l), more...) }
	image := w.image()
	version := cmp.Or(w.Metadata.Labels[versionLabel], w.Spec.Template.Metadata.Labels[versionLabel], imageTag(image))
	r.Add(workloadInfo, 1, with(version, image, cmp.Or(w.Spec.UpdateStrategy.Type, w.Spec.Strategy.Type))...)
	for _, c := range w.Spec.Template.Spec.Containers {
		r.Add(workloadImage, 1, with(c.Name, c.Image.Redacted())...)
	}
	r.Time(workloadCreated, w.Metadata.Created, l...)
	r.Bool(workloadObserved, w.Status.ObservedGeneration >= w.Metadata.Generation, l...)
}

func (w *workload) deployment(r *exposition.Rows, l []string) {
	w.statefulSet(r, l)
	with := func(more ...string) []string { return append(slices.Clip(l), more...) }
	r.Bool(rolloutPaused, w.Spec.Paused, l...)
	for _, c := range w.Status.Conditions {
		switch c.Type {
		case "Available", "ReplicaFailure":
		case "Progressing":
			r.Bool(rolloutExceeded, c.Status == "False" && c.Reason == "ProgressDeadlineExceeded", l...)
			if w.Spec.Strategy.Type == "Recreate" && c.Status == "True" && c.Reason != "NewReplicaSetAvailable" {
				r.Add(rolloutRecreating, 1, l...)
			}
		default:
			continue
		}
		if c.Status != "True" && c.Status != "False" {
			c.Status = "Unknown"
		}
		r.Add(workloadStatus, 1, with(c.Type, c.Status)...)
		r.Time(workloadTransition, c.Transition, with(c.Type)...)
	}
}

// statefulSet adds the numbers of replicas. The API server sets a default of one replica.
func (w *workload) statefulSet(r *exposition.Rows, l []string) {
	replicas := int64(1)
	if w.Spec.Replicas != nil {
		replicas = *w.Spec.Replicas
	}
	addReplicas(r, l, replicas, w.Status.Updated, w.Status.Ready, w.Status.Available)
}

func (w *workload) daemonSet(r *exposition.Rows, l []string) {
	addReplicas(r, l, w.Status.NodesDesired, w.Status.NodesUpdated, w.Status.NodesReady, w.Status.NodesAvailable)
}

func addReplicas(r *exposition.Rows, l []string, of, isUpdated, isReady, isAvailable int64) {
	r.Add(replicasDesired, float64(of), l...)
	r.Add(replicasUpdated, float64(isUpdated), l...)
	r.Add(replicasReady, float64(isReady), l...)
	r.Add(replicasAvailable, float64(isAvailable), l...)
}

// image returns the image of the main container, which kubectl also uses by default.
func (w *workload) image() string {
	containers := w.Spec.Template.Spec.Containers
	if len(containers) == 0 {
		return ""
	}
	main := w.Spec.Template.Metadata.Annotations[mainAnnotation]
	i := slices.IndexFunc(containers, func(c workloadContainer) bool { return c.Name == main })
	return containers[max(i, 0)].Image.Redacted()
}

// imageTag returns the tag of an image without user info; empty if there is none. A colon before the last slash
// belongs to a port.
func imageTag(image string) string {
	image, _, _ = strings.Cut(image, "@")
	image = image[strings.LastIndexByte(image, '/')+1:]
	_, tag, _ := strings.Cut(image, ":")
	return tag
}

// releaseNames has the namespace and the name of a Helm release, then those of a HelmRelease.
type releaseNames [4]string

func (r releaseNames) any() bool { return r[1] != "" || r[3] != "" }

// release returns the release that installed the workload. Helm writes annotations, helm-controller labels.
func (w *workload) release() releaseNames {
	return releaseNames{
		w.Metadata.Annotations[releaseNamespaceAnnotation], w.Metadata.Annotations[releaseNameAnnotation],
		w.Metadata.Labels[releaseNamespaceLabel], w.Metadata.Labels[releaseNameLabel],
	}
}
