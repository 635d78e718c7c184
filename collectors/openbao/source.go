// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package openbao

import (
	"context"
	"crypto/x509"
	"fmt"
	"log/slog"
	"net/url"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"github.com/cobaltcore-dev/cobaltcore-exporter/collectors"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/config"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/fleet"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/probe"
)

// nodeSource knows the nodes of an instance.
type nodeSource interface {
	// run follows changes until ctx ends.
	run(ctx context.Context)
	// changed wakes whoever waits for the first nodes or for other ones.
	changed() <-chan struct{}
	// current are the nodes by name, and why they may be out of date.
	current() (map[string]asker, probe.Failures)
	// known says whether it has been found out, or has failed to be, which nodes
	// there are.
	known() bool
	close()
}

func newSource(o config.OpenBao, site collectors.Site, log *slog.Logger) nodeSource {
	if isRecorded(o, site.Cluster) {
		return newRecorded(o.Name, *site.Cluster.Snapshot, site.Now, log)
	}
	return newLive(o, site, log)
}

// isRecorded says whether the answers of the nodes are files of a snapshot.
func isRecorded(o config.OpenBao, cluster fleet.Cluster) bool {
	return cluster.Snapshot != nil && len(o.Nodes) == 0
}

// live is nodes that are asked over the network.
type live struct {
	o    config.OpenBao
	dial dialFunc
	log  *slog.Logger

	finder *finder // of nodes behind a Service; nil for a list
	wake   chan struct{}

	mu      sync.Mutex
	tls     probe.TLSFiles
	targets []target
	failing error // of the finder
	asked   bool
	askers  map[target]asker
}

// target is where a node is.
type target struct{ name, url, serverName string }

// newLive looks for the nodes anew at every interval, if they are behind a Service.
func newLive(o config.OpenBao, site collectors.Site, log *slog.Logger) *live {
	l := &live{
		o: o, dial: site.Dial, log: log,
		wake: make(chan struct{}, 1), tls: probe.TLSFiles{TLS: o.TLS}, askers: map[target]asker{},
	}
	for _, node := range o.Nodes {
		name := node
		if u, err := url.Parse(node); err == nil { // the configuration was checked
			name = config.HostPort(u)
		}
		l.targets = append(l.targets, target{name: name, url: node})
	}
	if o.Service != nil {
		l.finder = &finder{service: *o.Service, cluster: o.Cluster, lookup: site.Lookup}
	}
	return l
}

func (l *live) run(ctx context.Context) {
	if l.finder == nil {
		return
	}
	defer l.finder.close()
	tick := time.NewTicker(time.Duration(l.o.Interval))
	defer tick.Stop()
	for {
		l.find(ctx)
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// find looks for the nodes. If that fails, those that are known stay.
func (l *live) find(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, findTimeout)
	defer cancel()
	targets, err := l.finder.find(ctx)
	l.mu.Lock()
	defer l.mu.Unlock()
	l.failing = err
	if !l.asked || err == nil && !slices.Equal(l.targets, targets) {
		wake(l.wake)
	}
	l.asked = true
	if err == nil {
		l.targets = targets
	}
}

func (l *live) changed() <-chan struct{} { return l.wake }

func (l *live) known() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.finder == nil || l.asked
}

func (l *live) current() (map[string]asker, probe.Failures) {
	l.mu.Lock()
	defer l.mu.Unlock()
	settings, changed, err := l.tls.Reload(l.log)
	next, byName := map[target]asker{}, map[string]asker{}
	for _, t := range l.targets {
		a := l.askers[t]
		if known, ok := a.(*client); ok && !changed {
			known.refresh()
		} else if settings == nil {
			a = unusable{err}
		} else if a, err = newClient(t.url, withServerName(settings, t.serverName), l.dial, time.Duration(l.o.Timeout)); err != nil {
			a = unusable{fmt.Errorf("node %s: %w", t.name, err)}
		}
		next[t], byName[t.name] = a, a
	}
	for t, a := range l.askers {
		if next[t] != a {
			a.close()
		}
	}
	l.askers = next
	if l.failing != nil {
		return byName, probe.Failures{{Endpoint: "endpointslices", Err: l.failing}}
	}
	return byName, nil
}

func (l *live) close() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, a := range l.askers {
		a.close()
	}
	clear(l.askers)
}

// unusable stands for a node that cannot be asked.
type unusable struct{ err error }

func (u unusable) ask(context.Context, request) (answer, error) { return answer{}, u.err }
func (unusable) presented() *x509.Certificate                   { return nil }
func (unusable) close()                                         {}

// recordedSource is the nodes of a snapshot.
type recordedSource struct {
	dir   string
	at    time.Time // when it was taken; zero for now
	clock func() time.Time
	shift time.Duration
}

func newRecorded(name string, s fleet.Snapshot, now func() time.Time, log *slog.Logger) *recordedSource {
	found := probe.FindRecording("openbao", name, s, now(), log)
	return &recordedSource{dir: found.Dir, at: found.TakenAt, shift: found.Shift, clock: now}
}

// now is the moment of the snapshot.
func (r *recordedSource) now() time.Time {
	if r.at.IsZero() {
		return r.clock()
	}
	return r.at
}

func (r *recordedSource) current() (map[string]asker, probe.Failures) {
	names, err := recordedNodes(r.dir)
	if err != nil {
		return nil, probe.Failures{{Endpoint: "snapshot", Err: probe.Failed(probe.ReasonNotFound, "%w", err)}}
	}
	askers := map[string]asker{}
	for _, name := range names {
		askers[name] = recorded{filepath.Join(r.dir, name)}
	}
	return askers, nil
}

func (*recordedSource) run(context.Context)      {}
func (*recordedSource) changed() <-chan struct{} { return nil }
func (*recordedSource) known() bool              { return true }
func (*recordedSource) close()                   {}
