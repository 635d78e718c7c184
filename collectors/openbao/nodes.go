// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package openbao

import (
	"context"
	"errors"
	"maps"
	"sync"
	"time"

	"github.com/cobaltcore-dev/cobaltcore-exporter/collectors/openbao/internal/metrics"
	"github.com/cobaltcore-dev/cobaltcore-exporter/collectors/openbao/internal/nodeapi"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/exposition"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/failure"
)

// pollNodes queries all nodes at each interval.
func (i *instance) pollNodes(ctx context.Context) {
	tick := time.NewTicker(time.Duration(i.Interval))
	defer tick.Stop()
	for {
		if i.nodes.Known() { // otherwise Changed signals the first nodes
			i.pollNodesOnce(ctx)
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		case <-i.nodes.Changed():
		}
	}
}

// pollNodesOnce queries all nodes concurrently. The rows of a node are published as soon as it has answered, so a node
// that does not answer does not delay others.
func (i *instance) pollNodesOnce(ctx context.Context) {
	clients, finding := i.nodes.Current()
	i.beginRound(clients, finding)
	start := time.Now()
	i.queryEach(ctx, clients)
	if unconfirmed := i.unconfirmedStandbys(); len(unconfirmed) > 0 && ctx.Err() == nil {
		// These standbys answered early, while the round waited for a slow node. A leader may have been elected since
		// then.
		i.queryEach(ctx, selectNodes(clients, unconfirmed))
		i.confirmLeaders(ctx, clients)
	}
	if ctx.Err() != nil {
		return
	}
	i.Note("nodes", finding)
	i.mu.Lock()
	_, leader := i.facts.Active()
	i.hasLeader = leader != nil
	i.status.Took = time.Since(start)
	i.status.Up = i.facts.AnyUp()
	if i.status.Up {
		i.status.LastSuccess = time.Now()
		i.down.Succeed()
	} else {
		i.down.Fail(i.facts.DownReason(finding))
	}
	i.status.Reason = i.down.Reason
	if !i.settled["nodes"] && i.source != i.chosenNode() {
		clear(i.settled)
	}
	i.settled["nodes"] = true
	if i.hasLeader {
		for _, f := range i.facts {
			f.Confirmed = false
		}
	}
	i.mu.Unlock()
	i.summarize()
	wake(i.wakeCluster) // even if no node was active
}

func (i *instance) queryEach(ctx context.Context, clients map[string]nodeapi.Node) {
	ctx, cancel := context.WithTimeout(ctx, time.Duration(i.Timeout))
	defer cancel()
	var tasks sync.WaitGroup
	for name, a := range clients {
		tasks.Go(func() {
			facts := nodeapi.QueryNode(ctx, a, i.now)
			if !errors.Is(ctx.Err(), context.Canceled) { // otherwise the exporter stops
				i.storeAnswers(name, &facts)
			}
		})
	}
	tasks.Wait()
}

// beginRound removes nodes that no longer exist.
func (i *instance) beginRound(clients map[string]nodeapi.Node, finding failure.List) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.clients, i.finding = clients, finding
	i.round++
	for name := range i.facts {
		if clients[name] == nil {
			delete(i.facts, name)
			i.Forget("node " + name)
			i.nodeRows.Delete("node " + name)
		}
	}
}

// storeAnswers stores the answers of a node.
func (i *instance) storeAnswers(name string, facts *nodeapi.NodeAnswers) {
	key := "node " + name
	i.Note(key, facts.Failures)
	i.nodeRows.Set(key, i.rowsOf(i.nodeRows), func(r *exposition.Rows) { metrics.NodeRows(r, facts, i.Name, name) })
	i.mu.Lock()
	before := i.facts[name]
	i.facts[name] = facts
	facts.Confirmed = before != nil && before.Confirmed && metrics.SameLeader(before, facts) // until it is queried again
	i.mu.Unlock()
	if before == nil || metrics.StateOf(before.Health) != metrics.StateOf(facts.Health) { // other changes wait for the end of the round
		i.summarize()
	}
	if metrics.StateOf(facts.Health) == metrics.Active {
		wake(i.wakeCluster)
	}
}

func (i *instance) unconfirmedStandbys() []string {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.facts.Unconfirmed()
}

func selectNodes(clients map[string]nodeapi.Node, names []string) map[string]nodeapi.Node {
	chosen := map[string]nodeapi.Node{}
	for _, name := range names {
		chosen[name] = clients[name]
	}
	return chosen
}

// confirmLeaders sends requests through the standbys to the leader that they name, if there is still no active node.
func (i *instance) confirmLeaders(ctx context.Context, clients map[string]nodeapi.Node) {
	ctx, cancel := context.WithTimeout(ctx, time.Duration(i.Timeout))
	defer cancel()
	unconfirmed := i.unconfirmedStandbys()
	i.mu.Lock()
	token, facts := i.token, maps.Clone(i.facts)
	i.mu.Unlock()
	var tasks sync.WaitGroup
	for _, name := range unconfirmed {
		f := facts[name]
		if f.Leader == nil || f.Leader.Address == "" {
			continue
		}
		tasks.Go(func() {
			confirmed := nodeapi.ConfirmLeader(ctx, clients[name], f.Health.Version, token)
			i.mu.Lock()
			defer i.mu.Unlock()
			f.Confirmed = confirmed
		})
	}
	tasks.Wait()
}

// summarize replaces the rows about all nodes together.
func (i *instance) summarize() {
	i.mu.Lock()
	defer i.mu.Unlock()
	s := metrics.Summary{Nodes: i.facts, Finding: i.finding, HasLeader: i.hasLeader, Down: i.down.Reason, Peers: i.peers, Leaders: &i.leaders}
	i.nodeRows.Set("cluster", i.rowsOf(i.nodeRows), func(r *exposition.Rows) { s.Rows(r, i.Name, i.Expect, i.now()) })
}

// activeNode returns the node to query about the cluster, or the cause why there is none.
func (i *instance) activeNode() (nodeapi.Node, error) {
	i.mu.Lock()
	defer i.mu.Unlock()
	name, err := i.facts.Choose(i.finding)
	if err != nil {
		return nil, err
	}
	return i.clients[name], nil
}
