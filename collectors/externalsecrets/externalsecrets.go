// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

// Package externalsecrets exports the objects of External Secrets Operator. Package secretstores resolves facts
// that follow from several objects, such as a missing store.
package externalsecrets

import (
	"github.com/cobaltcore-dev/cobaltcore-exporter/collectors"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/config"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/exposition"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/watch"
)

// Name is the name of the collector and of its system, in collect[] and in the configuration.
const Name = "externalsecrets"

const group = "external-secrets.io"

// Collector watches the six kinds of External Secrets Operator.
type Collector struct {
	// Backends are the known OpenBaos, to identify the one behind a store.
	Backends config.Backends
}

// Name returns the name of the collector.
func (Collector) Name() string { return Name }

// Families returns every family that the collector may export.
func (Collector) Families() []*exposition.Family { return Families() }

// Resources returns the kinds to watch.
func (c Collector) Resources() []watch.Resource {
	return []watch.Resource{
		externalSecrets(), pushSecrets(), stores("SecretStore", c.Backends), stores("ClusterSecretStore", c.Backends),
		clusterResources("ClusterExternalSecret", &clusterExternalSecret), clusterResources("ClusterPushSecret", &clusterPushSecret),
	}
}

// Probes returns nothing: External Secrets Operator is watched.
func (Collector) Probes(collectors.Site) []collectors.Probe { return nil }

// newResource returns the declaration of a kind. All of its versions have the fields that are read here.
func newResource(kind string, families []*exposition.Family) watch.Resource {
	return watch.Resource{Group: group, Kind: kind, Versions: []string{"v1", "v1beta1", "v1alpha1"}, Families: families, Notes: true}
}
