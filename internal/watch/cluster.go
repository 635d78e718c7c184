// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

// Package watch turns the objects of clusters into rows: one reflector for each
// (cluster, kind) decodes slim structs from the stream, renders them on arrival
// and drops them. A snapshot directory feeds the same resources.
package watch

import (
	"cmp"
	"context"
	"log/slog"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/exposition"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/failure"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/fleet"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/redact"
)

// Options has the settings that all clusters share.
type Options struct {
	Exposition *exposition.Exposition
	// Budget bounds the rows of the cluster; the default is a separate budget.
	Budget *exposition.Budget
	Sets   []Set
	Log    *slog.Logger
	// Now is the clock; time.Now by default.
	Now func() time.Time
	// ProbeInterval is the interval of probes of a cluster: its version, its kinds, and changes of its kubeconfig or
	// its snapshot.
	ProbeInterval time.Duration
	// StaleAfter is how long the rows of a cluster or kind stay without contact.
	StaleAfter time.Duration
	// Notes receives the notes of objects, by collector.
	Notes map[string]Notes
	// Once means that the objects are rendered for a single report: no memory of them
	// will be used.
	Once bool
	// SilenceTimeout is the time after which a watch without events counts as broken; by default two and a half times the
	// interval of bookmarks.
	SilenceTimeout time.Duration
	// MinStreamLifetime is the minimum lifetime of a healthy watch; by default 30 s, or half of StaleAfter if
	// that is less. Watches that end sooner are opened again with a backoff.
	MinStreamLifetime time.Duration
	// WatchListTimeout is how long the initial events of a WatchList stream may pause before the
	// kind is listed instead; by default 15 s, or half of StaleAfter if that is less.
	WatchListTimeout time.Duration
	// Identities has the UIDs of clusters by name, and Memories the memories of their objects; nil
	// means a new one.
	Identities *Identities
	Memories   *Memories
	// Buffers are the buffers of the process; may be nil.
	Buffers *fleet.Buffers
}

// Notes collects notes about the objects of a cluster, beside their rows.
type Notes interface {
	// Replace sets the notes of all objects of a kind, by key.
	Replace(kind string, notes map[string]any)
	// Set sets the note of one object; nil if the object was deleted.
	Set(kind, key string, note any)
}

const (
	defaultSilence = 150 * time.Second
	defaultSteady  = 30 * time.Second
	defaultStalled = 15 * time.Second // less than --sync-timeout
)

const (
	probeTimeout = 10 * time.Second
	// changeInterval is the interval at which files are compared with the files in use. A change has an effect within
	// two seconds in the median, also shortly after another change.
	changeInterval = time.Second
	// missesUntilDown is the number of failed probes in a row after which a cluster is down.
	missesUntilDown = 2
	// recoveryProbes is the number of probes after an outage during which no kind is stale.
	recoveryProbes = 4
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
	uid           string // empty if unknown
	identity      identity
	lastContact   time.Time
	// recovered is when the last outage ended.
	recovered time.Time
	// invalidSince is the time since which the settings of the connection have been invalid; zero
	// if they are valid.
	invalidSince time.Time
	// token, clientCert and serverCert are their times of expiry; zero if unknown.
	token, clientCert, serverCert time.Time
	misses                        int
	failing                       failure.Steady
	failingStatus                 int // HTTP status of the response; 0 without a response
	failingSince                  time.Time
	failingText                   string
	failure                       string   // the same with the texts that the log may have
	broken                        error    // why a snapshot cannot be read
	mistyped                      []string // values in a snapshot
	complete                      bool     // the exporter has taken the snapshot
}

// NewCluster prepares a cluster. Its groups are empty until it runs.
func NewCluster(c fleet.Cluster, targets *fleet.Targets, o Options) *Cluster {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Identities == nil {
		o.Identities = NewIdentities()
	}
	if o.Memories == nil {
		o.Memories = NewMemories()
	}
	o.SilenceTimeout = cmp.Or(o.SilenceTimeout, defaultSilence)
	o.MinStreamLifetime = cmp.Or(o.MinStreamLifetime, min(defaultSteady, o.StaleAfter/2))
	o.WatchListTimeout = cmp.Or(o.WatchListTimeout, min(defaultStalled, o.StaleAfter/2))
	w := &Cluster{Cluster: c, options: o, log: o.Log.With("cluster", c.Name), wake: make(chan struct{}, 1)}
	if o.Budget == nil {
		o.Budget = o.Exposition.Budget()
	}
	for _, set := range o.Sets {
		for _, r := range set.Resources {
			g := o.Exposition.GroupIn(o.Budget, exposition.Key{Cluster: c.Name, Collector: set.Collector, Kind: r.Kind}, r.Families)
			w.groups = append(w.groups, g)
			w.kinds = append(w.kinds, &kind{
				collector: set.Collector, resource: r, group: g, log: w.log, now: o.Now, steady: o.MinStreamLifetime, silence: o.SilenceTimeout,
				stalled: o.WatchListTimeout, notes: notesFor(r, o.Notes[set.Collector]), once: o.Once,
				memory: o.Memories.of(c.Name, set.Collector, r),
			})
		}
	}
	w.groups = append(w.groups, w.stateGroups()...)
	w.SetTargets(targets)
	return w
}

// Groups returns the groups with all rows of the cluster.
func (c *Cluster) Groups() []*exposition.Group { return c.groups }

// SetTargets passes a changed fleet to the cluster. The kinds whose rows depend on it are listed
// again; their rows stay until the new ones are complete.
func (c *Cluster) SetTargets(t *fleet.Targets) {
	if now := c.view.Load(); now != nil && now.Targets.Equal(t) {
		return
	}
	c.view.Store(&fleet.View{Cluster: c.Name, Targets: t})
	select {
	case c.wake <- struct{}{}:
	default: // a change is already pending
	}
}

// Run watches until ctx ends. All goroutines have ended when it returns.
func (c *Cluster) Run(ctx context.Context) {
	if c.Snapshot != nil {
		c.runSnapshot(ctx)
		return
	}
	for ctx.Err() == nil {
		s := &session{cluster: c, watches: map[*kind]*runningWatch{}}
		s.run(ctx, c.changes(ctx))
	}
}

// changes returns a function that reports whether the settings of the connection have changed.
// While the files are invalid, for example during a rewrite, the previous connection stays.
func (c *Cluster) changes(ctx context.Context) func() bool {
	fingerprint, refused := c.Fingerprint(ctx), ""
	return func() bool {
		now := c.Fingerprint(ctx)
		if now == refused {
			return false
		}
		if now != fingerprint {
			if _, err := c.Connect(ctx); err != nil {
				refused = now
				c.noteInvalidSettings(err)
				return false
			}
		}
		if refused != "" {
			refused = ""
			c.updateState(func(s *clusterState) { s.invalidSince = time.Time{} })
		}
		return now != fingerprint
	}
}

// noteInvalidSettings records that the changed settings of the connection are invalid. If there is
// no previous connection, the probe fails for that reason.
func (c *Cluster) noteInvalidSettings(err error) {
	connected := false
	c.updateState(func(s *clusterState) {
		if connected = !s.lastContact.IsZero(); connected && s.invalidSince.IsZero() {
			s.invalidSince = c.options.Now()
		}
	})
	if connected {
		c.log.Warn("changed kubeconfig not usable; the connection before stays in use", "err", redact.Error(err))
	}
}

// waitForChange returns true after d or when the view has changed, and false as soon as
// ctx ends or the settings have changed.
func (c *Cluster) waitForChange(ctx context.Context, d time.Duration, changed func() bool) bool {
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

// recordProbe records the result of a probe and reports whether the cluster has recovered.
func (c *Cluster) recordProbe(err error) (back bool) {
	c.mu.Lock()
	was := c.state
	s := &c.state
	s.probed = true
	if err == nil {
		s.up, s.misses, s.lastContact = true, 0, c.options.Now()
		s.failing.Succeed()
		if was.failing.Reason != "" {
			s.recovered = s.lastContact
		}
	} else {
		if s.misses++; s.failing.Reason == "" {
			s.failingSince = c.options.Now()
		}
		if s.failing.Fail(failure.Classify(err)) {
			s.failingText, s.failingStatus, s.failure = publicText(err), failure.StatusOf(err), redact.Error(err)
		}
		if s.misses >= missesUntilDown || s.lastContact.IsZero() {
			s.up = false
		}
	}
	is := c.state
	c.mu.Unlock()
	switch {
	case err != nil && was.failing.Reason != is.failing.Reason:
		c.log.Warn("cluster not reached", "from", c.Source, "reason", string(is.failing.Reason), "err", redact.Error(err))
	case err == nil && (was.failing.Reason != "" || !was.probed):
		c.log.Info("cluster reached", "from", c.Source, "version", is.serverVersion)
	}
	return err == nil && was.failing.Reason != ""
}

// Unreached returns the reason in the log why the last probe failed; empty if it succeeded.
func (c *Cluster) Unreached() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.state.failing.Reason == "" {
		return ""
	}
	return c.state.failure
}

// nextProbe returns the time until the next probe: the interval with some jitter, or less while the cluster cannot be
// reached.
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

func (c *Cluster) updateState(f func(*clusterState)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	f(&c.state)
}

// Arrived returns the number of objects that have arrived of incomplete kinds.
func (c *Cluster) Arrived() (n uint64) {
	for _, k := range c.kinds {
		if s := k.readState(); !s.isSettled() {
			n += k.arrived.Load()
		}
	}
	return n
}

// Settled reports whether every kind is complete, not served or failed explicitly, or the cluster
// could not be reached, twice.
func (c *Cluster) Settled() bool {
	c.mu.Lock()
	state := c.state
	c.mu.Unlock()
	if !state.probed {
		return false
	}
	if !state.up { // the network may still be starting after one failed probe
		return state.misses >= missesUntilDown || state.failing.Reason == failure.ReasonConfig || c.Snapshot != nil
	}
	for _, k := range c.kinds {
		if s := k.readState(); !s.isSettled() {
			return false
		}
	}
	return true
}
