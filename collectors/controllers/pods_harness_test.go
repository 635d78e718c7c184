// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package controllers

import (
	"compress/gzip"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/labels"

	"github.com/cobaltcore-dev/cobaltcore-exporter/collectors"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/config"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/exposition"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/fleet"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/testing/collectortest"
)

// stubServer is an API server for pods with selectors, pages and the proxy. Answers of controllers behind the
// proxy are by namespace/name:port.
type stubServer struct {
	cluster fleet.Cluster

	mu        sync.Mutex
	pods      []map[string]any
	proxied   map[string]http.HandlerFunc
	on        map[string]http.HandlerFunc // replaced answers by path
	pages     int                         // fixed size of pages; 0 means as requested
	requested []string
}

func newStubServer(tb testing.TB) *stubServer {
	tb.Helper()
	s := &stubServer{proxied: map[string]http.HandlerFunc{}, on: map[string]http.HandlerFunc{}}
	server := httptest.NewUnstartedServer(s)
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.StartTLS()
	tb.Cleanup(server.Close)
	ca := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})
	file := filepath.Join(tb.TempDir(), "kubeconfig")
	writeFile(tb, file, fmt.Sprintf(`{"apiVersion":"v1","kind":"Config","current-context":"c",
"clusters":[{"name":"c","cluster":{"server":%q,"certificate-authority-data":%q}}],"users":[{"name":"c","user":{"token":"t0ken"}}],
"contexts":[{"name":"c","context":{"cluster":"c","user":"c"}}]}`, server.URL, base64.StdEncoding.EncodeToString(ca)))
	s.cluster = fleet.Cluster{Name: "management", Source: fleet.SourceKubeconfig, Kubeconfig: file}
	return s
}

// set changes the answers.
func (s *stubServer) set(change func(*stubServer)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	change(s)
}

func (s *stubServer) requests() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.requested)
}

func (s *stubServer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	s.requested = append(s.requested, r.URL.RequestURI())
	handler := s.on[r.URL.Path]
	s.mu.Unlock()
	rest, proxied := strings.CutPrefix(r.URL.Path, "/api/v1/namespaces/")
	switch {
	case r.Header.Get("Authorization") != "Bearer t0ken":
		apiError(http.StatusUnauthorized, "Unauthorized")(w, r)
	case handler != nil:
		handler(w, r)
	case r.URL.Path == "/api/v1/pods":
		s.list(w, r)
	case proxied:
		s.proxy(w, r, rest)
	default:
		apiError(http.StatusNotFound, "NotFound")(w, r)
	}
}

// list answers in pages. The token is the start of the next page.
func (s *stubServer) list(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	query := r.URL.Query()
	selector, err := labels.Parse(query.Get("labelSelector"))
	from, _ := strconv.Atoi(query.Get("continue"))
	if err != nil || query.Get("continue") != "" && query.Get("resourceVersion") != "" {
		apiError(http.StatusBadRequest, "BadRequest")(w, r)
		return
	}
	var found []map[string]any
	for _, p := range s.pods {
		set, _ := p["metadata"].(map[string]any)["labels"].(map[string]string)
		if selector.Matches(labels.Set(set)) {
			found = append(found, p)
		}
	}
	meta := map[string]any{"resourceVersion": "17"}
	size, _ := strconv.Atoi(query.Get("limit"))
	if s.pages > 0 {
		size = s.pages
	}
	page := found[from:]
	if len(page) > size {
		page = page[:size]
		meta["continue"] = strconv.Itoa(from + size)
		meta["remainingItemCount"] = len(found) - from - size
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(map[string]any{"kind": "PodList", "apiVersion": "v1", "metadata": meta, "items": page})
}

func (s *stubServer) proxy(w http.ResponseWriter, r *http.Request, rest string) {
	namespace, rest, _ := strings.Cut(rest, "/pods/")
	name, path, _ := strings.Cut(rest, "/proxy")
	s.mu.Lock()
	handler := s.proxied[namespace+"/"+name]
	s.mu.Unlock()
	if handler == nil || path != "/metrics" {
		// As an API server answers for a pod that it cannot reach.
		apiError(http.StatusServiceUnavailable, "ServiceUnavailable")(w, r)
		return
	}
	handler(w, r)
}

// apiError returns a handler with an error of the API server itself.
func apiError(code int, reason string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(code)
		_, _ = fmt.Fprintf(w, `{"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure","message":"s3cr3t: error trying to reach service: dial tcp 10.1.0.1:8080: connect: connection refused","reason":%q,"code":%d}`, reason, code)
	}
}

// respondWith returns a controller that answers with these metrics.
func respondWith(text string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/plain; version=0.0.4; charset=utf-8; escaping=underscores")
		if !strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
			_, _ = io.WriteString(w, text)
			return
		}
		w.Header().Set("Content-Encoding", "gzip")
		packed := gzip.NewWriter(w)
		_, _ = io.WriteString(packed, text)
		_ = packed.Close()
	}
}

// respondWithError returns a controller that answers with a status and a body.
func respondWithError(code int, text string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(code); _, _ = io.WriteString(w, text) }
}

// podObject returns a running pod of Flux with the status of kubelet. change may be nil.
func podObject(name string, change func(metadata, spec, status map[string]any)) map[string]any {
	metadata := map[string]any{
		"namespace": "flux-system", "name": name, "creationTimestamp": "2026-11-20T10:00:00Z",
		"labels":          map[string]string{"app": "kustomize-controller", "app.kubernetes.io/part-of": "flux", "app.kubernetes.io/component": "kustomize-controller", "pod-template-hash": "x"},
		"ownerReferences": []any{map[string]any{"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": "kustomize-controller-x", "controller": true}},
	}
	spec := map[string]any{"containers": []any{map[string]any{
		"name": "manager", "image": "registry.example.com:5000/fluxcd/kustomize-controller:v1.7.3@sha256:0123",
		"ports": []any{map[string]any{"name": "http-prom", "containerPort": 8080}, map[string]any{"name": "healthz", "containerPort": 9440}},
	}}}
	status := map[string]any{
		"phase": "Running", "podIP": "10.1.0.1",
		"conditions":        []any{map[string]any{"type": "PodScheduled", "status": "True"}, map[string]any{"type": "Ready", "status": "True"}},
		"containerStatuses": []any{map[string]any{"name": "manager", "restartCount": 0, "state": map[string]any{"running": map[string]any{"startedAt": "2026-11-20T10:00:05Z"}}}},
	}
	if change != nil {
		change(metadata, spec, status)
	}
	return map[string]any{"metadata": metadata, "spec": spec, "status": status}
}

// podConfig returns the default configuration.
func podConfig() config.Controllers {
	return config.Controllers{Enabled: true, Via: "proxy", Interval: config.Duration(30 * time.Second)}
}

// startPods starts a probe whose rows are served. change may be nil.
func startPods(tb testing.TB, c fleet.Cluster, conf config.Controllers, change func(*collectors.Site)) (*pods, *exposition.Exposition) {
	tb.Helper()
	r := newReexport(conf.Allow, conf.Buckets)
	now := func() time.Time { return time.Date(2026, 11, 23, 15, 11, 26, 0, time.UTC) }
	site := collectortest.Site(tb, now, slices.Concat(podFamilies(), r.scrapeFamilies(), []*exposition.Family{workloadInfo})...)
	site.Cluster = c
	if change != nil {
		change(&site)
	}
	p := newPods(conf, r, site)
	site.Exposition.Swap(nil, p.Groups())
	tb.Cleanup(p.source.close)
	return p, site.Exposition
}

// servedText returns the answer to GET /metrics.
func servedText(tb testing.TB, e *exposition.Exposition) string {
	tb.Helper()
	text := collectortest.Serve(tb, e)
	collectortest.MustParse(tb, text)
	return text
}

// servedRows returns the sorted rows of the families, or of all families if there are none.
func servedRows(tb testing.TB, e *exposition.Exposition, families ...string) string {
	tb.Helper()
	return collectortest.Lines(servedText(tb, e), families...)
}

// failingPods returns the reasons by pod.
func failingPods(tb testing.TB, e *exposition.Exposition) map[string]string {
	tb.Helper()
	reasons := map[string]string{}
	for line := range strings.Lines(servedRows(tb, e, scrapeFailing.Name)) {
		_, rest, _ := strings.Cut(line, `name="`)
		name, _, _ := strings.Cut(rest, `"`)
		_, rest, _ = strings.Cut(rest, `reason="`)
		reasons[name], _, _ = strings.Cut(rest, `"`)
	}
	return reasons
}

func writeFile(tb testing.TB, file, text string) {
	tb.Helper()
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		tb.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		tb.Fatal(err)
	}
}
