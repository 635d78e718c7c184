// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

// Package greenhouse exports the objects of Greenhouse with each of their conditions, because Ready does not cover all of
// them: a Cluster is ready without its nodes, and a Plugin without its pods. Rules join workloads in the clusters in PromQL.
package greenhouse

import (
	"slices"

	"github.com/cobaltcore-dev/cobaltcore-exporter/collectors"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/exposition"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/watch"
)

// Name is the name of the collector and of its system, in collect[] and in the configuration.
const Name = "greenhouse"

const (
	group = "greenhouse.sap"

	ownerLabel   = "greenhouse.sap/owned-by"
	presetLabel  = "greenhouse.sap/pluginpreset"
	catalogLabel = "greenhouse.sap/catalog"
	supportLabel = "greenhouse.sap/support-group"

	suspendAnnotation      = "greenhouse.sap/suspend"
	connectivityAnnotation = "greenhouse.sap/cluster-connectivity"
	deleteAnnotation       = "greenhouse.sap/delete-cluster"
	scheduleAnnotation     = "greenhouse.sap/deletion-schedule"
)

// Collector watches the kinds of Greenhouse, in which a namespace is an organization.
type Collector struct{}

// Name returns the name of the collector.
func (Collector) Name() string { return Name }

// Families returns every family that the collector may export.
func (Collector) Families() []*exposition.Family { return Families() }

// Resources returns the kinds to watch.
func (Collector) Resources() []watch.Resource {
	return slices.Concat(
		[]watch.Resource{clusters(), plugins(), presets()},
		[]watch.Resource{definitions("PluginDefinition"), definitions("ClusterPluginDefinition"), catalogs()},
		[]watch.Resource{organizations(), teams(), teamRoleBindings()},
	)
}

// Probes returns nothing: Greenhouse is watched.
func (Collector) Probes(collectors.Site) []collectors.Probe { return nil }

// resource declares a kind.
func resource(kind string, families []*exposition.Family) watch.Resource {
	return watch.Resource{
		Group: group, Kind: kind, Versions: []string{"v1alpha1"}, Families: families,
		Annotations: []string{suspendAnnotation, connectivityAnnotation, deleteAnnotation, scheduleAnnotation},
		Labels:      []string{ownerLabel, presetLabel, catalogLabel, supportLabel},
	}
}
