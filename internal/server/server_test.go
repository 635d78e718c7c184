// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package server

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"go.uber.org/goleak"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/changes"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/fleetreport"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/health"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/objects"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/secretflow"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// testOptions are those of an exporter that is ready and has one row.
func testOptions() Options {
	return Options{
		Metrics:    http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "row 1\n") }),
		Ready:      func() bool { return true },
		SecretFlow: func() secretflow.Report { return secretflow.Report{Paths: []secretflow.PathReport{{ID: "<42>"}}} },
		Clusters:   func() fleetreport.Report { return fleetreport.Report{Clusters: []fleetreport.Cluster{{Name: "<all>"}}} },
		Objects: func(objects.Query) objects.List {
			return objects.List{Objects: []objects.Object{{Cluster: "a", Target: "b", System: "flux", Kind: "K", Namespace: "n", Name: "=x"}}, Next: "abc"}
		},
		Object: func(n objects.Node) (objects.Detail, bool) {
			return objects.Detail{Object: objects.Object{Cluster: "a", Target: "a", System: "flux"}}, n.Name == "x"
		},
		Changes:         func(changes.Query) changes.List { return changes.List{} },
		Verdicts:        func(string, string) []changes.VerdictSince { return nil },
		Evaluated:       func() time.Time { return time.Time{} },
		Report:          func(context.Context) (health.Report, error) { return health.Report{Verdict: health.OK}, nil },
		Reload:          func(context.Context) error { return nil },
		EnableLifecycle: true,
		Registry:        prometheus.NewRegistry(),
	}
}

func newHandler(t *testing.T, o Options) http.Handler {
	t.Helper()
	h, err := Handler(o)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func serveRequest(h http.Handler, method, path string) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest(method, path, http.NoBody))
	return w
}

func TestRoutes(t *testing.T) {
	unready := func(o *Options) { o.Ready = func() bool { return false } }
	pprof := func(o *Options) { o.EnablePprof = true }
	noLifecycle := func(o *Options) { o.EnableLifecycle = false }
	broken := func(o *Options) {
		o.Reload = func(context.Context) error { return errors.New("fleet.yaml:3: no such key") }
	}
	for name, tc := range map[string]struct {
		change       func(*Options)
		method, path string
		status       int
		body         string // is part of it
		header       [2]string
	}{
		"healthy":                {path: "/-/healthy", status: 200, body: "healthy\n"},
		"healthy before ready":   {change: unready, path: "/-/healthy", status: 200},
		"ready":                  {path: "/-/ready", status: 200, body: "ready\n"},
		"not ready":              {change: unready, path: "/-/ready", status: 503, body: "not complete", header: [2]string{"Retry-After", "1"}},
		"objects":                {path: "/api/v1/objects", status: 200, body: `"name": "=x"`, header: [2]string{"Link", `<?next=abc>; rel="next"`}},
		"objects as CSV":         {path: "/api/v1/objects?format=csv", status: 200, body: ",n,'=x,", header: [2]string{"Content-Type", "text/csv; charset=utf-8; header=present"}},
		"objects before ready":   {change: unready, path: "/api/v1/objects", status: 503},
		"object":                 {path: "/api/v1/objects/a/K/-/x", status: 200, body: `"graph"`},
		"no object":              {path: "/api/v1/objects/a/K/-/y", status: 404},
		"changes":                {path: "/api/v1/changes?since=2h", status: 200, body: `"changes"`},
		"bad changes":            {path: "/api/v1/changes?since=x", status: 400, body: "use a duration"},
		"metrics":                {path: "/metrics", status: 200, body: "row 1\n"},
		"metrics before ready":   {change: unready, path: "/metrics", status: 503, body: "not complete", header: [2]string{"Retry-After", "1"}},
		"reload":                 {method: "POST", path: "/-/reload", status: 200, body: "reloaded\n"},
		"reload that fails":      {change: broken, method: "POST", path: "/-/reload", status: 500, body: "fleet.yaml:3: no such key"},
		"reload is off":          {change: noLifecycle, method: "POST", path: "/-/reload", status: 403, body: "--web.enable-lifecycle"},
		"GET reload":             {path: "/-/reload", status: 405, header: [2]string{"Allow", "POST"}},
		"POST healthy":           {method: "POST", path: "/-/healthy", status: 405, header: [2]string{"Allow", "GET, HEAD"}},
		"POST ready":             {method: "POST", path: "/-/ready", status: 405, header: [2]string{"Allow", "GET, HEAD"}},
		"POST landing page":      {method: "POST", path: "/", status: 405},
		"HEAD healthy":           {method: "HEAD", path: "/-/healthy", status: 200},
		"landing page":           {path: "/", status: 200, body: "CobaltCore exporter", header: [2]string{"Content-Type", "text/html; charset=utf-8"}},
		"landing page: metrics":  {path: "/", status: 200, body: `href="./metrics"`},
		"unknown":                {path: "/nothing", status: 404},
		"pprof is off":           {path: "/debug/pprof/", status: 404},
		"pprof profiles are off": {path: "/debug/pprof/heap", status: 404},
		"pprof":                  {change: pprof, path: "/debug/pprof/", status: 200, body: "goroutine"},
		"pprof profile":          {change: pprof, path: "/debug/pprof/goroutine?debug=1", status: 200, body: "TestRoutes"},
		"pprof command line":     {change: pprof, path: "/debug/pprof/cmdline", status: 200},
		"pprof symbol":           {change: pprof, path: "/debug/pprof/symbol", status: 200},
	} {
		t.Run(name, func(t *testing.T) {
			o := testOptions()
			if tc.change != nil {
				tc.change(&o)
			}
			method := tc.method
			if method == "" {
				method = http.MethodGet
			}
			w := serveRequest(newHandler(t, o), method, tc.path)
			if w.Code != tc.status || !strings.Contains(w.Body.String(), tc.body) {
				t.Errorf("%d %q", w.Code, w.Body)
			}
			if tc.header[0] != "" && w.Header().Get(tc.header[0]) != tc.header[1] {
				t.Errorf("headers %v", w.Header())
			}
		})
	}
}

func TestLandingPageNamesPprofOnlyWhenOn(t *testing.T) {
	for _, on := range []bool{false, true} {
		o := testOptions()
		o.EnablePprof = on
		if got := strings.Contains(serveRequest(newHandler(t, o), http.MethodGet, "/").Body.String(), "debug/pprof"); got != on {
			t.Errorf("enabled %v, shown %v", on, got)
		}
	}
}

func TestProbes(t *testing.T) {
	var ready atomic.Bool
	h := ProbeHandler(ready.Load)
	codes := func() (got [4]int) {
		for i, path := range []string{"/-/healthy", "/-/ready", "/metrics", "/"} {
			got[i] = serveRequest(h, http.MethodGet, path).Code
		}
		return got
	}
	if diff := cmp.Diff([4]int{200, 503, 404, 404}, codes()); diff != "" {
		t.Error(diff)
	}
	ready.Store(true)
	if diff := cmp.Diff([4]int{200, 200, 404, 404}, codes()); diff != "" {
		t.Error(diff)
	}
}

// checkRefusals checks how much has been refused because of a limit.
func checkRefusals(t *testing.T, r *Refusals, what string, of scope, want float64) {
	t.Helper()
	if got := testutil.ToFloat64(r.counter.WithLabelValues(what, string(of))); got != want {
		t.Errorf("%v %s refused because of the limit of scope %s, want %v", got, what, of, want)
	}
}

// TestRequestsBeyondLimitsAreRefused checks that one client can use a quarter of the slots, and all
// clients together all of them.
func TestRequestsBeyondLimitsAreRefused(t *testing.T) {
	const limit, share = 8, 2
	inside, leave := make(chan struct{}), make(chan struct{})
	registry := prometheus.NewRegistry()
	o := testOptions()
	o.MaxRequests, o.Registry, o.Refusals = limit, registry, NewRefusals(registry, slog.New(slog.DiscardHandler))
	o.Metrics = http.HandlerFunc(func(http.ResponseWriter, *http.Request) { inside <- struct{}{}; <-leave })
	h := newHandler(t, o)
	ask := func(client int, path string) *httptest.ResponseRecorder {
		r := httptest.NewRequest(http.MethodGet, path, http.NoBody)
		r.RemoteAddr = fmt.Sprintf("192.0.2.%d:%d", client, 1024+client)
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		return w
	}
	codes := make(chan int, limit)
	take := func(client int) {
		go func() { codes <- ask(client, "/metrics").Code }()
		<-inside
	}
	refused := func(client int, of string) {
		t.Helper()
		if w := ask(client, "/metrics"); w.Code != http.StatusServiceUnavailable || !strings.Contains(w.Body.String(), of) ||
			!strings.Contains(w.Body.String(), "--web.max-requests") {
			t.Errorf("%d %q", w.Code, w.Body)
		}
	}
	for client := range limit / share {
		for range share {
			take(client)
		}
		if client == 0 {
			refused(0, "2 requests of this client")
		}
	}
	refused(limit, "8 requests in all")
	checkRefusals(t, o.Refusals, requests, scopeClient, 1)
	checkRefusals(t, o.Refusals, requests, scopeAll, 1)
	if w := ask(0, "/-/healthy"); w.Code != http.StatusOK {
		t.Errorf("a probe counts as a scrape: %d", w.Code)
	}
	close(leave)
	for range limit {
		if code := <-codes; code != http.StatusOK {
			t.Error(code)
		}
	}
	take(0) // a slot is free again
	if code := <-codes; code != http.StatusOK {
		t.Error(code)
	}
	const want = `
# HELP promhttp_metric_handler_requests_total Total number of scrapes by HTTP status code.
# TYPE promhttp_metric_handler_requests_total counter
promhttp_metric_handler_requests_total{code="200"} 9
promhttp_metric_handler_requests_total{code="500"} 0
promhttp_metric_handler_requests_total{code="503"} 2
`
	if err := testutil.GatherAndCompare(registry, strings.NewReader(want), "promhttp_metric_handler_requests_total"); err != nil {
		t.Error(err)
	}
}

// TestReloadRefusesOtherSites checks that a page of another site cannot reload the configuration.
func TestReloadRefusesOtherSites(t *testing.T) {
	o := testOptions()
	o.Reload = func(context.Context) error { t.Error("reloaded"); return nil }
	for _, header := range [][2]string{{"Sec-Fetch-Site", "cross-site"}, {"Origin", "https://elsewhere.example.com"}} {
		r := httptest.NewRequest(http.MethodPost, "/-/reload", http.NoBody)
		r.Header.Set(header[0], header[1])
		w := httptest.NewRecorder()
		if newHandler(t, o).ServeHTTP(w, r); w.Code != http.StatusForbidden {
			t.Errorf("%v: %d %q", header, w.Code, w.Body)
		}
	}
}

func TestSecretFlow(t *testing.T) {
	o := testOptions()
	ready := false
	o.Ready = func() bool { return ready }
	h := newHandler(t, o)
	ask := func() *httptest.ResponseRecorder {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/api/v1/secretflow", http.NoBody))
		return w
	}
	if w := ask(); w.Code != http.StatusServiceUnavailable {
		t.Errorf("before it is known: %d", w.Code)
	}
	ready = true
	w := ask()
	if w.Code != http.StatusOK || w.Header().Get("Content-Type") != "application/json; charset=utf-8" || !strings.Contains(w.Body.String(), `"id": "\u003c42\u003e"`) {
		t.Errorf("%d %v %s", w.Code, w.Header(), w.Body)
	}
}

// TestClusters checks that clusters are served before the exporter is ready, because they show why
// it is not.
func TestClusters(t *testing.T) {
	o := testOptions()
	o.Ready = func() bool { return false }
	w := serveRequest(newHandler(t, o), http.MethodGet, "/api/v1/clusters")
	if w.Code != http.StatusOK || w.Header().Get("Content-Type") != "application/json; charset=utf-8" || !strings.Contains(w.Body.String(), `"name": "\u003call\u003e"`) {
		t.Errorf("%d %v %s", w.Code, w.Header(), w.Body)
	}
	if w := serveRequest(newHandler(t, o), http.MethodPost, "/api/v1/clusters"); w.Code != http.StatusMethodNotAllowed {
		t.Errorf("POST: %d", w.Code)
	}
}

// TestObjectsAcceptSelectsFormat checks that the cache distinguishes the formats that clients
// accept.
func TestObjectsAcceptSelectsFormat(t *testing.T) {
	h := newHandler(t, testOptions())
	for _, c := range []struct{ accept, path, want string }{
		{"", "/api/v1/objects", contentTypeJSON},
		{"text/csv", "/api/v1/objects", "text/csv; charset=utf-8; header=present"},
		{"application/json, text/csv", "/api/v1/objects", contentTypeJSON},
		{"text/csv", "/api/v1/objects?format=json", contentTypeJSON},
		{"*/*", "/api/v1/objects", contentTypeJSON},
	} {
		w, r := httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, c.path, http.NoBody)
		r.Header.Set("Accept", c.accept)
		h.ServeHTTP(w, r)
		if got := w.Header().Get("Content-Type"); got != c.want || w.Header().Get("Vary") != "Accept" {
			t.Errorf("%s %q: %s, Vary %q", c.path, c.accept, got, w.Header().Get("Vary"))
		}
	}
}
