// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

//go:build testbed

package testbed

import (
	"bytes"
	"context"
	"encoding/json"
	"maps"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// startOpenBao returns an OpenBao that is stopped when the test ends.
func startOpenBao(t *testing.T, ctx context.Context, o OpenBaoOptions) *OpenBao {
	t.Helper()
	begin := time.Now()
	b, err := StartOpenBao(ctx, t.TempDir(), o)
	if err != nil {
		t.Fatal(err)
	}
	stopAtEnd(t, b.Stop, b.Processes()...)
	t.Logf("%d nodes with %s seal ready after %s", len(b.Nodes), o.Seal, time.Since(begin).Round(time.Millisecond))
	return b
}

// must fails the test at once.
func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// get asks a node for path, with the administrator's token.
func get(t *testing.T, ctx context.Context, n *OpenBaoNode, path string) (status int, answer map[string]any) {
	t.Helper()
	token, err := n.cluster.Token(ctx)
	must(t, err)
	status, body, err := n.Do(ctx, http.MethodGet, path, nil, token)
	must(t, err)
	if len(body) > 0 {
		must(t, json.Unmarshal(body, &answer))
	}
	return status, answer
}

// dataKeys returns the keys of what follows data in the answer.
func dataKeys(t *testing.T, ctx context.Context, n *OpenBaoNode, path string) []string {
	t.Helper()
	status, answer := get(t, ctx, n, path)
	if status != http.StatusOK {
		t.Errorf("%s has status %d: %v", path, status, answer)
	}
	keys, _ := answer["data"].(map[string]any)
	return slices.Sorted(maps.Keys(keys))
}

// wantHealth checks the sorted status codes of sys/health of all nodes.
func wantHealth(t *testing.T, ctx context.Context, b *OpenBao, want ...int) {
	t.Helper()
	var got []int
	for _, n := range b.Nodes {
		status, err := n.Health(ctx)
		if err != nil {
			t.Error(err)
		}
		got = append(got, status)
	}
	slices.Sort(got)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("sys/health (-want +got):\n%s", diff)
	}
}

func TestOpenBaoReference(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	b := startOpenBao(t, ctx, OpenBaoOptions{AuditFile: true})
	wantHealth(t, ctx, b, 200, 429, 429)
	begin := time.Now()
	must(t, b.SeedReference(ctx))
	t.Logf("seeded in %s", time.Since(begin).Round(time.Millisecond))
	for path, want := range map[string][]string{
		"sys/mounts": {"cubbyhole/", "identity/", "kv-v2/bootstrap/", "kv-v2/ceph/", "kv-v2/infrastructure/", "kv-v2/openstack/", "pki/", "sys/"},
		"sys/auth":   {"approle/ci-cd/", "kubernetes/control-plane/", "kubernetes/hypervisor/", "kubernetes/management/", "kubernetes/storage/", "token/", "userpass/"},
		"sys/audit":  {"file/"},
	} {
		if diff := cmp.Diff(want, dataKeys(t, ctx, b.Nodes[1], path)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", path, diff)
		}
	}
	_, certs := get(t, ctx, b.Nodes[0], "pki/certs/detailed?list=true")
	if keys, _ := certs["data"].(map[string]any)["keys"].([]any); len(keys) != 3 {
		t.Errorf("there are certificates %v, not the root and two others", keys)
	}
	_, secret := get(t, ctx, b.Nodes[0], "kv-v2/bootstrap/metadata/keystone-admin")
	if version := secret["data"].(map[string]any)["current_version"]; version != 2. {
		t.Errorf("the current version of keystone-admin is %v", version)
	}
	checkToken(t, ctx, b)
	if log, err := os.ReadFile(b.AuditFile); err != nil || !bytes.Contains(log, []byte(`"path":"sys/mounts/pki"`)) {
		t.Errorf("the audit log has %d bytes, %v, and not the mount of the PKI", len(log), err)
	}

	extra, err := b.AddNode(ctx)
	must(t, err)
	stopAtEnd(t, extra.Stop, extra.Process())
	wantHealth(t, ctx, b, 200, 429, 429, 501)
	must(t, b.WaitVoters(ctx, 3))
	t.Logf("three voters %s after the seed", time.Since(begin).Round(time.Millisecond))
}

// checkToken checks that a policy limits a token.
func checkToken(t *testing.T, ctx context.Context, b *OpenBao) {
	t.Helper()
	must(t, b.PutPolicy(ctx, "mounts", `path "sys/mounts" { capabilities = ["read"] }`))
	token, err := b.CreateToken(ctx, []string{"mounts"}, time.Hour)
	must(t, err)
	for path, want := range map[string]int{"sys/mounts": 200, "sys/auth": 403, "auth/token/lookup-self": 403} {
		if status, answer, err := b.Do(ctx, http.MethodGet, path, nil, token); err != nil || status != want {
			t.Errorf("%s has status %d, not %d: %v %s", path, status, want, err, answer)
		}
	}
}

func TestOpenBaoShamir(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	b := startOpenBao(t, ctx, OpenBaoOptions{Nodes: 2, Seal: ShamirSeal})
	wantHealth(t, ctx, b, 501, 501)
	must(t, b.Initialize(ctx))
	must(t, b.Nodes[0].WaitStatus(ctx, http.StatusServiceUnavailable))
	if status, answer := get(t, ctx, b.Nodes[0], "sys/mounts"); status != 503 {
		t.Errorf("a sealed node answers %d %v", status, answer)
	}
	for _, n := range b.Nodes {
		must(t, n.Unseal(ctx))
	}
	wantHealth(t, ctx, b, 200, 429)

	must(t, b.Nodes[1].Stop())
	must(t, b.Nodes[1].Start(ctx))
	wantHealth(t, ctx, b, 200, 503)
	must(t, b.Nodes[1].Unseal(ctx))
	wantHealth(t, ctx, b, 200, 429)
}

func TestOpenBaoTLS(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	b := startOpenBao(t, ctx, OpenBaoOptions{RequireClientCert: true})
	wantHealth(t, ctx, b, 200, 429, 429)
	expired := time.Now().Add(-time.Hour)
	for _, test := range []struct {
		name        string
		certificate bool
		now         func() time.Time
		want        string // in the error
	}{
		{"no client certificate", false, nil, "certificate required"},
		{"client certificate", true, nil, ""},
		{"expired", true, nil, "expired"},
	} {
		if test.want == "expired" {
			must(t, b.Nodes[0].SetCertificate(ctx, expired))
		}
		config := b.TLS.Config()
		config.Time = test.now
		config.ServerName = b.Nodes[0].ServerName
		if !test.certificate {
			config.Certificates = nil
		}
		client := &http.Client{Transport: &http.Transport{TLSClientConfig: config, DisableKeepAlives: true}}
		status, _, err := openBaoRequest(ctx, client, http.MethodGet, b.Nodes[0].Address+"/v1/sys/health", nil, "")
		if (test.want == "") != (err == nil) || (err == nil && status != 200) || (err != nil && !strings.Contains(err.Error(), test.want)) {
			t.Errorf("%s: status %d, error %v, not %q", test.name, status, err, test.want)
		}
	}
	wantHealth(t, ctx, b, 200, 429, 429)

	all := startOpenBao(t, ctx, OpenBaoOptions{Nodes: 1, TLS: true, NotAfter: expired})
	if certificate, err := all.Nodes[0].listenerCertificate(ctx); err != nil || !certificate.NotAfter.Before(time.Now()) {
		t.Errorf("the certificate has not expired, %v", err)
	}
}

func TestOpenBaoTransit(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	b := startOpenBao(t, ctx, OpenBaoOptions{Nodes: 1, Seal: TransitSeal})
	n := b.Nodes[0]

	must(t, b.Transit.DisableKey(ctx))
	wantHealth(t, ctx, b, 200)
	must(t, n.Stop())
	must(t, n.Start(ctx))
	wantHealth(t, ctx, b, 503)
	must(t, b.Transit.EnableKey(ctx))
	begin := time.Now()
	must(t, n.WaitStatus(ctx, http.StatusOK))
	t.Logf("unsealed %s after the key was back", time.Since(begin).Round(time.Millisecond))

	must(t, b.Transit.Stop())
	wantHealth(t, ctx, b, 200)
	must(t, n.Stop())
	if err := n.Start(ctx); err == nil || !strings.Contains(err.Error(), "Error parsing Seal configuration") {
		t.Errorf("a start without the transit server yields %v", err)
	}
}

func TestOpenBaoKubernetesAuth(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	cluster, err := StartCluster(ctx, t.TempDir(), "management")
	must(t, err)
	stopAtEnd(t, cluster.Stop, cluster.Etcd(), cluster.APIServer())
	b := startOpenBao(t, ctx, OpenBaoOptions{Nodes: 1})
	must(t, b.SeedReference(ctx))
	must(t, b.ConfigureKubernetesAuth(ctx, "kubernetes/management", cluster))
	must(t, b.PutKubernetesRole(ctx, "kubernetes/management", "exporter", "monitoring", "exporter", "default"))
	for name, want := range map[string]int{"exporter": 200, "other": 403} {
		must(t, cluster.Apply(ctx, NewObject("v1", "ServiceAccount", "monitoring", name)))
		token, err := cluster.ServiceAccountToken(ctx, "monitoring", name, time.Hour)
		must(t, err)
		status, answer, err := b.Do(ctx, http.MethodPost, "auth/kubernetes/management/login", map[string]any{"role": "exporter", "jwt": token}, "")
		must(t, err)
		if status != want {
			t.Errorf("the login of %s has status %d, not %d: %s", name, status, want, answer)
		}
	}
}
