// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

// Package metrics derives rows from the answers of OpenBao nodes. Its functions have no state, except for the changes of the
// leader.
package metrics

import (
	"maps"
	"slices"
	"time"

	"github.com/cobaltcore-dev/cobaltcore-exporter/collectors/openbao/internal/nodeapi"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/config"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/exposition"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/failure"
)

// State is the state of a node as a value of the label state.
type State string

// The states of a node.
const (
	Active        State = "active"
	Standby       State = "standby"
	Sealed        State = "sealed"
	Uninitialized State = "uninitialized"
	Down          State = "down"
)

func states() []State { return []State{Active, Standby, Sealed, Uninitialized, Down} }

// StateOf returns the state of a node. It follows the precedence of sys/health, because a sealed or uninitialized node also
// reports that it is a standby. A node without an answer is down.
func StateOf(h *nodeapi.Health) State {
	switch {
	case h == nil:
		return Down
	case !*h.Initialized:
		return Uninitialized
	case *h.Sealed:
		return Sealed
	case *h.Standby:
		return Standby
	}
	return Active
}

// NodeRows adds the rows about a node.
func NodeRows(r *exposition.Rows, n *nodeapi.NodeAnswers, openbao, node string) {
	r.Bool(nodeUp, n.Health != nil, openbao, node)
	if h := n.Health; h != nil {
		is := StateOf(h)
		r.Bool(nodeInitialized, *h.Initialized, openbao, node)
		r.Bool(nodeSealed, *h.Sealed, openbao, node)
		r.Bool(nodeActive, is == Active, openbao, node)
		r.Bool(nodeStandby, is == Standby, openbao, node)
		if n.Seal != nil {
			sealRows(r, h, n.Seal, openbao, node)
		}
		if h.ServerTime > 0 {
			r.Add(nodeSkew, n.Skew, openbao, node)
		}
		if n.Took > 0 { // 0 in a snapshot
			r.Add(nodeResponseTime, n.Took.Seconds(), openbao, node)
		}
	}
	if l := n.Leader; l != nil && n.Health != nil {
		if l.Committed != nil {
			r.Add(nodeCommitted, float64(*l.Committed), openbao, node)
		}
		if l.Applied != nil {
			r.Add(nodeApplied, float64(*l.Applied), openbao, node)
		}
	}
	r.Time(nodeCertificate, n.Certificate, openbao, node)
	FailureRows(r, n.Failures, openbao, node)
}

func sealRows(r *exposition.Rows, h *nodeapi.Health, s *nodeapi.SealStatus, openbao, node string) {
	r.Add(nodeInfo, 1, openbao, node, h.Version, s.SealType(), s.StorageType, s.RecoverySealType, h.ClusterName, h.ClusterID)
	r.Bool(nodeMigration, s.Migration, openbao, node)
	r.Add(nodeProgress, float64(s.Progress), openbao, node)
	threshold := s.Threshold
	if s.RecoverySeal {
		threshold = 0
	}
	r.Add(nodeThreshold, float64(threshold), openbao, node)
}

// FailureRows adds the reasons of failed requests.
func FailureRows(r *exposition.Rows, failures failure.List, openbao, node string) {
	for _, f := range failures {
		r.Add(endpointFailing, 1, openbao, node, f.Endpoint, string(f.Reason()))
	}
}

// SkippedRows adds the number of requests that a round has deferred to the next ones.
func SkippedRows(r *exposition.Rows, n int, openbao, part string) {
	if n > 0 {
		r.Add(requestsLeft, float64(n), openbao, part)
	}
}

// Nodes are the last answers of the nodes, by name.
type Nodes map[string]*nodeapi.NodeAnswers

// names returns the sorted names of the nodes.
func (n Nodes) names() []string { return slices.Sorted(maps.Keys(n)) }

// Active returns the node that reports that it is the leader. If there are two, it returns the newer leader.
func (n Nodes) Active() (name string, answers *nodeapi.NodeAnswers) {
	var since time.Time
	for _, node := range n.names() {
		a := n[node]
		if StateOf(a.Health) != Active || n.isForeign(a.Health) {
			continue
		}
		var began time.Time
		if a.Leader != nil {
			began = a.Leader.ActiveTime
		}
		if answers == nil || began.After(since) {
			name, answers, since = node, a, began
		}
	}
	return name, answers
}

// AnyUp reports whether any node has answered.
func (n Nodes) AnyUp() bool {
	for _, a := range n {
		if a.Health != nil {
			return true
		}
	}
	return false
}

// Unconfirmed returns the standbys if no node is active, because the leader that they name may be dead.
func (n Nodes) Unconfirmed() []string {
	if _, leader := n.Active(); leader != nil {
		return nil
	}
	return slices.DeleteFunc(n.names(), func(name string) bool { return StateOf(n[name].Health) != Standby })
}

// Choose returns the node to query about the cluster: the active node, or a standby that has just reached it. If there is
// none, the error is the reason.
func (n Nodes) Choose(finding failure.List) (string, error) {
	if name, answers := n.Active(); answers != nil {
		return name, nil
	}
	names := n.names()
	switch {
	case len(names) == 0 && len(finding) > 0:
		return "", failure.Errorf(finding[0].Reason(), "the nodes are unknown")
	case len(names) == 0:
		return "", failure.Errorf(nodeapi.ReasonNoLeader, "there is no node")
	case !n.AnyUp():
		return "", failure.Errorf(n[names[0]].Failures.Reason(), "no node responds")
	}
	err := failure.Errorf(nodeapi.ReasonSealed, "every node that responds is sealed")
	for _, name := range names {
		if n[name].Confirmed {
			return name, nil
		}
		if StateOf(n[name].Health) == Standby {
			err = failure.Errorf(nodeapi.ReasonNoLeader, "no node is active")
		}
	}
	return "", err
}

// DownReason returns why no node responds.
func (n Nodes) DownReason(finding failure.List) failure.Reason {
	if len(n) == 0 && len(finding) == 0 {
		return reasonNoNodes
	}
	_, err := n.Choose(finding)
	return failure.ReasonOf(err)
}

// SameLeader reports whether both are standbys of the same leader.
func SameLeader(a, b *nodeapi.NodeAnswers) bool {
	return StateOf(a.Health) == Standby && StateOf(b.Health) == Standby && a.Leader != nil && b.Leader != nil &&
		a.Leader.Address == b.Leader.Address
}

// Summary has the combined answers of all nodes.
type Summary struct {
	Nodes     Nodes
	Finding   failure.List       // causes why the nodes may be out of date
	Down      failure.Reason     // why no node responds; empty if unknown
	HasLeader bool               // a node was active at the end of the last round
	Peers     []nodeapi.RaftPeer // servers in the raft configuration; none if unknown
	Leaders   *Leaders
}

// Rows adds the rows about all nodes.
func (s Summary) Rows(r *exposition.Rows, openbao string, expect config.OpenBaoExpect, now time.Time) {
	count := map[State]int{}
	for _, a := range s.Nodes {
		count[StateOf(a.Health)]++
	}
	name, leader := s.Nodes.Active()
	var since time.Time
	if leader != nil && leader.Leader != nil {
		since = leader.Leader.ActiveTime
	}
	s.Leaders.Record(name, since, now)
	s.serviceRows(r, openbao, expect)
	if s.Down != "" && !s.Nodes.AnyUp() {
		r.Add(notAnswering, 1, openbao, string(s.Down))
	}
	for _, node := range s.Nodes.names() {
		// During a round, the previous round decides.
		if s.Nodes.notJoinedReason(node) != reasonOtherCluster {
			leaderRows(r, s.Nodes[node], openbao, node, leader != nil || s.HasLeader)
		}
	}
	r.Time(leaderSince, since, openbao)
	r.Add(leaderChanges, float64(s.Leaders.Total), openbao)
	r.Add(recentChanges, float64(s.Leaders.CountRecent(now)), openbao)
	if len(s.Nodes) > 0 || len(s.Finding) == 0 {
		for _, of := range states() {
			r.Add(nodesByState, float64(count[of]), openbao, string(of))
		}
	}
	r.Add(expectedNodes, float64(expect.Nodes), openbao)
	r.Bool(expectedSeal, expect.AutoUnseal, openbao)
	FailureRows(r, s.Finding, openbao, "")
}

// leaderRows adds whether the node has a leader, and the leader.
func leaderRows(r *exposition.Rows, n *nodeapi.NodeAnswers, openbao, node string, someActive bool) {
	if n.Leader == nil || n.Health == nil {
		return
	}
	known := leaderKnown(n, someActive)
	r.Bool(nodeLeaderKnown, known, openbao, node)
	if known && n.Leader.Address != "" {
		r.Add(leaderInfo, 1, openbao, node, n.Leader.Address)
	}
}

// leaderKnown reports whether the node has a leader. A standby continues to name a leader that was killed (seen with
// 2.4.0), so its answer counts only while some node is active, or if its leader has answered through it.
func leaderKnown(n *nodeapi.NodeAnswers, someActive bool) bool {
	if StateOf(n.Health) == Active {
		return n.IsServing()
	}
	return n.Leader != nil && n.Leader.Address != "" && (someActive || n.Confirmed)
}
