// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package controllers

import (
	"strings"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/exposition"
)

// Any author of a pod can set its labels. A pod therefore counts only if a Deployment, StatefulSet or DaemonSet
// of its system controls it.

// podOwner is an owner of a pod. Its UID is not compared, because the garbage collector deletes pods whose owner
// does not exist.
type podOwner struct {
	APIVersion string `json:"apiVersion"`
	Kind       string `json:"kind"`
	Name       string `json:"name"`
	Controller bool   `json:"controller"`
}

// hashLabel has the suffix of the name of a Deployment's ReplicaSet.
const hashLabel = "pod-template-hash"

// workload returns the kind and the name of the workload that controls the pod; empty if there is none. For a
// ReplicaSet it returns its Deployment.
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

// workloadLookup finds the watched workloads of a cluster.
type workloadLookup struct {
	exposition *exposition.Exposition
	cluster    string
}

// ownsPod reports whether the workload of a pod belongs to its system. While no workload of the kind is known,
// as before the first list, the name is enough.
func (w workloadLookup) ownsPod(p *pod) bool {
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
	return system == p.system || !read // metrics.include may exclude the row
}
