// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

// Package controllers turns workloads into rows: those of Flux, External Secrets Operator, OpenBao,
// Greenhouse and Aurora, and those installed by Helm releases. A dead controller leaves its objects as
// they were, and a Plugin is ready without a single pod, so only the workload shows the failure.
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

// Collector watches workloads, and asks their pods.
type Collector struct {
	Config config.Controllers

	exported *reexport
}

// New makes the collector of a configuration, and with it the families of what it
// exports again: an exposition and the probes that fill it need the same collector.
func New(c config.Controllers) Collector {
	return Collector{Config: c, exported: newReexport(c.Allow, c.Buckets)}
}

// Name returns the name of the collector.
func (Collector) Name() string { return Name }

// Families returns every family that the collector may export.
func (c Collector) Families() []*exposition.Family {
	return slices.Concat(Families(), podFamilies(), c.exported.scrapeFamilies())
}

// Resources returns the kinds to watch, in all namespaces. Workloads of other systems have no rows.
func (c Collector) Resources() []watch.Resource {
	known := matchers(c.Config.Selectors)
	return []watch.Resource{
		workloads("Deployment", known, c.Config.Namespaces, (*workload).deployment),
		workloads("StatefulSet", known, c.Config.Namespaces, (*workload).statefulSet),
		workloads("DaemonSet", known, c.Config.Namespaces, (*workload).daemonSet),
		networkPolicies(),
	}
}

// Probes returns the one that lists the pods of the cluster and asks them.
func (c Collector) Probes(site collectors.Site) []collectors.Probe {
	return []collectors.Probe{newPods(c.Config, c.exported, site)}
}
