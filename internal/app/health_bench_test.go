// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"
	"log/slog"
	"maps"
	"runtime"
	"syscall"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/cobaltcore-dev/cobaltcore-exporter/alerts"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/health"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/testing/loadobject"
)

const benchObjects = 50_000

// BenchmarkHealth evaluates the whole catalogue over benchObjects objects of Flux or External
// Secrets: for the first time, after time has passed without changes, and after objects have
// changed between ready and not ready.
func BenchmarkHealth(b *testing.B) {
	for _, load := range []struct {
		name   string
		object func(i int) *unstructured.Unstructured
	}{{"Flux", loadobject.Flux}, {"ExternalSecrets", loadobject.ExternalSecret}} {
		b.Run(load.name, func(b *testing.B) {
			f := newLoadFleet(b)
			for i := range benchObjects {
				f.add(i, load.object(i), time.Now().Add(-time.Minute))
			}
			f.serve()
			b.Run("First", func(b *testing.B) { benchFirst(b, f) })
			for name, flips := range map[string]int{"ClockOnly": 0, "OneChange": 1, "Flips": 100} {
				ready, turn := map[int]bool{}, 0
				b.Run(name, func(b *testing.B) {
					benchAgain(b, f, func() {
						for range flips {
							turn += 997
							i := turn % benchObjects
							o := load.object(i)
							setReady(o, ready[i])
							ready[i] = !ready[i]
							f.put(i, o, time.Now().Add(-time.Minute))
						}
					})
				})
			}
		})
	}
}

// setReady sets the Ready condition, which is the first one in the load test.
func setReady(o *unstructured.Unstructured, ready bool) {
	conditions, _, _ := unstructured.NestedSlice(o.Object, "status", "conditions")
	was := conditions[0].(map[string]any) //nolint:forcetypeassert // of the generator
	now := loadobject.ReadyCondition(o.GetKind(), ready, "a benchmark")
	now["lastTransitionTime"] = was["lastTransitionTime"]
	maps.Copy(was, now)
	_ = unstructured.SetNestedSlice(o.Object, conditions, "status", "conditions")
}

func (f *loadFleet) fresh() *health.Evaluator {
	f.tb.Helper()
	e, err := health.New(health.Options{
		Exposition: f.handler.Exposition, Rules: f.rules, Self: f.handler.Self, Log: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		f.tb.Fatal(err)
	}
	return e
}

// benchFirst measures an evaluator from its creation to its first report.
func benchFirst(b *testing.B, f *loadFleet) {
	b.Helper()
	b.ReportAllocs()
	heap := func() float64 {
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return float64(m.HeapAlloc) / (1 << 20)
	}
	before, started := heap(), processor(b)
	var e *health.Evaluator
	for b.Loop() {
		e = f.fresh()
		evaluate(b, e)
	}
	b.ReportMetric(float64((processor(b)-started).Microseconds())/1000/float64(b.N), "cpu-ms/op")
	b.ReportMetric(heap()-before, "MiB-kept")
	describe(b, e)
}

// benchAgain measures evaluations after changes.
func benchAgain(b *testing.B, f *loadFleet, change func()) {
	b.Helper()
	e := f.fresh()
	evaluate(b, e)
	b.ReportAllocs()
	var used time.Duration
	for b.Loop() {
		b.StopTimer()
		change()
		started := processor(b)
		b.StartTimer()
		evaluate(b, e)
		used += processor(b) - started
	}
	b.ReportMetric(float64(used.Microseconds())/1000/float64(b.N), "cpu-ms/op")
	describe(b, e)
}

func evaluate(b *testing.B, e *health.Evaluator) {
	b.Helper()
	if err := e.Evaluate(context.Background()); err != nil {
		b.Fatal(err)
	}
}

// processor returns the used CPU time, which unlike wall time does not depend on other processes.
func processor(b *testing.B) time.Duration {
	b.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// describe reports the size of the evaluation.
func describe(b *testing.B, e *health.Evaluator) {
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
}
