// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package fleet

import (
	"maps"
	"strings"
)

// View is the fleet as seen from one of its clusters: what is needed to say
// which cluster an object is applied to. It is immutable.
type View struct {
	// Cluster is the name of the cluster in which the objects live.
	Cluster string
	// Targets is shared by all views of a fleet.
	Targets *Targets
}

// Targets maps kubeconfig Secrets to clusters. It is immutable; a fleet that
// changes makes a new one.
type Targets struct {
	// Clusters are the names of all clusters.
	Clusters map[string]bool
	// Suffix is what the name of a kubeconfig Secret has behind the name of its
	// cluster.
	Suffix string
}

// Equal says whether both map every Secret to the same cluster.
func (t *Targets) Equal(other *Targets) bool {
	if t == nil || other == nil {
		return t == other
	}
	return t.Suffix == other.Suffix && maps.Equal(t.Clusters, other.Clusters)
}

// DefaultSuffix is the convention of the reference architecture.
const DefaultSuffix = "-kubeconfig"

// Target names the cluster that a kubeconfig reference of an object stands for:
// no reference is the own cluster, <cluster><suffix> and <cluster> are that
// cluster, and what is unknown keeps its own name.
func (v View) Target(reference string) string {
	if reference == "" {
		return v.Cluster
	}
	if v.Targets != nil {
		if name, ok := strings.CutSuffix(reference, v.Targets.Suffix); ok && v.Targets.Clusters[name] {
			return name
		}
	}
	return reference
}
