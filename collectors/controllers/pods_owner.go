// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package controllers

import (
	"strings"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/exposition"
)

// Labels can be set by any author of a pod, so a pod counts by its owner, too: it is
// controlled by a Deployment, StatefulSet or DaemonSet of its system.

// podOwner is an owner of a pod. Its UID is not compared: the garbage collector deletes a pod
// whose owner does not exist.
type podOwner struct {
	APIVersion string `json:"apiVersion"`
	Kind       string `json:"kind"`
	Name       string `json:"name"`
	Controller bool   `json:"controller"`
}

// hashLabel ends the name of the ReplicaSet of a Deployment.
const hashLabel = "pod-template-hash"

// workload returns the kind and the name of the workload that controls the pod; empty if none
// does. That of a ReplicaSet is its Deployment.
func (p *pod) workload() (kind, name string) {
	for _, o := range p.Metadata.Owners {
		if !o.Controller || !strings.HasPrefix(o.APIVersion, "apps/") {
			continue
		}
		switch o.Kind {
		case "StatefulSet", "DaemonSet":
			return o.Kind, o.Name
		case "ReplicaSet":
			if name, ok := strings.CutSuffix(o.Name, "-"+p.Metadata.Labels[hashLabel]); ok {
				return "Deployment", name
			}
		}
	}
	return "", ""
}

// workloadsSeen finds the watched workloads of a cluster.
type workloadsSeen struct {
	exposition *exposition.Exposition
	cluster    string
}

// control reports whether the workload of a pod is one of its system. Without any workload of
// the kind, which is so until they are listed, the name is enough.
func (w workloadsSeen) control(p *pod) bool {
	kind, name := p.workload()
	if kind == "" {
		return false
	}
	key := exposition.Key{Cluster: w.cluster, Collector: Name, Kind: kind}
	system, read := "", false
	found := w.exposition.Find(key, p.Metadata.Namespace+"/"+name, []string{workloadInfo.Name}, func(page *exposition.Page, at int) {
		row := page.Rows(at, 0)
		system, read = exposition.RowLabel(row, "system"), len(row) > 0
	})
	if !found {
		return w.exposition.Empty(key)
	}
	return system == p.system || !read // metrics.include may leave out the row
}
