// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package openbao

import (
	"context"
	"errors"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/cobaltcore-dev/cobaltcore-exporter/collectors"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/config"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/exposition"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/status"
)

// instance is one OpenBao cluster.
type instance struct {
	config.OpenBao

	log   *slog.Logger
	now   func() time.Time
	nodes nodeSource
	shift time.Duration // of timestamps, for a snapshot

	credentials credentials // of the cluster loop

	nodeRows, clusterRows, detailRows *exposition.Group
	wakeCluster, wakeDetails          chan struct{}

	issuers map[string]issuer // what is known about issuers; of the cluster loop

	mu       sync.Mutex
	facts    map[string]*nodeFacts
	askers   map[string]asker // of the last round
	round    uint64
	leaders  leaders
	pki      []mountIssuers // as last seen
	token    string         // as last used
	settled  map[string]bool
	status   status.Status
	failing  map[string]map[string]Reason // by what was asked together, and endpoint, for the log
	counters map[string]uint64            // failures by reason
}

func newInstance(o config.OpenBao, site collectors.Site) *instance {
	key := func(part string) exposition.Key {
		return exposition.Key{Cluster: site.Cluster.Name, Collector: Name, Kind: o.Name + "/" + part}
	}
	i := &instance{
		OpenBao: o, log: site.Log.With("openbao", o.Name), now: site.Now,
		nodeRows:    site.Exposition.Group(key("nodes"), nodeFamilies()),
		clusterRows: site.Exposition.Group(key("cluster"), clusterFamilies()),
		detailRows:  site.Exposition.Group(key("details"), detailFamilies()),
		wakeCluster: make(chan struct{}, 1), wakeDetails: make(chan struct{}, 1),
		issuers: map[string]issuer{},
		facts:   map[string]*nodeFacts{}, settled: map[string]bool{}, failing: map[string]map[string]Reason{}, counters: map[string]uint64{},
	}
	i.credentials.OpenBaoAuth = o.Auth
	i.nodes = newSource(o, site, i.log)
	if r, ok := i.nodes.(*recordedSource); ok {
		i.now, i.shift = r.now, r.shift
		i.credentials = credentials{recorded: true}
	}
	return i
}

// Groups are all rows of the instance.
func (i *instance) Groups() []*exposition.Group {
	return []*exposition.Group{i.nodeRows, i.clusterRows, i.detailRows}
}

// Run asks until ctx ends.
func (i *instance) Run(ctx context.Context) {
	var tasks sync.WaitGroup
	tasks.Go(func() { i.nodes.run(ctx) })
	tasks.Go(func() { i.askNodes(ctx) })
	tasks.Go(func() { i.askCluster(ctx) })
	tasks.Go(func() { i.askDetails(ctx) })
	tasks.Wait()
}

// askNodes asks all nodes, again and again.
func (i *instance) askNodes(ctx context.Context) {
	tick := time.NewTicker(time.Duration(i.Interval))
	defer tick.Stop()
	defer i.nodes.close()
	for {
		i.askNodesOnce(ctx)
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		case <-i.nodes.changed():
		}
	}
}

// askNodesOnce asks all nodes at the same time. The rows of each change as soon
// as it has answered; a node that does not answer delays no other one.
func (i *instance) askNodesOnce(ctx context.Context) {
	askers, failures := i.nodes.current()
	i.forget(askers)
	start := time.Now()
	var asked sync.WaitGroup
	for name, a := range askers {
		asked.Go(func() {
			ctx, cancel := context.WithTimeout(ctx, time.Duration(i.Timeout))
			defer cancel()
			facts := askNode(ctx, a, i.now)
			if errors.Is(ctx.Err(), context.Canceled) {
				return // we are stopping
			}
			i.learn(name, &facts)
		})
	}
	asked.Wait()
	if ctx.Err() != nil {
		return
	}
	i.confirmLeader(ctx, askers)
	i.note("service", failures)
	i.mu.Lock()
	i.status.Took = time.Since(start)
	i.status.Up = i.anyUp()
	if i.status.Up {
		i.status.LastSuccess = time.Now()
	}
	i.settled["nodes"] = i.settled["nodes"] || i.nodes.known()
	i.mu.Unlock()
	i.summarize(failures)
	wake(i.wakeCluster) // if no node was active
}

// confirmLeader asks through the standbys for their leader if no node says that it
// is it.
func (i *instance) confirmLeader(ctx context.Context, askers map[string]asker) {
	ctx, cancel := context.WithTimeout(ctx, time.Duration(i.Timeout))
	defer cancel()
	doubtful, token := i.doubtful()
	var asked sync.WaitGroup
	for name, f := range doubtful {
		asked.Go(func() {
			if f.confirms(ctx, askers[name], token) {
				i.mu.Lock()
				defer i.mu.Unlock()
				f.confirmed = true
			}
		})
	}
	asked.Wait()
}

// doubtful are the standbys that name a leader while no node leads.
func (i *instance) doubtful() (nodes map[string]*nodeFacts, token string) {
	i.mu.Lock()
	defer i.mu.Unlock()
	if _, active := i.activeNode(); active != nil {
		return nil, ""
	}
	nodes = maps.Clone(i.facts)
	maps.DeleteFunc(nodes, func(_ string, f *nodeFacts) bool {
		return f.state() != standby || f.leader == nil || f.leader.Address == ""
	})
	return nodes, i.token
}

// forget removes what is no longer a node, and begins a round.
func (i *instance) forget(askers map[string]asker) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.askers = askers
	i.round++
	for name := range i.facts {
		if askers[name] == nil {
			delete(i.facts, name)
			delete(i.failing, "node "+name)
			i.nodeRows.Delete("node/" + name)
		}
	}
}

// learn takes in what a node has answered.
func (i *instance) learn(name string, facts *nodeFacts) {
	i.note("node "+name, facts.failures)
	rows := i.rowsOf(i.nodeRows)
	i.nodeRows.Set("node/"+name, rows, func(r *exposition.Rows) { facts.rows(r, i.Name, name) })
	i.mu.Lock()
	i.facts[name] = facts
	i.mu.Unlock()
	if facts.state() == active {
		wake(i.wakeCluster)
	}
}

// summarize makes the rows about all nodes together.
func (i *instance) summarize(failures []endpointFailure) {
	i.mu.Lock()
	count := map[state]int{}
	for _, f := range i.facts {
		count[f.state()]++
	}
	name, facts := i.activeNode()
	var since time.Time
	if facts != nil && facts.leader != nil {
		since = facts.leader.ActiveTime
	}
	i.leaders.see(name, since, i.now())
	changes, recent := i.leaders.total, i.leaders.recent(i.now())
	nodes := maps.Clone(i.facts)
	i.mu.Unlock()
	i.nodeRows.Set("cluster", i.rowsOf(i.nodeRows), func(r *exposition.Rows) {
		for _, n := range slices.Sorted(maps.Keys(nodes)) {
			nodes[n].leaderRows(r, i.Name, n, facts != nil)
		}
		r.Time(leaderSince, since, i.Name)
		r.Add(leaderChanges, float64(changes), i.Name)
		r.Add(recentChanges, float64(recent), i.Name)
		for _, s := range states() {
			r.Add(nodesByState, float64(count[s]), i.Name, string(s))
		}
		r.Add(expectedNodes, float64(i.Expect.Nodes), i.Name)
		r.Bool(expectedSeal, i.Expect.AutoUnseal, i.Name)
		failingRows(r, i.Name, "", failures)
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
	if !i.anyUp() {
		for _, name := range slices.Sorted(maps.Keys(i.facts)) {
			if f := i.facts[name]; len(f.failures) > 0 {
				return nil, failed(f.failures[0].reason(), "no node answers")
			}
		}
		return nil, failed(ReasonNoLeader, "there is no node")
	}
	err := failed(ReasonSealed, "every node that answers is sealed")
	for _, name := range slices.Sorted(maps.Keys(i.facts)) {
		f := i.facts[name]
		if f.confirmed && i.askers[name] != nil {
			return i.askers[name], nil
		}
		if f.state() == standby {
			err = failed(ReasonNoLeader, "no node is active")
		}
	}
	return nil, err
}

// rowsOf is a builder for rows of a group. Each goroutine has its own.
func (i *instance) rowsOf(g *exposition.Group) *exposition.Rows {
	rows := g.Rows()
	rows.Shift(i.shift)
	return rows
}

// Settled says whether each loop has ended a round.
func (i *instance) Settled() bool {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.settled["nodes"] && i.settled["cluster"] && i.settled["details"]
}

// Status is how the instance fares: it is up as long as any node answers.
func (i *instance) Status() status.Status {
	i.mu.Lock()
	defer i.mu.Unlock()
	s := i.status
	s.Errors = maps.Clone(i.counters)
	return s
}

// note counts the failures of what was asked together and logs each when it
// begins.
func (i *instance) note(together string, failures []endpointFailure) {
	i.mu.Lock()
	defer i.mu.Unlock()
	was, is := i.failing[together], map[string]Reason{}
	for _, f := range failures {
		i.counters[string(f.reason())]++
		is[f.endpoint] = f.reason()
		if was[f.endpoint] != f.reason() {
			i.log.Warn("endpoint not answered", "of", together, "endpoint", f.endpoint, "reason", string(f.reason()), "err", f.err)
		}
	}
	for endpoint, reason := range was {
		if is[endpoint] == "" {
			i.log.Info("endpoint answered again", "of", together, "endpoint", endpoint, "was", string(reason))
		}
	}
	i.failing[together] = is
}

// wake tells a loop that there is something to do. It need not be told twice.
func wake(c chan<- struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// leaders remembers changes of the leader.
type leaders struct {
	name    string
	since   time.Time
	total   uint64
	changed []time.Time
}

// recentSpan is how far back recent_leader_changes looks.
const recentSpan = 30 * time.Minute

// see notes who leads, and since when, if that is known. To have no leader is no
// change yet.
func (l *leaders) see(name string, since, now time.Time) {
	if name == "" {
		return
	}
	if name == l.name && since.IsZero() {
		return
	}
	again := name == l.name && !l.since.IsZero() && !since.Equal(l.since)
	if l.name != "" && (name != l.name || again) {
		l.total++
		l.changed = append(l.changed, now)
	}
	l.name, l.since = name, since
}

// recent counts the changes of the last 30 minutes.
func (l *leaders) recent(now time.Time) int {
	l.changed = slices.DeleteFunc(l.changed, func(t time.Time) bool { return now.Sub(t) > recentSpan })
	return len(l.changed)
}
