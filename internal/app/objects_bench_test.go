// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package app

import (
	"testing"
	"time"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/objects"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/testing/loadobject"
)

// BenchmarkObjects lists 80,000 objects of Flux and 20,000 ExternalSecrets.
func BenchmarkObjects(b *testing.B) {
	f := newLoadFleet(b)
	const count = 100_000
	for i := range count {
		if i%5 == 4 {
			f.add(i, loadobject.ExternalSecret(i), time.Now().Add(-time.Minute))
		} else {
			f.add(i, loadobject.Flux(i), time.Now().Add(-time.Minute))
		}
	}
	f.serve()
	for name, q := range map[string]objects.Query{
		"Default":  {Sort: "state"},
		"Longest":  {Sort: "name", Limit: objects.MaxLimit},
		"Since":    {Sort: "since"},
		"NotReady": {Sort: "state", State: objects.NotReady},
		"Target":   {Sort: "state", Target: "storage"},
		"Owner":    {Sort: "state", Owner: "infra"},
		"Text":     {Sort: "state", Text: "1a2b3"},
		"AllText":  {Sort: "state", Text: "succeeded"},
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			var list objects.List
			started := processor(b)
			for b.Loop() {
				list = f.objects().List(q)
			}
			b.ReportMetric(float64((processor(b)-started).Microseconds())/1000/float64(b.N), "cpu-ms/op")
			b.ReportMetric(float64(list.Total), "matches")
		})
	}
}

// BenchmarkObject reads one object among 50,000 with its dependencies.
func BenchmarkObject(b *testing.B) {
	f := newLoadFleet(b)
	for i := range benchObjects {
		f.add(i, loadobject.Flux(i), time.Now().Add(-time.Minute))
	}
	f.serve()
	o := f.objects().List(objects.Query{Sort: "name", Kind: "GitRepository", Limit: 1}).Objects[0]
	n := objects.Node{Cluster: o.Cluster, Kind: o.Kind, Namespace: o.Namespace, Name: o.Name}
	b.ReportAllocs()
	started := processor(b)
	for b.Loop() {
		if _, ok := f.objects().Get(n); !ok {
			b.Fatal("no such object")
		}
	}
	b.ReportMetric(float64((processor(b)-started).Microseconds())/1000/float64(b.N), "cpu-ms/op")
}
