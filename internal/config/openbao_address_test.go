// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package config_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/config"
)

func TestServerAddress(t *testing.T) {
	for server, want := range map[string]string{
		"https://OpenBao.Example.com":                             "openbao.example.com:443",
		"http://openbao.example.com/":                             "openbao.example.com:80",
		"https://openbao.example.com.:8200/v1?namespace=x#y":      "openbao.example.com:8200",
		"https://user:password@openbao.example.com:8200":          "openbao.example.com:8200",
		"openbao.example.com:8200":                                "openbao.example.com:8200",
		"//openbao.example.com":                                   "openbao.example.com:443",
		"https://openbao.openbao-system.svc.cluster.local:8200":   "openbao.openbao-system.svc:8200",
		"https://[2001:DB8::1]:8200":                              "[2001:db8::1]:8200",
		"https://10.0.0.1":                                        "10.0.0.1:443",
		"unix:///run/bao.sock":                                    "",
		"unix:/run/bao.sock":                                      "",
		"ftp://bao.example.com":                                   "",
		"":                                                        "",
		"https://":                                                "",
		"https://openbao.example.com:0":                           "",
		"https://openbao.example.com:99999":                       "",
		"https://open bao":                                        "",
		"http://[::1":                                             "",
		"https://" + strings.Repeat("a", 254) + ":8200":           "",
		"https://" + strings.Repeat("a.", 126) + "b":              strings.Repeat("a.", 126) + "b:443",
		"https://\x00:8200":                                       "",
		"https://openbao.openbao-system.svc.cluster.local.:8200/": "openbao.openbao-system.svc:8200",
	} {
		got := config.ServerAddress(server)
		if got != want {
			t.Errorf("ServerAddress(%q) = %q, want %q", server, got, want)
		}
		if again := config.ServerAddress(got); again != got {
			t.Errorf("ServerAddress(%q) = %q: it changes its own form", got, again)
		}
	}
}

// backendCollectors has a production OpenBao in one cluster, two sandboxes in others, and
// one node that two of them claim.
func backendCollectors() *config.Collectors {
	return &config.Collectors{OpenBao: []config.OpenBao{
		{
			Name: "main", Cluster: "management", Addresses: []string{"https://bao.example.com", "shared.example.com:8200"},
			Service: &config.OpenBaoService{Namespace: "bao", Name: "openbao-internal", Port: 8200},
		},
		{
			Name: "sandbox", Cluster: "sandbox", Nodes: []string{
				"https://openbao-0.openbao-internal.bao.svc:8200", "https://node.example.com:8200", "https://shared.example.com:8200",
			},
		},
		{Name: "other", Cluster: "edge", Nodes: []string{"https://node.example.com:8200", "http://10.0.0.1:8200"}},
	}}
}

func TestBackends(t *testing.T) {
	const elsewhere = "control-plane"
	for _, tc := range []struct{ cluster, server, want string }{
		{elsewhere, "https://bao.example.com", "management/main"},
		{elsewhere, "https://BAO.example.com:443/", "management/main"},
		{elsewhere, "https://bao.example.com:8200", "bao.example.com:8200"},
		{elsewhere, "http://bao.example.com", "bao.example.com:80"},
		{elsewhere, "https://unknown.example.com", "unknown.example.com:443"},
		{elsewhere, "not an address", ""},
		// Listed is stronger than derived; what two claim leads to neither.
		{elsewhere, "https://shared.example.com:8200", "management/main"},
		{elsewhere, "https://node.example.com:8200", "node.example.com:8200"},
		{elsewhere, "http://10.0.0.1:8200", "edge/other"},
		// The same name of a Service leads to another server in each cluster.
		{"management", "https://openbao.bao.svc:8200", "management/main"},
		{"sandbox", "https://openbao.bao.svc:8200", "sandbox/sandbox"},
		{elsewhere, "https://openbao.bao.svc:8200", "openbao.bao.svc:8200"},
		{"management", "https://openbao.bao.svc.cluster.local:8200", "management/main"},
		{"management", "https://openbao-active.bao:8200", "management/main"},
		{"management", "https://openbao-2.openbao-internal.bao.svc:8200", "management/main"},
		{"sandbox", "https://openbao-7.openbao-internal.bao.svc.cluster.local:8200", "sandbox/sandbox"},
		{"management", "https://openbao.bao.svc", "openbao.bao.svc:443"},
		{"management", "https://openbao.other.svc:8200", "openbao.other.svc:8200"},
		{"management", "https://vault.bao.svc:8200", "vault.bao.svc:8200"},
	} {
		if got := backendCollectors().Backends().Find(tc.cluster, tc.server); got != tc.want {
			t.Errorf("a store in %s with the server %s leads to %q, want %q", tc.cluster, tc.server, got, tc.want)
		}
	}
}

// TestOfflineKeepsBackends: in a snapshot, which has no nodes, stores lead to the same.
func TestOfflineKeepsBackends(t *testing.T) {
	live := backendCollectors()
	offline := live.Offline(func(string) bool { return true })
	for _, o := range offline.OpenBao {
		if o.Nodes != nil || o.Service != nil {
			t.Errorf("%s has nodes", o.Name)
		}
	}
	for _, cluster := range []string{"management", "sandbox", "edge", "control-plane"} {
		for _, server := range []string{
			"bao.example.com", "shared.example.com:8200", "node.example.com:8200", "http://10.0.0.1:8200", "openbao.bao.svc:8200",
			"openbao-1.openbao-internal.bao.svc:8200", "openbao-active.bao:8200",
		} {
			if diff := cmp.Diff(live.Backends().Find(cluster, server), offline.Backends().Find(cluster, server)); diff != "" {
				t.Errorf("%s from %s (-live +snapshot):\n%s", server, cluster, diff)
			}
		}
	}
}
