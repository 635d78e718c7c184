// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package nodeapi

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
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/failure"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/fleet"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/httpclient"
)

// Source provides the nodes of an instance.
type Source interface {
	// Run follows changes until ctx ends.
	Run(ctx context.Context)
	// Changed returns a channel that signals the first nodes and later changes.
	Changed() <-chan struct{}
	// Current returns the nodes by name, and the causes why they may be out of date.
	Current() (map[string]Node, failure.List)
	// Known reports whether the nodes have been listed, or listing them has failed.
	Known() bool
	Close()
}

// NewSource returns the source of the nodes of an instance: a snapshot or the network.
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

// Live is a source of nodes that are reached over the network.
type Live struct {
	o    config.OpenBao
	dial httpclient.DialFunc
	log  *slog.Logger

	finder *finder // finds nodes behind a Service; nil for a list of nodes
	wake   chan struct{}

	mu          sync.Mutex
	tls         httpclient.TLSFiles
	targets     []target
	failing     error // last error of the finder
	hasSearched bool
	clients     map[target]Node
}

// target is the address of a node.
type target struct{ name, url, serverName string }

// NewLive returns the source of configured nodes, or of the nodes behind a Service.
func NewLive(o config.OpenBao, site collectors.Site, log *slog.Logger) *Live {
	l := &Live{
		o: o, dial: site.Dial, log: log,
		wake: make(chan struct{}, 1), tls: httpclient.TLSFiles{TLS: o.TLS}, clients: map[target]Node{},
	}
	for _, node := range o.Nodes {
		name := node
		if u, err := url.Parse(node); err == nil { // always valid: the configuration was validated
			name = config.HostPort(u)
		}
		l.targets = append(l.targets, target{name: name, url: node})
	}
	if o.Service != nil {
		l.finder = &finder{service: *o.Service, cluster: o.Cluster, lookup: site.Lookup}
	}
	return l
}

// Run looks up the nodes behind a Service at each interval until ctx ends.
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

// FindOnce looks up the nodes behind a Service once.
func (l *Live) FindOnce(ctx context.Context) {
	if l.finder != nil {
		defer l.finder.close()
		l.find(ctx)
	}
}

// find looks up the nodes. If that fails, the known nodes stay.
func (l *Live) find(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, FindTimeout)
	defer cancel()
	targets, err := l.finder.find(ctx)
	l.mu.Lock()
	defer l.mu.Unlock()
	l.failing = err
	if !l.hasSearched || targets != nil && !slices.Equal(l.targets, targets) {
		select {
		case l.wake <- struct{}{}:
		default: // a signal is already pending
		}
	}
	l.hasSearched = true
	if targets != nil {
		l.targets = targets
	}
}

// Changed returns a channel that signals changes of the nodes.
func (l *Live) Changed() <-chan struct{} { return l.wake }

// Known reports whether the nodes have been looked up.
func (l *Live) Known() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.finder == nil || l.hasSearched
}

// Current returns the nodes, with new connections if files of the TLS configuration changed.
func (l *Live) Current() (map[string]Node, failure.List) {
	l.mu.Lock()
	defer l.mu.Unlock()
	settings, changed, err := l.tls.Reload(l.log)
	next, byName := map[target]Node{}, map[string]Node{}
	for _, t := range l.targets {
		a := l.clients[t]
		if known, ok := a.(*client); ok && !changed {
			known.refresh()
		} else if settings == nil {
			a = unusable{err}
		} else if a, err = newClient(t.url, withServerName(settings, t.serverName), l.dial, time.Duration(l.o.Timeout)); err != nil {
			a = unusable{fmt.Errorf("node %s: %w", t.name, err)}
		}
		next[t], byName[t.name] = a, a
	}
	for t, a := range l.clients {
		if next[t] != a {
			a.Close()
		}
	}
	l.clients = next
	if l.failing != nil {
		return byName, failure.List{{Endpoint: "endpointslices", Err: l.failing}}
	}
	return byName, nil
}

// Close closes the connections to all nodes.
func (l *Live) Close() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, a := range l.clients {
		a.Close()
	}
	clear(l.clients)
}

// unusable is a node to which no request can be sent.
type unusable struct{ err error }

func (u unusable) Do(context.Context, Request) (Answer, error) { return Answer{}, u.err }
func (unusable) Presented() *x509.Certificate                  { return nil }
func (unusable) Close()                                        {}
