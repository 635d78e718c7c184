// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package metrics

import (
	"cmp"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/config"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/exposition"
)

// Reasons why no node serves.
const (
	reasonSealed        = "sealed"
	reasonUninitialized = "uninitialized"
	reasonNoLeader      = "no_leader"
	reasonNoNodes       = "no_nodes" // no node exists
)

// serviceRows adds the reason why no node serves, and the nodes that are not members of the cluster.
func (s Summary) serviceRows(r *exposition.Rows, openbao string, expect config.OpenBaoExpect) {
	if reason := s.notServingReason(expect); reason != "" {
		r.Add(notServing, 1, openbao, reason)
	}
	for _, name := range s.Nodes.names() {
		if reason := cmp.Or(s.Nodes.notJoinedReason(name), s.noPeerReason(name)); reason != "" {
			r.Add(nodeNotJoined, 1, openbao, name, reason)
		}
	}
}

// notServingReason returns why no node serves; empty while a node serves or none answers. Sealed nodes are the reason if the
// other nodes cannot elect a leader without them.
func (s Summary) notServingReason(expect config.OpenBaoExpect) string {
	count := map[State]int{}
	sealed, raft := 0, false
	_, active := s.Nodes.Active()
	for name, n := range s.Nodes {
		why := s.Nodes.notJoinedReason(name)
		if why == reasonOtherCluster { // serves other secrets
			continue
		}
		if leaderKnown(n, active != nil || s.HasLeader) {
			return ""
		}
		is := StateOf(n.Health)
		count[is]++
		if is == Sealed && why == "" {
			sealed++
		}
		raft = raft || n.Health != nil && n.UsesRaft()
	}
	voters := expect.Voters
	if voters == 0 {
		voters = expect.Nodes
	}
	switch {
	case count[Down] == len(s.Nodes):
		return ""
	case count[Uninitialized] == len(s.Nodes):
		return reasonUninitialized
	case sealed > 0 && (count[Standby]+count[Active] == 0 || raft && sealed > (voters-1)/2):
		return reasonSealed
	}
	return reasonNoLeader
}
