// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package fleet

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/config"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/failure"
)

const (
	// discoverInterval is how often each place is looked at; together with the
	// time until a connection looks at its credentials it is below ten seconds.
	discoverInterval = 5 * time.Second
	discoverTimeout  = 10 * time.Second // of a request
	// roundsUntilFailed is the number of failed rounds after which readiness does not wait for a
	// source.
	roundsUntilFailed = 2
)

// Source is a place in which clusters are searched, as metrics name it.
type Source struct{ Cluster, Source, Namespace string }

// Discovery searches for clusters: each source in its own goroutine, so that none waits for another.
// Known clusters stay when a source cannot be read; a cluster is removed when a successful read no
// longer has it.
type Discovery struct {
	places   []*place
	suffixes []string
	changed  chan struct{}
}

// DiscoveryOptions are the settings of a [Discovery].
type DiscoveryOptions struct {
	// Interval is how often each place is looked at; 5 s by default.
	Interval time.Duration
	// Before is a discovery that ends; what it knows of the same places is known
	// from the start. May be nil.
	Before *Discovery
	// Buffers are those of the process; may be nil.
	Buffers *Buffers
}

// place is one entry of the configuration.
type place struct {
	entry    config.Discover
	host     Cluster
	source   Source
	declared func(context.Context, *declarations) error
	most     int // declarations
	interval time.Duration
	client   *Client

	// These are of its goroutine.
	noList time.Time            // when Secrets could not be listed
	served map[string]time.Time // when a resource was last listed

	mu    sync.Mutex
	state placeState
}

type placeState struct {
	known   map[string]known // by the name of the Secret
	rounds  int              // failed ones since the last success
	looked  bool             // with success, once
	success time.Time
	failing failure.Steady
}

// declared is a cluster that a source declares.
type declared struct {
	cluster, secret string
	labels          map[string]string // of what declares it; nil: those of the Secret
	version         string            // of the Secret, if it is known
}

// known is the result of reading a Secret.
type known struct {
	declared

	// read is the version that was read last.
	read        string
	credentials *Credentials   // nil if there were none to use, ever
	reason      failure.Reason // its present problem
}

// NewDiscovery prepares the search of a configuration.
func NewDiscovery(c *config.Config, o DiscoveryOptions) *Discovery {
	d := &Discovery{changed: make(chan struct{}, 1), suffixes: slices.Clone(c.KubeconfigSuffixes)}
	hosts := FromConfig(c)
	for _, entry := range c.Discover {
		p := &place{
			entry: entry, interval: cmp.Or(o.Interval, discoverInterval), most: c.Limits.Clusters,
			host:   hosts[slices.IndexFunc(hosts, func(c Cluster) bool { return c.Name == entry.HostCluster() })],
			served: map[string]time.Time{}, state: placeState{known: map[string]known{}},
		}
		p.client = NewClient(p.host, ClientOptions{Buffers: o.Buffers})
		switch {
		case entry.FluxSecrets != nil:
			p.source = Source{p.host.Name, SourceFluxSecret, entry.FluxSecrets.Namespace}
			p.declared = p.fluxSecrets
			d.suffixes = append(d.suffixes, entry.FluxSecrets.Suffix)
		case entry.Greenhouse != nil:
			p.source = Source{p.host.Name, SourceGreenhouse, entry.Greenhouse.Namespace}
			p.declared = p.greenhouse
		default:
			p.source = Source{p.host.Name, SourceSecret, entry.Secrets.Namespace}
			p.declared = p.secrets
		}
		if o.Before != nil {
			p.inherit(o.Before.places)
		}
		d.places = append(d.places, p)
	}
	return d
}

// inherit takes over the known clusters of the same source, so that a new configuration loses no
// cluster while the host is down.
func (p *place) inherit(before []*place) {
	for _, old := range before {
		if !old.host.Equal(p.host) || !equalEntries(old.entry, p.entry) {
			continue
		}
		for name, k := range old.current().known {
			if k.credentials != nil {
				k.credentials = k.credentials.clone()
			}
			p.state.known[name] = k
		}
		return
	}
}

func equalEntries(a, b config.Discover) bool {
	return a.WatchList == b.WatchList && slices.Equal(a.Allow, b.Allow) &&
		equalPointers(a.FluxSecrets, b.FluxSecrets) && equalPointers(a.Greenhouse, b.Greenhouse) && equalPointers(a.Secrets, b.Secrets)
}

func equalPointers[T comparable](a, b *T) bool {
	return a == b || a != nil && b != nil && *a == *b
}

// Suffixes are those of the names of Secrets, for [TargetsOf], including those of the configuration
// without a source.
func (d *Discovery) Suffixes() []string { return d.suffixes }

// Changed receives a value after each look at a place.
func (d *Discovery) Changed() <-chan struct{} { return d.changed }

// Run searches until ctx ends; all goroutines and connections are gone when it
// returns.
func (d *Discovery) Run(ctx context.Context) {
	var tasks sync.WaitGroup
	for _, p := range d.places {
		tasks.Go(func() {
			defer p.client.Close()
			for ctx.Err() == nil {
				p.round(ctx)
				select {
				case d.changed <- struct{}{}:
				default: // they will look anyway
				}
				select {
				case <-ctx.Done():
				case <-time.After(p.delay()):
				}
			}
		})
	}
	tasks.Wait()
}

// delay is the time until the next look: less while there was none with success.
func (p *place) delay() time.Duration {
	if s := p.current(); !s.looked {
		return min(p.interval, time.Second<<min(s.rounds, 8))
	}
	return p.interval
}

// Settled reports whether every source was read, or has failed twice.
func (d *Discovery) Settled() bool {
	return !slices.ContainsFunc(d.places, func(p *place) bool {
		s := p.current()
		return !s.looked && s.rounds < roundsUntilFailed
	})
}

// PlaceState is how the search in one place fares.
type PlaceState struct {
	Source Source
	// Up is whether the last read succeeded.
	Up bool
	// Success is when a look last succeeded.
	Success  time.Time
	Findings []Finding
	// Found are the clusters that are known, by name.
	Found []Cluster
}

// State is how the search fares, in the order of the configuration.
func (d *Discovery) State() []PlaceState {
	states := make([]PlaceState, 0, len(d.places))
	for _, p := range d.places {
		states = append(states, p.result())
	}
	return states
}

func (p *place) current() placeState {
	p.mu.Lock()
	defer p.mu.Unlock()
	s := p.state
	s.known = maps.Clone(s.known)
	return s
}

func (p *place) result() PlaceState {
	s := p.current()
	out := PlaceState{Source: p.source, Up: s.looked && s.failing.Reason == "", Success: s.success}
	if s.failing.Reason != "" {
		out.Findings = append(out.Findings, Finding{Source: p.source, Reason: s.failing.Reason})
	}
	for _, name := range slices.Sorted(maps.Keys(s.known)) {
		k := s.known[name]
		if k.reason != "" {
			out.Findings = append(out.Findings, Finding{Source: p.source, Name: name, Reason: k.reason})
		}
		if k.credentials != nil {
			out.Found = append(out.Found, Cluster{
				Name: k.cluster, Role: cmp.Or(k.labels[roleLabel], k.cluster), Source: p.source.Source,
				Region: k.labels[regionLabel], Owner: k.labels[ownerLabel],
				Credentials: k.credentials, WatchList: p.entry.WatchList,
			})
		}
	}
	return out
}

// Labels of a Cluster object of Greenhouse, or of a Secret, about its cluster.
const (
	roleLabel   = "metadata.greenhouse.sap/role"
	regionLabel = "metadata.greenhouse.sap/region"
	ownerLabel  = "greenhouse.sap/owned-by"
)
