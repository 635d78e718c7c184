// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package ask

import (
	"context"
	"crypto/x509"
	"fmt"
	"log/slog"
	"net/url"
	"slices"
	"sync"
	"time"

	"github.com/cobaltcore-dev/cobaltcore-exporter/collectors"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/config"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/fleet"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/httpclient"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/failure"
)

// Source knows the nodes of an instance.
type Source interface {
	// Run follows changes until ctx ends.
	Run(ctx context.Context)
	// Changed signals the first nodes and later changes.
	Changed() <-chan struct{}
	// Current are the nodes by name, and why they may be out of date.
	Current() (map[string]Node, failure.List)
	// Known reports whether the nodes have been listed, or listing them has failed.
	Known() bool
	Close()
}

// NewSource returns the nodes of an instance: of a snapshot, or on the network.
func NewSource(o config.OpenBao, site collectors.Site, log *slog.Logger) Source {
	if IsOffline(o, site.Cluster) {
		return &StoredNodes{site.Cluster.Snapshot.FindAnswers("openbao", o.Name, log), site.Now}
	}
	return NewLive(o, site, log)
}

// IsOffline reports whether the answers of the nodes are files of a snapshot.
func IsOffline(o config.OpenBao, cluster fleet.Cluster) bool {
	return cluster.Snapshot != nil && len(o.Nodes) == 0
}

// Live is nodes that are asked over the network.
type Live struct {
	o    config.OpenBao
	dial httpclient.DialFunc
	log  *slog.Logger

	finder *finder // of nodes behind a Service; nil for a list
	wake   chan struct{}

	mu      sync.Mutex
	tls     httpclient.TLSFiles
	targets []target
	failing error // of the finder
	asked   bool
	askers  map[target]Node
}

// target is where a node is.
type target struct{ name, url, serverName string }

// NewLive looks for the nodes anew at every interval, if they are behind a Service.
func NewLive(o config.OpenBao, site collectors.Site, log *slog.Logger) *Live {
	l := &Live{
		o: o, dial: site.Dial, log: log,
		wake: make(chan struct{}, 1), tls: httpclient.TLSFiles{TLS: o.TLS}, askers: map[target]Node{},
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

// Run looks for the nodes again and again until ctx ends, if they are behind a Service.
func (l *Live) Run(ctx context.Context) {
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

// FindOnce looks for the nodes behind a Service once.
func (l *Live) FindOnce(ctx context.Context) {
	if l.finder != nil {
		defer l.finder.close()
		l.find(ctx)
	}
}

// find looks for the nodes. If that fails, those that are known stay.
func (l *Live) find(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, FindTimeout)
	defer cancel()
	targets, err := l.finder.find(ctx)
	l.mu.Lock()
	defer l.mu.Unlock()
	l.failing = err
	if !l.asked || targets != nil && !slices.Equal(l.targets, targets) {
		select {
		case l.wake <- struct{}{}:
		default: // it is awake
		}
	}
	l.asked = true
	if targets != nil {
		l.targets = targets
	}
}

// Changed is sent to when there are other nodes.
func (l *Live) Changed() <-chan struct{} { return l.wake }

// Known reports whether the nodes were looked for.
func (l *Live) Known() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.finder == nil || l.asked
}

// Current returns the nodes, with new connections if files of the TLS configuration changed.
func (l *Live) Current() (map[string]Node, failure.List) {
	l.mu.Lock()
	defer l.mu.Unlock()
	settings, changed, err := l.tls.Reload(l.log)
	next, byName := map[target]Node{}, map[string]Node{}
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
			a.Close()
		}
	}
	l.askers = next
	if l.failing != nil {
		return byName, failure.List{{Endpoint: "endpointslices", Err: l.failing}}
	}
	return byName, nil
}

// Close closes the connections to all nodes.
func (l *Live) Close() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, a := range l.askers {
		a.Close()
	}
	clear(l.askers)
}

// unusable stands for a node that cannot be asked.
type unusable struct{ err error }

func (u unusable) Ask(context.Context, Request) (Answer, error) { return Answer{}, u.err }
func (unusable) Presented() *x509.Certificate                   { return nil }
func (unusable) Close()                                         {}
