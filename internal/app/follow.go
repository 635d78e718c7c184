// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package app

import (
	"slices"
	"strconv"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/cobaltcore-dev/cobaltcore-exporter/collectors"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/exposition"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/fleet"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/watch"
)

// A shard exports the rows of the clusters that it owns. It knows the others, too:
// where objects are applied and which cluster an OpenBao runs in does not depend on
// who watches them.

// mine are the clusters that this shard runs: its own and, if one of its probes
// asks for what the fleet refers to, all others, which are followed.
func (g *generation) mine(all []fleet.Cluster) []fleet.Cluster {
	if g.follows(all) {
		return all
	}
	return slices.DeleteFunc(slices.Clone(all), func(c fleet.Cluster) bool { return !g.shard.Owns(c.Name) })
}

// follows says whether a probe of this shard asks for what all clusters refer to.
func (g *generation) follows(all []fleet.Cluster) bool {
	return len(g.noted) > 0 && slices.ContainsFunc(all, func(c fleet.Cluster) bool { return g.shard.Owns(c.Name) && g.readsFlow(c) })
}

// readsFlow says whether a probe of the cluster asks for what all clusters refer to.
func (g *generation) readsFlow(c fleet.Cluster) bool {
	return slices.ContainsFunc(g.collectors, func(collector collectors.Collector) bool {
		reader, ok := collector.(collectors.FlowReader)
		return ok && reader.ReadsFlow(c)
	})
}

// seesFlow says whether this shard knows all that is known about the flow of
// secrets: who refers to them and where they are stored.
func (g *generation) seesFlow(all []fleet.Cluster) bool {
	follows := g.follows(all)
	return len(g.noted) == 0 || !slices.ContainsFunc(all, func(c fleet.Cluster) bool {
		return !g.shard.Owns(c.Name) && (!follows || g.readsFlow(c))
	})
}

// newFollowed prepares the watches of a cluster of another shard: of the kinds that
// leave notes, for their notes. It has no rows: those are the other shard's.
func (g *generation) newFollowed(c fleet.Cluster, targets *fleet.Targets) *runningCluster {
	o := g.options
	o.Log = o.Log.With("for", "the flow of secrets")
	o.Sets = g.noted
	flow := g.flow.Add(c.Name, o.Exposition.Group(exposition.Key{Cluster: c.Name}, nil))
	o.Notes = flow
	return &runningCluster{Cluster: watch.NewCluster(c, targets, o), leave: func() { g.flow.Remove(flow) }, done: make(chan struct{})}
}

// notedSets are the kinds that leave notes, without rows.
func notedSets(sets []watch.Set) []watch.Set {
	var noted []watch.Set
	for _, set := range sets {
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

// shardInfo says which part of the fleet an exporter watches.
func shardInfo(s fleet.Shard) prometheus.Collector {
	info := prometheus.NewGauge(prometheus.GaugeOpts{
		Name:        "cobaltcore_shard_info",
		Help:        "Which shard of the fleet this exporter is, from 0, and of how many. There is no row without --shard. Always 1.",
		ConstLabels: prometheus.Labels{"shard": strconv.Itoa(s.Index), "shards": strconv.Itoa(s.Count)},
	})
	info.Set(1)
	return info
}
