// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package openbao

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/cobaltcore-dev/cobaltcore-exporter/collectors/openbao/internal/metrics"
	"github.com/cobaltcore-dev/cobaltcore-exporter/collectors/openbao/internal/nodeapi"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/exposition"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/failure"
)

// pollCluster queries the active node about the cluster, once after each round of the nodes.
func (i *instance) pollCluster(ctx context.Context) {
	var served choice
	for {
		select {
		case <-ctx.Done():
			return
		case <-i.wakeCluster:
		}
		// The leader may be unknown until all nodes have answered.
		i.mu.Lock()
		now := choice{i.round, i.chosenNode()}
		i.mu.Unlock()
		if now == served {
			continue
		}
		served = now
		i.pollClusterOnce(ctx)
		if ctx.Err() != nil {
			return
		}
		for _, d := range i.details {
			wake(d.wake)
		}
	}
}

// choice is the node that is queried about the cluster in a round; empty if there is none.
type choice struct {
	round uint64
	node  string
}

// chosenNode returns the node to query about the cluster; empty if there is none.
func (i *instance) chosenNode() string {
	name, err := i.facts.Choose(i.finding)
	if err != nil {
		return ""
	}
	return name
}

func (i *instance) pollClusterOnce(ctx context.Context) {
	i.mu.Lock()
	queried := i.chosenNode()
	i.mu.Unlock()
	facts := i.clusterAnswers(ctx)
	if ctx.Err() != nil {
		return
	}
	i.Note("cluster", facts.Failures)
	rows := i.rowsOf(i.clusterRows)
	i.mu.Lock()
	nodes := slices.Sorted(maps.Keys(i.clients))
	i.mu.Unlock()
	i.clusterRows.Set("cluster", rows, func(r *exposition.Rows) { metrics.ClusterRows(r, facts, i.Name, i.Expect, nodes, i.now()) })
	i.mu.Lock()
	i.mounts, i.pki, i.peers = facts.Mounts, facts.PKI, nil
	if facts.Peers != nil && facts.Peers.Config != nil {
		i.peers = facts.Peers.Config.Servers
	}
	i.mu.Unlock()
	i.summarize() // with the raft servers
	i.mu.Lock()
	defer i.mu.Unlock()
	// A round does not count if it began before all nodes were known, or if its node turned out to belong to another
	// cluster.
	i.settled["cluster"] = i.settled["cluster"] || queried == i.chosenNode() && (i.settled["nodes"] || facts.Complete)
	i.source = queried
}

func (i *instance) clusterAnswers(ctx context.Context) *nodeapi.ClusterAnswers {
	facts := &nodeapi.ClusterAnswers{}
	a, err := i.activeNode()
	if err != nil {
		if i.credentials.Enabled() {
			for _, e := range nodeapi.ClusterEndpoints() {
				facts.Failures.Skip(e.Path, err)
			}
		}
		for _, mount := range i.pkiMounts(nil) {
			facts.Failures.Skip(nodeapi.PKIIssuers.At("", "mount", mount).Name, err)
		}
		return facts
	}
	if i.credentials.Enabled() {
		i.queryWithToken(ctx, a, facts)
	}
	i.queryIssuers(ctx, a, facts)
	facts.Complete = true
	return facts
}

// queryWithToken logs in if necessary, and sends the requests that need a token. A revoked token is replaced once.
func (i *instance) queryWithToken(ctx context.Context, a nodeapi.Node, facts *nodeapi.ClusterAnswers) {
	for range 2 {
		token, fresh, err := i.credentials.Token(ctx, a, i.now(), time.Duration(i.Timeout))
		i.setToken(token)
		*facts = nodeapi.ClusterAnswers{}
		if err != nil {
			facts.Failures.Add(i.credentials.Endpoint(), err)
		}
		if err != nil && token == "" {
			return
		}
		facts.TokenRenewed = err == nil && i.credentials.Kubernetes != nil
		q := clusterQueries{ctx: ctx, node: a, token: token, timeout: time.Duration(i.Timeout), facts: facts}
		startQuery(&q, nodeapi.LookupSelf, &facts.Token)
		raft, ha := i.storageFeatures()
		if raft {
			startQuery(&q, nodeapi.RaftState, &facts.Autopilot)
			startQuery(&q, nodeapi.RaftSettings, &facts.Settings)
			startQuery(&q, nodeapi.RaftPeerSet, &facts.Peers)
		}
		if ha {
			startQuery(&q, nodeapi.HAStatus, &facts.HA)
		}
		startQuery(&q, nodeapi.SysMounts, &facts.Mounts)
		startQuery(&q, nodeapi.SysAuth, &facts.Auth)
		startQuery(&q, nodeapi.LeaseCount, &facts.Leases)
		startQuery(&q, nodeapi.KeyStatus, &facts.Key)
		q.wait()
		if !facts.TokenRefused() || !i.credentials.Renewable(i.now(), fresh) {
			return
		}
		i.credentials.Drop()
	}
}

// storageFeatures reports whether the chosen node uses raft, and whether high availability is enabled.
func (i *instance) storageFeatures() (raft, ha bool) {
	i.mu.Lock()
	defer i.mu.Unlock()
	name, err := i.facts.Choose(i.finding)
	if err != nil {
		return true, true
	}
	n := i.facts[name]
	return n.UsesRaft(), n.Leader == nil || n.Leader.HAEnabled
}

func (i *instance) setToken(token string) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.token = token
}

// clusterQueries sends requests concurrently, each with its own timeout, so that failures are independent.
type clusterQueries struct {
	ctx       context.Context //nolint:containedctx // valid for one round
	node      nodeapi.Node
	token     string
	timeout   time.Duration
	requested int
	tasks     sync.WaitGroup

	mu    sync.Mutex
	facts *nodeapi.ClusterAnswers
}

// startQuery queries an endpoint and stores its answer.
func startQuery[T any](q *clusterQueries, e nodeapi.EndpointOf[T], at **T) {
	q.requested++
	q.tasks.Go(func() {
		r := e.At(q.token)
		got, err := nodeapi.Get(q.ctx, q.node, r, q.timeout)
		q.mu.Lock()
		defer q.mu.Unlock()
		if err != nil {
			if !errors.Is(err, nodeapi.ErrAbsent) {
				q.facts.Failures.Add(r.Name, err)
			}
			return
		}
		*at = &got
	})
}

func (q *clusterQueries) wait() {
	q.tasks.Wait()
	q.facts.Requested = q.requested
	slices.SortFunc(q.facts.Failures, func(a, b failure.EndpointFailure) int { return cmp.Compare(a.Endpoint, b.Endpoint) })
}
