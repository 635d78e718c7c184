// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package app

import (
	"slices"

	"github.com/cobaltcore-dev/cobaltcore-exporter/collectors"
	"github.com/cobaltcore-dev/cobaltcore-exporter/collectors/externalsecrets"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/exposition"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/fleet"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/watch"
)

// A shard exports the rows of its own clusters. It also knows all other clusters of the fleet, because objects of its own
// clusters may refer to them.

// assignedClusters returns the clusters that this shard watches: its own clusters or, if one of its probes reads the
// secret flow, all clusters. In clusters of other shards, only kinds with notes for the secret flow are watched.
func (b *clusterBuilder) assignedClusters(all []fleet.Cluster) []fleet.Cluster {
	if b.followsOthers(all) {
		return all
	}
	return slices.DeleteFunc(slices.Clone(all), func(c fleet.Cluster) bool { return !b.shard.Owns(c.Name) })
}

// followsOthers reports whether this shard watches clusters of other shards, because one of its probes reads the secret
// flow.
func (b *clusterBuilder) followsOthers(all []fleet.Cluster) bool {
	return len(b.noteSets) > 0 && slices.ContainsFunc(all, func(c fleet.Cluster) bool { return b.shard.Owns(c.Name) && b.readsFlow(c) })
}

// readsFlow reports whether a probe of the cluster reads the secret flow.
func (b *clusterBuilder) readsFlow(c fleet.Cluster) bool {
	return slices.ContainsFunc(b.collectors, func(collector collectors.Collector) bool {
		reader, ok := collector.(collectors.FlowReader)
		return ok && reader.ReadsFlow(c)
	})
}

// hasWholeFlow reports whether this shard has the complete secret flow: all references and all OpenBao clusters.
func (b *clusterBuilder) hasWholeFlow(all []fleet.Cluster) bool {
	follows := b.followsOthers(all)
	return len(b.noteSets) == 0 || !slices.ContainsFunc(all, func(c fleet.Cluster) bool {
		return !b.shard.Owns(c.Name) && (!follows || b.readsFlow(c))
	})
}

// buildFollowed returns a cluster of another shard. Only kinds with notes are watched, and they have no rows.
func (b *clusterBuilder) buildFollowed(c fleet.Cluster, targets *fleet.Targets) *runningCluster {
	o := b.watch
	o.Log = o.Log.With("for", "secret flow")
	o.Sets = b.noteSets
	return b.watchCluster(c, targets, o, o.Exposition.Group(exposition.Key{Cluster: c.Name}, nil))
}

// noteSets returns the kinds with notes for the secret flow, without their rows.
func noteSets(sets []watch.Set) []watch.Set {
	var noted []watch.Set
	for _, set := range sets {
		if set.Collector != externalsecrets.Name {
			continue
		}
		var kinds []watch.Resource
		for _, r := range set.Resources {
			if r.Notes {
				r.Families = nil
				kinds = append(kinds, r)
			}
		}
		if len(kinds) > 0 {
			noted = append(noted, watch.Set{Collector: set.Collector, Resources: kinds})
		}
	}
	return noted
}
