// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package fleet

import (
	"maps"
	"slices"
	"strings"
)

// View is the fleet as seen from one cluster: it resolves the target cluster of an object. It is immutable.
type View struct {
	// Cluster is the name of the cluster of the objects.
	Cluster string
	// Targets is shared by all views of a fleet.
	Targets *Targets
}

// Targets maps kubeconfig references to clusters. It is immutable; a change of the fleet creates new Targets.
type Targets struct {
	// Secrets are the Secrets in which clusters were found, with the names of the clusters.
	Secrets map[SecretRef]string
	// Clusters are the names of all clusters.
	Clusters map[string]bool
	// Suffixes are the suffixes that the name of a kubeconfig Secret may have after the name of its cluster.
	Suffixes []string
}

// TargetsOf maps kubeconfig references to the given clusters. The suffix of the reference architecture is always
// included.
func TargetsOf(clusters []Cluster, suffixes ...string) *Targets {
	t := &Targets{Secrets: map[SecretRef]string{}, Clusters: map[string]bool{}, Suffixes: []string{DefaultSuffix}}
	for _, s := range suffixes {
		if !slices.Contains(t.Suffixes, s) {
			t.Suffixes = append(t.Suffixes, s)
		}
	}
	for _, c := range clusters {
		t.Clusters[c.Name] = true
		if c.Credentials != nil {
			t.Secrets[c.Credentials.Secret] = c.Name
		}
	}
	return t
}

// Equal reports whether t and other map every reference to the same cluster.
func (t *Targets) Equal(other *Targets) bool {
	if t == nil || other == nil {
		return t == other
	}
	return slices.Equal(t.Suffixes, other.Suffixes) && maps.Equal(t.Clusters, other.Clusters) && maps.Equal(t.Secrets, other.Secrets)
}

// DefaultSuffix is the suffix in the reference architecture.
const DefaultSuffix = "-kubeconfig"

// Reference is the target of a spec.kubeConfig.
type Reference struct {
	// Kind is Secret or ConfigMap.
	Kind, Namespace, Name string
}

// KindSecret is the kind of the references that discovery follows.
const KindSecret = "Secret"

// Target returns the cluster to which a kubeconfig reference of an object refers, or the cluster of the object if there is
// no reference. A Secret in which a cluster was found refers to that cluster. Any other Secret, or a ConfigMap, is resolved
// by its name: <cluster><suffix> and <cluster> refer to that cluster, and an unknown name is returned unchanged.
func (v View) Target(r Reference) string {
	if r.Name == "" {
		return v.Cluster
	}
	if v.Targets == nil {
		return r.Name
	}
	if r.Kind == KindSecret {
		if name, ok := v.Targets.Secrets[SecretRef{v.Cluster, r.Namespace, r.Name}]; ok {
			return name
		}
	}
	for _, suffix := range v.Targets.Suffixes {
		if name, ok := strings.CutSuffix(r.Name, suffix); ok && v.Targets.Clusters[name] {
			return name
		}
	}
	return r.Name
}
