// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package app

import (
	"cmp"
	"context"
	"reflect"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/changes"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/config"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/exposition"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/fleet"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/health"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/notify"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/secretflow"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/watch"
)

// probeInterval is the interval at which each cluster is probed and its kinds are discovered. A new kind is watched
// within twice this time.
const probeInterval = 15 * time.Second

// healthInterval is the interval of evaluations of the rules.
const healthInterval = 15 * time.Second

// generation runs one configuration. If only clusters are added and removed, the generation stays. Any other change needs
// a new generation, which replaces the old one when it is ready.
type generation struct {
	*settings

	handler   exposition.Handler
	builder   *clusterBuilder
	roster    *roster
	discovery *fleet.Discovery
	health    *health.Evaluator
	notifier  *notify.Notifier

	changes    *changes.Log
	evaluation time.Duration // interval of the rules
	patience   *patience     // limits the initial sync
	ready      atomic.Bool

	// Each function waits for its goroutines.
	stopDiscovery, stopEvaluation, stopNotifying func()
}

// newGeneration starts the watches, the probes and the discovery of a configuration. Its clusters
// run until ctx ends. Discovery starts with the clusters that old has discovered; old may be nil.
func newGeneration(ctx context.Context, s *settings, self prometheus.Gatherer, o Options, old *generation) (*generation, error) {
	all := registeredCollectors(&s.config.Collectors)
	enabled, sets := enabledCollectors(s.config, all)
	e, err := newExposition(s.config, all, o.changes)
	if err != nil {
		return nil, err
	}
	self = included(self, s.config.Metrics.Include)
	evaluator, err := health.New(health.Options{
		Exposition: e, Self: self, Rules: s.rules, Log: o.Log, Now: o.Now, Once: o.once, Partial: o.Shard.Divided(), Changes: o.changes,
	})
	if err != nil {
		return nil, err
	}
	g := &generation{
		settings:       s,
		handler:        exposition.Handler{Exposition: e, Self: self, Collectors: collectorNames()},
		health:         evaluator,
		changes:        o.changes,
		evaluation:     cmp.Or(o.HealthInterval, healthInterval),
		patience:       newPatience(o.SyncTimeout, o.once),
		stopEvaluation: func() {},
		stopNotifying:  func() {},
	}
	g.notifier = notify.New(notify.Options{
		Config: s.config.Alertmanager, ClusterLabel: s.config.ClusterLabel, Firing: g.firing, Scrapes: o.scrapes, Log: o.Log, Dial: o.Dial,
	})
	g.builder = &clusterBuilder{
		watch: watch.Options{
			Exposition: e, Sets: sets, Log: o.Log, Now: o.Now, ProbeInterval: cmp.Or(o.ProbeInterval, probeInterval),
			StaleAfter: time.Duration(s.config.StaleAfter), Identities: o.identities, Memories: o.memories, Once: o.once,
			Buffers: o.buffers,
		},
		collectors: enabled,
		noteSets:   noteSets(sets),
		shard:      o.Shard,
		flow:       secretflow.NewGraph(s.config.Collectors.SecretFlow.Enabled && len(s.config.Collectors.OpenBao) > 0),
		health:     evaluator,
		notifier:   g.notifier,
		dial:       o.Dial,
		lookup:     func(name string) (fleet.Cluster, bool) { return g.roster.lookup(name) },
	}
	var before *fleet.Discovery
	if old != nil {
		before = old.discovery
	}
	g.discovery = fleet.NewDiscovery(s.config, fleet.DiscoveryOptions{Before: before, Buffers: o.buffers})
	g.roster = newRoster(ctx, fleet.FromConfig(s.config), rosterOptions{
		assigned: g.builder.assignedClusters, build: g.builder.build, swap: e.Swap,
		suffixes: g.discovery.Suffixes(), keep: func(names []string) { o.identities.Keep(names); o.memories.Keep(names) },
		patience: func() *patience { return newPatience(o.SyncTimeout, o.once) }, log: o.Log,
	})
	e.Swap(nil, slices.Concat(evaluator.Groups(), g.discoveryGroups(), g.notifier.Groups(e)))
	g.roster.discover(g.discovery.State())
	g.stopDiscovery = background(ctx, func(ctx context.Context) { g.roster.follow(ctx, g.discovery) })
	return g, nil
}

// canApply reports whether s can be applied without a new generation: it differs only in clusters that are not host
// clusters of discovery. Rules are compared, too, because rule files may change without the configuration file.
func (g *generation) canApply(s *settings) bool {
	a, b := *g.config, *s.config
	a.Clusters, b.Clusters = nil, nil
	return reflect.DeepEqual(a, b) && reflect.DeepEqual(hosts(g.config), hosts(s.config)) && reflect.DeepEqual(g.rules.User, s.rules.User)
}

// hosts returns the host clusters of discovery.
func hosts(c *config.Config) []config.Cluster {
	var all []config.Cluster
	for _, d := range c.Discover {
		all = append(all, c.Clusters[slices.IndexFunc(c.Clusters, func(c config.Cluster) bool { return c.Name == d.HostCluster() })])
	}
	return all
}

// takeOver starts evaluating rules and sending alerts, with the active and sent alerts of old, which may be nil. It stops
// the notifier of old, so that no alert is sent twice.
func (g *generation) takeOver(ctx context.Context, old *generation) {
	if old != nil {
		g.builder.watch.Memories.KeepCollectors(g.builder.watch.Sets)
		g.health.Adopt(old.health)
		old.stopNotifying()
		g.notifier.Adopt(old.notifier)
	}
	limits, e := g.config.Limits, g.handler.Exposition
	g.changes.Configure(limits.Changes, time.Duration(limits.ChangesAge), func() { e.Blocks(changes.Families(changeSources())...) })
	g.stopNotifying = background(ctx, g.notifier.Run)
	g.stopEvaluation = background(ctx, func(ctx context.Context) {
		if poll(ctx, g.isReady) == nil {
			g.health.Run(ctx, g.evaluation)
		}
	})
}

// stop stops all tasks. Tasks that use the clusters are stopped before the clusters.
func (g *generation) stop() {
	g.stopNotifying()
	g.stopEvaluation()
	g.stopDiscovery()
	g.roster.stop()
}

// isReady reports whether the initial sync has ended: each kind in each cluster, including the clusters of the first
// discovery, is complete or has failed, or the timeout has passed. Once true, it stays true.
func (g *generation) isReady() bool {
	if !g.ready.Load() && (g.roster.settled() || g.patience.isOver(g.roster.listedObjects())) {
		g.ready.Store(true)
	}
	return g.ready.Load()
}

// background runs tasks until stop is called. stop waits for their end.
func background(ctx context.Context, tasks ...func(context.Context)) (stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	var running sync.WaitGroup
	for _, task := range tasks {
		running.Go(func() { task(ctx) })
	}
	return func() {
		cancel()
		running.Wait()
	}
}
