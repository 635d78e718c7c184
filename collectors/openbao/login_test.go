// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package openbao

import (
	"encoding/json"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/cobaltcore-dev/cobaltcore-exporter/collectors"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/config"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/fleet"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/snapshot"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/testing/collectortest"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/testing/testutil"
)

// loginCase is one state of the connection from a cluster to OpenBao.
type loginCase struct {
	prepare func(b *bao, a *apiServer)
	up      bool
	revoked int
}

const (
	storageLogin = "auth/kubernetes/storage/login"
	sealedHealth = `{"initialized":true,"sealed":true,"standby":true}`
)

func session200(token string, renewable bool) http.HandlerFunc {
	body, _ := json.Marshal(map[string]any{"auth": map[string]any{"client_token": token, "lease_duration": 60, "renewable": renewable}})
	return reply(http.StatusOK, string(body))
}

// onActive answers the login at the active node.
func onActive(h http.HandlerFunc) func(*bao, *apiServer) {
	return func(b *bao, _ *apiServer) { b.nodes["openbao-0"].set(storageLogin, h) }
}

var loginTable = map[string]loginCase{
	"login-batch":         {prepare: onActive(session200("b.token", false)), up: true},
	"login-service":       {prepare: onActive(session200("s.token", true)), up: true, revoked: 1},
	"login-refused":       {prepare: onActive(reply(http.StatusForbidden, `{"errors":["permission denied"]}`)), up: true},
	"login-no-role":       {prepare: onActive(reply(http.StatusBadRequest, `{"errors":["invalid role name \"x\""]}`)), up: true},
	"login-no-permission": {prepare: func(_ *bao, a *apiServer) { a.status = http.StatusForbidden }},
	"login-no-account":    {prepare: func(_ *bao, a *apiServer) { a.status = http.StatusNotFound }},
	"login-no-token":      {prepare: func(_ *bao, a *apiServer) { a.token = "" }},
	"login-no-cluster":    {prepare: func(_ *bao, a *apiServer) { a.cluster.Kubeconfig = "missing" }},
	"login-through-standby": {prepare: func(b *bao, _ *apiServer) {
		b.nodes["openbao-0"].set("sys/health", reply(http.StatusInternalServerError, `{}`))
		b.nodes["openbao-2"].set(storageLogin, session200("b.token", false))
		b.nodes["openbao-1"].set("sys/health", reply(http.StatusServiceUnavailable, sealedHealth))
	}, up: true},
	"login-no-leader": {prepare: func(b *bao, _ *apiServer) {
		b.nodes["openbao-0"].set("sys/health", reply(http.StatusInternalServerError, `{}`))
		for _, n := range []string{"openbao-1", "openbao-2"} {
			b.nodes[n].set(storageLogin, reply(http.StatusTemporaryRedirect, ""))
		}
	}, up: true},
	"login-sealed": {prepare: func(b *bao, _ *apiServer) {
		for _, n := range b.nodes {
			n.set("sys/health", reply(http.StatusServiceUnavailable, sealedHealth))
		}
	}, up: true},
	"login-mixed": {prepare: func(b *bao, _ *apiServer) { // the last node by name determines the reason
		b.nodes["openbao-0"].set("sys/health", reply(http.StatusInternalServerError, `{}`))
		b.nodes["openbao-1"].set("sys/health", reply(http.StatusInternalServerError, `{}`))
		b.nodes["openbao-2"].set("sys/health", reply(http.StatusServiceUnavailable, sealedHealth))
	}, up: true},
	"login-no-node": {prepare: func(b *bao, _ *apiServer) { b.addresses = nil }},
}

func loginCases() []string { return slices.Sorted(maps.Keys(loginTable)) }

// probeLogin creates the login probe of the cluster storage.
func probeLogin(t *testing.T, tc loginCase) (*loginProbe, *bao, *apiServer) {
	t.Helper()
	b, a := newBao(t, "healthy-2.4", nil), newAPIServer(t, "storage")
	if tc.prepare != nil {
		tc.prepare(b, a)
	}
	b.site.Cluster = a.cluster
	b.o.LoginProbe = config.OpenBaoLoginProbe{
		Enabled: true, Interval: config.Duration(time.Hour), Mount: "kubernetes/{cluster}", Role: "probe", Audiences: []string{"openbao"},
		ServiceAccount: config.OpenBaoServiceAccount{Namespace: "monitoring", Name: "exporter"},
	}
	probes := Collector{Instances: []config.OpenBao{b.o}}.Probes(b.site)
	if len(probes) != 1 {
		t.Fatalf("%d probes of a cluster without OpenBao, not 1", len(probes))
	}
	l, ok := probes[0].(*loginProbe)
	if !ok {
		t.Fatalf("a probe of the type %T", probes[0])
	}
	b.site.Exposition.Swap(nil, l.Groups())
	return l, b, a
}

func TestLoginProbe(t *testing.T) {
	took := regexp.MustCompile(`(?m)(auth_probe_duration_seconds{.*}) .*$`)
	for name, tc := range loginTable {
		t.Run(name, func(t *testing.T) {
			l, b, a := probeLogin(t, tc)
			run(t, l)
			testutil.Until(t, "settled", l.Settled)
			text := serve(t, b.site.Exposition)
			mustParse(t, text)
			collectortest.Lint(t, text)
			golden(t, name, took.ReplaceAllString(collectortest.Lines(text), "$1 0.001"))
			if strings.Contains(text, `cluster="management"`) {
				t.Error("the rows are not those of the calling cluster")
			}
			if s := l.Status(); s.Up != tc.up || s.Up == s.LastSuccess.IsZero() {
				t.Errorf("up is %v, last success %v", s.Up, s.LastSuccess)
			}
			revoked := 0
			for _, r := range b.all() {
				if strings.HasSuffix(r.URL.Path, "/revoke-self") {
					revoked++
				}
			}
			if revoked != tc.revoked {
				t.Errorf("%d tokens were revoked, not %d", revoked, tc.revoked)
			}
			a.mu.Lock()
			defer a.mu.Unlock()
			var want tokenRequest
			want.APIVersion, want.Kind, want.Spec.Audiences, want.Spec.ExpirationSeconds = "authentication.k8s.io/v1", "TokenRequest", []string{"openbao"}, 600
			for _, got := range a.wanted {
				if diff := cmp.Diff(want, got); diff != "" {
					t.Errorf("the token request (-want +got):\n%s", diff)
				}
			}
			for _, asked := range a.requested {
				if asked != "POST /api/v1/namespaces/monitoring/serviceaccounts/exporter/token" {
					t.Errorf("asked the API server for %s", asked)
				}
			}
		})
	}
}

// TestLoginUsesTheTokenOfTheCluster checks that the login uses the token, mount and role of the cluster, and no token of
// OpenBao.
func TestLoginUsesTheTokenOfTheCluster(t *testing.T) {
	l := &logins{ttl: 60}
	p, b, _ := probeLogin(t, loginCase{prepare: onActive(l.ServeHTTP)})
	p.runOnce(t.Context())
	p.nodes.Close()
	p.cluster.Close()
	if diff := cmp.Diff([]map[string]string{{"role": "probe", "jwt": "jwt of storage"}}, l.list()); diff != "" {
		t.Errorf("logins (-want +got):\n%s", diff)
	}
	for _, r := range b.all() {
		if r.Header.Get("X-Vault-Token") != "" {
			t.Errorf("%s with a token", r.URL.Path)
		}
	}
}

func TestProbes(t *testing.T) {
	o := newConfig("http://openbao-0.test:8200")
	probe := o
	probe.LoginProbe.Enabled = true
	recorded := probe
	recorded.Nodes, recorded.Cluster = nil, "dump" // a snapshot does not support logins
	c := Collector{Instances: []config.OpenBao{o, probe, recorded}}
	for name, tc := range map[string]struct {
		cluster fleet.Cluster
		want    int
	}{
		"where OpenBao runs": {fleet.Cluster{Name: "management"}, 3},
		"another":            {fleet.Cluster{Name: "storage"}, 1},
		"a snapshot":         {fleet.Cluster{Name: "storage", Snapshot: &snapshot.Dir{}}, 0},
	} {
		site := newSite(t, time.Now)
		site.Cluster = tc.cluster
		if got := len(c.Probes(site)); got != tc.want {
			t.Errorf("%s: %d probes, not %d", name, got, tc.want)
		}
	}
	if c.Name() != "openbao" || c.Resources() != nil {
		t.Errorf("the collector %q watches %v", c.Name(), c.Resources())
	}
	var _ collectors.Collector = c
}
