// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package judge

import "github.com/cobaltcore-dev/cobaltcore-exporter/collectors/openbao/internal/ask"

// Reasons why a node that answers is not a member of its cluster.
const (
	reasonRemoved      = "removed"
	reasonOtherCluster = "other_cluster" // it was initialized by itself
	reasonNoPeer       = "not_a_peer"    // it is not in the raft configuration
)

// notJoined returns why a node that answers is not a member of the cluster; nothing if it
// is one.
func (n Nodes) notJoined(name string) string {
	h := n[name].Health
	switch {
	case h == nil:
		return ""
	case h.Removed:
		return reasonRemoved
	case !*h.Initialized:
		return reasonUninitialized
	case n.foreign(h):
		return reasonOtherCluster
	}
	return ""
}

// foreign reports whether the cluster of a node is another one than that of most nodes.
// A sealed node has no identity; of two clusters of the same size, neither is foreign.
func (n Nodes) foreign(h *ask.Health) bool {
	if h.ClusterID == "" {
		return false
	}
	count, most := map[string]int{}, 0
	for _, other := range n {
		if other.Health != nil && other.Health.ClusterID != "" {
			count[other.Health.ClusterID]++
			most = max(most, count[other.Health.ClusterID])
		}
	}
	return count[h.ClusterID] < most
}

// noPeer returns why a node is not a member although it answers as one: autopilot has
// removed it, or it was removed while it was down. Only if each server in the raft
// configuration belongs to a node, names are comparable.
func (s Summary) noPeer(name string) string {
	if is := StateOf(s.Nodes[name].Health); is != Active && is != Standby || len(s.Peers) == 0 {
		return ""
	}
	hosts := map[string]bool{}
	for node := range s.Nodes {
		hosts[hostOf(node)] = true
	}
	for _, peer := range s.Peers {
		if host := hostOf(peer.Address); host == hostOf(name) || !hosts[host] {
			return ""
		}
	}
	return reasonNoPeer
}
