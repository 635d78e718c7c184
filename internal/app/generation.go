// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package app

import (
	"cmp"
	"context"
	"maps"
	"net"
	"reflect"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/cobaltcore-dev/cobaltcore-exporter/collectors"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/config"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/exposition"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/fleet"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/secretflow"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/watch"
)

// probeInterval is how often each cluster is asked whether it is there and what
// it serves. A kind that appears is watched within twice this time.
const probeInterval = 15 * time.Second

// generation is everything that stands on one configuration. Clusters come and
// go within a generation; any other setting that changes makes a new one, which
// replaces the old one when it is ready.
type generation struct {
	handler exposition.Handler
	options watch.Options
	// collectors are those that are enabled.
	collectors []collectors.Collector
	dial       func(ctx context.Context, network, address string) (net.Conn, error)
	flow       *secretflow.Graph
	deadline   time.Time // ready at the latest
	ready      atomic.Bool

	// Only apply changes these, and nobody changes what they point to.
	mu       sync.Mutex
	config   *config.Config
	clusters map[string]*runningCluster
	fleet    []fleet.Cluster // what lookup finds, also while apply waits
}

func newGeneration(
	ctx context.Context, c *config.Config, self prometheus.Gatherer, o Options,
) (*generation, error) {
	var sets []watch.Set
	var enabled []collectors.Collector
	for _, r := range registered(&c.Collectors) {
		if !r.enabled {
			continue
		}
		enabled = append(enabled, r.Collector)
		if resources := r.Resources(); len(resources) > 0 {
			sets = append(sets, watch.Set{Collector: r.Name(), Resources: resources})
		}
	}
	e, err := newExposition(c)
	if err != nil {
		return nil, err
	}
	g := &generation{
		handler: exposition.Handler{Exposition: e, Self: included(self, c.Metrics.Include), Collectors: collectorNames()},
		options: watch.Options{
			Exposition: e, Sets: sets, Log: o.Log, ProbeInterval: cmp.Or(o.ProbeInterval, probeInterval), StaleAfter: time.Duration(c.StaleAfter),
		},
		collectors: enabled,
		dial:       o.Dial,
		flow:       secretflow.NewGraph(),
		deadline:   time.Now().Add(o.SyncTimeout),
		clusters:   map[string]*runningCluster{},
	}
	atOnce := func(func() bool) error { return nil } // nothing is served until isReady
	return g, g.apply(ctx, c, atOnce)
}

// fits says whether c differs from the current configuration in its clusters
// only.
func (g *generation) fits(c *config.Config) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	a, b := *g.config, *c
	a.Clusters, b.Clusters = nil, nil
	return reflect.DeepEqual(a, b)
}

// apply makes the clusters those of c. What is new or changed is started first;
// when wait has returned, all of it is swapped in and what is gone or was changed
// is swapped out, in one step. If wait fails, nothing has changed. The goroutines
// live until ctx ends.
func (g *generation) apply(ctx context.Context, c *config.Config, wait func(settled func() bool) error) error {
	wanted := fleet.FromConfig(c)
	targets := fleet.TargetsOf(wanted)
	before := g.setFleet(wanted)
	next, fresh := map[string]*runningCluster{}, []*runningCluster(nil)
	for _, want := range wanted {
		have := g.clusters[want.Name]
		if have == nil || !have.Equal(want) {
			have = g.newCluster(want, targets)
			have.start(ctx)
			fresh = append(fresh, have)
		}
		next[want.Name] = have
	}
	if err := wait(func() bool { return allSettled(fresh) }); err != nil {
		end(fresh)
		g.setFleet(before)
		return err
	}
	var gone []*runningCluster
	for name, have := range g.clusters {
		if next[name] != have {
			gone = append(gone, have)
		}
	}
	g.handler.Exposition.Swap(groups(gone), groups(fresh))
	g.mu.Lock()
	g.config, g.clusters = c, next
	g.mu.Unlock()
	for _, cluster := range next {
		cluster.SetTargets(targets)
	}
	end(gone)
	return nil
}

// stop ends all clusters.
func (g *generation) stop() { end(slices.Collect(maps.Values(g.running()))) }

func (g *generation) running() map[string]*runningCluster {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.clusters
}

// isReady says whether the first synchronisation is over: each (cluster, kind)
// is complete or has failed explicitly, or the time for it is up. It stays true.
func (g *generation) isReady() bool {
	if !g.ready.Load() && (time.Now().After(g.deadline) || allSettled(slices.Collect(maps.Values(g.running())))) {
		g.ready.Store(true)
	}
	return g.ready.Load()
}
