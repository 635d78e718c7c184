// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package controllers

import (
	"encoding/json"
	"iter"
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

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/config"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/exposition"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/fleet"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/watch"
)

// workloadRig is an exposition that takes the rows of all kinds of one cluster.
type workloadRig struct {
	view    fleet.View
	kinds   map[string]*workloadKind
	handler http.Handler
}

type workloadKind struct {
	resource watch.Resource
	group    *exposition.Group
	rows     *exposition.Rows
}

func newWorkloadRig(tb testing.TB, cluster string, c config.Controllers) *workloadRig {
	tb.Helper()
	e, err := exposition.New(exposition.Options{}, Families()...)
	if err != nil {
		tb.Fatal(err)
	}
	h := &workloadRig{view: fleet.View{Cluster: cluster}, kinds: map[string]*workloadKind{}}
	var groups []*exposition.Group
	for _, r := range (Collector{Config: c}).Resources() {
		g := e.Group(exposition.Key{Cluster: cluster, Collector: Name, Kind: r.Kind}, r.Families)
		h.kinds[r.Kind] = &workloadKind{resource: r, group: g, rows: g.Rows()}
		groups = append(groups, g)
	}
	e.Swap(nil, groups)
	h.handler = &exposition.Handler{Exposition: e, Collectors: []string{Name}}
	return h
}

// set makes the objects all that there are; those of other kinds are left out.
func (h *workloadRig) set(tb testing.TB, objects ...workloadObject) {
	tb.Helper()
	entries := map[string][]*exposition.Entry{}
	for _, o := range objects {
		k := h.kinds[o.Kind]
		if k == nil {
			continue
		}
		entry, partial, err := k.resource.Render(h.view, o.raw, k.rows)
		if err != nil || partial {
			tb.Fatalf("%s %s: partly decoded %t, %v", o.Kind, o.Metadata.Name, partial, err)
		}
		if entry != nil {
			entries[o.Kind] = append(entries[o.Kind], entry)
		}
	}
	for kind, k := range h.kinds {
		k.group.Replace(entries[kind])
	}
}

// get is what GET /metrics answers.
func (h *workloadRig) get(tb testing.TB) string {
	tb.Helper()
	w := httptest.NewRecorder()
	h.handler.ServeHTTP(w, httptest.NewRequestWithContext(tb.Context(), http.MethodGet, "/metrics", http.NoBody))
	if w.Code != http.StatusOK {
		tb.Fatalf("GET /metrics: %d %s", w.Code, w.Body)
	}
	return w.Body.String()
}

// workloadRows are the rows of objects with the default configuration.
func workloadRows(tb testing.TB, cluster string, objects ...workloadObject) string {
	tb.Helper()
	h := newWorkloadRig(tb, cluster, config.Controllers{})
	h.set(tb, objects...)
	return h.get(tb)
}

type workloadObject struct {
	Kind     string
	Metadata struct{ Namespace, Name string }

	raw []byte // as an API server sends it
}

func parseWorkload(tb testing.TB, raw []byte) workloadObject {
	tb.Helper()
	o := workloadObject{raw: raw}
	if err := json.Unmarshal(raw, &o); err != nil {
		tb.Fatal(err)
	}
	return o
}

var workloadDocuments = regexp.MustCompile(`(?m)^---$`)

// readWorkloads reads a file of YAML documents.
func readWorkloads(tb testing.TB, file string) []workloadObject {
	tb.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		tb.Fatal(err)
	}
	var all []workloadObject
	for _, doc := range workloadDocuments.Split(string(data), -1) {
		raw, err := yaml.YAMLToJSONStrict([]byte(doc))
		if err != nil {
			tb.Fatalf("%s: %v", file, err)
		}
		if string(raw) != "null" {
			all = append(all, parseWorkload(tb, raw))
		}
	}
	return all
}

// workloadFiles are the files of testdata with workloads.
func workloadFiles(tb testing.TB) []string {
	tb.Helper()
	files, err := filepath.Glob("testdata/workloads/*.yaml")
	if err != nil || len(files) == 0 {
		tb.Fatalf("testdata has no workloads: %v", err)
	}
	return files
}

// validExposition is for output that a Prometheus server has to accept.
func validExposition(tb testing.TB, text string) {
	tb.Helper()
	p := expfmt.NewTextParser(model.LegacyValidation)
	if _, err := p.TextToMetricFamilies(strings.NewReader(text)); err != nil {
		tb.Fatalf("the output is no exposition: %v\n%.4000s", err, text)
	}
	seen := map[string]bool{}
	for row := range sampleRows(text) {
		if seen[row] {
			tb.Fatalf("two rows are %.1000s", row)
		}
		seen[row] = true
	}
}

// sampleRows yields the rows of text: name and labels, and the value.
func sampleRows(text string) iter.Seq2[string, string] {
	return func(yield func(row, value string) bool) {
		for line := range strings.Lines(text) {
			i := strings.LastIndexByte(line, ' ')
			if !strings.HasPrefix(line, "#") && !yield(line[:i], strings.TrimSpace(line[i:])) {
				return
			}
		}
	}
}
