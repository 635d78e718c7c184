// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

// Package watch turns the objects of clusters into rows: one reflector for each
// (cluster, kind) decodes slim structs from the stream, renders them on arrival
// and drops them. A snapshot directory feeds the same resources.
package watch

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/exposition"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/fleet"
)

// Options are what all clusters of an engine share.
type Options struct {
	Exposition *exposition.Exposition
	Sets       []Set
	Log        *slog.Logger
	// Now is the clock; time.Now by default.
	Now func() time.Time
	// ProbeInterval is how often a cluster is probed: its version, its kinds,
	// changes of its kubeconfig or its snapshot.
	ProbeInterval time.Duration
	// StaleAfter is how long the rows of a cluster or kind outlive the contact.
	StaleAfter time.Duration
}

const (
	probeTimeout = 10 * time.Second
	// changeInterval is how often files are looked at for changes.
	changeInterval = 2 * time.Second
	// missesUntilDown probes in a row may fail before a cluster counts as down.
	missesUntilDown = 2
)

// Cluster watches one cluster. [Cluster.Run] owns its goroutines; its rows are in
// [Cluster.Groups], which its owner puts into the exposition and takes out.
type Cluster struct {
	fleet.Cluster
	options Options
	log     *slog.Logger
	kinds   []*kind
	groups  []*exposition.Group

	view atomic.Pointer[fleet.View]
	wake chan struct{} // the view has changed

	mu    sync.Mutex
	state clusterState
}

type clusterState struct {
	up            bool
	probed        bool // at least one attempt has ended
	serverVersion string
	lastContact   time.Time
	misses        int
	failing       Reason
}

// NewCluster prepares a cluster. Its groups are empty until it runs.
func NewCluster(c fleet.Cluster, targets *fleet.Targets, o Options) *Cluster {
	if o.Now == nil {
		o.Now = time.Now
	}
	w := &Cluster{Cluster: c, options: o, log: o.Log.With("cluster", c.Name), wake: make(chan struct{}, 1)}
	for _, set := range o.Sets {
		for _, r := range set.Resources {
			g := o.Exposition.Group(exposition.Key{Cluster: c.Name, Collector: set.Collector, Kind: r.Kind}, r.Families)
			w.groups = append(w.groups, g)
			w.kinds = append(w.kinds, &kind{collector: set.Collector, resource: r, group: g, log: w.log, now: o.Now})
		}
	}
	w.groups = append(w.groups, w.stateGroups()...)
	w.SetTargets(targets)
	return w
}

// Groups are all rows of the cluster.
func (c *Cluster) Groups() []*exposition.Group { return c.groups }

// SetTargets tells the cluster that the fleet has changed. The kinds whose rows
// depend on it are made anew; theirs stay until the new ones are there.
func (c *Cluster) SetTargets(t *fleet.Targets) {
	if now := c.view.Load(); now != nil && now.Targets.Equal(t) {
		return
	}
	c.view.Store(&fleet.View{Cluster: c.Name, Targets: t})
	select {
	case c.wake <- struct{}{}:
	default: // it will look anyway
	}
}

// Run watches until ctx ends; all goroutines are gone when it returns.
func (c *Cluster) Run(ctx context.Context) {
	if c.Snapshot != nil {
		c.runSnapshot(ctx)
		return
	}
	for ctx.Err() == nil {
		fingerprint := c.Fingerprint()
		s := &session{cluster: c, watches: map[*kind]*running{}}
		s.run(ctx, func() bool { return c.Fingerprint() != fingerprint })
	}
}

// session is the time between two changes of the connection. Rows survive it:
// the next session replaces them when it has synced.
type session struct {
	cluster *Cluster
	api     *api
	watches map[*kind]*running
}

type running struct {
	as   servedKind
	view *fleet.View
	// missing says that the last probe did not find the kind.
	missing bool
	stop    context.CancelFunc
	done    chan struct{}
}

func (s *session) run(ctx context.Context, changed func() bool) {
	c := s.cluster
	defer func() {
		for k := range s.watches {
			s.stop(k)
		}
		if s.api != nil {
			s.api.close()
		}
	}()
	for delay := time.Duration(0); ; {
		if !c.wait(ctx, delay, changed) {
			return
		}
		err := s.probe(ctx)
		if ctx.Err() != nil {
			return
		}
		if c.contact(err) {
			s.retry(ctx)
		}
		s.withdrawStale(ctx)
		delay = c.nextProbe()
	}
}

// wait returns true after d or when the view has changed, and false as soon as
// ctx ends or the settings have changed.
func (c *Cluster) wait(ctx context.Context, d time.Duration, changed func() bool) bool {
	for {
		step := min(d, changeInterval)
		select {
		case <-ctx.Done():
			return false
		case <-c.wake:
			return !changed()
		case <-time.After(step):
		}
		if changed() {
			return false
		}
		if d -= step; d <= 0 {
			return true
		}
	}
}

// probe asks what the cluster serves and starts and stops watches accordingly.
func (s *session) probe(ctx context.Context) error {
	c := s.cluster
	if s.api == nil {
		config, err := c.Connect()
		if err != nil {
			return fmt.Errorf("%w: %w", errConfig, err)
		}
		if s.api, err = connect(config, c.WatchList); err != nil {
			return err
		}
	}
	resources := make([]Resource, len(c.kinds))
	for i, k := range c.kinds {
		resources[i] = k.resource
	}
	found, err := s.api.discover(ctx, probeTimeout, resources)
	if err != nil {
		return err
	}
	c.update(func(state *clusterState) { state.serverVersion = found.serverVersion })
	for _, k := range c.kinds {
		as, ok := found.kinds[schema.GroupKind{Group: k.resource.Group, Kind: k.resource.Kind}]
		w := s.watches[k]
		switch {
		case !ok && w != nil && !w.missing:
			w.missing = true // believed when the next probe says so, too
		case !ok:
			s.stop(k)
			k.absent()
		case w == nil:
			s.start(ctx, k, as)
		case w.as != as, w.view != c.view.Load() && k.resource.UsesTargets:
			s.stop(k) // the rows stay until the new ones are there
			s.start(ctx, k, as)
		default:
			w.missing = false
		}
	}
	return nil
}

func (s *session) start(ctx context.Context, k *kind, as servedKind) {
	ctx, cancel := context.WithCancel(ctx)
	w := &running{as: as, view: s.cluster.view.Load(), stop: cancel, done: make(chan struct{})}
	s.watches[k] = w
	k.begin(as.version)
	go func() {
		defer close(w.done)
		if err := s.api.reflect(ctx, k, as, *w.view, s.cluster.WatchList); err != nil {
			k.fail(ctx, err)
		}
	}()
}

func (s *session) stop(k *kind) {
	if w := s.watches[k]; w != nil {
		w.stop()
		<-w.done
		delete(s.watches, k)
	}
}

// retry starts the watches that wait for the end of a long backoff anew: the
// cluster has come back.
func (s *session) retry(ctx context.Context) {
	for k, w := range s.watches {
		if state := k.snapshot(); state.failing != "" {
			s.stop(k)
			s.start(ctx, k, w.as)
		}
	}
}

// withdrawStale removes rows that nobody has vouched for in StaleAfter. The
// watch starts from scratch, so that what comes back is a complete set.
func (s *session) withdrawStale(ctx context.Context) {
	c := s.cluster
	now := c.options.Now()
	c.mu.Lock()
	lost := c.state.misses > 0 && now.Sub(c.state.lastContact) > c.options.StaleAfter
	c.mu.Unlock()
	var withdrawn []string
	for _, k := range c.kinds { // also those of a session before that this one has not reached
		state := k.snapshot()
		failed := state.failing != "" && now.Sub(state.failingSince) > c.options.StaleAfter
		if !state.synced || !lost && !failed {
			continue
		}
		withdrawn = append(withdrawn, k.resource.Kind)
		w := s.watches[k]
		s.stop(k)
		k.withdraw()
		if w != nil {
			s.start(ctx, k, w.as)
		}
	}
	if len(withdrawn) > 0 {
		slices.Sort(withdrawn)
		c.log.Warn("rows withdrawn, nobody vouches for them", "stale_after", c.options.StaleAfter.String(), "kinds", strings.Join(withdrawn, ","))
	}
}

// contact notes the result of a probe and says whether the cluster has come back
// with it.
func (c *Cluster) contact(err error) (back bool) {
	c.mu.Lock()
	was := c.state
	s := &c.state
	s.probed = true
	if err == nil {
		s.up, s.misses, s.failing, s.lastContact = true, 0, "", c.options.Now()
	} else {
		s.misses++
		s.failing = reasonOf(err)
		if s.misses >= missesUntilDown || s.lastContact.IsZero() {
			s.up = false
		}
	}
	is := c.state
	c.mu.Unlock()
	switch {
	case err != nil && was.failing != is.failing:
		c.log.Warn("cluster not reached", "from", c.Source, "reason", string(is.failing), "err", redact(err))
	case err == nil && (was.failing != "" || !was.probed):
		c.log.Info("cluster reached", "from", c.Source, "version", is.serverVersion)
	}
	return err == nil && was.failing != ""
}

// nextProbe is the time until the next probe: the interval, spread a little, or
// less while the cluster has not been reached.
func (c *Cluster) nextProbe() time.Duration {
	c.mu.Lock()
	misses, never := c.state.misses, c.state.lastContact.IsZero()
	c.mu.Unlock()
	interval := c.options.ProbeInterval
	if never {
		interval = min(interval, time.Second<<min(misses, 8))
	}
	return interval - time.Duration(rand.Int64N(int64(interval)/8+1)) //nolint:gosec // jitter
}

func (c *Cluster) update(f func(*clusterState)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	f(&c.state)
}

// Settled says whether nothing is left to wait for: every kind is complete, not
// served or failed explicitly, or the cluster could not be reached.
func (c *Cluster) Settled() bool {
	c.mu.Lock()
	state := c.state
	c.mu.Unlock()
	if !state.probed {
		return false
	}
	if !state.up {
		return true
	}
	for _, k := range c.kinds {
		if s := k.snapshot(); !s.settled() {
			return false
		}
	}
	return true
}
