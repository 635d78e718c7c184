// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package controllers

import (
	"cmp"
	"slices"
	"time"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/exposition"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/redact"
)

// pod has the fields of a Pod that are needed for its rows or its scrape.
type pod struct {
	Metadata struct {
		Name        string            `json:"name"`
		Namespace   string            `json:"namespace"`
		Created     time.Time         `json:"creationTimestamp"`
		Deleted     time.Time         `json:"deletionTimestamp"`
		Labels      map[string]string `json:"labels"`
		Annotations map[string]string `json:"annotations"`
		Owners      []podOwner        `json:"ownerReferences"`
	} `json:"metadata"`
	Spec struct {
		Containers []podContainer `json:"containers"`
	} `json:"spec"`
	Status struct {
		Phase          string            `json:"phase"`
		IP             string            `json:"podIP"`
		Conditions     []podCondition    `json:"conditions"`
		Containers     []containerStatus `json:"containerStatuses"`
		InitContainers []containerStatus `json:"initContainerStatuses"`
	} `json:"status"`

	system string // that it belongs to
}

type podCondition struct {
	Type   string `json:"type"`
	Status string `json:"status"`
	Reason string `json:"reason"`
}

type podContainer struct {
	Name  string     `json:"name"`
	Image redact.URL `json:"image"`
	Ports []podPort  `json:"ports"`
}

type podPort struct {
	Name   string `json:"name"`
	Number int    `json:"containerPort"`
}

type containerStatus struct {
	Name         string         `json:"name"`
	RestartCount int            `json:"restartCount"`
	State        containerState `json:"state"`
	LastState    containerState `json:"lastState"`
}

type containerState struct {
	Waiting    *containerWaiting    `json:"waiting"`
	Terminated *containerTerminated `json:"terminated"`
}

type containerWaiting struct {
	Reason string `json:"reason"`
}

type containerTerminated struct {
	Reason   string    `json:"reason"`
	Finished time.Time `json:"finishedAt"`
}

// key returns the namespace and name of the pod.
func (p *pod) key() string { return p.Metadata.Namespace + "/" + p.Metadata.Name }

// hasEnded reports whether the pod has ended for good: a completed Job, or an evicted pod that was
// replaced.
func (p *pod) hasEnded() bool { return p.Status.Phase == "Succeeded" || p.Status.Phase == "Failed" }

// component returns the function of the pod in its system, by its labels.
func (p *pod) component() string { return componentOf(p.Metadata.Labels) }

// mainContainer returns the main container, as opposed to sidecars.
func (p *pod) mainContainer() podContainer {
	for _, name := range []string{
		p.Metadata.Annotations[mainAnnotation], "manager", p.component(), p.Metadata.Labels[nameLabel],
	} {
		if i := slices.IndexFunc(p.Spec.Containers, func(c podContainer) bool { return c.Name == name }); i >= 0 {
			return p.Spec.Containers[i]
		}
	}
	if len(p.Spec.Containers) > 0 {
		return p.Spec.Containers[0]
	}
	return podContainer{}
}

// version returns the tag of the image.
func (p *pod) version() string {
	return cmp.Or(imageTag(p.mainContainer().Image.Redacted()), p.Metadata.Labels[versionLabel])
}

// condition returns the status and the reason of a condition; empty if it does not exist.
func (p *pod) condition(kind string) (status, reason string) {
	for _, c := range p.Status.Conditions {
		if c.Type == kind {
			return c.Status, c.Reason
		}
	}
	return "", ""
}

// values returns the values of podLabels, then more.
func (p *pod) values(more ...string) []string {
	return append([]string{p.Metadata.Namespace, p.Metadata.Name, p.system, p.component()}, more...)
}

func (p *pod) rows(r *exposition.Rows) {
	r.Add(podInfo, 1, p.values(p.mainContainer().Image.Redacted(), p.version())...)
	r.Time(podCreated, p.Metadata.Created, p.values()...)
	if p.hasEnded() {
		return
	}
	ready, _ := p.condition("Ready")
	r.Bool(podReady, ready == "True", p.values()...)
	restarts := 0
	for _, c := range p.Status.Containers {
		restarts += c.RestartCount
	}
	r.Add(podRestarts, float64(restarts), p.values()...)
	p.lastRestartRows(r)
	for _, c := range slices.Concat(p.Status.InitContainers, p.Status.Containers) {
		if w := c.State.Waiting; w != nil {
			r.Add(podWaiting, 1, p.values(oneOf(w.Reason, waitingReasons()))...)
		}
	}
	if status, reason := p.condition("PodScheduled"); status == "False" {
		r.Add(podWaiting, 1, p.values(oneOf(reason, waitingReasons()))...)
	}
}

// lastRestartRows adds the rows about the most recent restart of a container.
func (p *pod) lastRestartRows(r *exposition.Rows) {
	var reason string
	var last time.Time
	for _, c := range p.Status.Containers {
		if t := c.LastState.Terminated; t != nil && (reason == "" || t.Finished.After(last)) {
			reason, last = oneOf(t.Reason, restartReasons()), t.Finished
		}
	}
	if reason != "" {
		r.Add(podLastRestartReason, 1, p.values(reason)...)
		r.Time(podLastRestart, last, p.values()...)
	}
}

// oneOf maps a reason to a closed set: container runtimes may report any text.
func oneOf(reason string, known []string) string {
	if slices.Contains(known, reason) {
		return reason
	}
	return "Other"
}

// restartReasons are the reasons of kubelet and container runtimes for a container that ended.
func restartReasons() []string {
	return []string{"OOMKilled", "Error", "Completed", "ContainerCannotRun", "ContainerStatusUnknown", "DeadlineExceeded", "Evicted", "StartError", "Unknown"}
}

// waitingReasons are the reasons of kubelet for a container that does not run, and of the scheduler
// for a pod.
func waitingReasons() []string {
	return []string{
		"ContainerCreating", "PodInitializing",
		"CrashLoopBackOff", "ImagePullBackOff", "ErrImagePull", "ErrImageNeverPull", "InvalidImageName", "ImageInspectError", "RegistryUnavailable",
		"CreateContainerConfigError", "CreateContainerError", "RunContainerError", "PreStartHookError", "PostStartHookError",
		"Unschedulable", "SchedulerError", "SchedulingGated",
	}
}
