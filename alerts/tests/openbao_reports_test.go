// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package tests_test

import (
	"fmt"
	"time"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/testing/ruletest"
)

// reported returns installations from public reports, which the comments name.
func reported() []peculiarity {
	five := installation{"five", 5, 0, "raft"}
	two := installation{"two", 2, 0, "raft"}
	const atRiskNow = "OpenBaoQuorumAtRisk OpenBaoQuorumAtRiskCritical"
	return []peculiarity{
		// hashicorp/vault#25360
		{name: "joined and not unsealed", change: func(s baoSite) {
			s.seal(1)
			s.seal(2)
			s.raft(1, 2, 1, 2)
			s.autopilot()["failure_tolerance"] = 0
			for _, id := range []string{"id-1", "id-2"} {
				s.server(id)["node_type"], s.server(id)["last_contact"] = "voter", "49h4m44s"
			}
		}, want: baoOutcome{"degraded", "OpenBaoAutopilotUnhealthy OpenBaoNodeSealed OpenBaoPeerMissing OpenBaoQuorumAtRisk"}},
		// hashicorp/vault#17920
		{name: "standby that autopilot has removed", base: five, change: func(s baoSite) { s.withoutPeer(4) },
			want: baoOutcome{"degraded", "OpenBaoNodeNotJoined OpenBaoPeerMissing"}},
		// Smana/cloud-native-ref#1787
		{name: "replaced instance left in raft", base: five, change: func(s baoSite) { s.raft(6, 0, 5) },
			want: baoOutcome{"degraded", "OpenBaoAutopilotUnhealthy OpenBaoPeerDead"}},
		// canonical/vault-k8s-operator#88
		{name: "dead address of a pod", change: func(s baoSite) { s.raft(4, 0, 3); s.podAddresses() },
			want: baoOutcome{"degraded", "OpenBaoAutopilotUnhealthy OpenBaoPeerDead OpenBaoQuorumAtRisk"}},
		// openbao/openbao#2275
		{name: "one pod with a new address", change: func(s baoSite) {
			s.raft(3, 0, 1)
			s.podAddresses()
			s.leaderless(1)
		}, want: baoOutcome{"degraded", "OpenBaoAutopilotUnhealthy OpenBaoQuorumAtRisk"}},
		// hashicorp/vault#8489
		{name: "all pods with new addresses", change: func(s baoSite) { s.leaderless(0, 1, 2) },
			want: baoOutcome{"down", "OpenBaoCollectorFailing OpenBaoNoLeader"}},
		// hashicorp/vault#22063
		{name: "one of three left", change: func(s baoSite) {
			s.leaderless(0)
			s.silence(1)
			s.silence(2)
		}, want: baoOutcome{"down", "OpenBaoCollectorFailing OpenBaoNoLeader OpenBaoNodeDown"}},
		// mojaloop/project#4326
		{name: "initialized twice", change: func(s baoSite) { s.split(1, 0) },
			want: baoOutcome{"down", "OpenBaoMultipleActive OpenBaoNodeNotJoined OpenBaoPeerMissing " + atRiskNow}},
		{name: "initialized twice by the first node", change: func(s baoSite) { s.split(0, 1) },
			want: baoOutcome{"down", "OpenBaoMultipleActive OpenBaoNodeNotJoined OpenBaoPeerMissing " + atRiskNow}},
		// canonical/vault-k8s-operator#412
		{name: "sealed and never a peer", change: func(s baoSite) { s.seal(2); s.withoutPeer(2) },
			want: baoOutcome{"down", "OpenBaoNodeSealed OpenBaoPeerMissing " + atRiskNow}},
		// openbao/openbao#1303
		{name: "two voters", base: two, change: func(baoSite) {}, want: baoOutcome{"ok", ""}},
		{name: "two voters of which one is sealed", base: two, change: func(s baoSite) { s.seal(1); s.leaderless(0) },
			want: baoOutcome{"down", "OpenBaoClusterSealed OpenBaoCollectorFailing OpenBaoNoLeader OpenBaoNodeSealed"}},
		// hashicorp/vault#1048
		{name: "sealed without failover", base: installation{"s3", 1, 0, "s3"}, change: func(s baoSite) {
			s.seal(0)
			s.answers[nodeName(0)]["sys-leader"] = object{"_status": 200, "ha_enabled": false, "is_self": false, "leader_address": ""}
		}, want: baoOutcome{"down", "OpenBaoClusterSealed OpenBaoCollectorFailing OpenBaoNoLeader OpenBaoNodeSealed"}},
		// hashicorp/vault#17014
		{name: "follower that restarts for ever", change: func(s baoSite) { s.raft(3, 0, 2); s.silence(2) },
			want: baoOutcome{"degraded", "OpenBaoAutopilotUnhealthy OpenBaoNodeDown OpenBaoQuorumAtRisk"}},
	}
}

// reportedPKI returns PKI mounts from public reports.
func reportedPKI() []peculiarity {
	const day, year = 24 * time.Hour, 365 * 24 * time.Hour
	now := ruletest.TakenAt()
	ca := func(name string, from, to time.Duration) authority {
		return authority{name: name, from: now.Add(from), to: now.Add(to), keyed: true, signsLists: true}
	}
	root, issuing := ca("root", -3*year, 8*year), ca("issuing", -2*year, 3*year)
	issuing.isDefault = true
	old, cross := ca("old-root", -9*year, -10*day), ca("issuing", -year, -10*day)
	old.keyed, cross.sameKey = false, true
	rebuilt := object{"auto_rebuild": true, "auto_rebuild_grace_period": "12h"}
	return []peculiarity{
		// hashicorp/vault#16461
		{name: "signed by the old root too", change: func(s baoSite) {
			s.pki(rebuilt, root, signedBy(issuing, "root"), old, signedBy(cross, "old-root"))
		}, want: baoOutcome{"ok", "OpenBaoReplacedIssuerExpiring"}},
		// hashicorp/vault#20137
		{name: "revocation list without content", change: func(s baoSite) {
			s.pki(rebuilt, root, signedBy(issuing, "root"))
			s.answers[nodeName(0)]["ca-issuer-issuer-1-crl"] = object{"_status": 204}
		}, want: baoOutcome{"ok", ""}},
		{name: "PKI mount without an issuer", change: func(s baoSite) {
			s.pki(rebuilt)
			s.answers[nodeName(0)]["ca-issuers"] = object{"_status": 404, "errors": []string{}}
		}, want: baoOutcome{"ok", ""}},
		// hashicorp/vault#3827
		{name: "list that is not renewed", change: func(s baoSite) {
			issuing.list = &revocations{now.Add(-72 * time.Hour), now.Add(-time.Minute)}
			s.pki(object{"auto_rebuild": false}, root, signedBy(issuing, "root"))
		}, want: baoOutcome{"down", "OpenBaoCRLExpiring"}},
	}
}

// autopilot returns the answer with the state of autopilot.
func (s baoSite) autopilot() object {
	return s.answers[nodeName(s.active())]["sys-storage-raft-autopilot-state"].(object)["data"].(object)
}

// server returns a server in the state of autopilot.
func (s baoSite) server(id string) object { return s.autopilot()["servers"].(object)[id].(object) }

// podAddresses sets the addresses of the raft servers to addresses of pods.
func (s baoSite) podAddresses() {
	config := s.answers[nodeName(s.active())]["sys-storage-raft-configuration"].(object)["data"].(object)["config"].(object)
	for n, server := range config["servers"].([]object) {
		server["address"] = fmt.Sprintf("10.1.182.%d:8201", n+10)
		s.server(server["node_id"].(string))["address"] = server["address"]
	}
}

// leaderless makes nodes standbys without a known leader.
func (s baoSite) leaderless(nodes ...int) {
	for _, n := range nodes {
		s.standby(n)
		s.answers[nodeName(n)]["sys-leader"].(object)["leader_address"] = ""
	}
}

// silence removes all answers of a node.
func (s baoSite) silence(n int) {
	s.answers[nodeName(n)] = map[string]any{}
	for _, path := range []string{"sys-health", "sys-seal-status", "sys-leader"} {
		s.answers[nodeName(n)][path] = object{"_status": 0, "_reason": "timeout"}
	}
}

// split makes a node the leader of a separate cluster without mounts. It has been the leader for a
// shorter time than the leader of the other nodes.
func (s baoSite) split(alone, leader int) {
	s.standby(alone)
	s.lead(leader)
	s.withoutPeer(alone)
	for n := range s.voters {
		s.answers[nodeName(n)]["sys-health"].(object)["cluster_id"] = "d51ed6ba"
	}
	s.lead(alone)
	s.answers[nodeName(alone)]["sys-health"].(object)["cluster_id"] = "6fb1395f"
	s.answers[nodeName(alone)]["sys-leader"].(object)["active_time"] = ruletest.TakenAt().AddDate(0, 0, -1)
	s.answers[nodeName(alone)]["sys-mounts"] = answer(object{})
}
