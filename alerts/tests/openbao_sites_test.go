// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package tests_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/testing/ruletest"
)

type object = map[string]any

// baoSite is an OpenBao: its answers by node and endpoint, and its expectations.
type baoSite struct {
	answers  map[string]map[string]any // a text is written as it is
	expect   object
	voters   int
	storage  string
	failover bool
}

// installation is a type of OpenBao installation.
type installation struct {
	name              string
	voters, nonVoters int
	storage           string
}

func installations() []installation {
	return []installation{
		{name: "raft-3", voters: 3, storage: "raft"},
		{name: "raft-5+2", voters: 5, nonVoters: 2, storage: "raft"},
		{name: "standalone", voters: 1, storage: "file"},
		{name: "postgresql", voters: 3, storage: "postgresql"},
	}
}

func nodeName(n int) string { return fmt.Sprintf("vault-%d", n) }

func nodeAddress(n int, scheme string, port int) string {
	return fmt.Sprintf("%s%s.vault-internal:%d", scheme, nodeName(n), port)
}

// build returns a healthy installation.
func (i installation) build() baoSite {
	s := baoSite{
		answers: map[string]map[string]any{}, voters: i.voters, storage: i.storage, failover: i.voters > 1,
		expect: object{"nodes": i.voters + i.nonVoters, "mounts": object{"kv": "kv-v2"}, "auth": object{"jwt": "jwt"}},
	}
	for n := range i.voters + i.nonVoters {
		s.answers[nodeName(n)] = map[string]any{"tls": object{"not_after": ruletest.TakenAt().AddDate(1, 0, 0)}}
		s.standby(n)
		s.answers[nodeName(n)]["sys-seal-status"] = object{
			"_status": 200, "type": "transit", "recovery_seal": true, "recovery_seal_type": "shamir", "storage_type": i.storage, "version": "2.4.4",
		}
	}
	s.lead(0)
	if i.storage == "raft" {
		s.raft(i.voters, i.nonVoters)
	}
	return s
}

func (s baoSite) health(n, status int, fields object) {
	body := object{
		"_status": status, "initialized": true, "sealed": false, "standby": true,
		"version": "2.4.4", "server_time_utc": ruletest.TakenAt().Unix(),
	}
	maps.Copy(body, fields)
	s.answers[nodeName(n)]["sys-health"] = body
}

func (s baoSite) standby(n int) {
	s.health(n, 429, nil)
	s.answers[nodeName(n)]["sys-leader"] = object{"_status": 200, "ha_enabled": true, "leader_address": nodeAddress(0, "https://", 8200)}
}

// lead makes a node the active node, which answers requests about the cluster.
func (s baoSite) lead(n int) {
	s.health(n, 200, object{"standby": false})
	leader := object{"_status": 200, "ha_enabled": s.failover}
	if s.failover {
		leader["is_self"], leader["active_time"] = true, ruletest.TakenAt().AddDate(0, 0, -5)
		leader["leader_address"] = nodeAddress(n, "https://", 8200)
	}
	s.answers[nodeName(n)]["sys-leader"] = leader
	cluster := map[string]any{
		"sys-mounts": answer(object{"kv/": object{"type": "kv", "options": object{"version": "2"}}}),
		"sys-auth":   answer(object{"jwt/": object{"type": "jwt"}}),
		"sys-audit":  answer(object{"file/": object{"type": "file"}}),
	}
	for _, path := range []string{"sys-storage-raft-configuration", "sys-storage-raft-autopilot-state", "sys-storage-raft-autopilot-configuration"} {
		cluster[path] = object{"_status": 400, "errors": []string{"1 error occurred: raft storage is not in use"}}
	}
	if !s.failover {
		cluster["sys-ha-status"] = object{"_status": 500, "errors": []string{"HA is not enabled"}}
	}
	maps.Copy(s.answers[nodeName(n)], cluster)
}

// active returns the index of the active node.
func (s baoSite) active() int {
	for n := range len(s.answers) {
		if health, ok := s.answers[nodeName(n)]["sys-health"].(object); ok && health["_status"] == 200 {
			return n
		}
	}
	return 0
}

// raft sets the raft servers. The servers in unhealthy have been unhealthy for ten minutes.
func (s baoSite) raft(voters, nonVoters int, unhealthy ...int) {
	var servers []object
	states := object{}
	for n := range voters + nonVoters {
		id, role := fmt.Sprintf("id-%d", n), "voter"
		if n >= voters {
			role = "non-voter"
		}
		servers = append(servers, object{"node_id": id, "address": nodeAddress(n, "", 8201), "voter": n < voters})
		states[id] = object{
			"id": id, "address": nodeAddress(n, "", 8201), "healthy": !slices.Contains(unhealthy, n), "node_status": "alive", "last_contact": "1s",
			"last_term": 3, "last_index": 700, "status": role, "node_type": role, "stable_since": ruletest.TakenAt().Add(-10 * time.Minute),
		}
	}
	tolerance := voters - len(unhealthy) - (voters/2 + 1)
	leader := s.answers[nodeName(s.active())]
	leader["sys-storage-raft-configuration"] = answer(object{"config": object{"servers": servers}})
	leader["sys-storage-raft-autopilot-configuration"] = answer(object{"last_contact_threshold": "10s", "max_trailing_logs": 1000})
	leader["sys-storage-raft-autopilot-state"] = answer(object{
		"healthy": len(unhealthy) == 0, "failure_tolerance": tolerance, "leader": fmt.Sprintf("id-%d", s.active()), "servers": states,
	})
}

func answer(data any) object { return object{"_status": 200, "data": data} }

// seal seals a node.
func (s baoSite) seal(n int) {
	s.health(n, 503, object{"sealed": true})
	s.answers[nodeName(n)]["sys-leader"] = object{"_status": 503, "errors": []string{"Vault is sealed"}}
}

// faults change a healthy installation.
func faults() map[string]func(baoSite) {
	return map[string]func(baoSite){
		"healthy": func(baoSite) {},
		"one sealed": func(s baoSite) {
			n := s.voters - 1
			s.seal(n)
			if s.storage == "raft" {
				s.raft(s.voters, len(s.answers)-s.voters, n)
			}
		},
		"active sealed": func(s baoSite) {
			s.seal(0)
			if !s.failover {
				return
			}
			s.lead(1)
			if s.storage == "raft" {
				s.raft(s.voters, len(s.answers)-s.voters, 0)
			}
		},
		"never joined": func(s baoSite) {
			n := s.voters - 1
			s.seal(n)
			s.health(n, 501, object{"initialized": false, "sealed": true})
			if s.storage == "raft" {
				s.withoutPeer(n)
			}
		},
		"leader gone": func(s baoSite) {
			s.answers[nodeName(0)] = map[string]any{}
			for _, path := range []string{"sys-health", "sys-seal-status", "sys-leader"} {
				s.answers[nodeName(0)][path] = object{"_status": 0, "_reason": "timeout"}
			}
			for n := 1; n < len(s.answers) && s.storage == "raft"; n++ { // the other nodes still name it as the leader
				s.answers[nodeName(n)]["sys-leader"] = object{"_status": 200, "ha_enabled": true, "leader_address": ""}
			}
		},
	}
}

// withoutPeer removes a voter from the raft configuration.
func (s baoSite) withoutPeer(n int) {
	s.raft(s.voters, len(s.answers)-s.voters)
	leader := s.answers[nodeName(s.active())]
	config := leader["sys-storage-raft-configuration"].(object)["data"].(object)["config"].(object)
	config["servers"] = slices.DeleteFunc(config["servers"].([]object), func(server object) bool {
		return server["node_id"] == fmt.Sprintf("id-%d", n)
	})
	state := leader["sys-storage-raft-autopilot-state"].(object)["data"].(object)
	delete(state["servers"].(object), fmt.Sprintf("id-%d", n))
	state["failure_tolerance"] = s.voters - 1 - ((s.voters-1)/2 + 1)
}

// sitesOnDisk has the directory of the sites, and their names by the name of their OpenBao.
type sitesOnDisk struct {
	dir   string
	sites map[string]string
}

func writeSites(t *testing.T, dir string, sites map[string]baoSite) sitesOnDisk {
	t.Helper()
	names := sitesOnDisk{dir, map[string]string{}}
	write := func(text []byte, path ...string) {
		file := filepath.Join(append([]string{dir}, path...)...)
		if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	encode := func(v any) []byte {
		if text, ok := v.(string); ok {
			return []byte(text)
		}
		text, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		return text
	}
	var instances []object
	for _, name := range slices.Sorted(maps.Keys(sites)) {
		openbao := strings.NewReplacer("/", ".", " ", "-", "+", "-").Replace(name)
		names.sites[openbao] = name
		instances = append(instances, object{"name": openbao, "cluster": "a", "expect": sites[name].expect})
		for node, answers := range sites[name].answers {
			for path, body := range answers {
				write(encode(body), "openbao", openbao, node, path+".json")
			}
		}
	}
	write(encode(object{"apiVersion": "v1", "kind": "List", "items": []any{}}), "a", "objects.json")
	write(encode(object{
		"clusters": []object{{"name": "a", "snapshot": object{"path": "a"}}}, "collectors": object{"openbao": instances},
	}), "fleet.yaml")
	return names
}
