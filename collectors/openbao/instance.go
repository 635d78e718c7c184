// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package openbao

import (
	"context"
	"sync"
	"time"

	"github.com/cobaltcore-dev/cobaltcore-exporter/collectors"
	"github.com/cobaltcore-dev/cobaltcore-exporter/collectors/openbao/internal/metrics"
	"github.com/cobaltcore-dev/cobaltcore-exporter/collectors/openbao/internal/nodeapi"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/config"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/exposition"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/failure"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/secretflow"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/status"
)

// instance is the probe of one OpenBao cluster.
type instance struct {
	config.OpenBao
	*failure.Journal

	flow      *secretflow.Graph // nil if the secret flow is off
	flowPace  config.Duration
	requested []secretflow.Path // requested in the last turn; guarded by mu
	// flowRotation and flowAnswers belong to the goroutine that reads the flow.
	flowRotation rotation[secretflow.Path]
	flowAnswers  map[secretflow.Path]flowAnswer
	budget       int // requests per turn

	now   func() time.Time
	nodes nodeapi.Source
	shift func() time.Duration // shift of timestamps; 0 unless read from a snapshot

	credentials nodeapi.Credentials       // used only by the cluster loop
	issuers     map[string]nodeapi.Issuer // by path; used only by the cluster loop
	pkiRotation rotation[string]          // used only by the cluster loop
	pkiAnswers  map[string]nodeapi.MountIssuers
	details     []*detail

	nodeRows, clusterRows, detailRows *exposition.Group
	wakeCluster                       chan struct{}

	mu        sync.Mutex
	facts     metrics.Nodes
	clients   map[string]nodeapi.Node // nodes of the last round
	finding   failure.List            // why the nodes may be out of date
	round     uint64
	source    string // node that was last queried about the cluster
	hasLeader bool   // some node led at the end of the last round
	leaders   metrics.Leaders
	mounts    *nodeapi.MountTable // last known; nil if unknown
	pki       nodeapi.PKIAnswers  // last known
	peers     []nodeapi.RaftPeer  // last known; none if unknown
	token     string              // last used
	settled   map[string]bool
	status    status.Status
	down      failure.Steady // why no node responds
}

func newInstance(o config.OpenBao, flow config.SecretFlow, site collectors.Site) *instance {
	key := func(part string) exposition.Key {
		return exposition.Key{Cluster: site.Cluster.Name, Collector: Name, Kind: o.Name + "/" + part}
	}
	log := site.Log.With("openbao", o.Name)
	i := &instance{
		OpenBao: o, Journal: failure.NewJournal(log), now: site.Now,
		nodes:       nodeapi.NewSource(o, site, log),
		credentials: nodeapi.Credentials{OpenBaoAuth: o.Auth},
		issuers:     map[string]nodeapi.Issuer{},
		budget:      maxRequests,
		nodeRows:    site.Exposition.Group(key("nodes"), metrics.NodeFamilies()),
		clusterRows: site.Exposition.Group(key("cluster"), metrics.ClusterFamilies()),
		detailRows:  site.Exposition.Group(key("details"), metrics.DetailFamilies()),
		wakeCluster: make(chan struct{}, 1),
		shift:       func() time.Duration { return 0 },
		facts:       metrics.Nodes{}, settled: map[string]bool{},
	}
	if s, ok := i.nodes.(*nodeapi.StoredNodes); ok {
		i.now, i.shift = s.Now, s.Shift
		i.credentials = nodeapi.Credentials{Offline: true}
		i.Timeout = config.Duration(time.Minute) // slow files only mean a busy machine
	}
	if flow.Enabled && i.credentials.Enabled() {
		i.flow, i.flowPace = site.Flow, flow.Interval
	}
	i.details = i.enabledDetails()
	return i
}

// Groups returns the groups with all rows of the instance.
func (i *instance) Groups() []*exposition.Group {
	return []*exposition.Group{i.nodeRows, i.clusterRows, i.detailRows}
}

// Run runs all loops until ctx ends.
func (i *instance) Run(ctx context.Context) {
	defer i.nodes.Close()
	var tasks sync.WaitGroup
	tasks.Go(func() { i.nodes.Run(ctx) })
	tasks.Go(func() { i.pollNodes(ctx) })
	tasks.Go(func() { i.pollCluster(ctx) })
	for _, d := range i.details {
		tasks.Go(func() { i.pollDetail(ctx, d) })
	}
	tasks.Wait()
}

// rowsOf returns a builder for rows of a group, for one goroutine.
func (i *instance) rowsOf(g *exposition.Group) *exposition.Rows {
	rows := g.Rows()
	rows.Shift(i.shift())
	return rows
}

// Settled reports whether all loops have finished a round.
func (i *instance) Settled() bool {
	i.mu.Lock()
	settled := i.settled["nodes"] && i.settled["cluster"]
	for _, d := range i.details {
		settled = settled && i.settled[d.name]
	}
	i.mu.Unlock()
	if !settled {
		return false
	}
	for _, d := range i.details {
		// While the fleet is being read, the number of referenced secrets grows.
		if d.stale != nil && d.stale() {
			wake(d.wake)
			return false
		}
	}
	return true
}

// Status returns the state of the instance: it is up as long as any node answers.
func (i *instance) Status() status.Status {
	i.mu.Lock()
	defer i.mu.Unlock()
	s := i.status
	s.Errors = i.Errors()
	return s
}

// wake wakes a loop. Repeated calls before it runs have no effect.
func wake(c chan<- struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}
