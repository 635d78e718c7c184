// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package openbao

import (
	"crypto/tls"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/config"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/failure"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/fleet"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/testing/testutil"
)

func service() *config.OpenBaoService {
	return &config.OpenBaoService{Namespace: "openbao-system", Name: "openbao-internal", Port: 8200, Scheme: "https"}
}

// found returns an OpenBao cluster behind a Service. It has three pods whose certificates have the names of the
// reference architecture.
func found(t *testing.T) (*bao, *apiServer) {
	t.Helper()
	ca := newAuthority(t, "CA")
	b := newBao(t, "healthy-2.4", func(node string, server *httptest.Server) {
		server.TLS = &tls.Config{Certificates: []tls.Certificate{ca.issue(t, node+".openbao-internal", years(1))}}
	})
	b.o.TLS.CAFile = t.TempDir() + "/ca.pem"
	write(t, b.o.TLS.CAFile, ca.pem)
	b.o.Nodes, b.o.Service = nil, service()
	b.o.Interval, b.o.Timeout = config.Duration(20*time.Millisecond), config.Duration(10*time.Second)
	for n, address := range []string{"10.0.0.1", "10.0.0.2", "10.0.0.3"} {
		b.addresses[address+":8200"] = b.addresses[node(n)]
	}
	api := newAPIServer(t, "management")
	b.site.Lookup = func(name string) (fleet.Cluster, bool) { return api.cluster, name == api.cluster.Name }
	return b, api
}

func pods(n int) string {
	all := []string{pod("10.0.0.1", "openbao-0", true), pod("10.0.0.2", "openbao-1", true), pod("10.0.0.3", "openbao-2", false)}
	return `{"items":[{"addressType":"IPv4","endpoints":[` + strings.Join(all[:n], ",") + `]}]}`
}

// TestNodesComeAndGoWithTheEndpointSlices also checks that known nodes stay while the API server does not answer.
func TestNodesComeAndGoWithTheEndpointSlices(t *testing.T) {
	b, api := found(t)
	api.set(func(a *apiServer) { a.slices = pods(3) })
	i := start(b.o, b.site)
	run(t, i)
	become := func(want map[string]string) {
		t.Helper()
		for name, v := range want {
			testutil.Until(t, name+" "+v, func() bool { return rowsOf(t, b.site)[name] == v })
		}
	}
	up := func(name string) string { return row("node_up", "node", name) }
	become(map[string]string{up("openbao-0"): "1", up("openbao-1"): "1", up("openbao-2"): "1", `nodes{state="standby"}`: "2"})
	testutil.Until(t, "settled", i.Settled)
	if f := rowsOf(t, b.site).with("endpoint_failing"); f != nil {
		t.Error(f)
	}

	api.set(func(a *apiServer) { a.slices = pods(2) })
	become(map[string]string{up("openbao-2"): "", `nodes{state="standby"}`: "1", up("openbao-1"): "1"})

	api.set(func(a *apiServer) { a.status = http.StatusServiceUnavailable })
	become(map[string]string{failing("", "endpointslices", failure.ReasonHTTP): "1", up("openbao-0"): "1", up("openbao-1"): "1"})
	api.set(func(a *apiServer) { a.status = http.StatusForbidden })
	become(map[string]string{failing("", "endpointslices", failure.ReasonForbidden): "1", failing("", "endpointslices", failure.ReasonHTTP): "", up("openbao-1"): "1"})

	api.set(func(a *apiServer) { a.status, a.slices = 0, pods(3) })
	become(map[string]string{up("openbao-2"): "1", failing("", "endpointslices", failure.ReasonForbidden): ""})

	api.mu.Lock()
	defer api.mu.Unlock()
	want := "GET /apis/discovery.k8s.io/v1/namespaces/openbao-system/endpointslices?labelSelector=kubernetes.io%2Fservice-name%3Dopenbao-internal"
	for _, got := range api.requested {
		if got != want {
			t.Errorf("asked for %s", got)
		}
	}
}

// TestServiceNotFound checks that a missing Service is a failing endpoint, and that the probe settles.
func TestServiceNotFound(t *testing.T) {
	for name, tc := range map[string]struct {
		spoil func(*bao, *apiServer)
		why   failure.Reason
	}{
		"no cluster":  {func(b *bao, _ *apiServer) { b.o.Cluster = "elsewhere" }, failure.ReasonNotFound},
		"forbidden":   {func(_ *bao, a *apiServer) { a.status = http.StatusForbidden }, failure.ReasonForbidden},
		"expired":     {func(_ *bao, a *apiServer) { a.status = http.StatusUnauthorized }, failure.ReasonForbidden},
		"not found":   {func(_ *bao, a *apiServer) { a.status = http.StatusNotFound }, failure.ReasonNotFound},
		"HTML":        {func(_ *bao, a *apiServer) { a.slices = "<html>" }, failure.ReasonHTTP},
		"unreachable": {func(_ *bao, a *apiServer) { a.cluster.Kubeconfig = "missing" }, failure.ReasonHTTP},
	} {
		t.Run(name, func(t *testing.T) {
			b, api := found(t)
			api.set(func(a *apiServer) { tc.spoil(b, a) })
			i := start(b.o, b.site)
			run(t, i)
			testutil.Until(t, "settled", i.Settled)
			rows := rowsOf(t, b.site)
			rows.want(t, map[string]string{failing("", "endpointslices", tc.why): "1", `nodes{state="down"}`: "", "expected_nodes": "3"})
			if i.Status().Up {
				t.Error("up")
			}
		})
	}
}
