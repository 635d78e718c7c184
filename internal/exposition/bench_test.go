// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package exposition

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"
)

const benchRows = 50_000

func benchFill(i int, revision string) func(*Rows) {
	name := fmt.Sprintf("app-%d", i)
	return func(r *Rows) {
		r.Add(benchInfo, 1, "management", "kustomize.toolkit.fluxcd.io", "Kustomization", fmt.Sprintf("tenant-%d", i%97), name,
			"True", "ReconciliationSucceeded", "False", revision, revision, "", "", "GitRepository", "flux-system", "fleet", "./apps/"+name)
	}
}

var benchInfo = &Family{
	Name: "flux_resource_info", Type: Gauge, Help: "A benchmark.",
	Labels: []string{
		"cluster", "target_cluster", "group", "kind", "exported_namespace", "name", "ready", "reason", "suspended", "revision", "applied_revision",
		"url", "ref", "source_kind", "source_namespace", "source_name", "path",
	},
}

func benchExposition(b *testing.B) (*Handler, *Group, *Rows) {
	b.Helper()
	e, err := New(Options{}, benchInfo)
	if err != nil {
		b.Fatal(err)
	}
	g := e.serve(Key{Cluster: "management", Collector: "flux", Kind: "Kustomization"}, benchInfo)
	rows := g.Rows()
	list := make([]*Entry, benchRows)
	for i := range list {
		list[i] = rows.Render(fmt.Sprint(i), benchFill(i, fmt.Sprintf("refs/heads/main@sha1:%040x", i/100)))
	}
	g.Replace(list)
	return &Handler{Exposition: e}, g, rows
}

// discard counts what is written and keeps nothing.
type discard struct {
	header http.Header
	n      int64
}

func (d *discard) Header() http.Header         { return d.header }
func (d *discard) WriteHeader(int)             {}
func (d *discard) Write(p []byte) (int, error) { d.n += int64(len(p)); return len(p), nil }

// BenchmarkScrape serves 50,000 rows. changed is the share of blocks in which a
// row has changed since the scrape before.
func BenchmarkScrape(b *testing.B) {
	for _, encoding := range []string{"identity", "gzip"} {
		for _, changed := range []float64{0, 0.01, 1} {
			b.Run(fmt.Sprintf("%s/changed=%g", encoding, changed), func(b *testing.B) {
				h, g, rows := benchExposition(b)
				r := httptest.NewRequest(http.MethodGet, "/metrics", nil)
				r.Header.Set("Accept-Encoding", encoding)
				w := &discard{header: http.Header{}}
				h.ServeHTTP(w, r)
				pages := benchRows / slotsPerPage
				b.ReportAllocs()
				i := 0
				for b.Loop() {
					if changed > 0 {
						b.StopTimer()
						for n := range max(1, int(changed*float64(pages))) {
							k := (i + n*slotsPerPage) % benchRows
							g.Set(fmt.Sprint(k), rows, benchFill(k, fmt.Sprintf("refs/heads/main@sha1:%040x", i)))
						}
						i++
						b.StartTimer()
					}
					w.n = 0
					h.ServeHTTP(w, r)
				}
				b.SetBytes(w.n)
			})
		}
	}
}

// BenchmarkSet renders an object and stores it: unchanged, as after most
// reconciliations, and with a new revision.
func BenchmarkSet(b *testing.B) {
	b.Run("unchanged", func(b *testing.B) {
		_, g, rows := benchExposition(b)
		fill := benchFill(4711, fmt.Sprintf("refs/heads/main@sha1:%040x", 47))
		b.ReportAllocs()
		for b.Loop() {
			g.Set("4711", rows, fill)
		}
	})
	b.Run("changed", func(b *testing.B) {
		_, g, rows := benchExposition(b)
		fills := []func(*Rows){benchFill(4711, "a"), benchFill(4711, "b")}
		b.ReportAllocs()
		for i := 0; b.Loop(); i++ {
			g.Set("4711", rows, fills[i%2])
		}
	})
}
