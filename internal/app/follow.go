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

// A shard exports the rows of its own clusters. It also has a list of all other clusters, because the targets of
// objects and the cluster of an OpenBao do not depend on the shard.

// assignedClusters returns the clusters that this shard runs: its own clusters and, if one of its
// probes reads the flow of secrets, all other clusters, of which it follows the notes.
func (b *clusterBuilder) assignedClusters(all []fleet.Cluster) []fleet.Cluster {
	if b.followsOthers(all) {
		return all
	}
	return slices.DeleteFunc(slices.Clone(all), func(c fleet.Cluster) bool { return !b.shard.Owns(c.Name) })
}

// followsOthers reports whether a probe of this shard reads the flow of secrets.
func (b *clusterBuilder) followsOthers(all []fleet.Cluster) bool {
	return len(b.noteSets) > 0 && slices.ContainsFunc(all, func(c fleet.Cluster) bool { return b.shard.Owns(c.Name) && b.readsFlow(c) })
}

// readsFlow reports whether a probe of the cluster reads the flow of secrets.
func (b *clusterBuilder) readsFlow(c fleet.Cluster) bool {
	return slices.ContainsFunc(b.collectors, func(collector collectors.Collector) bool {
		reader, ok := collector.(collectors.FlowReader)
		return ok && reader.ReadsFlow(c)
	})
}

// hasWholeFlow reports whether this shard has the complete flow of secrets: all references and all
// OpenBao clusters that store the secrets.
func (b *clusterBuilder) hasWholeFlow(all []fleet.Cluster) bool {
	follows := b.followsOthers(all)
	return len(b.noteSets) == 0 || !slices.ContainsFunc(all, func(c fleet.Cluster) bool {
		return !b.shard.Owns(c.Name) && (!follows || b.readsFlow(c))
	})
}

// buildFollowed returns a cluster of another shard. Only kinds with notes are watched, without
// rows.
func (b *clusterBuilder) buildFollowed(c fleet.Cluster, targets *fleet.Targets) *runningCluster {
	o := b.watch
	o.Log = o.Log.With("for", "the flow of secrets")
	o.Sets = b.noteSets
	return b.join(c, targets, o, o.Exposition.Group(exposition.Key{Cluster: c.Name}, nil))
}

// noteSets returns the kinds with notes for the flow of secrets, without rows.
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
