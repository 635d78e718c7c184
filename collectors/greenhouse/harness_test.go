// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package greenhouse

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
	"sigs.k8s.io/yaml"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/exposition"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/fleet"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/watch"
)

// harness is an exposition that takes the rows of all kinds of one cluster.
type harness struct {
	view    fleet.View
	kinds   map[string]*kindHarness
	handler http.Handler
}

// view is the fleet as seen from one of its clusters.
func view(cluster string) fleet.View {
	return fleet.View{Cluster: cluster, Targets: &fleet.Targets{
		Suffixes: []string{fleet.DefaultSuffix}, Clusters: map[string]bool{"management": true, "control-plane": true, "hypervisor": true, "storage": true},
	}}
}

type kindHarness struct {
	resource watch.Resource
	group    *exposition.Group
	rows     *exposition.Rows
}

func newHarness(tb testing.TB, cluster string) *harness {
	tb.Helper()
	return newHarnessOf(tb, cluster, (Collector{}).Resources())
}

func newHarnessOf(tb testing.TB, cluster string, resources []watch.Resource) *harness {
	tb.Helper()
	e, err := exposition.New(exposition.Options{}, Families()...)
	if err != nil {
		tb.Fatal(err)
	}
	h := &harness{view: view(cluster), kinds: map[string]*kindHarness{}}
	var groups []*exposition.Group
	for _, r := range resources {
		g := e.Group(exposition.Key{Cluster: cluster, Collector: Name, Kind: r.Kind}, r.Families)
		h.kinds[r.Kind] = &kindHarness{resource: r, group: g, rows: g.Rows()}
		groups = append(groups, g)
	}
	e.Swap(nil, groups)
	h.handler = &exposition.Handler{Exposition: e, Collectors: []string{Name}}
	return h
}

// entry renders one object. partial says that it has values of a wrong type.
func (h *harness) entry(tb testing.TB, kind string, raw []byte) (e *exposition.Entry, partial bool) {
	tb.Helper()
	k := h.kinds[kind]
	if k == nil {
		tb.Fatalf("no resource watches %q", kind)
	}
	e, partial, err := k.resource.Render(h.view, raw, k.rows)
	if err != nil || e == nil {
		tb.Fatalf("%s: no rows: %v", kind, err)
	}
	return e, partial
}

// set makes the objects all that there are.
func (h *harness) set(tb testing.TB, objects ...object) {
	tb.Helper()
	entries := map[string][]*exposition.Entry{}
	for _, o := range objects {
		e, _ := h.entry(tb, o.Kind, o.raw)
		entries[o.Kind] = append(entries[o.Kind], e)
	}
	for kind, k := range h.kinds {
		k.group.Replace(entries[kind])
	}
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

// render is the exposition of objects.
func render(tb testing.TB, cluster string, objects ...object) string {
	tb.Helper()
	h := newHarness(tb, cluster)
	h.set(tb, objects...)
	return h.get(tb)
}

// object is one of testdata. Its fields are those that tests look at.
type object struct {
	APIVersion, Kind string
	Metadata         struct {
		Namespace, Name string
	}

	raw []byte // as an API server sends it
}

func parse(tb testing.TB, raw []byte) object {
	tb.Helper()
	o := object{raw: raw}
	if err := json.Unmarshal(raw, &o); err != nil {
		tb.Fatal(err)
	}
	return o
}

var documents = regexp.MustCompile(`(?m)^---$`)

// objects reads a file of testdata.
func objects(tb testing.TB, name string) []object {
	tb.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		tb.Fatal(err)
	}
	var all []object
	for _, doc := range documents.Split(string(data), -1) {
		raw, err := yaml.YAMLToJSONStrict([]byte(doc))
		if err != nil {
			tb.Fatalf("%s: %v", name, err)
		}
		if string(raw) != "null" {
			all = append(all, parse(tb, raw))
		}
	}
	return all
}

// objectOf finds one object of a file.
func objectOf(tb testing.TB, file, kind, name string) object {
	tb.Helper()
	for _, o := range objects(tb, file) {
		if o.Kind == kind && o.Metadata.Name == name {
			return o
		}
	}
	tb.Fatalf("%s has no %s %s", file, kind, name)
	return object{}
}

// cases are the files of testdata with objects.
func cases(tb testing.TB) []string {
	tb.Helper()
	files, err := filepath.Glob("testdata/*.yaml")
	if err != nil || len(files) == 0 {
		tb.Fatalf("testdata has no cases: %v", err)
	}
	for i, f := range files {
		files[i] = filepath.Base(f)
	}
	return files
}

// mustParse is for output that a Prometheus server has to accept.
func mustParse(tb testing.TB, text string) {
	tb.Helper()
	p := expfmt.NewTextParser(model.LegacyValidation)
	if _, err := p.TextToMetricFamilies(strings.NewReader(text)); err != nil {
		tb.Fatalf("the output is no exposition: %v\n%.4000s", err, text)
	}
	seen := map[string]bool{}
	for line := range strings.Lines(text) {
		if i := strings.LastIndexByte(line, ' '); !strings.HasPrefix(line, "#") {
			if seen[line[:i]] {
				tb.Fatalf("two rows are %.1000s", line[:i])
			}
			seen[line[:i]] = true
		}
	}
}

// samples are the rows of text: value by name and labels.
func samples(text string) map[string]string {
	rows := map[string]string{}
	for line := range strings.Lines(text) {
		if !strings.HasPrefix(line, "#") {
			i := strings.LastIndexByte(line, ' ')
			rows[line[:i]] = strings.TrimSpace(line[i:])
		}
	}
	return rows
}
