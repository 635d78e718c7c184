// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package tests_test

import (
	"encoding/json"
	"slices"
	"time"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/testing/ruletest"
)

// peculiarity is an installation that differs from the reference architecture, or that has unusual
// answers. By default, the base is raft with three voters.
type peculiarity struct {
	name   string
	base   installation
	change func(baoSite)
	want   baoOutcome
}

func peculiarities() []peculiarity {
	all := []peculiarity{
		{name: "no follower joined", change: func(s baoSite) {
			for n := 1; n < 3; n++ {
				s.seal(n)
				s.health(n, 501, object{"initialized": false, "sealed": true})
			}
			s.raft(1, 0)
		}, want: baoOutcome{"down", "OpenBaoNodeNotJoined OpenBaoPeerMissing OpenBaoQuorumAtRisk OpenBaoQuorumAtRiskCritical"}},
		{name: "raft with one node", base: installation{"single", 1, 0, "raft"}, change: func(baoSite) {}, want: baoOutcome{"ok", ""}},
		{name: "raft with seven nodes", base: installation{"seven", 7, 0, "raft"}, change: func(baoSite) {}, want: baoOutcome{"ok", ""}},
		{name: "sealed after a restart of all", change: func(s baoSite) { s.seal(0); s.seal(1); s.seal(2) },
			want: baoOutcome{"down", "OpenBaoClusterSealed OpenBaoCollectorFailing OpenBaoNoLeader OpenBaoNodeSealed"}},
		{name: "never initialized", change: func(s baoSite) {
			for n := range 3 {
				s.seal(n)
				s.health(n, 501, object{"initialized": false, "sealed": true})
			}
		}, want: baoOutcome{"down", "OpenBaoCollectorFailing OpenBaoUninitialized"}},
		{name: "one of three serves", base: installations()[3], change: func(s baoSite) { s.seal(1); s.seal(2) },
			want: baoOutcome{"degraded", "OpenBaoNodeSealed"}},
		{name: "sealed majority", change: func(s baoSite) {
			s.seal(0)
			s.seal(1)
			s.answers[nodeName(2)]["sys-leader"] = object{"_status": 200, "ha_enabled": true, "leader_address": ""}
		}, want: baoOutcome{"down", "OpenBaoClusterSealed OpenBaoCollectorFailing OpenBaoNoLeader OpenBaoNodeSealed"}},
		{name: "removed node", change: func(s baoSite) { s.seal(2); s.health(2, 530, object{"sealed": true}); s.withoutPeer(2) },
			want: baoOutcome{"down", "OpenBaoNodeNotJoined OpenBaoPeerMissing OpenBaoQuorumAtRisk OpenBaoQuorumAtRiskCritical"}},
		{name: "dead server left", change: func(s baoSite) { s.raft(4, 0, 3) },
			want: baoOutcome{"degraded", "OpenBaoAutopilotUnhealthy OpenBaoPeerDead OpenBaoQuorumAtRisk"}},
		{name: "read replicas", base: installation{"readers", 3, 2, "raft"}, change: func(s baoSite) {
			delete(s.expect, "nodes")
			s.expect["voters"], s.expect["nonVoters"] = 3, 2
		}, want: baoOutcome{"ok", ""}},
		{name: "read replica missing", base: installation{"readers", 3, 1, "raft"}, change: func(s baoSite) {
			s.expect["nodes"], s.expect["voters"], s.expect["nonVoters"] = 5, 3, 2
		}, want: baoOutcome{"degraded", "OpenBaoNodeMissing OpenBaoPeerMissing"}},
		{name: "recovery seal",
			change: sealType(object{"type": "shamir", "recovery_seal": true, "version": "2.3.1"}),
			want:   baoOutcome{"ok", ""}},
		{name: "shamir seal",
			change: sealType(object{"type": "shamir", "recovery_seal": false}),
			want:   baoOutcome{"degraded", "OpenBaoSealTypeDrift"}},
		{name: "performance standby",
			change: func(s baoSite) { s.health(2, 473, object{"performance_standby": true}) },
			want:   baoOutcome{"ok", ""}},
		{name: "standby of a disaster recovery secondary",
			change: func(s baoSite) { s.health(2, 472, object{"replication_dr_mode": "secondary"}) },
			want:   baoOutcome{"ok", ""}},
		{name: "disaster recovery secondary", change: func(s baoSite) {
			for n := range 3 {
				s.health(n, 472, object{"standby": n > 0, "replication_dr_mode": "secondary"})
			}
		}, want: baoOutcome{"ok", ""}},
		{name: "leader without address", change: func(s baoSite) {
			for n := range 3 {
				s.answers[nodeName(n)]["sys-leader"].(object)["leader_address"] = ""
			}
		}, want: baoOutcome{"ok", ""}},
		{name: "paths as bao prints them", change: func(s baoSite) {
			s.expect["mounts"], s.expect["auth"] = object{"/kv/": "kv-v2"}, object{"auth/jwt/": "jwt"}
		}, want: baoOutcome{"ok", ""}},
		{name: "autopilot disabled", change: func(s baoSite) {
			for _, path := range []string{"sys-storage-raft-autopilot-state", "sys-storage-raft-autopilot-configuration"} {
				s.answers[nodeName(0)][path] = object{"_status": 404, "errors": []string{}}
			}
		}, want: baoOutcome{"ok", ""}},
		{name: "text around answers", change: func(s baoSite) {
			for _, answers := range s.answers {
				for path, body := range answers {
					text, err := json.Marshal(body)
					if err != nil {
						panic(err) // maps of texts and numbers
					}
					answers[path] = "\ufeff" + string(text) + "\n<!-- served by a proxy -->"
				}
			}
		}, want: baoOutcome{"ok", ""}},
	}
	return slices.Concat(all, pkiPeculiarities(), reported(), reportedPKI())
}

func sealType(fields object) func(baoSite) {
	return func(s baoSite) {
		for _, answers := range s.answers {
			for key, value := range fields {
				answers["sys-seal-status"].(object)[key] = value
			}
		}
	}
}

// pkiPeculiarities returns the peculiarities of issuers and revocation lists.
func pkiPeculiarities() []peculiarity {
	const day = 24 * time.Hour
	now := ruletest.TakenAt()
	ca := func(name string, from, to time.Duration) authority {
		return authority{name: name, from: now.Add(from), to: now.Add(to), keyed: true, signsLists: true}
	}
	year := 365 * day
	root := ca("root", -year, 8*year)
	list := func(age, left time.Duration) *revocations { return &revocations{now.Add(-age), now.Add(left)} }
	with := func(settings object, issuers ...authority) func(baoSite) {
		return func(s baoSite) { s.pki(settings, issuers...) }
	}
	def := func(a authority) authority { a.isDefault = true; return a }
	lists := func(a authority, l *revocations) authority { a.list = l; return a }
	rebuilt := object{"auto_rebuild": true, "auto_rebuild_grace_period": "12h"}
	ok := baoOutcome{"ok", ""}

	unable := def(root)
	unable.signsLists = false
	keyless := lists(ca("imported", -year, 8*year), nil)
	keyless.keyed = false
	old, next := ca("issuing", -400*day, -35*day), ca("issuing", -100*day, year)
	expired := baoOutcome{"down", "OpenBaoCAExpiringIntermediate OpenBaoCAExpiringIntermediateCritical"}
	return []peculiarity{
		{name: "lists disabled", change: with(object{"disable": true}, lists(def(root), list(23*day, -20*day))), want: ok},
		{name: "list expired", change: with(object{}, lists(def(root), list(23*day, -20*day))), want: baoOutcome{"down", "OpenBaoCRLExpiring"}},
		{name: "list about to be rebuilt", change: with(rebuilt, lists(def(root), list(29*day, 20*time.Hour))), want: ok},
		{name: "list not rebuilt",
			change: with(rebuilt, lists(def(root), list(29*day, 5*time.Hour))),
			want:   baoOutcome{"down", "OpenBaoCRLExpiring"}},
		{name: "issuer without key usage", change: with(rebuilt, unable), want: ok},
		{name: "issuer without usage for lists", change: with(rebuilt, lists(def(root), nil)), want: ok},
		{name: "issuer without key", change: with(rebuilt, def(root), keyless), want: ok},
		{name: "issuer replaced",
			change: with(rebuilt, root, signedBy(old, "root"), signedBy(def(next), "root")),
			want:   baoOutcome{"ok", "OpenBaoReplacedIssuerExpiring"}},
		{name: "issuer replaced by default of another name",
			change: with(rebuilt, root, signedBy(old, "root"), signedBy(def(ca("2027", -100*day, year)), "root")),
			want:   baoOutcome{"ok", "OpenBaoReplacedIssuerExpiring"}},
		{name: "default issuer not switched", change: with(rebuilt, root, signedBy(def(old), "root"), signedBy(next, "root")), want: expired},
		{name: "issuer above the default one",
			change: with(rebuilt, root, signedBy(ca("policy", -400*day, -35*day), "root"), signedBy(def(next), "policy")),
			want:   expired},
		{name: "root of the default issuer", change: with(rebuilt, ca("root", -9*year, 5*day), signedBy(def(next), "root")),
			want: baoOutcome{"down", "OpenBaoCAExpiringRoot OpenBaoCAExpiringRootCritical OpenBaoCARootAgeing"}},
	}
}
