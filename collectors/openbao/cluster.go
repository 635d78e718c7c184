// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package openbao

import (
	"cmp"
	"context"
	"slices"
	"sync"
	"time"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/exposition"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/probe"
)

// clusterFacts are what one round has brought about the cluster. What is nil was
// not answered, or not asked.
type clusterFacts struct {
	autopilot *autopilotState
	settings  *autopilotSettings
	peers     *raftConfiguration
	ha        *haNodes
	mounts    *mountTable
	auth      *mountTable
	leases    *leaseCounts
	key       *keyState
	token     *tokenState
	pki       pkiFacts
	failures  probe.Failures
	complete  bool // the active node was asked
}

// clusterEndpoints are what is asked with a token.
func clusterEndpoints() []endpoint {
	return []endpoint{lookupSelf, raftState, raftSettings, raftPeerSet, haStatus, sysMounts, sysAuth, leaseCount, keyStatus}
}

// askCluster asks the active node about the cluster, once for each round in which
// the nodes were asked.
func (i *instance) askCluster(ctx context.Context) {
	var served uint64
	for {
		select {
		case <-ctx.Done():
			return
		case <-i.wakeCluster:
		}
		i.mu.Lock()
		round := i.round
		i.mu.Unlock()
		if round == served {
			continue
		}
		served = round
		i.askClusterOnce(ctx)
		if ctx.Err() != nil {
			return
		}
		for _, d := range i.details {
			wake(d.wake)
		}
	}
}

func (i *instance) askClusterOnce(ctx context.Context) {
	facts := i.clusterFacts(ctx)
	if ctx.Err() != nil {
		return
	}
	i.Note("cluster", facts.failures)
	rows := i.rowsOf(i.clusterRows)
	i.clusterRows.Set("cluster", rows, func(r *exposition.Rows) { facts.rows(r, i.Name, i.Expect) })
	i.mu.Lock()
	defer i.mu.Unlock()
	i.mounts, i.pki = facts.mounts, facts.pki
	// One that began while the nodes were still being found out does not count.
	i.settled["cluster"] = i.settled["cluster"] || i.settled["nodes"] || facts.complete
}

func (i *instance) clusterFacts(ctx context.Context) *clusterFacts {
	facts := &clusterFacts{}
	a, err := i.active()
	if err != nil {
		if i.credentials.enabled() {
			for _, e := range clusterEndpoints() {
				facts.failures.Skip(e.path, err)
			}
		}
		for _, mount := range i.pkiMounts(nil) {
			facts.failures.Skip(pkiIssuers.at("", "mount", mount).name, err)
		}
		return facts
	}
	if i.credentials.enabled() {
		i.askWithToken(ctx, a, facts)
	}
	i.askIssuers(ctx, a, facts)
	facts.complete = true
	return facts
}

// askWithToken logs in, if need be, and asks what a token is needed for. A token
// that was revoked is replaced, once.
func (i *instance) askWithToken(ctx context.Context, a asker, facts *clusterFacts) {
	for range 2 {
		token, fresh, err := i.credentials.token(ctx, a, i.now(), time.Duration(i.Timeout))
		i.setToken(token)
		*facts = clusterFacts{}
		if err != nil {
			facts.failures.Add(i.credentials.endpoint(), err)
		}
		if err != nil && token == "" {
			return
		}
		q := questions{ctx: ctx, asker: a, token: token, timeout: time.Duration(i.Timeout), facts: facts}
		put(&q, lookupSelf, &facts.token)
		put(&q, raftState, &facts.autopilot)
		put(&q, raftSettings, &facts.settings)
		put(&q, raftPeerSet, &facts.peers)
		put(&q, haStatus, &facts.ha)
		put(&q, sysMounts, &facts.mounts)
		put(&q, sysAuth, &facts.auth)
		put(&q, leaseCount, &facts.leases)
		put(&q, keyStatus, &facts.key)
		q.wait()
		if !facts.tokenRefused() || !i.credentials.renewable(i.now(), fresh) {
			return
		}
		i.credentials.drop()
	}
}

// tokenRefused says whether nothing was granted.
func (f *clusterFacts) tokenRefused() bool {
	refused := 0
	for _, x := range f.failures {
		if x.Reason() == probe.ReasonForbidden {
			refused++
		}
	}
	return refused == len(clusterEndpoints())
}

func (i *instance) setToken(token string) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.token = token
}

// questions are asked at the same time, each with its own timeout, so that each
// fails alone.
type questions struct {
	ctx     context.Context //nolint:containedctx // of one round
	asker   asker
	token   string
	timeout time.Duration
	tasks   sync.WaitGroup

	mu    sync.Mutex
	facts *clusterFacts
}

// put asks an endpoint and puts what it says where it belongs.
func put[T any](q *questions, e endpoint, at **T) {
	q.tasks.Go(func() {
		ctx, cancel := context.WithTimeout(q.ctx, q.timeout)
		defer cancel()
		r := e.at(q.token)
		got, err := ask[T](ctx, q.asker, r)
		q.mu.Lock()
		defer q.mu.Unlock()
		if err != nil {
			q.facts.failures.Add(r.name, err)
			return
		}
		*at = &got
	})
}

func (q *questions) wait() {
	q.tasks.Wait()
	slices.SortFunc(q.facts.failures, func(a, b probe.EndpointFailure) int { return cmp.Compare(a.Endpoint, b.Endpoint) })
}
