// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

// Package openbao polls the state of OpenBao clusters and their nodes.
//
// An instance has three loops. The first queries all nodes concurrently and without a token for their health, seal and
// leader. It also works if all nodes are sealed or the quorum is lost. The second queries the active node about the
// cluster. The third reads details that change slowly. Rows of an endpoint that does not answer are withdrawn until it
// answers again.
package openbao

import (
	"slices"

	"github.com/cobaltcore-dev/cobaltcore-exporter/collectors"
	"github.com/cobaltcore-dev/cobaltcore-exporter/collectors/openbao/internal/metrics"
	"github.com/cobaltcore-dev/cobaltcore-exporter/collectors/openbao/internal/nodeapi"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/config"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/exposition"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/fleet"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/watch"
)

// Name is the name of the collector and of its system, in collect[] and in the configuration.
const Name = "openbao"

// Collector probes the configured OpenBao clusters.
type Collector struct {
	Instances []config.OpenBao
	Flow      config.SecretFlow
}

// Name returns the name of the collector.
func (Collector) Name() string { return Name }

// Families returns every family that the collector may export.
func (Collector) Families() []*exposition.Family { return metrics.Families() }

// Resources returns nothing: OpenBao is probed, not watched.
func (Collector) Resources() []watch.Resource { return nil }

// Probes returns the probes of the OpenBao clusters that run in the cluster, and the configured login probes from the
// cluster.
func (c Collector) Probes(site collectors.Site) []collectors.Probe {
	var probes []collectors.Probe
	for _, o := range c.Instances {
		if o.Cluster == site.Cluster.Name {
			probes = append(probes, newInstance(o, c.Flow, site))
		}
		offline := len(o.Nodes) == 0 && o.Service == nil // there is no node for logins
		if o.LoginProbe.Enabled && site.Cluster.Snapshot == nil && !offline {
			probes = append(probes, newLogin(o, site))
		}
	}
	return probes
}

// ReadsFlow reports whether the secrets to which objects in the fleet refer are read from an OpenBao in the cluster.
func (c Collector) ReadsFlow(cluster fleet.Cluster) bool {
	return c.Flow.Enabled && slices.ContainsFunc(c.Instances, func(o config.OpenBao) bool {
		login := nodeapi.Credentials{OpenBaoAuth: o.Auth, Offline: nodeapi.IsOffline(o, cluster)}
		return o.Cluster == cluster.Name && login.Enabled()
	})
}
