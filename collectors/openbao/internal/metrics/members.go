// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package metrics

import "github.com/cobaltcore-dev/cobaltcore-exporter/collectors/openbao/internal/nodeapi"

// Reasons why an answering node is not a member of its cluster.
const (
	reasonRemoved      = "removed"
	reasonOtherCluster = "other_cluster" // initialized separately
	reasonNoPeer       = "not_a_peer"    // not in the raft configuration
)

// notJoinedReason returns why an answering node is not a member of the cluster; empty if it is a member.
func (n Nodes) notJoinedReason(name string) string {
	h := n[name].Health
	switch {
	case h == nil:
		return ""
	case h.Removed:
		return reasonRemoved
	case !*h.Initialized:
		return reasonUninitialized
	case n.isForeign(h):
		return reasonOtherCluster
	}
	return ""
}

// isForeign reports whether the cluster of a node differs from the cluster of most nodes. The cluster of a sealed node is
// unknown. If two clusters have the same size, neither is foreign.
func (n Nodes) isForeign(h *nodeapi.Health) bool {
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

// noPeerReason returns why a node is not a member although its answers claim it: autopilot has removed it, or it was removed
// while it was down. Names are comparable only if each server in the raft configuration belongs to a node.
func (s Summary) noPeerReason(name string) string {
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
