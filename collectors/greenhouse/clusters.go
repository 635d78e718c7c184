// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package greenhouse

import (
	"strconv"
	"strings"
	"time"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/exposition"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/fleet"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/lifecycle"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/watch"
)

type clusterObject struct {
	watch.Labeled

	Status struct {
		status

		KubernetesVersion string    `json:"kubernetesVersion"`
		TokenExpiry       time.Time `json:"bearerTokenExpirationTimestamp"`
		Nodes             *struct {
			Total    int64       `json:"total"`
			Ready    int64       `json:"ready"`
			NotReady watch.Count `json:"notReady"`
		} `json:"nodes"`
	} `json:"status"`
}

// targetOf returns the cluster of this fleet that a Cluster represents. The Secret with its kubeconfig has the same name.
func targetOf(v fleet.View, namespace, cluster string) string {
	return v.Target(fleet.Reference{Kind: fleet.KindSecret, Namespace: namespace, Name: cluster})
}

func clusters() watch.Resource {
	declared := resource("Cluster", clusterFamilies())
	declared.UsesTargets = true
	return newLifecycleResource(declared, func(o *clusterObject, v fleet.View, seen lifecycle.Observation,
		r *exposition.Rows) lifecycle.Memory {
		labels := []string{o.Metadata.Namespace, o.Metadata.Name}
		with := func(more ...string) []string { return append(labels[:2:2], more...) }
		clusterKind.rows(r, &o.Metadata.Meta, &o.Status.status, labels...)
		target := targetOf(v, o.Metadata.Namespace, o.Metadata.Name)
		r.Add(clusterInfo, 1, with(target, o.Metadata.Annotations[connectivityAnnotation], o.Metadata.Labels[ownerLabel])...)
		if o.Status.KubernetesVersion != "" {
			r.Add(clusterVersion, 1, with(o.Status.KubernetesVersion)...)
		}
		if minor, ok := minorVersion(o.Status.KubernetesVersion); ok {
			r.Add(clusterMinor, minor, labels...)
		}
		if n := o.Status.Nodes; n != nil {
			r.Add(clusterNodes, float64(n.Total), labels...)
			r.Add(clusterReadyNodes, float64(n.Ready), labels...)
			r.Add(clusterUnready, float64(n.NotReady), labels...)
		}
		r.Time(clusterTokenExpiry, o.Status.TokenExpiry, labels...)
		r.Time(clusterScheduled, scheduledDeletion(o.Metadata.Annotations), labels...)
		return o.Status.lifecycleRows(r, "Cluster", &o.Metadata.Meta, identities{target: target, cluster: o.Metadata.Name}, seen)
	})
}

// minorVersion returns the minor version of Kubernetes.
func minorVersion(version string) (minor float64, ok bool) {
	parts := strings.SplitN(version, ".", 3)
	if len(parts) < 3 {
		return 0, false
	}
	n, err := strconv.ParseUint(parts[1], 10, 16)
	return float64(n), err == nil
}

// scheduledDeletion returns the time at which a cluster that is marked for deletion will be deleted. Greenhouse writes it in
// UTC without a zone.
func scheduledDeletion(annotations map[string]string) time.Time {
	if _, marked := annotations[deleteAnnotation]; !marked {
		return time.Time{}
	}
	due, _ := time.Parse(time.DateTime, annotations[scheduleAnnotation]) // zero if it is not a time
	return due
}
