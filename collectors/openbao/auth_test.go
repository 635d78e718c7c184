// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package openbao

import (
	"encoding/json"
	"fmt"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/cobaltcore-dev/cobaltcore-exporter/collectors/openbao/internal/nodeapi"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/config"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/failure"
)

const loginPath = "auth/kubernetes/management/login"

// logins is a Kubernetes auth method that counts its logins. Each login returns a new token.
type logins struct {
	bao *bao
	ttl int

	mu       sync.Mutex
	recorded []map[string]string
}

func (l *logins) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var body map[string]string
	if err := json.NewDecoder(r.Body).Decode(&body); err != nil {
		http.Error(w, "{}", http.StatusBadRequest)
		return
	}
	l.mu.Lock()
	l.recorded = append(l.recorded, body)
	token := fmt.Sprintf("b.token-%d", len(l.recorded))
	l.mu.Unlock()
	reply(http.StatusOK, fmt.Sprintf(`{"auth":{"client_token":%q,"lease_duration":%d,"renewable":false}}`, token, l.ttl))(w, r)
}

func (l *logins) list() []map[string]string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.recorded)
}

// kubernetesAuth configures the exporter to log in with the content of a file.
func (b *bao) kubernetesAuth(tb testing.TB, ttl int) (*logins, string) {
	tb.Helper()
	file := filepath.Join(tb.TempDir(), "jwt")
	write(tb, file, "jwt-1\n")
	b.o.Auth.Kubernetes = &config.OpenBaoKubernetesAuth{Mount: "kubernetes/management", Role: "cobaltcore-exporter", TokenFile: file}
	l := &logins{bao: b, ttl: ttl}
	b.nodes["openbao-0"].set(loginPath, l.ServeHTTP)
	return l, file
}

// runRounds runs n rounds of the nodes and the cluster.
func runRounds(tb testing.TB, i *instance, n int) {
	tb.Helper()
	for range n {
		i.pollNodesOnce(tb.Context())
		i.pollClusterOnce(tb.Context())
	}
}

func TestRotatedTokenFileIsReloaded(t *testing.T) {
	b := newBao(t, "healthy-2.4", nil)
	b.o.Auth.TokenFile = tokenFile(t, "first")
	active := b.nodes["openbao-0"]
	active.good("first")
	i := b.start(t)
	runRounds(t, i, 1)
	rowsOf(t, b.site).want(t, map[string]string{"autopilot_healthy": "1", "exporter_token_renewed": ""})
	write(t, b.o.Auth.TokenFile, "second")
	active.good("second")
	runRounds(t, i, 1)
	rowsOf(t, b.site).want(t, map[string]string{"autopilot_healthy": "1"})

	for name, text := range map[string]string{"empty": "", "two words": "a b", "binary": "a\x00b", "header": "a\r\nX-Evil: 1"} {
		write(t, b.o.Auth.TokenFile, text)
		active.requests()
		runRounds(t, i, 1)
		rows := rowsOf(t, b.site)
		if diff := cmp.Diff([]string{`{node="",endpoint="tokenFile",reason="forbidden"} 1`}, rows.with("endpoint_failing")); diff != "" {
			t.Errorf("%s: failing (-want +got):\n%s", name, diff)
		}
		rows.want(t, map[string]string{"autopilot_healthy": "", row("pki_issuers", "mount", "pki"): "1"})
		if n := active.count("sys/mounts"); n != 0 {
			t.Errorf("%s: sys/mounts was asked %d times without a token", name, n)
		}
	}
}

// TestLoginIsSharedByAllRounds also checks the next login, which happens when a third of the token's lifetime is left and
// uses the current content of the service account file.
func TestLoginIsSharedByAllRounds(t *testing.T) {
	b := newBao(t, "healthy-2.4", nil)
	l, file := b.kubernetesAuth(t, 600)
	i := b.start(t)
	runRounds(t, i, 3)
	rowsOf(t, b.site).want(t, map[string]string{"exporter_token_renewed": "1"})
	write(t, file, "jwt-2")
	b.clock.add(399 * time.Second)
	runRounds(t, i, 1)
	if diff := cmp.Diff([]map[string]string{{"role": "cobaltcore-exporter", "jwt": "jwt-1"}}, l.list()); diff != "" {
		t.Fatalf("logins after 399 s (-want +got):\n%s", diff)
	}
	b.nodes["openbao-0"].requests()
	b.clock.add(time.Second)
	runRounds(t, i, 2)
	want := []map[string]string{{"role": "cobaltcore-exporter", "jwt": "jwt-1"}, {"role": "cobaltcore-exporter", "jwt": "jwt-2"}}
	if diff := cmp.Diff(want, l.list()); diff != "" {
		t.Errorf("logins after 400 s (-want +got):\n%s", diff)
	}
	for _, r := range b.nodes["openbao-0"].requests() {
		token := r.Header.Get("X-Vault-Token")
		if strings.HasSuffix(r.URL.Path, "/login") && token != "" || token != "" && token != "b.token-2" {
			t.Errorf("%s with the token %q", r.URL.Path, token)
		}
	}
	rowsOf(t, b.site).want(t, map[string]string{"autopilot_healthy": "1"})
}

// TestRevokedTokenIsReplacedInTheSameRound also checks that a new token that is refused is not replaced, because its
// role has no policy.
func TestRevokedTokenIsReplacedInTheSameRound(t *testing.T) {
	b := newBao(t, "healthy-2.4", nil)
	l, _ := b.kubernetesAuth(t, 600)
	active := b.nodes["openbao-0"]
	active.good("b.token-1")
	i := b.start(t)
	runRounds(t, i, 2)
	active.good("b.token-2")
	runRounds(t, i, 1)
	if n := len(l.list()); n != 2 {
		t.Errorf("%d logins, not 2", n)
	}
	rows := rowsOf(t, b.site)
	rows.want(t, map[string]string{"autopilot_healthy": "1"})
	if f := rows.with("endpoint_failing"); f != nil {
		t.Error(f)
	}

	active.good("none")
	runRounds(t, i, 1)
	if n := len(l.list()); n != 3 {
		t.Errorf("%d logins, not 3", n)
	}
	rowsOf(t, b.site).want(t, map[string]string{failing("", "sys/mounts", failure.ReasonForbidden): "1", "autopilot_healthy": ""})
}

// TestRoleWithoutPolicyIsNotRetried checks the logins in one round.
func TestRoleWithoutPolicyIsNotRetried(t *testing.T) {
	b := newBao(t, "healthy-2.4", nil)
	l, _ := b.kubernetesAuth(t, 600)
	b.nodes["openbao-0"].good("none")
	runRounds(t, b.start(t), 1)
	if n := len(l.list()); n != 1 {
		t.Errorf("%d logins, not 1", n)
	}
	rowsOf(t, b.site).want(t, map[string]string{failing("", "sys/mounts", failure.ReasonForbidden): "1"})
}

// TestTokenRefusedByOneEndpointIsKept checks that a single refusal does not replace the token.
func TestTokenRefusedByOneEndpointIsKept(t *testing.T) {
	b := newBao(t, "healthy-2.4", nil)
	l, _ := b.kubernetesAuth(t, 600)
	b.nodes["openbao-0"].set("sys/mounts", reply(http.StatusForbidden, `{"errors":["permission denied"]}`))
	runRounds(t, b.start(t), 3)
	if n := len(l.list()); n != 1 {
		t.Errorf("%d logins, not 1", n)
	}
}

// TestFailedLoginIsReportedOnce checks that endpoints that need the login have no failures of their own.
func TestFailedLoginIsReportedOnce(t *testing.T) {
	for name, tc := range map[string]struct {
		answer http.HandlerFunc
		why    failure.Reason
	}{
		"role missing":  {reply(http.StatusBadRequest, `{"errors":["invalid role name \"cobaltcore-exporter\""]}`), failure.ReasonNotFound},
		"review fails":  {reply(http.StatusForbidden, `{"errors":["permission denied"]}`), failure.ReasonForbidden},
		"no such mount": {reply(http.StatusForbidden, `{"errors":["permission denied"]}`), failure.ReasonForbidden},
		"unknown mount": {reply(http.StatusNotFound, `{"errors":["no handler for route \"auth/kubernetes/management/login\". route entry not found."]}`), failure.ReasonNotFound},
		"server error":  {reply(http.StatusInternalServerError, `{"errors":["internal error"]}`), failure.ReasonHTTP},
		"sealed since":  {reply(http.StatusServiceUnavailable, `{"errors":["Vault is sealed"]}`), nodeapi.ReasonSealed},
		"no leader":     {reply(http.StatusInternalServerError, `{"errors":["local node not active but active cluster node not found"]}`), nodeapi.ReasonNoLeader},
		"redirect": {func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "http://elsewhere.test"+r.URL.Path, http.StatusTemporaryRedirect)
		}, nodeapi.ReasonNoLeader},
		"no token": {reply(http.StatusOK, `{"data":{}}`), failure.ReasonDecode},
		"HTML":     {reply(http.StatusOK, `<html>`), failure.ReasonDecode},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBao(t, "healthy-2.4", nil)
			b.kubernetesAuth(t, 600)
			b.o.Details.Audit, b.o.Details.Certificates, b.o.Details.Tidy = true, true, true
			active := b.nodes["openbao-0"]
			i := b.start(t)
			round(t.Context(), i)
			rowsOf(t, b.site).want(t, map[string]string{row("audit_devices", "type", "file"): "1"})
			i.credentials.Drop()
			active.set(loginPath, tc.answer)
			active.requests()
			round(t.Context(), i)
			rows := rowsOf(t, b.site)
			want := []string{fmt.Sprintf(`{node="",endpoint=%q,reason=%q} 1`, loginPath, tc.why)}
			if diff := cmp.Diff(want, rows.with("endpoint_failing")); diff != "" {
				t.Errorf("failing (-want +got):\n%s", diff)
			}
			rows.want(t, map[string]string{
				"autopilot_healthy": "", "exporter_token_renewed": "", row("audit_devices", "type", "file"): "",
				row("pki_issuers", "mount", "pki"): "1", row("node_up", "node", node(0)): "1",
			})
			if n := active.count(loginPath); n != 1 {
				t.Errorf("%d logins in one round", n)
			}
			for _, r := range active.requests() {
				if path := strings.TrimPrefix(r.URL.Path, "/v1/"); needsToken(path) {
					t.Errorf("asked for %s without a token", path)
				}
			}
		})
	}
}

func TestMissingServiceAccountToken(t *testing.T) {
	b := newBao(t, "healthy-2.4", nil)
	l, _ := b.kubernetesAuth(t, 600)
	b.o.Auth.Kubernetes.TokenFile = filepath.Join(t.TempDir(), "missing")
	runRounds(t, b.start(t), 1)
	rowsOf(t, b.site).want(t, map[string]string{failing("", loginPath, failure.ReasonForbidden): "1"})
	if len(l.list()) != 0 {
		t.Error("a login without a token")
	}
}

func TestRenewAfter(t *testing.T) {
	for ttl, want := range map[time.Duration]time.Duration{
		0: time.Hour, -time.Second: time.Hour, time.Minute: 40 * time.Second, 90 * time.Minute: time.Hour, 24 * time.Hour: time.Hour,
	} {
		if got := nodeapi.RenewAfter(ttl); got != want {
			t.Errorf("a token of %v is replaced after %v, not %v", ttl, got, want)
		}
	}
}

// TestMalformedLoginAnswers checks answers with a byte order mark before the body and a comment of a proxy after it.
func TestMalformedLoginAnswers(t *testing.T) {
	b := newBao(t, "healthy-2.4", nil)
	b.kubernetesAuth(t, 600)
	b.nodes["openbao-0"].set(loginPath, reply(http.StatusOK, "\ufeff"+`{"auth":{"client_token":"b.token-1","lease_duration":600}}`+"\n<!-- proxy -->"))
	runRounds(t, b.start(t), 1)
	rowsOf(t, b.site).want(t, map[string]string{"autopilot_healthy": "1"})
}
