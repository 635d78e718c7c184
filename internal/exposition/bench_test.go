// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package exposition

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"runtime"
	"testing"
)

const benchRows = 50_000

func benchFill(i int, revision string) func(*Rows) {
	name := fmt.Sprintf("app-%d", i)
	return func(r *Rows) {
		r.Add(benchInfo, 1, "management", "kustomize.toolkit.fluxcd.io", "Kustomization", fmt.Sprintf("tenant-%d", i%97), name,
			"True", "ReconciliationSucceeded", "False", revision, revision, "", "", "GitRepository", "flux-system", "fleet", "./apps/"+name)
		r.Add(benchStatus, 1, "management", "kustomize.toolkit.fluxcd.io", "Kustomization", fmt.Sprintf("tenant-%d", i%97), name, "ready")
	}
}

var benchStatus = &Family{
	Name: "cobaltcore_flux_resource_status", Type: Gauge, Help: "A benchmark.",
	Labels: []string{"cluster", "target_cluster", "group", "kind", "exported_namespace", "name", "status"},
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
	e, err := New(Options{}, benchInfo, benchStatus)
	if err != nil {
		b.Fatal(err)
	}
	g := e.serve(Key{Cluster: "management", Collector: "flux", Kind: "Kustomization"}, benchInfo, benchStatus)
	rows := g.Rows()
	benchList(g, rows)
	return &Handler{Exposition: e}, g, rows
}

// benchList lists all objects.
func benchList(g *Group, rows *Rows) {
	stage := g.Stage()
	for i := range benchRows {
		stage.Add(fmt.Sprintf("%06d", i), rows, benchFill(i, fmt.Sprintf("refs/heads/main@sha1:%040x", i/100)))
	}
	stage.Replace()
}

// discard counts the bytes written and keeps nothing.
type discard struct {
	header http.Header
	n      int64
}

func (d *discard) Header() http.Header         { return d.header }
func (d *discard) WriteHeader(int)             {}
func (d *discard) Write(p []byte) (int, error) { d.n += int64(len(p)); return len(p), nil }

// BenchmarkScrape serves 50,000 objects with two rows. changed is the number of objects that have changed since the
// previous scrape.
func BenchmarkScrape(b *testing.B) {
	for _, encoding := range []string{"identity", "gzip"} {
		for _, changed := range []int{0, 5, 100} {
			b.Run(fmt.Sprintf("%s/changed=%d", encoding, changed), func(b *testing.B) {
				h, g, rows := benchExposition(b)
				r := httptest.NewRequest(http.MethodGet, "/metrics", nil)
				r.Header.Set("Accept-Encoding", encoding)
				w := &discard{header: http.Header{}}
				h.ServeHTTP(w, r)
				random := rand.New(rand.NewPCG(1, 2))
				b.ReportAllocs()
				for b.Loop() {
					b.StopTimer()
					for range changed {
						k := random.IntN(benchRows)
						g.Set(fmt.Sprintf("%06d", k), rows, benchFill(k, fmt.Sprintf("refs/heads/main@sha1:%040x", random.Uint64())))
					}
					b.StartTimer()
					w.n = 0
					h.ServeHTTP(w, r)
				}
				b.SetBytes(w.n)
			})
		}
	}
}

// BenchmarkSet renders and stores an object: unchanged, as after most reconciliations, and with a new revision.
func BenchmarkSet(b *testing.B) {
	b.Run("unchanged", func(b *testing.B) {
		_, g, rows := benchExposition(b)
		fill := benchFill(4711, fmt.Sprintf("refs/heads/main@sha1:%040x", 47))
		b.ReportAllocs()
		for b.Loop() {
			g.Set("004711", rows, fill)
		}
	})
	b.Run("changed", func(b *testing.B) {
		_, g, rows := benchExposition(b)
		fills := []func(*Rows){benchFill(4711, "a"), benchFill(4711, "b")}
		b.ReportAllocs()
		for i := 0; b.Loop(); i++ {
			g.Set("004711", rows, fills[i%2])
		}
	})
}

// BenchmarkList lists all objects for the first time, and again without changes. MiB-kept is the heap of the stored objects.
func BenchmarkList(b *testing.B) {
	for _, again := range []bool{false, true} {
		b.Run(fmt.Sprintf("again=%t", again), func(b *testing.B) {
			before := heap()
			_, g, rows := benchExposition(b)
			kept := heap() - before
			b.ReportAllocs()
			for b.Loop() {
				if !again {
					g.Clear()
				}
				benchList(g, rows)
			}
			b.ReportMetric(kept, "MiB-kept")
			runtime.KeepAlive(g)
		})
	}
}

func heap() float64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return float64(m.HeapAlloc) / (1 << 20)
}
