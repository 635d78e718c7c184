// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package flux

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"sigs.k8s.io/yaml"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/exposition"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/fleet"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/watch"
)

// management is the cluster of the objects in testdata. edge-17 is a cluster
// that nobody knows.
func management() fleet.View {
	return fleet.View{Cluster: "management", Targets: &fleet.Targets{
		Clusters: map[string]bool{"management": true, "control-plane": true, "hypervisor": true, "storage": true},
		Suffixes: []string{fleet.DefaultSuffix},
	}}
}

// harness is an exposition with one group that takes the rows of one kind.
type harness struct {
	resource watch.Resource
	group    *exposition.Group
	rows     *exposition.Rows
	handler  http.Handler
}

func newHarness(tb testing.TB, resource watch.Resource) *harness {
	tb.Helper()
	e, err := exposition.New(exposition.Options{OmitLabels: []string{"uid"}}, Families()...)
	if err != nil {
		tb.Fatal(err)
	}
	key := exposition.Key{Cluster: "management", Collector: Name, Kind: resource.Kind}
	g := e.Group(key, resource.Families)
	e.Swap(nil, []*exposition.Group{g})
	return &harness{
		resource: resource, group: g, rows: g.Rows(),
		handler: &exposition.Handler{Exposition: e, Collectors: []string{Name}},
	}
}

// set makes the object in raw the only one of the group.
func (h *harness) set(tb testing.TB, raw []byte) {
	tb.Helper()
	entry, _, err := h.resource.Render(management(), raw, h.rows)
	if err != nil {
		tb.Fatalf("%s: %v", h.resource.Kind, err)
	}
	h.group.Replace([]*exposition.Entry{entry})
}

// get is what GET /metrics answers.
func (h *harness) get(tb testing.TB) string {
	tb.Helper()
	w := httptest.NewRecorder()
	h.handler.ServeHTTP(w, httptest.NewRequestWithContext(tb.Context(), http.MethodGet, "/metrics", http.NoBody))
	if w.Code != http.StatusOK {
		tb.Fatalf("GET /metrics: %d %s", w.Code, w.Body)
	}
	return w.Body.String()
}

// render is the exposition of the one object in raw.
func render(tb testing.TB, resource watch.Resource, raw []byte) string {
	tb.Helper()
	h := newHarness(tb, resource)
	h.set(tb, raw)
	return h.get(tb)
}

// resourceOf finds the resource of a kind, in any case.
func resourceOf(tb testing.TB, kind string) watch.Resource {
	tb.Helper()
	for _, r := range (Collector{}).Resources() {
		if strings.EqualFold(r.Kind, kind) {
			return r
		}
	}
	tb.Fatalf("no resource watches %s", kind)
	return watch.Resource{}
}

// object reads a YAML file below testdata as the JSON of an API server.
func object(tb testing.TB, path ...string) []byte {
	tb.Helper()
	data, err := os.ReadFile(filepath.Join(append([]string{"testdata"}, path...)...))
	if err != nil {
		tb.Fatal(err)
	}
	raw, err := yaml.YAMLToJSONStrict(data)
	if err != nil {
		tb.Fatal(err)
	}
	return raw
}

// cases are the files of testdata, as <kind>/<case>.yaml.
func cases(tb testing.TB) []string {
	tb.Helper()
	files, err := filepath.Glob("testdata/*/*.yaml")
	if err != nil || len(files) == 0 {
		tb.Fatalf("testdata has no cases: %v", err)
	}
	for i, f := range files {
		files[i] = strings.TrimPrefix(filepath.ToSlash(f), "testdata/")
	}
	return files
}
