// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

// Package watch turns the objects of clusters into rows. A reflector for each kind in each cluster decodes objects into
// slim structs, renders their rows and drops them. Snapshot directories are rendered in the same way.
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
	// StaleAfter is the time without contact after which the rows of a cluster or kind are dropped.
	StaleAfter time.Duration
	// Notes receives the notes of objects, by collector.
	Notes map[string]Notes
	// Once means that the objects are rendered for a single report, so there is no memory of earlier observations.
	Once bool
	// SilenceTimeout is the time after which a watch without events counts as broken; by default two and a half times the
	// interval of bookmarks.
	SilenceTimeout time.Duration
	// MinStreamLifetime is the minimum lifetime of a healthy watch; by default 30 s, or half of StaleAfter if
	// that is less. Watches that end sooner are opened again with a backoff.
	MinStreamLifetime time.Duration
	// WatchListTimeout is the maximum pause in the initial events of a WatchList stream. After it, the kind is listed
	// instead. The default is 15 s, or half of StaleAfter if that is less.
	WatchListTimeout time.Duration
	// Identities has the UIDs of clusters by name, and Memories the memories of their objects. Both are created if nil.
	Identities *Identities
	Memories   *Memories
	// Buffers are the buffers of the process; may be nil.
	Buffers *fleet.Buffers
}

// Notes receives the notes of the objects in a cluster. A note is a value for code that needs more than the rows.
type Notes interface {
	// Replace replaces the notes of all objects of a kind. They are by key of the object.
	Replace(kind string, notes map[string]any)
	// Set replaces the note of one object. A nil note means that the object was deleted.
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

// Cluster watches one cluster. Its rows are in [Cluster.Groups], which the caller adds to the exposition and removes.
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
	// recovered is the time at which the last outage ended.
	recovered time.Time
	// invalidSince is the time since which the settings of the connection have been invalid; zero
	// if they are valid.
	invalidSince time.Time
	// token, clientCert and serverCert are the times at which they expire; zero if unknown.
	token, clientCert, serverCert time.Time
	misses                        int
	failing                       failure.Steady
	failingStatus                 int // HTTP status of the response; 0 without a response
	failingSince                  time.Time
	failingText                   string
	failure                       string   // the same with the texts that the log may have
	broken                        error    // error of reading the snapshot
	mistyped                      []string // values in a snapshot
	complete                      bool     // the snapshot has all kinds, because the exporter wrote it
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

// SetTargets passes a changed fleet to the cluster. Kinds whose rows depend on it are listed again. Their current rows
// stay until the new rows are complete.
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

// Run watches until ctx ends. It returns after all of its goroutines have ended.
func (c *Cluster) Run(ctx context.Context) {
	if c.Snapshot != nil {
		c.runSnapshot(ctx)
		return
	}
	for ctx.Err() == nil {
		s := &session{cluster: c, watches: map[*kind]*runningWatch{}}
		s.run(ctx, c.detectChanges(ctx))
	}
}

// detectChanges returns a function that reports whether the settings of the connection have changed. Invalid settings,
// for example in a file that is being rewritten, do not count as a change.
func (c *Cluster) detectChanges(ctx context.Context) func() bool {
	var f fleet.Fingerprinter
	fingerprint, refused := f.Fingerprint(ctx, c.Cluster), ""
	return func() bool {
		now := f.Fingerprint(ctx, c.Cluster)
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

// noteInvalidSettings records that the changed settings of the connection are invalid. Without a previous connection,
// nothing is recorded here, because the next probe fails.
func (c *Cluster) noteInvalidSettings(err error) {
	connected := false
	c.updateState(func(s *clusterState) {
		if connected = !s.lastContact.IsZero(); connected && s.invalidSince.IsZero() {
			s.invalidSince = c.options.Now()
		}
	})
	if connected {
		c.log.Warn("changed kubeconfig is invalid; keeping the previous connection", "err", redact.Error(err))
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
func (c *Cluster) recordProbe(err error) (recovered bool) {
	c.mu.Lock()
	before := c.state
	s := &c.state
	s.probed = true
	if err == nil {
		s.up, s.misses, s.lastContact = true, 0, c.options.Now()
		s.failing.Succeed()
		if before.failing.Reason != "" {
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
	after := c.state
	c.mu.Unlock()
	switch {
	case err != nil && before.failing.Reason != after.failing.Reason:
		c.log.Warn("cluster not reached", "from", c.Source, "reason", string(after.failing.Reason), "err", redact.Error(err))
	case err == nil && (before.failing.Reason != "" || !before.probed):
		c.log.Info("cluster reached", "from", c.Source, "version", after.serverVersion)
	}
	return err == nil && before.failing.Reason != ""
}

// Unreached returns the reason why the last probe failed, as logged. It is empty if the probe succeeded.
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

// ListedObjects returns the number of objects received so far in the lists of incomplete kinds.
func (c *Cluster) ListedObjects() (n uint64) {
	for _, k := range c.kinds {
		if s := k.readState(); !s.isSettled() {
			n += k.listed.Load()
		}
	}
	return n
}

// Settled reports whether waiting longer would add nothing: every kind is complete, not served or has definitely failed,
// or two probes of the cluster have failed.
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
