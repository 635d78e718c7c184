// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package app

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/changes"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/objects"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/testing/loadobject"
)

// benchFindings is the number of objects with a finding.
const benchFindings = 3000

// BenchmarkPages serves each page for benchObjects objects, of which 3,000 have failed, with a full
// log of changes. The cache is not used.
func BenchmarkPages(b *testing.B) {
	f := newLoadFleet(b)
	for i := range benchObjects {
		o := loadobject.Flux(i)
		if i%(benchObjects/benchFindings) == 0 {
			setReady(o, false)
		}
		f.add(i, o, time.Now().Add(-time.Hour))
	}
	f.serve()
	evaluate(b, f.health)
	log := f.app.options.changes
	log.Configure(50_000, 24*time.Hour, func() {})
	for i := range 50_000 {
		log.Add(changes.Change{
			At: time.Now().Add(time.Duration(i-50_000) * time.Second), Type: changes.Revision, Cluster: "management", Target: "control-plane", System: "flux",
			Kind: "Kustomization", Namespace: "flux-system", Name: fmt.Sprint("app-", i%benchObjects), Before: fmt.Sprint("main@", i), After: fmt.Sprint("main@", i+1),
		})
	}
	f.app.current.Store(f.generation)
	h, err := f.app.handler(nil)
	if err != nil {
		b.Fatal(err)
	}
	if _, err := f.report(b.Context()); err != nil { // builds it
		b.Fatal(err)
	}
	source := f.objects().List(objects.Query{Sort: "name", Kind: "GitRepository", Limit: 1}).Objects[0]
	failed := f.objects().List(objects.Query{Sort: "name", Kind: "HelmRelease", State: "failed", Limit: 1}).Objects[0]
	page := func(o objects.Object) string {
		return strings.Join([]string{"/objects", o.Cluster, o.Kind, o.Namespace, o.Name}, "/")
	}
	for name, path := range map[string]string{
		"overview": "/?", "filtered": "/?severity=critical", "text": "/?q=app-12", "cluster": "/clusters/management?", "clusterSystem": "/clusters/management?system=flux",
		"system": "/systems/flux?", "objects": "/objects?", "failed": "/objects?state=not_ready", "search": "/objects?text=app-12", "changes": "/changes?",
		"changesText": "/changes?text=nothing", "secretflow": "/secretflow?", "status": "/status?", "source": page(source) + "?", "object": page(failed) + "?",
		"apiObjects": "/api/v1/objects?", "apiChanges": "/api/v1/changes?", "apiReport": "/api/v1/report?",
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			started, size, n := processor(b), 0, 0
			for b.Loop() {
				n++
				w := httptest.NewRecorder()
				h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, fmt.Sprint(path, "&unused=", n), http.NoBody))
				if w.Code != http.StatusOK {
					b.Fatal(path, w.Code, w.Body)
				}
				size = w.Body.Len()
			}
			b.ReportMetric(float64((processor(b)-started).Microseconds())/1000/float64(b.N), "cpu-ms/op")
			b.ReportMetric(float64(size)/1024, "KiB")
		})
	}
}
