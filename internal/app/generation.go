// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"
	"log/slog"
	"reflect"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/config"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/exposition"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/fleet"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/watch"
)

// probeInterval is how often each cluster is asked whether it is there and what
// it serves. A kind that appears is watched within twice this time.
const probeInterval = 15 * time.Second

// generation is everything that stands on one configuration. Clusters come and
// go within a generation; any other setting that changes makes a new one, which
// replaces the old one when it is ready.
type generation struct {
	handler  exposition.Handler
	options  watch.Options
	deadline time.Time // ready at the latest
	ready    atomic.Bool

	mu       sync.Mutex
	config   *config.Config
	clusters map[string]*runningCluster
}

type runningCluster struct {
	*watch.Cluster

	stop context.CancelFunc
	done chan struct{}
}

func newGeneration(
	ctx context.Context, c *config.Config, self prometheus.Gatherer, syncTimeout time.Duration, log *slog.Logger,
) (*generation, error) {
	var sets []watch.Set
	for _, r := range registered(&c.Collectors) {
		if r.enabled {
			sets = append(sets, watch.Set{Collector: r.Name(), Resources: r.Resources()})
		}
	}
	e, err := newExposition(c, selfFamilies(self))
	if err != nil {
		return nil, err
	}
	g := &generation{
		handler: exposition.Handler{Exposition: e, Self: included(self, c.Metrics.Include), Collectors: collectorNames()},
		options: watch.Options{
			Exposition: e, Sets: sets, Log: log, ProbeInterval: probeInterval, StaleAfter: time.Duration(c.StaleAfter),
		},
		deadline: time.Now().Add(syncTimeout),
		clusters: map[string]*runningCluster{},
	}
	g.apply(ctx, c)
	return g, nil
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

// apply starts, keeps and stops clusters as c says. The goroutines live until
// ctx ends.
func (g *generation) apply(ctx context.Context, c *config.Config) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.config = c
	wanted := fleet.FromConfig(c)
	targets := fleet.TargetsOf(wanted)
	keep := map[string]bool{}
	for _, want := range wanted {
		if have := g.clusters[want.Name]; have != nil && have.Equal(want) {
			keep[want.Name] = true
		}
	}
	for name, have := range g.clusters {
		if !keep[name] {
			have.end()
			delete(g.clusters, name)
		}
	}
	for _, want := range wanted {
		if have := g.clusters[want.Name]; have != nil {
			have.SetTargets(targets)
			continue
		}
		g.clusters[want.Name] = start(ctx, watch.NewCluster(want, targets, g.options))
	}
}

func start(ctx context.Context, c *watch.Cluster) *runningCluster {
	ctx, cancel := context.WithCancel(ctx)
	r := &runningCluster{Cluster: c, stop: cancel, done: make(chan struct{})}
	go func() {
		defer close(r.done)
		c.Run(ctx)
	}()
	return r
}

// end takes the rows away, at once, and waits for the goroutines.
func (r *runningCluster) end() {
	r.Close()
	r.stop()
	<-r.done
}

// stop ends all clusters.
func (g *generation) stop() {
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, c := range g.clusters {
		c.stop()
	}
	for _, c := range g.clusters {
		<-c.done
	}
}

// isReady says whether the first synchronisation is over: each (cluster, kind)
// is complete or has failed explicitly, or the time for it is up. It stays true.
func (g *generation) isReady() bool {
	if g.ready.Load() {
		return true
	}
	if time.Now().Before(g.deadline) {
		g.mu.Lock()
		defer g.mu.Unlock()
		for _, c := range g.clusters {
			if !c.Settled() {
				return false
			}
		}
	}
	g.ready.Store(true)
	return true
}
