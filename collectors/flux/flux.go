// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

// Package flux exports the objects of Flux Operator and Flux.
package flux

import (
	"slices"

	"github.com/cobaltcore-dev/cobaltcore-exporter/collectors"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/exposition"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/fleet"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/lifecycle"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/watch"
)

// Name is the name of the collector and of its system, in collect[] and in the configuration.
const Name = "flux"

// Collector watches the four kinds of Flux Operator and the fifteen of Flux.
type Collector struct {
	// OverdueAfter is the number of intervals after which an object without a reconciliation is overdue. The
	// default is 3.
	OverdueAfter float64
}

const defaultOverdueAfter = 3

// Name returns the name of the collector.
func (Collector) Name() string { return Name }

// Families returns every family that the collector may export.
func (Collector) Families() []*exposition.Family { return Families() }

// Resources returns the kinds to watch.
func (c Collector) Resources() []watch.Resource {
	return slices.Concat(
		[]watch.Resource{c.fluxInstances(), fluxReports(), c.resourceSets(), inputProviders()},
		sources(),
		[]watch.Resource{generators(), c.kustomizations(), helmReleases()},
		notifications(),
		c.images(),
	)
}

// Probes returns nothing: Flux is watched.
func (Collector) Probes(collectors.Site) []collectors.Probe { return nil }

// newLifecycleResource declares a kind with a lifecycle, on which other objects may depend.
func newLifecycleResource[T any, P watch.Slim[T]](
	r watch.Resource, rows func(*T, fleet.View, lifecycle.Observation, *exposition.Rows) lifecycle.Memory,
) watch.Resource {
	r.Notes, r.OwnLabels = true, []string{shardLabel}
	return watch.NewStatefulResource[T, P](r, rows)
}
