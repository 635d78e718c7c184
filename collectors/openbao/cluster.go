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

	"github.com/cobaltcore-dev/cobaltcore-exporter/collectors/openbao/internal/ask"
	"github.com/cobaltcore-dev/cobaltcore-exporter/collectors/openbao/internal/judge"
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
	asked := i.chosenNode()
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
	i.clusterRows.Set("cluster", rows, func(r *exposition.Rows) { judge.ClusterRows(r, facts, i.Name, i.Expect, nodes, i.now()) })
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
	i.settled["cluster"] = i.settled["cluster"] || asked == i.chosenNode() && (i.settled["nodes"] || facts.Complete)
	i.source = asked
}

func (i *instance) clusterAnswers(ctx context.Context) *ask.ClusterAnswers {
	facts := &ask.ClusterAnswers{}
	a, err := i.activeNode()
	if err != nil {
		if i.credentials.Enabled() {
			for _, e := range ask.ClusterEndpoints() {
				facts.Failures.Skip(e.Path, err)
			}
		}
		for _, mount := range i.pkiMounts(nil) {
			facts.Failures.Skip(ask.PKIIssuers.At("", "mount", mount).Name, err)
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
func (i *instance) queryWithToken(ctx context.Context, a ask.Node, facts *ask.ClusterAnswers) {
	for range 2 {
		token, fresh, err := i.credentials.Token(ctx, a, i.now(), time.Duration(i.Timeout))
		i.setToken(token)
		*facts = ask.ClusterAnswers{}
		if err != nil {
			facts.Failures.Add(i.credentials.Endpoint(), err)
		}
		if err != nil && token == "" {
			return
		}
		facts.TokenRenewed = err == nil && i.credentials.Kubernetes != nil
		q := clusterQueries{ctx: ctx, asker: a, token: token, timeout: time.Duration(i.Timeout), facts: facts}
		startQuery(&q, ask.LookupSelf, &facts.Token)
		raft, ha := i.storageFeatures()
		if raft {
			startQuery(&q, ask.RaftState, &facts.Autopilot)
			startQuery(&q, ask.RaftSettings, &facts.Settings)
			startQuery(&q, ask.RaftPeerSet, &facts.Peers)
		}
		if ha {
			startQuery(&q, ask.HAStatus, &facts.HA)
		}
		startQuery(&q, ask.SysMounts, &facts.Mounts)
		startQuery(&q, ask.SysAuth, &facts.Auth)
		startQuery(&q, ask.LeaseCount, &facts.Leases)
		startQuery(&q, ask.KeyStatus, &facts.Key)
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
	asker     ask.Node
	token     string
	timeout   time.Duration
	requested int
	tasks     sync.WaitGroup

	mu    sync.Mutex
	facts *ask.ClusterAnswers
}

// startQuery queries an endpoint and stores its answer.
func startQuery[T any](q *clusterQueries, e ask.EndpointOf[T], at **T) {
	q.requested++
	q.tasks.Go(func() {
		r := e.At(q.token)
		got, err := ask.Get(q.ctx, q.asker, r, q.timeout)
		q.mu.Lock()
		defer q.mu.Unlock()
		if err != nil {
			if !errors.Is(err, ask.ErrAbsent) {
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
