// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"regexp"
	"runtime"
	"slices"
	"syscall"
	"testing"
	"time"

	"github.com/cobaltcore-dev/cobaltcore-exporter/alerts"
	"github.com/cobaltcore-dev/cobaltcore-exporter/collectors/flux"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/exposition"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/fleet"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/health"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/lifecycle"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/testing/loadobject"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/testing/testutil"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/watch"
)

const benchObjects = 50_000

var times = regexp.MustCompile(`2026-\d\d-\d\dT\d\d:\d\d:\d\dZ`)

// benchFleet is a generation with benchObjects of Flux in four clusters, beside what
// the snapshot fleet has. touch makes one object of each of n pages another one.
func benchFleet(b *testing.B) (g *generation, touch func(n int)) {
	b.Helper()
	s, err := loadSettings("../../test/fleet/fleet.yaml")
	if err != nil {
		b.Fatal(err)
	}
	a, c := newApp(b.Context(), Options{Log: slog.New(slog.DiscardHandler), SyncTimeout: testutil.Deadline}), s.config
	if g, err = a.prepare(s, nil, func(g *generation) error { return poll(b.Context(), g.isReady) }); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(g.stop)
	targets := fleet.TargetsOf(fleet.FromConfig(c))
	type kindIn struct{ cluster, kind string }
	groups, entries := map[kindIn]*exposition.Group{}, map[kindIn][]*exposition.Entry{}
	resources := map[string]watch.Resource{}
	for _, r := range (flux.Collector{}).Resources() {
		resources[r.Kind] = r
	}
	render := func(i int, change func(map[string]any)) (kindIn, *exposition.Entry) {
		o := loadobject.Flux(i)
		change(o.Object)
		raw, err := json.Marshal(o.Object)
		if err != nil {
			b.Fatal(err)
		}
		raw = times.ReplaceAll(raw, []byte(time.Now().Add(-time.Minute).UTC().Format(time.RFC3339))) // nothing is stale
		at := kindIn{c.Clusters[i%len(c.Clusters)].Name, o.GetKind()}
		r := resources[at.kind]
		if groups[at] == nil {
			groups[at] = g.handler.Exposition.Group(exposition.Key{Cluster: at.cluster, Collector: flux.Name, Kind: at.kind}, r.Families)
		}
		rendered, err := r.Render(fleet.View{Cluster: at.cluster, Targets: targets}, raw, lifecycle.Sighting{}, groups[at].Rows())
		if err != nil {
			b.Fatal(err)
		}
		return at, rendered.Entry
	}
	places := make([]int, benchObjects) // of an object in the list of its group
	for i := range benchObjects {
		at, entry := render(i, func(map[string]any) {})
		places[i] = len(entries[at])
		entries[at] = append(entries[at], entry)
	}
	var all []*exposition.Group
	for at, group := range groups {
		group.Replace(slices.Clone(entries[at])) // it empties the list
		all = append(all, group)
	}
	g.handler.Exposition.Swap(nil, all)
	turn := 0
	return g, func(n int) {
		turn++
		dirty := map[kindIn]bool{}
		for k := range n {
			i := (turn + k*997) % benchObjects
			at, entry := render(i, func(o map[string]any) {
				created := fmt.Sprintf("2025-01-01T00:%02d:%02dZ", turn/60%60, turn%60)
				o["metadata"].(map[string]any)["creationTimestamp"] = created //nolint:forcetypeassert // of the generator
			})
			entries[at][places[i]], dirty[at] = entry, true
		}
		for at := range dirty {
			groups[at].Replace(slices.Clone(entries[at]))
		}
	}
}

// BenchmarkHealth evaluates the whole catalogue over benchObjects: for the first
// time, again when nothing has changed, and again when objects in many blocks have.
func BenchmarkHealth(b *testing.B) {
	g, touch := benchFleet(b)
	fresh := func() *health.Evaluator {
		e, err := health.New(health.Options{Exposition: g.handler.Exposition, Rules: g.rules, Self: g.handler.Self, Log: slog.New(slog.DiscardHandler)})
		if err != nil {
			b.Fatal(err)
		}
		return e
	}
	evaluate := func(e *health.Evaluator) {
		if err := e.Evaluate(context.Background()); err != nil {
			b.Fatal(err)
		}
	}
	// The time on the processor says more than that on the wall, which others share.
	processor := func() time.Duration {
		var u syscall.Rusage
		if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
			b.Fatal(err)
		}
		return time.Duration(u.Utime.Nano() + u.Stime.Nano())
	}
	memory := func() float64 {
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return float64(m.HeapAlloc) / (1 << 20)
	}
	about := func(b *testing.B, e *health.Evaluator) {
		b.Helper()
		rep, err := e.Report(context.Background())
		if err != nil {
			b.Fatal(err)
		}
		rows, series := e.Size()
		b.ReportMetric(float64(len(alerts.Rules())), "rules")
		b.ReportMetric(float64(len(rep.Findings)), "findings")
		b.ReportMetric(float64(rows), "rows")
		b.ReportMetric(float64(series), "series")
		b.ReportMetric(FluxSeries, "series/1000-flux-objects") // TestSeriesOfHealthyObjects counts both
		b.ReportMetric(ExternalSecretSeries, "series/1000-externalsecrets")
	}
	b.Run("first", func(b *testing.B) {
		b.ReportAllocs()
		before := memory()
		var e *health.Evaluator
		started := processor()
		for b.Loop() {
			e = fresh()
			evaluate(e)
		}
		b.ReportMetric(float64((processor()-started).Milliseconds())/float64(b.N), "cpu-ms/op")
		b.ReportMetric(memory()-before, "MiB-kept")
		about(b, e)
	})
	for _, changed := range []int{0, 10, 100} {
		b.Run(fmt.Sprintf("again/changed=%d", changed), func(b *testing.B) {
			e := fresh()
			evaluate(e)
			b.ReportAllocs()
			var used time.Duration
			for b.Loop() {
				b.StopTimer()
				touch(changed)
				started := processor()
				b.StartTimer()
				evaluate(e)
				used += processor() - started
			}
			b.ReportMetric(float64(used.Milliseconds())/float64(b.N), "cpu-ms/op")
			about(b, e)
		})
	}
}
