//go:build testbed

// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package systems

import (
	"fmt"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/cobaltcore-dev/cobaltcore-exporter/test/e2e/harness"
	"github.com/cobaltcore-dev/cobaltcore-exporter/test/testbed"
)

// label returns the exporter's name of a node.
func label(n *testbed.OpenBaoNode) string {
	_, host, _ := strings.Cut(n.Address, "://")
	return host
}

func node(name string, n *testbed.OpenBaoNode, value string) harness.Series {
	return harness.Series{"": "cobaltcore_openbao_node_" + name, "openbao": "openbao", "cluster": "management", "node": label(n), "=": value}
}

func state(state, count string) harness.Series {
	return harness.Series{"": "cobaltcore_openbao_nodes", "state": state, "=": count}
}

func failing(endpoint, reason string) harness.Series {
	return harness.Series{"": "cobaltcore_openbao_endpoint_failing", "endpoint": endpoint, "reason": reason, "=": "1"}
}

func metric(name, value string) harness.Series {
	return harness.Series{"": "cobaltcore_openbao_" + name, "=": value}
}

// TestOpenBaoFaults simulates the faults of a cluster with three nodes.
func TestOpenBaoFaults(t *testing.T) {
	t.Parallel()
	b := harness.StartOpenBao(t, testbed.OpenBaoOptions{})
	harness.Must(t, b.SeedReference(t.Context()))
	harness.Must(t, b.WaitVoters(t.Context(), 3))
	e := harness.StartExporter(t, harness.BaoConfig{OpenBao: b, TokenFile: harness.PolicyToken(t, b, harness.Policy())}.Config(""))

	healthy := func() {
		t.Helper()
		e.Expect(t, 1, state("active", "1"))
		e.Expect(t, 1, state("standby", "2"))
		e.Expect(t, 3, harness.Series{"": "cobaltcore_openbao_node_leader_known", "=": "1"})
		e.Expect(t, 1, harness.Series{"": "cobaltcore_openbao_node_active", "=": "1"})
		e.Expect(t, 1, metric("autopilot_failure_tolerance", "1"))
		e.Expect(t, 0, harness.Series{"": "cobaltcore_openbao_endpoint_failing"})
		e.Expect(t, 0, harness.Series{"": "cobaltcore_openbao_autopilot_server_unhealthy"})
	}
	healthy()
	e.Expect(t, 10, metric("mount_present", "1"))
	e.Expect(t, 1, harness.Series{"": "cobaltcore_openbao_raft_peers", "voter": "true", "=": "3"})
	e.Expect(t, 1, harness.Series{"": "cobaltcore_collector_up", "collector": "openbao", "=": "1"})
	e.Expect(t, 1, metric("leader_changes_total", "0"))

	former, err := b.Leader(t.Context())
	harness.Must(t, err)
	harness.Must(t, former.Seal(t.Context()))
	e.Expect(t, 1, node("sealed", former, "1"))
	e.Expect(t, 1, node("active", former, "0"))
	e.Expect(t, 1, node("leader_known", former, "0"))
	e.Expect(t, 1, state("active", "1"))
	e.Expect(t, 1, harness.Series{"": "cobaltcore_openbao_node_active", "=": "1"})
	e.Expect(t, 1, metric("leader_changes_total", "1"))
	e.Expect(t, 1, metric("recent_leader_changes", "1"))
	e.Expect(t, 1, metric("autopilot_failure_tolerance", "0"))
	harness.Must(t, former.Stop())
	harness.Must(t, former.Start(harness.WithoutCancel(t)))
	healthy()

	leader, err := b.Leader(t.Context())
	harness.Must(t, err)
	var others []*testbed.OpenBaoNode
	for _, n := range b.Nodes {
		if n != leader {
			others = append(others, n)
		}
	}
	harness.Must(t, others[0].Kill())
	e.Expect(t, 1, node("up", others[0], "0"))
	e.Expect(t, 1, harness.Series{"": "cobaltcore_openbao_endpoint_failing", "node": label(others[0]), "endpoint": "sys/health", "reason": "http"})
	e.Expect(t, 1, state("down", "1"))
	e.Expect(t, 1, metric("autopilot_failure_tolerance", "0"))
	e.Expect(t, 1, metric("autopilot_healthy", "0"))
	e.Expect(t, 1, harness.Series{"": "cobaltcore_openbao_autopilot_server_unhealthy", "server_id": others[0].Name, "reason": "last_contact", "=": "1"})

	harness.Must(t, leader.Kill())
	e.Expect(t, 1, state("down", "2"))
	e.Expect(t, 1, state("active", "0"))
	e.Expect(t, 1, node("leader_known", others[1], "0"))
	e.Expect(t, 1, node("up", others[1], "1")) // its answer is still that of a standby
	e.Expect(t, 0, harness.Series{"": "cobaltcore_openbao_autopilot_healthy"})
	e.Expect(t, 0, harness.Series{"": "cobaltcore_openbao_mount_present"})
	e.Expect(t, 1, failing("sys/mounts", "no_leader"))
	e.Expect(t, 1, failing("pki/issuers", "no_leader"))

	harness.Must(t, others[0].Start(harness.WithoutCancel(t)))
	harness.Must(t, leader.Start(harness.WithoutCancel(t)))
	healthy()

	last, err := b.Leader(t.Context())
	harness.Must(t, err)
	frozen := b.Nodes[0]
	if frozen == last {
		frozen = b.Nodes[1]
	}
	harness.Must(t, frozen.Freeze())
	e.Expect(t, 1, node("up", frozen, "0"))
	e.Expect(t, 1, harness.Series{"": "cobaltcore_openbao_endpoint_failing", "node": label(frozen), "endpoint": "sys/leader", "reason": "timeout"})
	e.Expect(t, 1, state("active", "1"))
	e.Expect(t, 1, state("standby", "1"))
	harness.Must(t, frozen.Thaw())
	healthy()

	harness.Must(t, last.Freeze())
	e.Expect(t, 1, node("up", last, "0"))
	e.Expect(t, 1, state("active", "1"))
	e.Expect(t, 2, harness.Series{"": "cobaltcore_openbao_node_leader_known", "=": "1"})
	harness.Must(t, last.Thaw())
	healthy()
}

// TestOpenBaoFourthNode tests a node that does not belong to the cluster.
func TestOpenBaoFourthNode(t *testing.T) {
	t.Parallel()
	b := harness.StartOpenBao(t, testbed.OpenBaoOptions{Nodes: 1})
	e := harness.StartExporter(t, harness.BaoConfig{OpenBao: b}.Config(""))
	e.Expect(t, 1, state("active", "1"))
	fourth, err := b.AddNode(harness.WithoutCancel(t))
	harness.Must(t, err)
	e.Configure(t, harness.BaoConfig{OpenBao: b}.Config("")) // with it
	e.Expect(t, 1, node("initialized", fourth, "0"))
	e.Expect(t, 1, node("standby", fourth, "0"))
	e.Expect(t, 1, state("uninitialized", "1"))
	e.Expect(t, 1, state("active", "1"))
	e.Expect(t, 0, harness.Series{"": "cobaltcore_openbao_autopilot_healthy"}) // without a token, no request is sent
	e.Expect(t, 0, failing("sys/mounts", "forbidden"))
}

// TestOpenBaoMounts removes and replaces mounts that the reference architecture expects.
func TestOpenBaoMounts(t *testing.T) {
	t.Parallel()
	b := harness.StartOpenBao(t, testbed.OpenBaoOptions{Nodes: 1})
	harness.Must(t, b.SeedReference(t.Context()))
	file := harness.PolicyToken(t, b, harness.Policy())
	e := harness.StartExporter(t, harness.BaoConfig{OpenBao: b, TokenFile: file}.Config(""))
	e.Expect(t, 10, metric("mount_present", "1"))
	e.Expect(t, 1, harness.Series{"": "cobaltcore_openbao_pki_issuers", "mount": "pki", "=": "1"})

	harness.AdminRequest(t, b, http.MethodDelete, "sys/mounts/kv-v2/ceph", nil)
	e.Expect(t, 1, harness.Series{"": "cobaltcore_openbao_mount_present", "kind": "secret", "path": "kv-v2/ceph", "type": "kv-v2", "=": "0"})
	e.Expect(t, 1, harness.Series{"": "cobaltcore_openbao_mount_missing", "path": "kv-v2/ceph", "reason": "not_found"})
	harness.AdminRequest(t, b, http.MethodPost, "sys/mounts/kv-v2/ceph", map[string]any{"type": "kv", "options": map[string]any{"version": "1"}})
	e.Expect(t, 1, harness.Series{"": "cobaltcore_openbao_mount_missing", "path": "kv-v2/ceph", "reason": "wrong_type", "found": "kv-v1"})
	e.Expect(t, 1, harness.Series{"": "cobaltcore_openbao_mount_present", "path": "kv-v2/ceph", "=": "0"})
	harness.AdminRequest(t, b, http.MethodDelete, "sys/auth/kubernetes/storage", nil)
	e.Expect(t, 1, harness.Series{"": "cobaltcore_openbao_mount_present", "kind": "auth", "path": "kubernetes/storage", "type": "kubernetes", "=": "0"})

	harness.AdminRequest(t, b, http.MethodPost, "pki/root/generate/internal", map[string]any{"common_name": "short", "issuer_name": "short", "ttl": "2h", "key_type": "ec"})
	e.Expect(t, 1, harness.Series{"": "cobaltcore_openbao_pki_issuers", "mount": "pki", "=": "2"})
	e.Expect(t, 1, harness.Series{"": "cobaltcore_openbao_pki_issuer_not_after_timestamp_seconds", "issuer_name": "short", "type": "root", "is_default": "false"})
	e.Expect(t, 1, harness.Series{"": "cobaltcore_openbao_pki_issuer_not_after_timestamp_seconds", "issuer_name": "root", "is_default": "true"})

	without := strings.ReplaceAll(harness.Policy(), "sys/storage/raft/autopilot/state", "sys/storage/raft/nothing")
	harness.Must(t, b.PutPolicy(t.Context(), "exporter", without))
	e.Expect(t, 1, failing("sys/storage/raft/autopilot/state", "forbidden"))
	e.Expect(t, 1, harness.Series{"": "cobaltcore_openbao_endpoint_failing"})
	e.Expect(t, 0, harness.Series{"": "cobaltcore_openbao_autopilot_healthy"})
	e.Expect(t, 1, harness.Series{"": "cobaltcore_openbao_node_up", "=": "1"}) // forbidden is not down

	token, err := os.ReadFile(file)
	harness.Must(t, err)
	harness.AdminRequest(t, b, http.MethodPost, "auth/token/revoke", map[string]any{"token": strings.TrimSpace(string(token))})
	e.Expect(t, 1, failing("sys/mounts", "forbidden"))
	e.Expect(t, 0, harness.Series{"": "cobaltcore_openbao_mount_present"})
	e.Expect(t, 1, harness.Series{"": "cobaltcore_collector_up", "collector": "openbao", "=": "1"})
	e.Expect(t, 1, harness.Series{"": "cobaltcore_openbao_pki_issuers", "=": "2"}) // needs no token
}

// TestOpenBaoLeastPrivilege runs with everything turned on and exactly the generated policy, and
// compares it with the requests in the audit log.
func TestOpenBaoLeastPrivilege(t *testing.T) {
	t.Parallel()
	b := harness.StartOpenBao(t, testbed.OpenBaoOptions{Nodes: 1, AuditFile: true})
	harness.Must(t, b.SeedReference(t.Context()))
	file := harness.PolicyToken(t, b, harness.Policy())
	before, err := os.Stat(b.AuditFile)
	harness.Must(t, err)
	e := harness.StartExporter(t, harness.BaoConfig{OpenBao: b, TokenFile: file, Extra: `      details: {interval: 1s, audit: true, certificates: true, tidy: true}
      kv: {interval: 1s, mounts: [kv-v2/bootstrap, kv-v2/openstack, kv-v2/infrastructure, kv-v2/ceph]}
`}.Config(""))
	e.Expect(t, 4, harness.Series{"": "cobaltcore_openbao_kv_secrets"})
	e.Expect(t, 1, harness.Series{"": "cobaltcore_openbao_kv_secrets", "mount": "kv-v2/bootstrap", "=": "2"})
	e.Expect(t, 1, harness.Series{"": "cobaltcore_openbao_kv_secrets", "mount": "kv-v2/infrastructure", "=": "1"})
	e.Expect(t, 1, harness.Series{"": "cobaltcore_openbao_audit_devices", "type": "file", "=": "1"})
	e.Expect(t, 1, harness.Series{"": "cobaltcore_openbao_pki_certificates", "state": "valid", "=": "2"})
	e.Expect(t, 1, harness.Series{"": "cobaltcore_openbao_pki_tidy_status"})
	e.Expect(t, 1, harness.Series{"": "cobaltcore_openbao_pki_crl_next_update_timestamp_seconds"})
	e.Expect(t, 1, harness.Series{"": "cobaltcore_openbao_exporter_token_expiry_timestamp_seconds"})
	e.Expect(t, 1, harness.Series{"": "cobaltcore_openbao_irrevocable_leases", "=": "0"})
	e.Expect(t, 0, harness.Series{"": "cobaltcore_openbao_endpoint_failing"})

	log, err := os.ReadFile(b.AuditFile)
	harness.Must(t, err)
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

// TestOpenBaoShamir tests a node that stays sealed.
func TestOpenBaoShamir(t *testing.T) {
	t.Parallel()
	b := harness.StartOpenBao(t, testbed.OpenBaoOptions{Nodes: 1, Seal: testbed.ShamirSeal})
	e := harness.StartExporter(t, harness.BaoConfig{OpenBao: b}.Config(""))
	n := b.Nodes[0]
	e.Expect(t, 1, node("initialized", n, "0"))
	harness.Must(t, b.Initialize(t.Context()))
	e.Expect(t, 1, node("initialized", n, "1"))
	e.Expect(t, 1, node("sealed", n, "1"))
	e.Expect(t, 1, state("sealed", "1"))
	e.Expect(t, 1, node("leader_known", n, "0"))
	e.Expect(t, 1, harness.Series{"": "cobaltcore_openbao_node_info", "seal_type": "shamir", "version": testbed.OpenBaoVersion})
	harness.Must(t, n.Unseal(t.Context()))
	e.Expect(t, 1, node("active", n, "1"))
	harness.Must(t, n.Stop())
	harness.Must(t, n.Start(harness.WithoutCancel(t)))
	e.Expect(t, 1, node("sealed", n, "1"))
}

// TestOpenBaoTransit tests nodes with auto-unseal whose key disappears.
func TestOpenBaoTransit(t *testing.T) {
	t.Parallel()
	b := harness.StartOpenBao(t, testbed.OpenBaoOptions{Nodes: 1, Seal: testbed.TransitSeal})
	e := harness.StartExporter(t, harness.BaoConfig{OpenBao: b}.Config(""))
	n := b.Nodes[0]
	e.Expect(t, 1, node("active", n, "1"))
	e.Expect(t, 1, harness.Series{"": "cobaltcore_openbao_node_info", "seal_type": "transit"})
	harness.Must(t, n.Stop())
	harness.Must(t, b.Transit.DisableKey(t.Context()))
	harness.Must(t, n.Start(harness.WithoutCancel(t)))
	e.Expect(t, 1, node("sealed", n, "1"))
	e.Expect(t, 1, node("active", n, "0"))
}

// TestOpenBaoTLS uses listeners that require a client certificate, and an expired certificate.
func TestOpenBaoTLS(t *testing.T) {
	t.Parallel()
	b := harness.StartOpenBao(t, testbed.OpenBaoOptions{Nodes: 1, RequireClientCert: true})
	tls := func(with ...string) string {
		return fmt.Sprintf("      expect: {mounts: {}}\n      tls: {caFile: %s, serverName: %s%s}\n", b.TLS.CAFile, b.Nodes[0].ServerName, strings.Join(with, ""))
	}
	e := harness.StartExporter(t, harness.BaoConfig{OpenBao: b, Extra: tls()}.Config(""))
	n := b.Nodes[0]
	e.Expect(t, 1, node("up", n, "0"))
	e.Expect(t, 1, failing("sys/health", "tls"))

	e.Configure(t, harness.BaoConfig{OpenBao: b, Extra: tls(", certFile: ", b.TLS.CertFile, ", keyFile: ", b.TLS.KeyFile)}.Config(""))
	e.Expect(t, 1, node("active", n, "1"))
	e.Expect(t, 0, harness.Series{"": "cobaltcore_openbao_endpoint_failing"})

	expired := time.Now().Add(-time.Minute).Truncate(time.Second)
	harness.Must(t, n.SetCertificate(t.Context(), expired))
	e.Expect(t, 1, node("up", n, "0"))
	e.Expect(t, 1, failing("sys/health", "tls"))
	e.Expect(t, 1, node("tls_certificate_not_after_timestamp_seconds", n, fmt.Sprint(float64(expired.Unix()))))
}
