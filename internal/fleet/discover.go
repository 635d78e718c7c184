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
	// discoverInterval is the poll interval of each source. Together with the interval at which a connection checks its
	// credentials, a change takes effect within ten seconds.
	discoverInterval = 5 * time.Second
	discoverTimeout  = 10 * time.Second // per request
	// pollsUntilFailed is the number of failed polls after which readiness no longer waits for a source.
	pollsUntilFailed = 2
)

// Source identifies a source of clusters, as in the labels of metrics.
type Source struct{ Cluster, Source, Namespace string }

// Discovery searches for clusters. Each source has its own goroutine, so that a slow source does not delay others. If a
// source cannot be read, its known clusters stay. A cluster is removed when a successful poll no longer finds it.
type Discovery struct {
	places   []*place
	suffixes []string
	changed  chan struct{}
}

// DiscoveryOptions are the settings of a [Discovery].
type DiscoveryOptions struct {
	// Interval is the poll interval of each source; 5 s by default.
	Interval time.Duration
	// Before is the previous discovery, whose known clusters of the same sources are kept. It may be nil.
	Before *Discovery
	// Buffers are the buffers of the process; may be nil.
	Buffers *Buffers
}

// place is a source of clusters with its state.
type place struct {
	entry       config.Discover
	host        Cluster
	source      Source
	declared    func(context.Context, *declarations) error
	maxClusters int
	interval    time.Duration
	client      *Client

	// The following fields are used by the goroutine of the source only.
	noList time.Time            // time of the last refused list of Secrets
	served map[string]time.Time // time of the last successful list, by resource

	mu    sync.Mutex
	state placeState
}

type placeState struct {
	known     map[string]known // by the name of the Secret
	rounds    int              // failed polls since the last success
	hasPolled bool             // at least one poll has succeeded
	success   time.Time
	failing   failure.Steady
}

// declared is a cluster that a source declares.
type declared struct {
	cluster, secret string
	labels          map[string]string // labels of the declaring object, or nil if the Secret itself declares the cluster
	version         string            // of the Secret, if known
}

// known is the result of reading a Secret.
type known struct {
	declared

	// read is the last version that was read.
	read        string
	credentials *Credentials   // nil if the Secret never had usable credentials
	reason      failure.Reason // current problem
}

// NewDiscovery prepares discovery with a configuration.
func NewDiscovery(c *config.Config, o DiscoveryOptions) *Discovery {
	d := &Discovery{changed: make(chan struct{}, 1), suffixes: slices.Clone(c.KubeconfigSuffixes)}
	hosts := FromConfig(c)
	for _, entry := range c.Discover {
		p := &place{
			entry: entry, interval: cmp.Or(o.Interval, discoverInterval), maxClusters: c.Limits.Clusters,
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
			p.inheritClusters(o.Before.places)
		}
		d.places = append(d.places, p)
	}
	return d
}

// inheritClusters takes over the known clusters of the same source. Otherwise, a new configuration would lose them while
// the host cluster is down.
func (p *place) inheritClusters(before []*place) {
	for _, old := range before {
		if !old.host.Equal(p.host) || !equalEntries(old.entry, p.entry) {
			continue
		}
		for name, k := range old.currentState().known {
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

// Suffixes returns the suffixes of the names of Secrets for [TargetsOf], including the configured suffixes that belong
// to no source.
func (d *Discovery) Suffixes() []string { return d.suffixes }

// Changed receives a value after each poll of a source.
func (d *Discovery) Changed() <-chan struct{} { return d.changed }

// Run polls all sources until ctx ends. All goroutines have ended and all connections are closed when it returns.
func (d *Discovery) Run(ctx context.Context) {
	var tasks sync.WaitGroup
	for _, p := range d.places {
		tasks.Go(func() {
			defer p.client.Close()
			for ctx.Err() == nil {
				p.poll(ctx)
				select {
				case d.changed <- struct{}{}:
				default: // a notification is already pending
				}
				select {
				case <-ctx.Done():
				case <-time.After(p.nextPollDelay()):
				}
			}
		})
	}
	tasks.Wait()
}

// nextPollDelay returns the time until the next poll. It is shorter before the first successful poll.
func (p *place) nextPollDelay() time.Duration {
	if s := p.currentState(); !s.hasPolled {
		return min(p.interval, time.Second<<min(s.rounds, 8))
	}
	return p.interval
}

// Settled reports whether every source was read or has failed twice.
func (d *Discovery) Settled() bool {
	return !slices.ContainsFunc(d.places, func(p *place) bool {
		s := p.currentState()
		return !s.hasPolled && s.rounds < pollsUntilFailed
	})
}

// PlaceState is the state of discovery in one source.
type PlaceState struct {
	Source Source
	// Up reports whether the last poll succeeded.
	Up bool
	// Success is the time of the last successful poll.
	Success  time.Time
	Findings []Finding
	// Found are the known clusters, sorted by name.
	Found []Cluster
}

// State returns the state of each source, in the order of the configuration.
func (d *Discovery) State() []PlaceState {
	states := make([]PlaceState, 0, len(d.places))
	for _, p := range d.places {
		states = append(states, p.result())
	}
	return states
}

func (p *place) currentState() placeState {
	p.mu.Lock()
	defer p.mu.Unlock()
	s := p.state
	s.known = maps.Clone(s.known)
	return s
}

func (p *place) result() PlaceState {
	s := p.currentState()
	out := PlaceState{Source: p.source, Up: s.hasPolled && s.failing.Reason == "", Success: s.success}
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

// Labels of a Cluster object of Greenhouse, or of a Secret, that describe its cluster.
const (
	roleLabel   = "metadata.greenhouse.sap/role"
	regionLabel = "metadata.greenhouse.sap/region"
	ownerLabel  = "greenhouse.sap/owned-by"
)
