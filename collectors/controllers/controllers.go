// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

// Package controllers exports workloads: those of Flux, External Secrets Operator, OpenBao, Greenhouse and
// Aurora, and those that Helm releases install. If a controller is down, the status of its objects does not
// change, and a Plugin is ready even without pods. Only the workload shows such a failure.
package controllers

import (
	"slices"

	"github.com/cobaltcore-dev/cobaltcore-exporter/collectors"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/config"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/exposition"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/watch"
)

// Name is the name of the collector, in collect[] and in the configuration.
const Name = "controllers"

// Collector watches workloads and scrapes their pods.
type Collector struct {
	Config config.Controllers

	exported *reexport
}

// New creates the collector of a configuration with its re-exported families. An exposition and the probes that
// fill it need the same collector.
func New(c config.Controllers) Collector {
	return Collector{Config: c, exported: newReexport(c.Allow, c.Buckets)}
}

// Name returns the name of the collector.
func (Collector) Name() string { return Name }

// Families returns every family that the collector may export.
func (c Collector) Families() []*exposition.Family {
	return slices.Concat(Families(), podFamilies(), c.exported.scrapeFamilies())
}

// Resources returns the kinds that are watched in all namespaces. Workloads of other systems have no rows.
func (c Collector) Resources() []watch.Resource {
	known := matchers(c.Config.Selectors)
	return []watch.Resource{
		workloads("Deployment", known, c.Config.Namespaces, (*workload).deployment),
		workloads("StatefulSet", known, c.Config.Namespaces, (*workload).statefulSet),
		workloads("DaemonSet", known, c.Config.Namespaces, (*workload).daemonSet),
		networkPolicies(),
	}
}

// Probes returns the probe that lists and scrapes the pods in the cluster.
func (c Collector) Probes(site collectors.Site) []collectors.Probe {
	return []collectors.Probe{newPods(c.Config, c.exported, site)}
}
