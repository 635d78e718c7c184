// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

// Package openbao asks OpenBao clusters, node by node, what state they are in.
//
// Three loops share the work of an instance. The first asks every node, all at
// the same time and without a token, for its health, its seal and its leader: it
// is right when everything is sealed or the quorum is lost. The second asks the
// active node about the cluster. The third asks for what changes slowly. Rows of
// an endpoint that was not answered are gone until it is.
package openbao

import (
	"slices"

	"github.com/cobaltcore-dev/cobaltcore-exporter/collectors"
	"github.com/cobaltcore-dev/cobaltcore-exporter/collectors/openbao/internal/ask"
	"github.com/cobaltcore-dev/cobaltcore-exporter/collectors/openbao/internal/judge"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/config"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/exposition"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/fleet"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/watch"
)

// Name is the name of the collector: that of the system, in collect[] and in the
// configuration.
const Name = "openbao"

// Collector asks the configured OpenBao clusters.
type Collector struct {
	Instances []config.OpenBao
	Flow      config.SecretFlow
}

// Name returns the name of the collector.
func (Collector) Name() string { return Name }

// Families returns every family that the collector may export.
func (Collector) Families() []*exposition.Family { return judge.Families() }

// Resources returns nothing: OpenBao is asked, not watched.
func (Collector) Resources() []watch.Resource { return nil }

// Probes returns the OpenBao clusters that run in the cluster, and the login from
// the cluster to each one that wants it.
func (c Collector) Probes(site collectors.Site) []collectors.Probe {
	var probes []collectors.Probe
	for _, o := range c.Instances {
		if o.Cluster == site.Cluster.Name {
			probes = append(probes, newInstance(o, c.Flow, site))
		}
		offline := len(o.Nodes) == 0 && o.Service == nil // no node to log in to
		if o.LoginProbe.Enabled && site.Cluster.Snapshot == nil && !offline {
			probes = append(probes, newLogin(o, site))
		}
	}
	return probes
}

// ReadsFlow reports whether an OpenBao in the cluster is read for the secrets that objects in the
// fleet refer to.
func (c Collector) ReadsFlow(cluster fleet.Cluster) bool {
	return c.Flow.Enabled && slices.ContainsFunc(c.Instances, func(o config.OpenBao) bool {
		login := ask.Credentials{OpenBaoAuth: o.Auth, Offline: ask.IsOffline(o, cluster)}
		return o.Cluster == cluster.Name && login.Enabled()
	})
}
