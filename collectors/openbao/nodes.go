// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package openbao

import (
	"context"
	"errors"
	"maps"
	"sync"
	"time"

	"github.com/cobaltcore-dev/cobaltcore-exporter/collectors/openbao/internal/ask"
	"github.com/cobaltcore-dev/cobaltcore-exporter/collectors/openbao/internal/judge"
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
	askers, finding := i.nodes.Current()
	i.beginRound(askers, finding)
	start := time.Now()
	i.queryEach(ctx, askers)
	if unconfirmed := i.unconfirmedStandbys(); len(unconfirmed) > 0 && ctx.Err() == nil {
		// These standbys answered early, while the round waited for a slow node. A leader may have been elected since
		// then.
		i.queryEach(ctx, selectNodes(askers, unconfirmed))
		i.confirmLeaders(ctx, askers)
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

func (i *instance) queryEach(ctx context.Context, askers map[string]ask.Node) {
	ctx, cancel := context.WithTimeout(ctx, time.Duration(i.Timeout))
	defer cancel()
	var asked sync.WaitGroup
	for name, a := range askers {
		asked.Go(func() {
			facts := ask.QueryNode(ctx, a, i.now)
			if !errors.Is(ctx.Err(), context.Canceled) { // otherwise the exporter stops
				i.storeAnswers(name, &facts)
			}
		})
	}
	asked.Wait()
}

// beginRound removes nodes that no longer exist.
func (i *instance) beginRound(askers map[string]ask.Node, finding failure.List) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.clients, i.finding = askers, finding
	i.round++
	for name := range i.facts {
		if askers[name] == nil {
			delete(i.facts, name)
			i.Forget("node " + name)
			i.nodeRows.Delete("node " + name)
		}
	}
}

// storeAnswers stores the answers of a node.
func (i *instance) storeAnswers(name string, facts *ask.NodeAnswers) {
	key := "node " + name
	i.Note(key, facts.Failures)
	i.nodeRows.Set(key, i.rowsOf(i.nodeRows), func(r *exposition.Rows) { judge.NodeRows(r, facts, i.Name, name) })
	i.mu.Lock()
	before := i.facts[name]
	i.facts[name] = facts
	facts.Confirmed = before != nil && before.Confirmed && judge.SameLeader(before, facts) // until it is queried again
	i.mu.Unlock()
	if before == nil || judge.StateOf(before.Health) != judge.StateOf(facts.Health) { // other changes wait for the end of the round
		i.summarize()
	}
	if judge.StateOf(facts.Health) == judge.Active {
		wake(i.wakeCluster)
	}
}

func (i *instance) unconfirmedStandbys() []string {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.facts.Unconfirmed()
}

func selectNodes(askers map[string]ask.Node, names []string) map[string]ask.Node {
	chosen := map[string]ask.Node{}
	for _, name := range names {
		chosen[name] = askers[name]
	}
	return chosen
}

// confirmLeaders sends requests through the standbys to the leader that they name, if there is still no active node.
func (i *instance) confirmLeaders(ctx context.Context, askers map[string]ask.Node) {
	ctx, cancel := context.WithTimeout(ctx, time.Duration(i.Timeout))
	defer cancel()
	unconfirmed := i.unconfirmedStandbys()
	i.mu.Lock()
	token, facts := i.token, maps.Clone(i.facts)
	i.mu.Unlock()
	var asked sync.WaitGroup
	for _, name := range unconfirmed {
		f := facts[name]
		if f.Leader == nil || f.Leader.Address == "" {
			continue
		}
		asked.Go(func() {
			confirmed := ask.ConfirmLeader(ctx, askers[name], f.Health.Version, token)
			i.mu.Lock()
			defer i.mu.Unlock()
			f.Confirmed = confirmed
		})
	}
	asked.Wait()
}

// summarize replaces the rows about all nodes together.
func (i *instance) summarize() {
	i.mu.Lock()
	defer i.mu.Unlock()
	s := judge.Summary{Nodes: i.facts, Finding: i.finding, HasLeader: i.hasLeader, Down: i.down.Reason, Peers: i.peers, Leaders: &i.leaders}
	i.nodeRows.Set("cluster", i.rowsOf(i.nodeRows), func(r *exposition.Rows) { s.Rows(r, i.Name, i.Expect, i.now()) })
}

// activeNode returns the node to query about the cluster, or the cause why there is none.
func (i *instance) activeNode() (ask.Node, error) {
	i.mu.Lock()
	defer i.mu.Unlock()
	name, err := i.facts.Choose(i.finding)
	if err != nil {
		return nil, err
	}
	return i.clients[name], nil
}
