// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package testbed

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
)

const openBaoAdmin = "admin"

// adminPolicy allows everything.
const adminPolicy = `path "*" { capabilities = ["create", "read", "update", "patch", "delete", "list", "scan", "sudo"] }`

// newNode adds a node and writes its configuration. A member belongs to the cluster.
func (b *OpenBao) newNode(member bool) (*OpenBaoNode, error) {
	ports, err := FreePorts(2)
	if err != nil {
		return nil, err
	}
	name := fmt.Sprintf("openbao-%d", len(b.Nodes))
	n := &OpenBaoNode{Name: name, ServerName: name + ".openbao-internal", Address: "http://" + loopback(ports[0]), cluster: b, dir: filepath.Join(b.Dir, name)}
	if err := os.MkdirAll(filepath.Join(n.dir, "data"), 0o755); err != nil {
		return nil, err
	}
	if b.TLS != nil {
		n.Address = "https://" + loopback(ports[0])
		if err := b.TLS.issueNode(n, b.TLS.notAfter()); err != nil {
			return nil, err
		}
	}
	config, err := json.MarshalIndent(b.config(n, member, loopback(ports[0]), loopback(ports[1])), "", "  ")
	if err != nil {
		return nil, err
	}
	file := filepath.Join(n.dir, "config.json")
	if err := os.WriteFile(file, config, 0o600); err != nil {
		return nil, err
	}
	n.command = Command{Name: name, Path: b.program, Args: []string{"server", "-config=" + file}}
	b.Nodes = append(b.Nodes, n)
	return n, nil
}

// config returns the configuration of a node in JSON, which is a subset of HCL.
func (b *OpenBao) config(n *OpenBaoNode, member bool, address, clusterAddress string) map[string]any {
	raft := map[string]any{
		"path": filepath.Join(n.dir, "data"), "node_id": n.Name,
		"performance_multiplier": 1, // elections and lost leaders in about a second
	}
	listener := map[string]any{
		"address": address, "cluster_address": clusterAddress, "tls_disable": b.TLS == nil,
		"telemetry": map[string]any{"unauthenticated_metrics_access": true},
	}
	config := map[string]any{
		"cluster_name": openBaoClusterName,
		"api_addr":     n.Address,
		"cluster_addr": "https://" + clusterAddress,
		"storage":      map[string]any{"raft": raft},
		"listener":     []any{map[string]any{"tcp": listener}},
		"telemetry":    map[string]any{"prometheus_retention_time": "24h", "disable_hostname": true},
		// The header has the node that answered a request, which may have been forwarded.
		"enable_response_header_raft_node_id": true,
	}
	if b.TLS != nil {
		listener["tls_cert_file"], listener["tls_key_file"] = n.certFiles()
		if b.options.RequireClientCert {
			listener["tls_require_and_verify_client_cert"], listener["tls_client_ca_file"] = true, b.TLS.CAFile
		}
	}
	if b.seal != nil {
		config["seal"] = map[string]any{string(b.options.Seal): b.seal}
	}
	if b.AuditFile != "" { // the API refuses to create audit devices
		config["audit"] = []any{map[string]any{"file": map[string]any{"file": map[string]any{
			"description": "audit log", "options": map[string]any{"file_path": b.AuditFile},
		}}}}
	}
	switch {
	case !member:
	case len(b.Nodes) > 0:
		raft["retry_join"] = []any{b.retryJoin(b.Nodes[0])}
	case b.seal != nil:
		config["initialize"] = b.initialize()
	}
	return config
}

func (b *OpenBao) retryJoin(leader *OpenBaoNode) map[string]any {
	join := map[string]any{"leader_api_addr": leader.Address}
	if b.TLS != nil {
		join["leader_tls_servername"] = leader.ServerName
		join["leader_ca_cert_file"] = b.TLS.CAFile
		join["leader_client_cert_file"], join["leader_client_key_file"] = b.TLS.CertFile, b.TLS.KeyFile
	}
	return join
}

// initialize returns the stanza with the requests that a node sends at its first start. The root token is revoked afterwards, so the
// requests create an administrator.
func (b *OpenBao) initialize() []any {
	update := func(path string, data map[string]any) map[string]any {
		return map[string]any{"operation": "update", "path": path, "data": data}
	}
	return []any{map[string]any{"administrator": map[string]any{"request": []any{
		map[string]any{"policy": update("sys/policies/acl/"+openBaoAdmin, map[string]any{"policy": adminPolicy})},
		map[string]any{"method": update("sys/auth/userpass", map[string]any{"type": "userpass"})},
		map[string]any{"user": update("auth/userpass/users/"+openBaoAdmin, map[string]any{
			"password": b.password, "token_policies": []string{openBaoAdmin},
		})},
	}}}}
}

// prepareSeal provides what the seal needs and sets its stanza.
func (b *OpenBao) prepareSeal(ctx context.Context) (err error) {
	switch b.options.Seal {
	case ShamirSeal:
	case StaticSeal:
		key, file := make([]byte, 32), filepath.Join(b.Dir, "seal.key")
		rand.Read(key) // never fails
		if err := os.WriteFile(file, key, 0o600); err != nil {
			return err
		}
		b.seal = map[string]any{"current_key_id": "testbed-1", "current_key": "file://" + file}
	case TransitSeal:
		if b.Transit, err = startOpenBaoTransit(ctx, b.program, b.Dir); err != nil {
			return err
		}
		b.seal = b.Transit.seal()
	default:
		return fmt.Errorf("there is no seal %q", b.options.Seal)
	}
	return nil
}
