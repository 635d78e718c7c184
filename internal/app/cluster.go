// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/cobaltcore-dev/cobaltcore-exporter/collectors"
	"github.com/cobaltcore-dev/cobaltcore-exporter/collectors/externalsecrets"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/exposition"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/fleet"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/secretflow"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/status"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/watch"
)

// runningCluster is a cluster with everything that runs on its behalf.
type runningCluster struct {
	*watch.Cluster

	collectors []runningCollector
	probes     []collectors.Probe
	groups     []*exposition.Group
	leave      func() // the flow of secrets
	stop       context.CancelFunc
	started    time.Time
	done       chan struct{}
}

// runningCollector is a collector that has something to do in a cluster.
type runningCollector struct {
	name  string
	parts []func() status.Status
}

// newCluster prepares the watches and the probes of a cluster.
func (g *generation) newCluster(c fleet.Cluster, targets *fleet.Targets) *runningCluster {
	if !g.shard.Owns(c.Name) {
		return g.newFollowed(c, targets)
	}
	o := g.options
	r := &runningCluster{done: make(chan struct{})}
	flowRows := o.Exposition.Group(exposition.Key{Cluster: c.Name, Collector: externalsecrets.Name, Kind: "secretflow"}, secretflow.ClusterFamilies())
	flow := g.flow.Add(c.Name, flowRows)
	r.leave = func() { g.flow.Remove(flow) }
	o.Notes = flow
	r.Cluster = watch.NewCluster(c, targets, o)
	r.groups = append(r.Groups(), flowRows, g.health.Group(c.Name))
	r.groups = append(r.groups, g.notifier.ClusterGroups(o.Exposition, c.Name)...)
	site := collectors.Site{
		Cluster: c, Lookup: g.lookup, Flow: g.flow, Exposition: o.Exposition, Log: o.Log.With("cluster", c.Name), Now: g.now, StaleAfter: o.StaleAfter, Dial: g.dial,
	}
	for _, collector := range g.collectors {
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

// secretFlow is the flow of secrets as it is now.
func (g *generation) secretFlow() secretflow.Report {
	g.mu.Lock()
	showPaths, all := g.config.Collectors.SecretFlow.ShowPaths, g.fleet
	g.mu.Unlock()
	report := g.flow.Report(g.now(), showPaths)
	report.Partial = !g.seesFlow(all)
	return report
}

// lookup finds a cluster of the fleet.
func (g *generation) lookup(name string) (fleet.Cluster, bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, c := range g.fleet {
		if c.Name == name {
			return c, true
		}
	}
	return fleet.Cluster{}, false
}

func (r *runningCluster) start(ctx context.Context) {
	ctx, r.stop = context.WithCancel(ctx)
	r.started = time.Now()
	var tasks sync.WaitGroup
	tasks.Go(func() { r.Run(ctx) })
	for _, p := range r.probes {
		tasks.Go(func() { p.Run(ctx) })
	}
	go func() {
		defer close(r.done)
		tasks.Wait()
	}()
}

// settled says whether nothing is left to wait for.
func (r *runningCluster) settled() bool { return allSettled([]*runningCluster{r}) }

// end stops clusters and waits for their goroutines.
func end(clusters []*runningCluster) {
	for _, c := range clusters {
		c.stop()
	}
	for _, c := range clusters {
		<-c.done
		c.leave()
	}
}

func groups(clusters []*runningCluster) []*exposition.Group {
	var all []*exposition.Group
	for _, c := range clusters {
		all = append(all, c.groups...)
	}
	return all
}

// allSettled says whether nothing is left to wait for in any of the clusters. What the
// probes of one ask for follows from the objects of all: the probes are looked at when
// all objects are there, or one that has asked enough may just be given more.
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
