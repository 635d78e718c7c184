// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/exposition"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/fleet"
)

// settleInterval is the interval at which a replacement of a running cluster is checked.
const settleInterval = 100 * time.Millisecond

// clusterSet has running clusters by name. It is immutable.
type clusterSet map[string]*runningCluster

// rosterOptions are the settings of a roster.
type rosterOptions struct {
	// assigned returns the clusters of a fleet that run here.
	assigned func([]fleet.Cluster) []fleet.Cluster
	build    func(fleet.Cluster, *fleet.Targets) *runningCluster
	// swap removes the rows of some clusters and adds the rows of others in one step.
	swap     func(out, in []*exposition.Group)
	suffixes []string // of the names of kubeconfig Secrets
	// keep discards the data of all clusters except those with these names.
	keep func(names []string)
	// patience returns the limit of the time to wait until a replacement is ready.
	patience func() *patience
	log      *slog.Logger
}

// roster runs the configured and the discovered clusters. It starts, replaces and stops them after changes.
type roster struct {
	rosterOptions

	ctx      context.Context // context of the clusters
	view     atomic.Pointer[rosterView]
	searched atomic.Bool // the first discovery is complete and applied

	mu         sync.Mutex // held during a change; guards the following fields
	configured []fleet.Cluster
	trial      []fleet.Cluster // configured clusters of a change that has not yet settled, or nil
	found      []fleet.PlaceState
	pending    clusterSet // replacements of running clusters that have not yet settled
}

// rosterView is the state of a roster after a change. It is immutable.
type rosterView struct {
	members  []fleet.Cluster // the whole fleet, including clusters of other shards
	running  clusterSet
	found    []fleet.PlaceState
	findings map[fleet.Finding]bool
}

// newRoster returns a roster. It starts clusters when discover is called.
func newRoster(ctx context.Context, configured []fleet.Cluster, o rosterOptions) *roster {
	r := &roster{rosterOptions: o, ctx: ctx, configured: configured}
	r.view.Store(&rosterView{})
	return r
}

// follow applies the results of discovery until ctx ends.
func (r *roster) follow(ctx context.Context, d *fleet.Discovery) {
	defer background(ctx, d.Run)()
	for {
		settled := d.Settled()
		var wait <-chan time.Time
		if r.discover(d.State()) {
			wait = time.After(settleInterval)
		}
		if settled {
			r.searched.Store(true)
		}
		select {
		case <-ctx.Done():
			return
		case <-d.Changed():
		case <-wait:
		}
	}
}

// discover changes the discovered clusters. It reports whether it must be called again, because a replacement has not yet
// settled.
func (r *roster) discover(found []fleet.PlaceState) (waiting bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.found = found
	r.reconcile(nil)
	return len(r.pending) > 0
}

// apply changes the configured clusters. It starts new and changed clusters and waits until they have settled. Then all
// changes become visible in one step. If ctx ends before that, nothing changes. Discovery continues while apply waits.
func (r *roster) apply(ctx context.Context, configured []fleet.Cluster) error {
	fresh := r.startFresh(configured)
	patience := r.patience()
	err := poll(ctx, func() bool { return fresh.settled() || patience.isOver(fresh.listedObjects()) })
	r.mu.Lock()
	defer r.mu.Unlock()
	r.trial = nil
	if err != nil {
		r.publishMembers()
		stopClusters(fresh.list())
		return err
	}
	r.configured = configured
	r.reconcile(fresh)
	return nil
}

// startFresh starts the clusters that are new or changed in configured.
func (r *roster) startFresh(configured []fleet.Cluster) clusterSet {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.trial = configured
	members := r.publishMembers()
	targets := fleet.TargetsOf(members, r.suffixes...)
	running, fresh := r.view.Load().running, clusterSet{}
	for _, want := range r.assigned(members) {
		if have := running[want.Name]; have == nil || !have.Equal(want) {
			fresh[want.Name] = r.start(want, targets)
		}
	}
	return fresh
}

func (r *roster) start(c fleet.Cluster, targets *fleet.Targets) *runningCluster {
	started := r.build(c, targets)
	started.patience = r.patience()
	started.start(r.ctx)
	return started
}

// names returns the names of clusters.
func names(clusters []fleet.Cluster) []string {
	all := make([]string, len(clusters))
	for i, c := range clusters {
		all[i] = c.Name
	}
	return all
}

// publishMembers publishes the members of the fleet. While apply waits, these are the members after the change.
func (r *roster) publishMembers() []fleet.Cluster {
	configured := r.configured
	if r.trial != nil {
		configured = r.trial
	}
	members, _ := fleet.Merge(configured, r.found)
	r.publish(func(v *rosterView) { v.members, v.found = members, r.found })
	return members
}

func (r *roster) publish(change func(*rosterView)) {
	next := *r.view.Load()
	change(&next)
	r.view.Store(&next)
}

// reconcile replaces the running clusters by the configured and discovered clusters in one step. A new cluster is visible
// at once, and each of its kinds when it is complete. A changed cluster is served until its replacement has settled.
// Replacements in fresh have already settled.
func (r *roster) reconcile(fresh clusterSet) {
	r.keep(names(r.publishMembers()))
	members, conflicts := fleet.Merge(r.configured, r.found)
	targets := fleet.TargetsOf(members, r.suffixes...)
	before, next, pending := r.view.Load().running, clusterSet{}, clusterSet{}
	var in []*runningCluster
	for _, want := range r.assigned(members) {
		have, ready, waiting := before[want.Name], fresh[want.Name], r.pending[want.Name]
		switch {
		case have != nil && have.Equal(want):
		case ready != nil && ready.Equal(want):
			have = ready
		case have == nil:
			have = r.start(want, targets)
		case waiting == nil || !waiting.Equal(want):
			pending[want.Name] = r.start(want, targets)
		case waiting.settled() || waiting.patience.isOver(waiting.ListedObjects()):
			have = waiting
		default:
			pending[want.Name] = waiting
		}
		if next[want.Name] = have; have != before[want.Name] {
			in = append(in, have)
		}
	}
	out := before.without(next)
	if len(out)+len(in) > 0 {
		r.swap(groups(out), groups(in))
	}
	findings := findingSet(r.found, conflicts)
	r.logChanges(next, findings)
	unused := slices.Concat(fresh.without(next, pending), r.pending.without(next, pending))
	r.pending = pending
	r.publish(func(v *rosterView) { v.running, v.findings = next, findings })
	for _, cluster := range slices.Concat(next.list(), pending.list()) {
		cluster.SetTargets(targets)
	}
	stopClusters(append(out, unused...))
}

// settled reports whether the configured clusters and the clusters of the first discovery have
// settled.
func (r *roster) settled() bool { return r.searched.Load() && r.view.Load().running.settled() }

// listedObjects returns the number of objects received so far by clusters that have not settled.
func (r *roster) listedObjects() uint64 { return r.view.Load().running.listedObjects() }

// lookup returns a cluster of the fleet.
func (r *roster) lookup(name string) (fleet.Cluster, bool) {
	members := r.view.Load().members
	if i := slices.IndexFunc(members, func(c fleet.Cluster) bool { return c.Name == name }); i >= 0 {
		return members[i], true
	}
	return fleet.Cluster{}, false
}

// stop stops all clusters. The roster must not be changed afterwards.
func (r *roster) stop() {
	r.mu.Lock()
	defer r.mu.Unlock()
	stopClusters(append(r.view.Load().running.list(), r.pending.list()...))
}

func (s clusterSet) list() []*runningCluster { return slices.Collect(maps.Values(s)) }

func (s clusterSet) settled() bool { return allSettled(s.list()) }

func (s clusterSet) listedObjects() (n uint64) {
	for _, c := range s {
		n += c.ListedObjects()
	}
	return n
}

// unsettled returns the names of the clusters that have not settled, sorted.
func (s clusterSet) unsettled() []string {
	var names []string
	for name, c := range s {
		if !c.settled() {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// without returns the clusters that are in none of the other sets.
func (s clusterSet) without(others ...clusterSet) []*runningCluster {
	return slices.DeleteFunc(s.list(), func(c *runningCluster) bool {
		return slices.ContainsFunc(others, func(other clusterSet) bool { return other[c.Name] == c })
	})
}
