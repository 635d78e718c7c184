// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"
	"maps"
	"net"
	"slices"
	"sync"

	"github.com/cobaltcore-dev/cobaltcore-exporter/collectors"
	"github.com/cobaltcore-dev/cobaltcore-exporter/collectors/controllers"
	"github.com/cobaltcore-dev/cobaltcore-exporter/collectors/externalsecrets"
	"github.com/cobaltcore-dev/cobaltcore-exporter/collectors/flux"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/dependencies"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/exposition"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/fleet"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/health"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/notify"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/secretflow"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/secretstores"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/status"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/watch"
)

// clusterBuilder builds the watches and probes of a cluster for one configuration.
type clusterBuilder struct {
	watch      watch.Options
	collectors []collectors.Collector // enabled collectors
	noteSets   []watch.Set            // kinds to watch in clusters of other shards
	shard      fleet.Shard
	flow       *secretflow.Graph
	health     *health.Evaluator
	notifier   *notify.Notifier
	dial       func(ctx context.Context, network, address string) (net.Conn, error)
	lookup     func(name string) (fleet.Cluster, bool)
}

// runningCluster is a cluster with its watches and probes.
type runningCluster struct {
	*watch.Cluster

	collectors []runningCollector
	probes     []collectors.Probe
	groups     []*exposition.Group
	leaveFlow  func()
	patience   *patience // limits the initial sync
	stop       func()    // waits for the watches and probes
}

// runningCollector is a collector with watches or probes in a cluster.
type runningCollector struct {
	name  string
	parts []func() status.Status
}

// build returns a cluster that has not been started.
func (b *clusterBuilder) build(c fleet.Cluster, targets *fleet.Targets) *runningCluster {
	if !b.shard.Owns(c.Name) {
		return b.buildFollowed(c, targets)
	}
	o := b.watch
	o.Budget = o.Exposition.Budget()
	flowRows := o.Exposition.GroupIn(o.Budget, exposition.Key{Cluster: c.Name, Collector: externalsecrets.Name, Kind: "secretflow"},
		secretflow.ClusterFamilies())
	waitRows := o.Exposition.GroupIn(o.Budget, exposition.Key{Cluster: c.Name, Collector: flux.Name, Kind: "dependencies"}, dependencies.Families())
	storeRows := o.Exposition.GroupIn(o.Budget, exposition.Key{Cluster: c.Name, Collector: externalsecrets.Name, Kind: "secretstores"},
		secretstores.Families())
	relations := dependencies.NewCluster(waitRows)
	o.Notes = map[string]watch.Notes{flux.Name: relations, controllers.Name: relations,
		externalsecrets.Name: secretstores.NewCluster(storeRows)}
	r := b.watchCluster(c, targets, o, flowRows)
	r.groups = append(r.Groups(), flowRows, waitRows, storeRows, b.health.Group(c.Name))
	r.groups = append(r.groups, b.notifier.ClusterGroups(o.Exposition, c.Name)...)
	site := collectors.Site{
		Cluster: c, Lookup: b.lookup, Flow: b.flow, Exposition: o.Exposition, Log: o.Log.With("cluster", c.Name), Now: o.Now,
		StaleAfter: o.StaleAfter, Dial: b.dial, Buffers: o.Buffers,
	}
	for _, collector := range b.collectors {
		var parts []func() status.Status
		if len(collector.Resources()) > 0 {
			parts = append(parts, func() status.Status { return r.Status(collector.Name()) })
		}
		for _, p := range collector.Probes(site) {
			r.probes = append(r.probes, p)
			r.groups = append(r.groups, p.Groups()...)
			parts = append(parts, p.Status)
		}
		if len(parts) > 0 {
			r.collectors = append(r.collectors, runningCollector{collector.Name(), parts})
			r.groups = append(r.groups, status.Group(o.Exposition, c.Name, collector.Name(), parts...))
		}
	}
	return r
}

// watchCluster returns the watches of a cluster. Their notes are added to the secret flow.
func (b *clusterBuilder) watchCluster(c fleet.Cluster, targets *fleet.Targets, o watch.Options, rows *exposition.Group) *runningCluster {
	flow := b.flow.Add(c.Name, rows)
	notes := maps.Clone(o.Notes)
	if notes == nil {
		notes = map[string]watch.Notes{}
	}
	notes[externalsecrets.Name] = both{flow, notes[externalsecrets.Name]}
	o.Notes = notes
	return &runningCluster{Cluster: watch.NewCluster(c, targets, o), leaveFlow: func() { b.flow.Remove(flow) }}
}

// both passes notes to two receivers, of which the second may be nil.
type both [2]watch.Notes

// Set implements watch.Notes.
func (b both) Set(kind, key string, note any) {
	for _, n := range b {
		if n != nil {
			n.Set(kind, key, note)
		}
	}
}

// Replace implements watch.Notes.
func (b both) Replace(kind string, notes map[string]any) {
	for _, n := range b {
		if n != nil {
			n.Replace(kind, notes)
		}
	}
}

func (r *runningCluster) start(ctx context.Context) {
	tasks := []func(context.Context){r.Run}
	for _, p := range r.probes {
		tasks = append(tasks, p.Run)
	}
	r.stop = background(ctx, tasks...)
}

// settled reports whether the cluster has settled; see allSettled.
func (r *runningCluster) settled() bool { return allSettled([]*runningCluster{r}) }

// stopClusters stops clusters and waits for their goroutines.
func stopClusters(clusters []*runningCluster) {
	var stopping sync.WaitGroup
	for _, c := range clusters {
		stopping.Go(c.stop)
	}
	stopping.Wait()
	for _, c := range clusters {
		c.leaveFlow()
	}
}

func groups(clusters []*runningCluster) []*exposition.Group {
	var all []*exposition.Group
	for _, c := range clusters {
		all = append(all, c.groups...)
	}
	return all
}

// allSettled reports whether every watch and every probe of the clusters is complete or has definitely failed. Probes
// depend on the objects of all clusters, so they are checked after all watches have settled.
func allSettled(clusters []*runningCluster) bool {
	for _, c := range clusters {
		if !c.Settled() {
			return false
		}
	}
	for _, c := range clusters {
		if slices.ContainsFunc(c.probes, func(p collectors.Probe) bool { return !p.Settled() }) {
			return false
		}
	}
	return true
}
