// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package controllers

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"testing"

	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/textparse"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/exposition"
)

// manySamples returns the metrics of a controller with many objects: about 1 MB.
func manySamples(tb testing.TB) []byte {
	tb.Helper()
	base, err := os.ReadFile("testdata/kustomize-controller.prom")
	if err != nil {
		tb.Fatal(err)
	}
	b := bytes.NewBuffer(base)
	const name = "gotk_event_http_request_duration_seconds"
	b.WriteString("# TYPE " + name + " histogram\n")
	for n := 0; b.Len() < 1<<20; n++ {
		object := fmt.Sprintf(`kind="Kustomization",name="app-%d",namespace="flux-system"`, n)
		for _, le := range []string{"0.01", "0.1", "1", "10", "60", "120", "300", "600", "1800", "+Inf"} {
			_, _ = fmt.Fprintf(b, name+"_bucket{%s,le=%q} %d\n", object, le, n)
		}
		_, _ = fmt.Fprintf(b, name+"_sum{%s} %v\n"+name+"_count{%s} %d\n", object, float64(n)/7, object, n)
	}
	return b.Bytes()
}

// BenchmarkParse reads 1 MB of which a sixth is re-exported, and compares with the stock parsers, which would
// need the same selection.
func BenchmarkParse(b *testing.B) {
	text := manySamples(b)
	b.Run("exporter", func(b *testing.B) {
		p := newParser(newReexport(nil, false))
		b.SetBytes(int64(len(text)))
		b.ReportAllocs()
		for b.Loop() {
			if _, err := p.parse(bytes.NewReader(text), func(sample) {}); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("expfmt", func(b *testing.B) {
		b.SetBytes(int64(len(text)))
		b.ReportAllocs()
		for b.Loop() {
			parser := expfmt.NewTextParser(model.LegacyValidation)
			if _, err := parser.TextToMetricFamilies(bytes.NewReader(text)); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("textparse", func(b *testing.B) {
		b.SetBytes(int64(len(text)))
		b.ReportAllocs()
		for b.Loop() {
			whole, err := io.ReadAll(bytes.NewReader(text))
			if err != nil {
				b.Fatal(err)
			}
			p := textparse.NewPromParser(whole, labels.NewSymbolTable(), false)
			for {
				if _, err := p.Next(); errors.Is(err, io.EOF) {
					break
				} else if err != nil {
					b.Fatal(err)
				}
			}
		}
	})
}

// BenchmarkTakeOver creates rows from the same input, as for each pod in each round.
func BenchmarkTakeOver(b *testing.B) {
	text := manySamples(b)
	r := newReexport(nil, false)
	e, err := exposition.New(exposition.Options{}, r.families...)
	if err != nil {
		b.Fatal(err)
	}
	g := e.Group(exposition.Key{Cluster: "management"}, r.families)
	p, rows := newParser(r), g.Rows()
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		g.Put(rows.Render("a", func(rows *exposition.Rows) {
			if _, err := copySamples(p, bytes.NewReader(text), rows, []string{"flux", "kustomize-controller", "flux-system", "kustomize-controller-0"}); err != nil {
				b.Fatal(err)
			}
		}))
	}
}
