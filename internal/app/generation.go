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
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/health"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/notify"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/secretflow"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/watch"
)

// probeInterval is how often each cluster is asked whether it is there and what
// it serves. A kind that appears is watched within twice this time.
const probeInterval = 15 * time.Second

// healthInterval is how often the rules are evaluated.
const healthInterval = 15 * time.Second

// readyInterval is how often it is looked at whether something is ready.
const readyInterval = 20 * time.Millisecond

// generation is everything that stands on one configuration. Clusters come and
// go within a generation; any other setting that changes makes a new one, which
// replaces the old one when it is ready.
type generation struct {
	handler exposition.Handler
	options watch.Options
	// collectors are those that are enabled.
	collectors []collectors.Collector
	shard      fleet.Shard
	noted      []watch.Set // what is watched of clusters that are followed
	dial       func(ctx context.Context, network, address string) (net.Conn, error)
	flow       *secretflow.Graph
	health     *health.Evaluator
	rules      health.Rules
	now        func() time.Time
	evaluation time.Duration // interval of the rules
	stopHealth func()        // and waits for it
	notifier   *notify.Notifier
	// stopNotifying waits for the notifier; see startNotifying.
	stopNotifying func()
	patience      time.Duration // for what replaces something
	deadline      time.Time     // ready at the latest
	ready         atomic.Bool

	discovery *fleet.Discovery
	foundAll  atomic.Bool // what there was to find at the start is running
	end       context.CancelFunc
	ended     chan struct{} // the discovery

	changing sync.Mutex // held by whoever changes what follows

	// Nobody changes what these point to.
	mu       sync.Mutex
	config   *config.Config
	trial    *config.Config // the next one, while apply waits
	found    []fleet.PlaceState
	findings map[fleet.Finding]bool
	clusters map[string]*runningCluster
	pending  map[string]*runningCluster // will replace those of the same name
	fleet    []fleet.Cluster            // what lookup finds
}

func newGeneration(
	ctx context.Context, c *config.Config, self prometheus.Gatherer, o Options, before *fleet.Discovery,
) (*generation, error) {
	all := registered(&c.Collectors)
	enabled, sets := enabledCollectors(c, all)
	e, err := newExposition(c, all)
	if err != nil {
		return nil, err
	}
	r, err := rules(c)
	if err != nil {
		return nil, err
	}
	self = included(self, c.Metrics.Include)
	evaluator, err := health.New(health.Options{Exposition: e, Self: self, Rules: r, Log: o.Log, Now: o.Now, Once: o.once, Partial: o.Shard.Divided()})
	if err != nil {
		return nil, err
	}
	e.Swap(nil, evaluator.Groups())
	g := &generation{
		handler: exposition.Handler{Exposition: e, Self: self, Collectors: collectorNames()},
		options: watch.Options{
			Exposition: e, Sets: sets, Log: o.Log, Now: o.Now, ProbeInterval: cmp.Or(o.ProbeInterval, probeInterval),
			StaleAfter: time.Duration(c.StaleAfter),
		},
		collectors:    enabled,
		shard:         o.Shard,
		noted:         notedSets(sets),
		dial:          o.Dial,
		flow:          secretflow.NewGraph(),
		health:        evaluator,
		rules:         r,
		now:           o.Now,
		stopHealth:    func() {},
		stopNotifying: func() {},
		patience:      o.SyncTimeout,
		evaluation:    cmp.Or(o.HealthInterval, healthInterval),
		deadline:      time.Now().Add(o.SyncTimeout),
		discovery:     fleet.NewDiscovery(c, fleet.DiscoveryOptions{Before: before}),
		ended:         make(chan struct{}),
		config:        c,
		clusters:      map[string]*runningCluster{},
		pending:       map[string]*runningCluster{},
	}
	g.notifier = newNotifier(c, o, g.firing)
	e.Swap(nil, append(g.discoveryGroups(c), g.notifier.Groups(e)...))
	g.found = g.discovery.State()
	g.changing.Lock()
	g.reconcile(ctx, nil)
	g.changing.Unlock()
	searching, end := context.WithCancel(ctx)
	g.end = end
	go func() {
		defer close(g.ended)
		g.discover(searching, ctx)
	}()
	return g, nil
}

// fits says whether c differs from the current configuration in its clusters
// only, and not in those in which others are searched.
func (g *generation) fits(c *config.Config) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	a, b := *g.config, *c
	a.Clusters, b.Clusters = nil, nil
	r, err := rules(c)
	return err == nil && reflect.DeepEqual(a, b) && reflect.DeepEqual(hosts(g.config), hosts(c)) && reflect.DeepEqual(g.rules.User, r.User) // files may have changed
}

// watchHealth evaluates the rules again and again, from the moment in which g is
// ready.
func (g *generation) watchHealth(ctx context.Context) {
	ctx, cancel := context.WithCancel(ctx)
	done := make(chan struct{})
	g.stopHealth = func() { cancel(); <-done }
	go func() {
		defer close(done)
		tick := time.NewTicker(readyInterval)
		defer tick.Stop()
		for !g.isReady() {
			select {
			case <-tick.C:
			case <-ctx.Done():
				return
			}
		}
		g.health.Run(ctx, g.evaluation)
	}()
}

// hosts are the clusters in which others are searched.
func hosts(c *config.Config) []config.Cluster {
	var all []config.Cluster
	for _, d := range c.Discover {
		all = append(all, c.Clusters[slices.IndexFunc(c.Clusters, func(c config.Cluster) bool { return c.Name == d.Host() })])
	}
	return all
}

// apply makes the clusters those of c. What is new or changed is started first;
// when wait has returned, all of it is swapped in and what is gone or was changed
// is swapped out, in one step. If wait fails, nothing has changed. The goroutines
// live until ctx ends. Meanwhile clusters are found and lost as ever.
func (g *generation) apply(ctx context.Context, c *config.Config, wait func(settled func() bool) error) error {
	g.changing.Lock()
	fresh := map[string]*runningCluster{}
	g.update(func() { g.trial = c })
	wanted, targets := g.next()
	for _, want := range g.mine(wanted) {
		if have := g.clusters[want.Name]; have == nil || !have.Equal(want) {
			fresh[want.Name] = g.newCluster(want, targets)
			fresh[want.Name].start(ctx)
		}
	}
	g.changing.Unlock()
	err := wait(func() bool { return allSettled(slices.Collect(maps.Values(fresh))) })
	g.changing.Lock()
	defer g.changing.Unlock()
	g.update(func() {
		if g.trial = nil; err == nil {
			g.config = c
		}
	})
	if err != nil {
		g.next()
		end(slices.Collect(maps.Values(fresh)))
		return err
	}
	g.reconcile(ctx, fresh)
	return nil
}

// next is the fleet as it should be, or will be when a configuration has been
// applied. From now on lookup finds it.
func (g *generation) next() ([]fleet.Cluster, *fleet.Targets) {
	var wanted []fleet.Cluster
	g.update(func() {
		c := cmp.Or(g.trial, g.config)
		wanted, _ = fleet.Merge(fleet.FromConfig(c), g.found)
		g.fleet = wanted
	})
	return wanted, fleet.TargetsOf(wanted, g.discovery.Suffixes()...)
}

// reconcile makes the running clusters those of the configuration and of the
// discovery, in one step. A new one is there at once, its kinds when they are
// complete; one that is gone takes its rows along; one that has changed serves
// until the new one has settled, unless that is among the fresh ones.
func (g *generation) reconcile(ctx context.Context, fresh map[string]*runningCluster) {
	g.next()
	all, findings := fleet.Merge(fleet.FromConfig(g.config), g.found)
	wanted, targets := g.mine(all), fleet.TargetsOf(all, g.discovery.Suffixes()...)
	next, pending := map[string]*runningCluster{}, map[string]*runningCluster{}
	var in, out []*runningCluster
	start := func(c fleet.Cluster) *runningCluster {
		r := g.newCluster(c, targets)
		r.start(ctx)
		return r
	}
	for _, want := range wanted {
		have, ready, waiting := g.clusters[want.Name], fresh[want.Name], g.pending[want.Name]
		switch {
		case have != nil && have.Equal(want):
		case ready != nil && ready.Equal(want):
			have, in = ready, append(in, ready)
		case have == nil:
			have = start(want)
			in = append(in, have)
		case waiting == nil || !waiting.Equal(want):
			pending[want.Name] = start(want)
		case waiting.settled() || time.Since(waiting.started) > g.patience:
			have, in = waiting, append(in, waiting)
		default:
			pending[want.Name] = waiting
		}
		next[want.Name] = have
	}
	for name, have := range g.clusters {
		if next[name] != have {
			out = append(out, have)
		}
	}
	var unused []*runningCluster // started for nothing
	for _, started := range []map[string]*runningCluster{fresh, g.pending} {
		for name, c := range started {
			if c != next[name] && c != pending[name] {
				unused = append(unused, c)
			}
		}
	}
	if len(out)+len(in) > 0 {
		g.handler.Exposition.Swap(groups(out), groups(in))
	}
	g.logChanges(next, findings)
	g.update(func() { g.clusters, g.pending = next, pending })
	for _, cluster := range next {
		cluster.SetTargets(targets)
	}
	for _, cluster := range pending {
		cluster.SetTargets(targets)
	}
	end(append(out, unused...))
}

func (g *generation) update(f func()) {
	g.mu.Lock()
	defer g.mu.Unlock()
	f()
}

// stop ends everything: first what speaks of the clusters.
func (g *generation) stop() {
	g.stopNotifying()
	g.stopHealth()
	g.end()
	<-g.ended
	g.changing.Lock()
	defer g.changing.Unlock()
	end(slices.AppendSeq(slices.Collect(maps.Values(g.clusters)), maps.Values(g.pending)))
}

func (g *generation) running() map[string]*runningCluster {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.clusters
}

// isReady says whether the first synchronisation is over: each (cluster, kind)
// is complete or has failed explicitly, those that are found included, or the
// time for it is up. It stays true.
func (g *generation) isReady() bool {
	if !g.ready.Load() && (time.Now().After(g.deadline) || g.foundAll.Load() && allSettled(slices.Collect(maps.Values(g.running())))) {
		g.ready.Store(true)
	}
	return g.ready.Load()
}
