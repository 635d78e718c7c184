// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package metrics

import (
	"net"
	"slices"
	"strconv"
	"strings"

	"github.com/cobaltcore-dev/cobaltcore-exporter/collectors/openbao/internal/nodeapi"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/config"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/exposition"
)

// peers are the servers in the raft configuration, and the evidence about them.
type peers struct {
	all       []nodeapi.RaftPeer
	autopilot *nodeapi.AutopilotState // nil if unknown or disabled
	nodes     []string                // names
	expect    config.OpenBaoExpect
}

// rows adds the actual and the expected number of servers, and the dead ones.
func (p peers) rows(r *exposition.Rows, openbao string) {
	voters := p.voters()
	for voter, n := range map[bool]int{true: voters, false: len(p.all) - voters} {
		r.Add(raftPeers, float64(n), openbao, strconv.FormatBool(voter))
	}
	r.Add(expectedPeers, float64(p.expectedVoters()), openbao, "true")
	if p.expect.NonVoters > 0 {
		r.Add(expectedPeers, float64(p.expect.NonVoters), openbao, "false")
	}
	for _, dead := range p.deadPeers() {
		r.Add(raftPeerDead, 1, openbao, dead.ID, dead.Address)
	}
}

func (p peers) voters() int {
	n := 0
	for _, peer := range p.all {
		if peer.Voter {
			n++
		}
	}
	return n
}

// expectedVoters returns the configured number of voters. The default is the number of nodes without permanent non-voters.
func (p peers) expectedVoters() int {
	if p.expect.Voters > 0 {
		return p.expect.Voters
	}
	permanent := 0
	for _, peer := range p.all {
		if !peer.Voter && (p.autopilot == nil || p.autopilot.Servers[peer.ID].NodeType == "non-voter") {
			permanent++ // other non-voters will become voters
		}
	}
	return max(p.expect.Nodes, len(p.nodes), len(p.all)-len(p.deadPeers())) - permanent
}

// deadPeers returns the servers without contact that exceed the number of nodes or voters. A node that was replaced or removed
// stays in the raft configuration until it is removed there. A server that belongs to an existing node is only down.
func (p peers) deadPeers() []nodeapi.RaftPeer {
	surplus := len(p.all) - max(p.expect.Nodes, len(p.nodes))
	if p.expect.Voters > 0 {
		surplus = max(surplus, p.voters()-p.expect.Voters)
	}
	if surplus <= 0 {
		return nil
	}
	hosts := map[string]bool{}
	for _, node := range p.nodes {
		hosts[hostOf(node)] = true
	}
	isNode := func(peer nodeapi.RaftPeer) bool { return hosts[hostOf(peer.Address)] }
	healthy := func(peer nodeapi.RaftPeer) bool { return p.autopilot != nil && p.autopilot.Servers[peer.ID].Healthy }
	unhealthy := slices.DeleteFunc(slices.Clone(p.all), healthy)
	if slices.ContainsFunc(p.all, isNode) {
		return slices.DeleteFunc(unhealthy, isNode)
	}
	// The addresses belong to pods, so only health distinguishes the servers.
	if p.autopilot == nil || len(unhealthy) > surplus {
		return nil
	}
	return unhealthy
}

// hostOf returns the name of the pod in an address or in the name of a node. IP addresses are returned unchanged.
func hostOf(address string) string {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		host = address
	}
	if net.ParseIP(host) == nil {
		host, _, _ = strings.Cut(host, ".")
	}
	return host
}
