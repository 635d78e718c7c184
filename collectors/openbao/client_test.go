// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package openbao

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/cobaltcore-dev/cobaltcore-exporter/collectors/openbao/internal/nodeapi"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/failure"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/testing/collectortest"
)

const testToken = "test-token"

// tokenFile writes a token to a file and returns its path.
func tokenFile(tb testing.TB, token string) string {
	tb.Helper()
	file := filepath.Join(tb.TempDir(), "token")
	write(tb, file, token+"\n")
	return file
}

func write(tb testing.TB, file, text string) {
	tb.Helper()
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		tb.Fatal(err)
	}
}

// TestLiveNodesAndSnapshotHaveTheSameRows compares all rows except measurements.
func TestLiveNodesAndSnapshotHaveTheSameRows(t *testing.T) {
	for _, name := range []string{"healthy-2.4", "healthy-2.6", "leader-sealed", "all-sealed", "pki", "kv", "dev-server", "forbidden"} {
		t.Run(name, func(t *testing.T) {
			b := newBao(t, name, nil)
			b.o.Auth.TokenFile = tokenFile(t, testToken)
			b.o.Details.Audit, b.o.Details.Certificates, b.o.Details.Tidy = true, true, true
			i := b.start(t)
			round(t.Context(), i)
			got := collectortest.Lines(serve(t, b.site.Exposition))
			want := readGolden(t, name)
			keep := func(text string) []string {
				text = strings.ReplaceAll(text, ".test:8200\"", "\"")
				return slices.DeleteFunc(strings.Split(text, "\n"), func(l string) bool {
					return strings.Contains(l, "_tls_") || strings.Contains(l, "_skew_") || strings.Contains(l, "_response_")
				})
			}
			if diff := cmp.Diff(keep(want), keep(got)); diff != "" {
				t.Errorf("rows (-snapshot +live):\n%s", diff)
			}
		})
	}
}

// TestEachEndpointIsRequestedOnce checks that requests are not retried for any answer. By default, the client of OpenBao sends
// three requests, which takes seconds with a sealed node.
func TestEachEndpointIsRequestedOnce(t *testing.T) {
	for _, status := range []int{
		http.StatusServiceUnavailable, http.StatusTooManyRequests, http.StatusInternalServerError,
		http.StatusPreconditionFailed, http.StatusBadGateway, http.StatusNotImplemented,
	} {
		t.Run(http.StatusText(status), func(t *testing.T) {
			b := newBao(t, "healthy-2.4", nil)
			b.o.Auth.TokenFile = tokenFile(t, testToken)
			active := b.nodes["openbao-0"]
			endpoints := []string{"sys/seal-status", "sys/leader", "sys/mounts", "auth/token/lookup-self", "pki/issuers"}
			for _, path := range endpoints {
				active.set(path, reply(status, `{"errors":["no"]}`))
			}
			round(t.Context(), b.start(t))
			rows := rowsOf(t, b.site)
			for _, path := range endpoints {
				if n := active.count(path); n != 1 {
					t.Errorf("%s was asked %d times", path, n)
				}
				node := ""
				if strings.HasPrefix(path, "sys/") && path != "sys/mounts" {
					node = "openbao-0.test:8200"
				}
				rows.want(t, map[string]string{failing(node, path, failure.ReasonHTTP): "1"})
			}
			rows.want(t, map[string]string{row("node_up", "node", node(0)): "1"})
		})
	}
}

// TestRedirectsAreNotFollowed checks that the answer of another node does not count for the node that redirects.
func TestRedirectsAreNotFollowed(t *testing.T) {
	b := newBao(t, "healthy-2.4", nil)
	b.o.Auth.TokenFile = tokenFile(t, testToken)
	other := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		t.Errorf("%s got a request although it is not configured", r.URL)
	}))
	defer other.Close()
	redirect := func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, other.URL+r.URL.Path, http.StatusTemporaryRedirect)
	}
	for _, path := range []string{"sys/leader", "sys/mounts", "pki/issuers", "sys/ha-status"} {
		b.nodes["openbao-0"].set(path, redirect)
	}
	for _, path := range []string{"sys/health", "sys/seal-status"} {
		b.nodes["openbao-1"].set(path, redirect)
	}
	round(t.Context(), b.start(t))
	rowsOf(t, b.site).want(t, map[string]string{
		failing(node(0), "sys/leader", failure.ReasonHTTP):      "1",
		failing("", "sys/mounts", nodeapi.ReasonNoLeader):       "1",
		failing("", "pki/issuers", nodeapi.ReasonNoLeader):      "1",
		failing("", "sys/ha-status", nodeapi.ReasonNoLeader):    "1",
		failing(node(1), "sys/health", failure.ReasonHTTP):      "1",
		failing(node(1), "sys/seal-status", failure.ReasonHTTP): "1",
		row("node_up", "node", node(1)):                         "0",
		"autopilot_healthy":                                     "1",
	})
}

// TestEnvironmentIsIgnored checks that variables of the OpenBao client have no effect.
func TestEnvironmentIsIgnored(t *testing.T) {
	wrong := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		t.Errorf("%s was asked because of the environment", r.URL)
	}))
	defer wrong.Close()
	for _, prefix := range []string{"BAO_", "VAULT_"} {
		for name, value := range map[string]string{
			"ADDR": wrong.URL, "AGENT_ADDR": wrong.URL, "TOKEN": "from-the-environment", "NAMESPACE": "tenant",
			"SKIP_VERIFY": "true", "MAX_RETRIES": "5", "CLIENT_TIMEOUT": "1", "PROXY_ADDR": wrong.URL, "HTTP_PROXY": wrong.URL,
			"CACERT": "/does/not/exist", "RATE_LIMIT": "0.001:1", "WRAP_TTL": "5m", "SRV_LOOKUP": "true", "DISABLE_REDIRECTS": "false",
		} {
			t.Setenv(prefix+name, value)
		}
	}
	for _, name := range []string{"HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "ALL_PROXY"} {
		t.Setenv(name, wrong.URL)
	}
	b := newBao(t, "healthy-2.4", nil)
	b.o.Auth.TokenFile = tokenFile(t, testToken)
	round(t.Context(), b.start(t))
	rowsOf(t, b.site).want(t, map[string]string{`nodes{state="active"}`: "1", `nodes{state="standby"}`: "2", "autopilot_healthy": "1"})
	for _, r := range b.all() {
		for header := range r.Header {
			if strings.Contains(header, "Namespace") || strings.Contains(header, "Wrap") {
				t.Errorf("%s has the header %s", r.URL.Path, header)
			}
		}
		if token := r.Header.Get("X-Vault-Token"); token != "" && token != testToken {
			t.Errorf("%s came with another token", r.URL.Path)
		}
	}
}

// TestTokenIsSentOnlyWhereNeeded checks that a token is sent only to the active node, and only to endpoints that
// need it.
func TestTokenIsSentOnlyWhereNeeded(t *testing.T) {
	b := newBao(t, "healthy-2.4", nil)
	b.o.Auth.TokenFile = tokenFile(t, testToken)
	b.o.Details.Audit, b.o.Details.Certificates, b.o.Details.Tidy = true, true, true
	round(t.Context(), b.start(t))
	with := 0
	for name, n := range b.nodes {
		for _, r := range n.requests() {
			path := strings.TrimPrefix(r.URL.Path, "/v1/")
			token := r.Header.Get("X-Vault-Token")
			if r.Header.Get("Authorization") != "" {
				t.Errorf("%s: %s with Authorization", name, path)
			}
			want := ""
			if needsToken(path) {
				want = testToken
				with++
			}
			if token != want || want != "" && name != "openbao-0" {
				t.Errorf("%s: %s with the token %q", name, path, token)
			}
		}
	}
	if with < len(nodeapi.ClusterEndpoints())+3 {
		t.Errorf("only %d requests with a token", with)
	}
}

// TestWithoutTokenOnlyPublicEndpointsAreRequested also checks that no endpoint fails.
func TestWithoutTokenOnlyPublicEndpointsAreRequested(t *testing.T) {
	b := newBao(t, "healthy-2.4", nil)
	b.o.Details.Audit, b.o.Details.Certificates = true, true // without effect
	round(t.Context(), b.start(t))
	want := []string{
		"GET pki/issuer/aaaaaaaa-0000-0000-0000-000000000001/crl", "GET pki/issuer/aaaaaaaa-0000-0000-0000-000000000001/json",
		"GET pki/issuers?list=true", "GET sys/health", "GET sys/health", "GET sys/health", "GET sys/leader", "GET sys/leader",
		"GET sys/leader", "GET sys/seal-status", "GET sys/seal-status", "GET sys/seal-status",
	}
	if diff := cmp.Diff(want, paths(b.all())); diff != "" {
		t.Errorf("asked (-want +got):\n%s", diff)
	}
	rows := rowsOf(t, b.site)
	rows.want(t, map[string]string{row("pki_issuers", "mount", "pki"): "1"})
	if f := rows.with("endpoint_failing"); f != nil {
		t.Error(f)
	}
}

// TestIssuerCertificateIsReadOnce checks that a certificate, which cannot change, is not requested again.
func TestIssuerCertificateIsReadOnce(t *testing.T) {
	b := newBao(t, "healthy-2.4", nil)
	i := b.start(t)
	for range 3 {
		i.pollNodesOnce(t.Context())
		i.pollClusterOnce(t.Context())
	}
	active := b.nodes["openbao-0"]
	if n := active.count("pki/issuer/aaaaaaaa-0000-0000-0000-000000000001/json"); n != 1 {
		t.Errorf("the certificate was read %d times", n)
	}
	if n := active.count("pki/issuers"); n != 3 {
		t.Errorf("the list was read %d times", n)
	}
}
