// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

// Package aurora probes Aurora dashboards with the requests of a browser.
//
// A dashboard answers unknown paths with status 200 and the page of its application. A status therefore proves
// nothing, and each check looks at the content. A check always opens a new connection, so that its duration
// includes all phases and the certificate is read.
package aurora

import (
	"github.com/cobaltcore-dev/cobaltcore-exporter/collectors"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/config"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/exposition"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/watch"
)

// Name is the name of the collector and of its system, in collect[] and in the configuration.
const Name = "aurora"

// Collector probes the configured dashboards.
type Collector struct{ Instances []config.Aurora }

// Name returns the name of the collector.
func (Collector) Name() string { return Name }

// Families returns every family that the collector may export.
func (Collector) Families() []*exposition.Family { return Families() }

// Resources returns nothing: Aurora is probed, not watched.
func (Collector) Resources() []watch.Resource { return nil }

// Probes returns the dashboards that run in the cluster.
func (c Collector) Probes(site collectors.Site) []collectors.Probe {
	var probes []collectors.Probe
	for _, a := range c.Instances {
		if a.Cluster == site.Cluster.Name {
			probes = append(probes, newInstance(a, site))
		}
	}
	return probes
}
