// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package openbao

import (
	"context"
	"errors"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/exposition"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/probe"
)

// askNodes asks all nodes, again and again.
func (i *instance) askNodes(ctx context.Context) {
	tick := time.NewTicker(time.Duration(i.Interval))
	defer tick.Stop()
	for {
		if i.nodes.known() { // else it wakes us
			i.askNodesOnce(ctx)
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		case <-i.nodes.changed():
		}
	}
}

// askNodesOnce asks all nodes at the same time. The rows change as soon as each one
// has answered; a node that does not answer delays no other one.
func (i *instance) askNodesOnce(ctx context.Context) {
	askers, finding := i.nodes.current()
	i.beginRound(askers, finding)
	start := time.Now()
	i.askEach(ctx, askers)
	if doubtful := i.doubtful(); len(doubtful) > 0 && ctx.Err() == nil {
		// They answered while a node was waited for that did not: a leader may have been
		// elected meanwhile.
		i.askEach(ctx, only(askers, doubtful))
		i.confirmLeader(ctx, askers)
	}
	if ctx.Err() != nil {
		return
	}
	i.Note("nodes", finding)
	i.mu.Lock()
	_, leader := i.activeNode()
	i.led = leader != nil
	i.status.Took = time.Since(start)
	i.status.Up = i.anyUp()
	if i.status.Up {
		i.status.LastSuccess = time.Now()
	}
	i.settled["nodes"] = true
	if i.led {
		for _, f := range i.facts {
			f.confirmed = false
		}
	}
	i.mu.Unlock()
	i.summarize()
	wake(i.wakeCluster) // if no node was active
}

func (i *instance) askEach(ctx context.Context, askers map[string]asker) {
	ctx, cancel := context.WithTimeout(ctx, time.Duration(i.Timeout))
	defer cancel()
	var asked sync.WaitGroup
	for name, a := range askers {
		asked.Go(func() {
			facts := askNode(ctx, a, i.now)
			if !errors.Is(ctx.Err(), context.Canceled) { // else we are stopping
				i.learn(name, &facts)
			}
		})
	}
	asked.Wait()
}

// beginRound removes what is no longer a node.
func (i *instance) beginRound(askers map[string]asker, finding probe.Failures) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.askers, i.finding = askers, finding
	i.round++
	for name := range i.facts {
		if askers[name] == nil {
			delete(i.facts, name)
			i.Forget("node " + name)
			i.nodeRows.Delete("node " + name)
		}
	}
}

// learn takes in what a node has answered.
func (i *instance) learn(name string, facts *nodeFacts) {
	key := "node " + name
	i.Note(key, facts.failures)
	i.nodeRows.Set(key, i.rowsOf(i.nodeRows), func(r *exposition.Rows) { facts.rows(r, i.Name, name) })
	i.mu.Lock()
	before := i.facts[name]
	i.facts[name] = facts
	facts.confirmed = before != nil && before.confirmed && before.namesSame(facts) // until it is asked again
	i.mu.Unlock()
	if before == nil || before.state() != facts.state() { // the rest waits for the end of the round
		i.summarize()
	}
	if facts.state() == active {
		wake(i.wakeCluster)
	}
}

// doubtful are the standbys while no node leads.
func (i *instance) doubtful() []string {
	i.mu.Lock()
	defer i.mu.Unlock()
	if _, leader := i.activeNode(); leader != nil {
		return nil
	}
	var names []string
	for name, f := range i.facts {
		if f.state() == standby {
			names = append(names, name)
		}
	}
	return names
}

func only(askers map[string]asker, names []string) map[string]asker {
	chosen := map[string]asker{}
	for _, name := range names {
		chosen[name] = askers[name]
	}
	return chosen
}

// confirmLeader asks through the standbys for the leader that they name, if still
// no node says that it is it.
func (i *instance) confirmLeader(ctx context.Context, askers map[string]asker) {
	ctx, cancel := context.WithTimeout(ctx, time.Duration(i.Timeout))
	defer cancel()
	doubtful := i.doubtful()
	i.mu.Lock()
	token, facts := i.token, maps.Clone(i.facts)
	i.mu.Unlock()
	var asked sync.WaitGroup
	for _, name := range doubtful {
		f := facts[name]
		if f.leader == nil || f.leader.Address == "" {
			continue
		}
		asked.Go(func() {
			confirmed := f.confirms(ctx, askers[name], token)
			i.mu.Lock()
			defer i.mu.Unlock()
			f.confirmed = confirmed
		})
	}
	asked.Wait()
}

// summarize makes the rows about all nodes together.
func (i *instance) summarize() {
	i.mu.Lock()
	defer i.mu.Unlock()
	count := map[state]int{}
	for _, f := range i.facts {
		count[f.state()]++
	}
	name, leader := i.activeNode()
	var since time.Time
	if leader != nil && leader.leader != nil {
		since = leader.leader.ActiveTime
	}
	i.leaders.see(name, since, i.now())
	i.nodeRows.Set("cluster", i.summary, func(r *exposition.Rows) {
		for _, n := range slices.Sorted(maps.Keys(i.facts)) {
			// In the middle of a round the word of the last one holds.
			i.facts[n].leaderRows(r, i.Name, n, leader != nil || i.led)
		}
		r.Time(leaderSince, since, i.Name)
		r.Add(leaderChanges, float64(i.leaders.total), i.Name)
		r.Add(recentChanges, float64(i.leaders.recent(i.now())), i.Name)
		if len(i.facts) > 0 || len(i.finding) == 0 {
			for _, s := range states() {
				r.Add(nodesByState, float64(count[s]), i.Name, string(s))
			}
		}
		r.Add(expectedNodes, float64(i.Expect.Nodes), i.Name)
		r.Bool(expectedSeal, i.Expect.AutoUnseal, i.Name)
		failureRows(r, i.finding, i.Name, "")
	})
}

// activeNode is the node that leads, by its own word; of two, the one that has
// led for less long. The caller holds mu.
func (i *instance) activeNode() (name string, facts *nodeFacts) {
	var since time.Time
	for _, n := range slices.Sorted(maps.Keys(i.facts)) {
		f := i.facts[n]
		if f.state() != active {
			continue
		}
		var began time.Time
		if f.leader != nil {
			began = f.leader.ActiveTime
		}
		if facts == nil || began.After(since) {
			name, facts, since = n, f, began
		}
	}
	return name, facts
}

// anyUp says whether any node has answered. The caller holds mu.
func (i *instance) anyUp() bool {
	for _, f := range i.facts {
		if f.health != nil {
			return true
		}
	}
	return false
}

// active returns the active node, or a standby that has just reached it, or why
// there is neither.
func (i *instance) active() (asker, error) {
	i.mu.Lock()
	defer i.mu.Unlock()
	if name, facts := i.activeNode(); facts != nil && i.askers[name] != nil {
		return i.askers[name], nil
	}
	names := slices.Sorted(maps.Keys(i.facts))
	switch {
	case len(names) == 0 && len(i.finding) > 0:
		return nil, probe.Failed(i.finding[0].Reason(), "the nodes are not known")
	case len(names) == 0:
		return nil, probe.Failed(ReasonNoLeader, "there is no node")
	case !i.anyUp():
		return nil, probe.Failed(i.facts[names[0]].failures.Reason(), "no node answers")
	}
	err := probe.Failed(ReasonSealed, "every node that answers is sealed")
	for _, name := range names {
		f := i.facts[name]
		if f.confirmed && i.askers[name] != nil {
			return i.askers[name], nil
		}
		if f.state() == standby {
			err = probe.Failed(ReasonNoLeader, "no node is active")
		}
	}
	return nil, err
}
