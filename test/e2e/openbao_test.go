//go:build testbed

// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"cmp"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/cobaltcore-dev/cobaltcore-exporter/collectors/openbao"
	"github.com/cobaltcore-dev/cobaltcore-exporter/test/testbed"
)

// startOpenBao starts a real OpenBao for the duration of the test.
func startOpenBao(t *testing.T, o testbed.OpenBaoOptions) *testbed.OpenBao {
	t.Helper()
	b, err := testbed.StartOpenBao(lasting(t), t.TempDir(), o)
	must(t, err)
	t.Cleanup(func() { stop(t, b.Stop) })
	return b
}

// bao is the part of a configuration about an OpenBao, in a cluster that is an
// empty snapshot unless there are others.
type bao struct {
	*testbed.OpenBao

	cluster string   // management by default
	token   string   // file
	nodes   []string // URLs; all nodes by default
	extra   string   // further keys, each with its indentation
}

func (b bao) config(clusters string) string {
	if clusters == "" {
		clusters = "clusters:\n  - {name: management, snapshot: {path: .}}\n"
	}
	nodes := b.nodes
	if nodes == nil {
		for _, n := range b.Nodes {
			nodes = append(nodes, n.Address)
		}
	}
	out := clusters + `collectors:
  openbao:
    - name: openbao
      cluster: ` + cmp.Or(b.cluster, "management") + `
      interval: 1s
      timeout: 1s
` + b.extra
	if len(nodes) > 0 {
		out += "      nodes: ['" + strings.Join(nodes, "', '") + "']\n"
	}
	if b.token != "" {
		out += "      auth: {tokenFile: " + b.token + "}\n"
	}
	return out
}

// policyToken writes a file with a token that has the policy of the exporter and
// nothing else.
func policyToken(t *testing.T, b *testbed.OpenBao, rules string) string {
	t.Helper()
	must(t, b.PutPolicy(t.Context(), "exporter", rules))
	token, err := b.CreateToken(t.Context(), []string{"exporter"}, time.Hour)
	must(t, err)
	file := filepath.Join(t.TempDir(), "token")
	must(t, os.WriteFile(file, []byte(token+"\n"), 0o600))
	return file
}

func policy() string { return openbao.Policy([]string{"pki"}, []string{"kv-v2/+"}) }

// label is how the exporter calls a node.
func label(n *testbed.OpenBaoNode) string {
	_, host, _ := strings.Cut(n.Address, "://")
	return host
}

func node(name string, n *testbed.OpenBaoNode, value string) series {
	return series{"": "cobaltcore_openbao_node_" + name, "openbao": "openbao", "cluster": "management", "node": label(n), "=": value}
}

func state(state, count string) series {
	return series{"": "cobaltcore_openbao_nodes", "state": state, "=": count}
}

func failing(endpoint, reason string) series {
	return series{"": "cobaltcore_openbao_endpoint_failing", "endpoint": endpoint, "reason": reason, "=": "1"}
}

func metric(name, value string) series {
	return series{"": "cobaltcore_openbao_" + name, "=": value}
}

// admin sends a request with every right.
func admin(t *testing.T, b *testbed.OpenBao, method, path string, body any) {
	t.Helper()
	token, err := b.Token(t.Context())
	must(t, err)
	status, answer, err := b.Do(t.Context(), method, path, body, token)
	must(t, err)
	if status >= 300 {
		t.Fatalf("%s %s: %d %s", method, path, status, answer)
	}
}

// TestOpenBaoFaults walks a three-node cluster through what can happen to it.
func TestOpenBaoFaults(t *testing.T) {
	t.Parallel()
	b := startOpenBao(t, testbed.OpenBaoOptions{})
	must(t, b.SeedReference(t.Context()))
	must(t, b.WaitVoters(t.Context(), 3))
	e := startExporter(t, bao{OpenBao: b, token: policyToken(t, b, policy())}.config(""))

	healthy := func() {
		t.Helper()
		e.expect(t, 1, state("active", "1"))
		e.expect(t, 1, state("standby", "2"))
		e.expect(t, 3, series{"": "cobaltcore_openbao_node_leader_known", "=": "1"})
		e.expect(t, 1, series{"": "cobaltcore_openbao_node_active", "=": "1"})
		e.expect(t, 1, metric("autopilot_failure_tolerance", "1"))
		e.expect(t, 0, series{"": "cobaltcore_openbao_endpoint_failing"})
		e.expect(t, 0, series{"": "cobaltcore_openbao_autopilot_server_unhealthy"})
	}
	healthy()
	e.expect(t, 10, metric("mount_present", "1"))
	e.expect(t, 1, series{"": "cobaltcore_openbao_raft_peers", "voter": "true", "=": "3"})
	e.expect(t, 1, series{"": "cobaltcore_collector_up", "collector": "openbao", "=": "1"})
	e.expect(t, 1, metric("leader_changes_total", "0"))

	former, err := b.Leader(t.Context())
	must(t, err)
	must(t, former.Seal(t.Context()))
	e.expect(t, 1, node("sealed", former, "1"))
	e.expect(t, 1, node("active", former, "0"))
	e.expect(t, 1, node("leader_known", former, "0"))
	e.expect(t, 1, state("active", "1"))
	e.expect(t, 1, series{"": "cobaltcore_openbao_node_active", "=": "1"})
	e.expect(t, 1, metric("leader_changes_total", "1"))
	e.expect(t, 1, metric("recent_leader_changes", "1"))
	e.expect(t, 1, metric("autopilot_failure_tolerance", "0"))
	must(t, former.Stop())
	must(t, former.Start(lasting(t)))
	healthy()

	leader, err := b.Leader(t.Context())
	must(t, err)
	var others []*testbed.OpenBaoNode
	for _, n := range b.Nodes {
		if n != leader {
			others = append(others, n)
		}
	}
	must(t, others[0].Kill())
	e.expect(t, 1, node("up", others[0], "0"))
	e.expect(t, 1, series{"": "cobaltcore_openbao_endpoint_failing", "node": label(others[0]), "endpoint": "sys/health", "reason": "http"})
	e.expect(t, 1, state("down", "1"))
	e.expect(t, 1, metric("autopilot_failure_tolerance", "0"))
	e.expect(t, 1, metric("autopilot_healthy", "0"))
	e.expect(t, 1, series{"": "cobaltcore_openbao_autopilot_server_unhealthy", "server_id": others[0].Name, "reason": "last_contact", "=": "1"})

	must(t, leader.Kill())
	e.expect(t, 1, state("down", "2"))
	e.expect(t, 1, state("active", "0"))
	e.expect(t, 1, node("leader_known", others[1], "0"))
	e.expect(t, 1, node("up", others[1], "1")) // it still says that it is a standby
	e.expect(t, 0, series{"": "cobaltcore_openbao_autopilot_healthy"})
	e.expect(t, 0, series{"": "cobaltcore_openbao_mount_present"})
	e.expect(t, 1, failing("sys/mounts", "no_leader"))
	e.expect(t, 1, failing("pki/issuers", "no_leader"))

	must(t, others[0].Start(lasting(t)))
	must(t, leader.Start(lasting(t)))
	healthy()

	last, err := b.Leader(t.Context())
	must(t, err)
	frozen := b.Nodes[0]
	if frozen == last {
		frozen = b.Nodes[1]
	}
	must(t, frozen.Freeze())
	e.expect(t, 1, node("up", frozen, "0"))
	e.expect(t, 1, series{"": "cobaltcore_openbao_endpoint_failing", "node": label(frozen), "endpoint": "sys/leader", "reason": "timeout"})
	e.expect(t, 1, state("active", "1"))
	e.expect(t, 1, state("standby", "1"))
	must(t, frozen.Thaw())
	healthy()

	must(t, last.Freeze())
	e.expect(t, 1, node("up", last, "0"))
	e.expect(t, 1, state("active", "1"))
	e.expect(t, 2, series{"": "cobaltcore_openbao_node_leader_known", "=": "1"})
	must(t, last.Thaw())
	healthy()
}

// TestOpenBaoFourthNode has a node that belongs to no cluster.
func TestOpenBaoFourthNode(t *testing.T) {
	t.Parallel()
	b := startOpenBao(t, testbed.OpenBaoOptions{Nodes: 1})
	e := startExporter(t, bao{OpenBao: b}.config(""))
	e.expect(t, 1, state("active", "1"))
	fourth, err := b.AddNode(lasting(t))
	must(t, err)
	e.configure(t, bao{OpenBao: b}.config("")) // with it
	e.expect(t, 1, node("initialized", fourth, "0"))
	e.expect(t, 1, node("standby", fourth, "0"))
	e.expect(t, 1, state("uninitialized", "1"))
	e.expect(t, 1, state("active", "1"))
	e.expect(t, 0, series{"": "cobaltcore_openbao_autopilot_healthy"}) // no token, so not even asked
	e.expect(t, 0, failing("sys/mounts", "forbidden"))
}

// TestOpenBaoMounts changes what the reference architecture expects.
func TestOpenBaoMounts(t *testing.T) {
	t.Parallel()
	b := startOpenBao(t, testbed.OpenBaoOptions{Nodes: 1})
	must(t, b.SeedReference(t.Context()))
	file := policyToken(t, b, policy())
	e := startExporter(t, bao{OpenBao: b, token: file}.config(""))
	e.expect(t, 10, metric("mount_present", "1"))
	e.expect(t, 1, series{"": "cobaltcore_openbao_pki_issuers", "mount": "pki", "=": "1"})

	admin(t, b, http.MethodDelete, "sys/mounts/kv-v2/ceph", nil)
	e.expect(t, 1, series{"": "cobaltcore_openbao_mount_present", "kind": "secret", "path": "kv-v2/ceph", "type": "kv-v2", "=": "0"})
	e.expect(t, 1, series{"": "cobaltcore_openbao_mount_missing", "path": "kv-v2/ceph", "reason": "not_found"})
	admin(t, b, http.MethodPost, "sys/mounts/kv-v2/ceph", map[string]any{"type": "kv", "options": map[string]any{"version": "1"}})
	e.expect(t, 1, series{"": "cobaltcore_openbao_mount_missing", "path": "kv-v2/ceph", "reason": "wrong_type", "found": "kv-v1"})
	e.expect(t, 1, series{"": "cobaltcore_openbao_mount_present", "path": "kv-v2/ceph", "=": "0"})
	admin(t, b, http.MethodDelete, "sys/auth/kubernetes/storage", nil)
	e.expect(t, 1, series{"": "cobaltcore_openbao_mount_present", "kind": "auth", "path": "kubernetes/storage", "type": "kubernetes", "=": "0"})

	admin(t, b, http.MethodPost, "pki/root/generate/internal", map[string]any{"common_name": "short", "issuer_name": "short", "ttl": "2h", "key_type": "ec"})
	e.expect(t, 1, series{"": "cobaltcore_openbao_pki_issuers", "mount": "pki", "=": "2"})
	e.expect(t, 1, series{"": "cobaltcore_openbao_pki_issuer_not_after_timestamp_seconds", "issuer_name": "short", "type": "root", "is_default": "false"})
	e.expect(t, 1, series{"": "cobaltcore_openbao_pki_issuer_not_after_timestamp_seconds", "issuer_name": "root", "is_default": "true"})

	without := strings.ReplaceAll(policy(), "sys/storage/raft/autopilot/state", "sys/storage/raft/nothing")
	must(t, b.PutPolicy(t.Context(), "exporter", without))
	e.expect(t, 1, failing("sys/storage/raft/autopilot/state", "forbidden"))
	e.expect(t, 1, series{"": "cobaltcore_openbao_endpoint_failing"})
	e.expect(t, 0, series{"": "cobaltcore_openbao_autopilot_healthy"})
	e.expect(t, 1, series{"": "cobaltcore_openbao_node_up", "=": "1"}) // forbidden is not down

	token, err := os.ReadFile(file)
	must(t, err)
	admin(t, b, http.MethodPost, "auth/token/revoke", map[string]any{"token": strings.TrimSpace(string(token))})
	e.expect(t, 1, failing("sys/mounts", "forbidden"))
	e.expect(t, 0, series{"": "cobaltcore_openbao_mount_present"})
	e.expect(t, 1, series{"": "cobaltcore_collector_up", "collector": "openbao", "=": "1"})
	e.expect(t, 1, series{"": "cobaltcore_openbao_pki_issuers", "=": "2"}) // needs no token
}

// TestOpenBaoLeastPrivilege runs with everything turned on and exactly the
// generated policy, and reads in the audit log what was asked.
func TestOpenBaoLeastPrivilege(t *testing.T) {
	t.Parallel()
	b := startOpenBao(t, testbed.OpenBaoOptions{Nodes: 1, AuditFile: true})
	must(t, b.SeedReference(t.Context()))
	file := policyToken(t, b, policy())
	before, err := os.Stat(b.AuditFile)
	must(t, err)
	e := startExporter(t, bao{OpenBao: b, token: file, extra: `      details: {interval: 1s, audit: true, certificates: true, tidy: true}
      kv: {interval: 1s, mounts: [kv-v2/bootstrap, kv-v2/openstack, kv-v2/infrastructure, kv-v2/ceph]}
`}.config(""))
	e.expect(t, 4, series{"": "cobaltcore_openbao_kv_secrets"})
	e.expect(t, 1, series{"": "cobaltcore_openbao_kv_secrets", "mount": "kv-v2/bootstrap", "=": "2"})
	e.expect(t, 1, series{"": "cobaltcore_openbao_kv_secrets", "mount": "kv-v2/infrastructure", "=": "1"})
	e.expect(t, 1, series{"": "cobaltcore_openbao_audit_devices", "type": "file", "=": "1"})
	e.expect(t, 1, series{"": "cobaltcore_openbao_pki_certificates", "state": "valid", "=": "2"})
	e.expect(t, 1, series{"": "cobaltcore_openbao_pki_tidy_status"})
	e.expect(t, 1, series{"": "cobaltcore_openbao_pki_crl_next_update_timestamp_seconds"})
	e.expect(t, 1, series{"": "cobaltcore_openbao_exporter_token_expiry_timestamp_seconds"})
	e.expect(t, 1, series{"": "cobaltcore_openbao_irrevocable_leases", "=": "0"})
	e.expect(t, 0, series{"": "cobaltcore_openbao_endpoint_failing"})

	log, err := os.ReadFile(b.AuditFile)
	must(t, err)
	log = log[before.Size():]
	asked := map[string]bool{}
	for line := range strings.Lines(string(log)) {
		_, rest, ok := strings.Cut(line, `"path":"`)
		if !ok {
			continue
		}
		path, _, _ := strings.Cut(rest, `"`)
		asked[path] = true
		if strings.Contains(path, "/data/") || strings.Contains(path, "/creds/") || strings.HasSuffix(path, "/data") {
			t.Errorf("%s was asked for", path)
		}
	}
	for _, path := range []string{"sys/mounts", "kv-v2/bootstrap/metadata/keystone-admin", "pki/issuers/"} {
		if !asked[path] {
			t.Errorf("%s is not in the audit log, so it proves nothing: %v", path, asked)
		}
	}
}

// TestOpenBaoShamir has a node that stays sealed.
func TestOpenBaoShamir(t *testing.T) {
	t.Parallel()
	b := startOpenBao(t, testbed.OpenBaoOptions{Nodes: 1, Seal: testbed.ShamirSeal})
	e := startExporter(t, bao{OpenBao: b}.config(""))
	n := b.Nodes[0]
	e.expect(t, 1, node("initialized", n, "0"))
	must(t, b.Initialize(t.Context()))
	e.expect(t, 1, node("initialized", n, "1"))
	e.expect(t, 1, node("sealed", n, "1"))
	e.expect(t, 1, state("sealed", "1"))
	e.expect(t, 1, node("leader_known", n, "0"))
	e.expect(t, 1, series{"": "cobaltcore_openbao_node_info", "seal_type": "shamir", "version": testbed.OpenBaoVersion})
	must(t, n.Unseal(t.Context()))
	e.expect(t, 1, node("active", n, "1"))
	must(t, n.Stop())
	must(t, n.Start(lasting(t)))
	e.expect(t, 1, node("sealed", n, "1"))
}

// TestOpenBaoTransit has nodes that unseal themselves with a key that goes.
func TestOpenBaoTransit(t *testing.T) {
	t.Parallel()
	b := startOpenBao(t, testbed.OpenBaoOptions{Nodes: 1, Seal: testbed.TransitSeal})
	e := startExporter(t, bao{OpenBao: b}.config(""))
	n := b.Nodes[0]
	e.expect(t, 1, node("active", n, "1"))
	e.expect(t, 1, series{"": "cobaltcore_openbao_node_info", "seal_type": "transit"})
	must(t, n.Stop())
	must(t, b.Transit.DisableKey(t.Context()))
	must(t, n.Start(lasting(t)))
	e.expect(t, 1, node("sealed", n, "1"))
	e.expect(t, 1, node("active", n, "0"))
}

// TestOpenBaoTLS has listeners that ask for a client certificate, and a
// certificate that has expired.
func TestOpenBaoTLS(t *testing.T) {
	t.Parallel()
	b := startOpenBao(t, testbed.OpenBaoOptions{Nodes: 1, RequireClientCert: true})
	tls := func(with ...string) string {
		return fmt.Sprintf("      expect: {mounts: {}}\n      tls: {caFile: %s, serverName: %s%s}\n", b.TLS.CAFile, b.Nodes[0].ServerName, strings.Join(with, ""))
	}
	e := startExporter(t, bao{OpenBao: b, extra: tls()}.config(""))
	n := b.Nodes[0]
	e.expect(t, 1, node("up", n, "0"))
	e.expect(t, 1, failing("sys/health", "tls"))

	e.configure(t, bao{OpenBao: b, extra: tls(", certFile: ", b.TLS.CertFile, ", keyFile: ", b.TLS.KeyFile)}.config(""))
	e.expect(t, 1, node("active", n, "1"))
	e.expect(t, 0, series{"": "cobaltcore_openbao_endpoint_failing"})

	expired := time.Now().Add(-time.Minute).Truncate(time.Second)
	must(t, n.SetCertificate(t.Context(), expired))
	e.expect(t, 1, node("up", n, "0"))
	e.expect(t, 1, failing("sys/health", "tls"))
	e.expect(t, 1, node("tls_certificate_not_after_timestamp_seconds", n, fmt.Sprint(float64(expired.Unix()))))
}
