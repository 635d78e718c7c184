// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package watch

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/fleet"
)

// session watches a cluster over one connection. Its rows stay after its end, until the next session has synced.
type session struct {
	cluster   *Cluster
	api       *api
	uidReadAt time.Time // time of the last request for the UID; zero requests it at the next probe
	watches   map[*kind]*runningWatch
}

type runningWatch struct {
	as   servedKind
	view *fleet.View
	// missing reports that the last probe did not find the kind.
	missing bool
	// listed is the number of listed objects at the last probe, and progress the time of the last probe at which it had grown.
	listed   uint64
	progress time.Time
	stop     context.CancelFunc
	done     chan struct{}
}

func (s *session) run(ctx context.Context, changed func() bool) {
	c := s.cluster
	defer func() {
		for k := range s.watches {
			s.stop(k)
		}
		if s.api != nil {
			s.api.client.Close()
		}
	}()
	for delay := time.Duration(0); ; {
		if !c.waitForChange(ctx, delay, changed) {
			return
		}
		err := s.probe(ctx)
		if ctx.Err() != nil {
			return
		}
		if c.recordProbe(err) {
			s.uidReadAt = time.Time{}
			s.retry(ctx)
		}
		s.restartSilent(ctx)
		s.withdrawStale(ctx)
		delay = c.nextProbe()
	}
}

// probe discovers the kinds that the cluster serves, and starts and stops watches accordingly.
func (s *session) probe(ctx context.Context) error {
	c := s.cluster
	if s.api == nil {
		s.api = connect(c.Cluster, c.options.Buffers)
		c.tryWatchList()
	}
	resources := make([]Resource, len(c.kinds))
	for i, k := range c.kinds {
		resources[i] = k.resource
	}
	found, err := s.api.discover(ctx, probeTimeout, resources)
	if token, clientCert, serverCert := s.api.client.Expiry(ctx); err == nil || !clientCert.IsZero() {
		c.updateState(func(state *clusterState) {
			state.token, state.clientCert, state.serverCert = token, clientCert, serverCert
		})
	}
	if err != nil {
		return err
	}
	s.identify(ctx)
	c.noteServerVersion(found.serverVersion)
	for _, k := range c.kinds {
		as, ok := found.kinds[schema.GroupKind{Group: k.resource.Group, Kind: k.resource.Kind}]
		w := s.watches[k]
		switch {
		case !ok && w != nil && !w.missing:
			w.missing = true // confirmed by the next probe
		case !ok:
			s.stop(k)
			k.markAbsent(found.unsupported[schema.GroupKind{Group: k.resource.Group, Kind: k.resource.Kind}]...)
		case w == nil:
			s.start(ctx, k, as)
		case w.as != as, w.view != c.view.Load() && k.resource.UsesTargets:
			s.stop(k) // the rows stay until they are replaced
			s.start(ctx, k, as)
		case k.group.HasRoom():
			s.stop(k)
			s.start(ctx, k, as)
		default:
			w.missing = false
		}
	}
	return nil
}

// identify reads the UID of the cluster and compares it with the previous one.
func (s *session) identify(ctx context.Context) {
	c, now := s.cluster, s.cluster.options.Now()
	if !s.uidReadAt.IsZero() && now.Sub(s.uidReadAt) < identityInterval {
		return
	}
	uid, answered := s.api.readUID(ctx, probeTimeout)
	if !answered {
		return
	}
	s.uidReadAt = now
	known, changed := c.options.Identities.observe(c.Name, uid, now)
	if changed {
		c.log.Warn("cluster identity changed: the configured address now belongs to another cluster", "uid", known.last, "first_uid", known.first)
	}
	c.updateState(func(state *clusterState) { state.uid, state.identity = uid, known })
}

func (s *session) start(ctx context.Context, k *kind, as servedKind) {
	ctx, cancel := context.WithCancel(ctx)
	w := &runningWatch{as: as, view: s.cluster.view.Load(), stop: cancel, done: make(chan struct{})}
	s.watches[k] = w
	k.noteStart(as.version)
	go func() {
		defer close(w.done)
		s.api.newReflector(k, as, *w.view, s.cluster.WatchList).run(ctx)
	}()
}

func (s *session) stop(k *kind) {
	if w := s.watches[k]; w != nil {
		w.stop()
		<-w.done
		delete(s.watches, k)
	}
}

// retry restarts failing watches when the cluster has recovered, so that they do not wait for the end of their backoff.
func (s *session) retry(ctx context.Context) {
	for k, w := range s.watches {
		if state := k.readState(); state.failing.Reason != "" {
			s.stop(k)
			s.start(ctx, k, w.as)
		}
	}
}

// restartSilent restarts watches that have received nothing for too long although they have not failed, for example
// because a proxy has dropped the connection silently. The rows stay until they are replaced or stale.
func (s *session) restartSilent(ctx context.Context) {
	c := s.cluster
	now := c.options.Now()
	for k, w := range s.watches {
		state := k.readState()
		if listed := k.listed.Load(); listed != w.listed {
			w.listed, w.progress = listed, now
		}
		last := latest(state.lastEvent, state.started)
		if w.progress.After(last) { // a list may take longer, but not without end
			last = earliest(w.progress, last.Add(maxListSilences*c.options.SilenceTimeout))
		}
		limit := c.options.SilenceTimeout
		if state.short >= shortStreams && !state.streaming { // backing off: restart it before the rows are stale
			limit = min(limit, c.options.StaleAfter/2)
		}
		if now.Sub(last) <= limit {
			continue
		}
		if state.failing.Reason == "" {
			k.noteFailure(ctx, fmt.Errorf("%w: nothing received since %s", context.DeadlineExceeded, last.Format(time.RFC3339)))
			k.update(func(state *kindState) { state.failingSince = last })
		}
		s.stop(k)
		s.start(ctx, k, w.as)
	}
}

// withdrawStale removes the rows of kinds without contact for StaleAfter. Their watches are restarted, because the next
// rows must be a complete set again.
func (s *session) withdrawStale(ctx context.Context) {
	c := s.cluster
	now := c.options.Now()
	c.mu.Lock()
	lost := c.state.misses > 0 && now.Sub(c.state.lastContact) > c.options.StaleAfter
	recovering := now.Sub(c.state.recovered) < recoveryProbes*c.options.ProbeInterval // the watches have just been restarted
	c.mu.Unlock()
	var withdrawn []string
	for _, k := range c.kinds { // including kinds that only the previous session has watched
		state := k.readState()
		since := state.failingSince
		if state.lastEvent.After(since) { // it has received data after the first failure
			since = state.lastEvent
		}
		failed := state.failing.Reason != "" && !recovering && now.Sub(since) > c.options.StaleAfter
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
		c.log.Warn("stale rows withdrawn", "stale_after", c.options.StaleAfter.String(), "kinds", strings.Join(withdrawn, ","))
	}
}

// maxListSilences is the longest time that a list may take while it grows, as a multiple of the silence timeout: 10 minutes.
const maxListSilences = 4

func latest(times ...time.Time) time.Time   { return slices.MaxFunc(times, time.Time.Compare) }
func earliest(times ...time.Time) time.Time { return slices.MinFunc(times, time.Time.Compare) }
