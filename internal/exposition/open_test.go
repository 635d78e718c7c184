// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package exposition

import (
	"errors"
	"io"
	"math"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/textparse"
)

var (
	openDepth = &Family{Name: "their_depth_total", Type: Untyped, Help: "A test.", Labels: []string{"cluster", "pod"}, Open: true}
	openTime  = &Family{Name: "their_seconds", Type: Summary, Help: "A test.", Labels: []string{"cluster", "pod"}, Open: true}
	openSum   = &Family{Name: "other_seconds_sum", Type: Untyped, Help: "A test.", Labels: []string{"cluster", "pod"}, Open: true}
)

func openExposition(t testing.TB, o Options) (*Exposition, []*Group) {
	t.Helper()
	all := []*Family{openDepth, openTime, openSum, testValue}
	e, err := New(o, all...)
	if err != nil {
		t.Fatal(err)
	}
	var groups []*Group
	for _, cluster := range []string{"east", "west"} {
		groups = append(groups, e.serve(Key{Cluster: cluster, Collector: "test"}, all...))
	}
	return e, groups
}

func TestAddOpen(t *testing.T) {
	for name, tc := range map[string]struct {
		options Options
		fill    func(*Rows)
		want    string
	}{
		"more labels": {
			fill: func(r *Rows) {
				r.AddOpen(openDepth, "", 1.5, []string{"a-0"}, []Label{{"name", "x"}, {"priority", ""}, {"code", "200"}})
			},
			want: `their_depth_total{cluster="east",pod="a-0",name="x",code="200"} 1.5`,
		},
		"none": {
			fill: func(r *Rows) { r.AddOpen(openDepth, "", math.NaN(), []string{"a-0"}, nil) },
			want: `their_depth_total{cluster="east",pod="a-0"} NaN`,
		},
		"too few values": {
			fill: func(r *Rows) { r.AddOpen(openDepth, "", math.Inf(-1), nil, []Label{{"x", "y"}}) },
			want: `their_depth_total{cluster="east",pod="",x="y"} -Inf`,
		},
		"names that are taken": {
			fill: func(r *Rows) {
				r.AddOpen(openDepth, "", 1, []string{"a-0"}, []Label{{"cluster", "c"}, {"exported_pod", "p"}, {"pod", "q"}, {"exported_cluster", "d"}, {"a", ""}, {"a", "b"}})
			},
			want: `their_depth_total{cluster="east",pod="a-0",exported_cluster="c",exported_pod="p",exported_exported_pod="q",exported_exported_cluster="d",a="b"} 1`,
		},
		"another name for the cluster": {
			options: Options{ClusterLabel: "clusterName"},
			fill: func(r *Rows) {
				r.AddOpen(openDepth, "", 1, []string{"a-0"}, []Label{{"clusterName", "c"}, {"cluster", "d"}})
			},
			want: `their_depth_total{clusterName="east",pod="a-0",exported_clusterName="c",cluster="d"} 1`,
		},
		"values": {
			options: Options{MaxLabelValue: 16},
			fill: func(r *Rows) {
				r.AddOpen(openDepth, "", 1, []string{"a-0"}, []Label{{"a", "\"\\\n"}, {"b", strings.Repeat("x", 99)}})
			},
			want: `their_depth_total{cluster="east",pod="a-0",a="\"\\\n",b="xxxxx…1939428f"} 1`,
		},
		"sum and count": {
			fill: func(r *Rows) {
				for _, k := range []string{"x", "y", "x"} {
					r.AddOpen(openTime, Sum, 2.5, []string{"a-0"}, []Label{{"kind", k}})
					r.AddOpen(openTime, Count, 3, []string{"a-0"}, []Label{{"kind", k}})
				}
			},
			want: `their_seconds_sum{cluster="east",pod="a-0",kind="x"} 2.5
their_seconds_count{cluster="east",pod="a-0",kind="x"} 3
their_seconds_sum{cluster="east",pod="a-0",kind="y"} 2.5
their_seconds_count{cluster="east",pod="a-0",kind="y"} 3`,
		},
		"what does not fit": {
			fill: func(r *Rows) {
				r.AddOpen(openTime, "", 1, nil, nil)
				r.AddOpen(openTime, "_bucket", 1, nil, nil)
				r.AddOpen(openDepth, Sum, 1, nil, nil)
				r.AddOpen(testValue, "", 1, nil, nil)
				r.AddOpen(testInfo, "", 1, nil, nil)
			},
		},
		"included": {
			options: Options{Include: []string{"other_seconds"}},
			fill: func(r *Rows) {
				r.AddOpen(openDepth, "", 1, nil, nil)
				r.AddOpen(openSum, "", 1, []string{"a-0"}, nil)
			},
			want: `other_seconds_sum{cluster="east",pod="a-0"} 1`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			e, groups := openExposition(t, tc.options)
			groups[0].Set("a", groups[0].Rows(), tc.fill)
			if diff := cmp.Diff(tc.want, strings.TrimSpace(e.text())); diff != "" {
				t.Error(diff)
			}
			if _, _, cut := groups[0].Size(); cut > 0 != (name == "values") {
				t.Errorf("%d objects have a value that was cut", cut)
			}
		})
	}
}

// TestPut checks that an entry replaces rows of Set, and that Set replaces an entry.
func TestPut(t *testing.T) {
	e, groups := openExposition(t, Options{MaxLabelValue: 16})
	g, rows := groups[0], groups[0].Rows()
	render := func(v string) *Entry {
		return rows.Render("a", func(r *Rows) { r.AddOpen(openDepth, "", 1, []string{v}, nil) })
	}
	check := func(want string, wantCut int) {
		t.Helper()
		if objects, _, cut := g.Size(); e.text() != want || objects != 1 || cut != wantCut {
			t.Errorf("%d objects, %d cut: %s", objects, cut, e.text())
		}
	}
	g.Put(render("x"))
	check("their_depth_total{cluster=\"east\",pod=\"x\"} 1\n", 0)
	g.Set("a", rows, func(r *Rows) { r.AddOpen(openDepth, "", 1, []string{"y"}, nil) })
	check("their_depth_total{cluster=\"east\",pod=\"y\"} 1\n", 0)
	g.Put(render(strings.Repeat("z", 99)))
	check("their_depth_total{cluster=\"east\",pod=\"zzzzz…9818179d\"} 1\n", 1)
}

// TestManyOpenRows checks that duplicates are dropped among many rows.
func TestManyOpenRows(t *testing.T) {
	e, groups := openExposition(t, Options{})
	groups[0].Set("a", groups[0].Rows(), func(r *Rows) {
		for n := range 3000 {
			r.AddOpen(openDepth, "", float64(n), []string{"a-0"}, []Label{{"n", strings.Repeat("x", n%1000)}})
		}
	})
	if n := strings.Count(e.text(), "\n"); n != 1000 {
		t.Errorf("%d rows, not 1000", n)
	}
}

// TestOpenRowsAreValid checks in both formats that the rows of a family are consecutive and have their type.
func TestOpenRowsAreValid(t *testing.T) {
	e, groups := openExposition(t, Options{})
	for _, g := range groups {
		for _, pod := range []string{"a-0", "b-0"} {
			g.Set(pod, g.Rows(), func(r *Rows) {
				r.AddOpen(openTime, Sum, 2.5, []string{pod}, []Label{{"kind", "x"}})
				r.AddOpen(openTime, Count, 3, []string{pod}, []Label{{"kind", "x"}})
				r.AddOpen(openDepth, "", 1, []string{pod}, []Label{{"kind", "x"}})
				r.AddOpen(openSum, "", 1, []string{pod}, nil)
			})
		}
	}
	h := &Handler{Exposition: e}
	text := body(t, get(h, http.MethodGet, "/metrics"))
	parser := expfmt.NewTextParser(model.LegacyValidation)
	families, err := parser.TextToMetricFamilies(strings.NewReader(text))
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	for name, want := range map[string]string{"their_depth_total": "UNTYPED", "their_seconds": "SUMMARY", "other_seconds_sum": "UNTYPED"} {
		if f := families[name]; f.GetType().String() != want || len(f.GetMetric()) != 4 {
			t.Errorf("%s is %v", name, f)
		}
	}
	r := get(h, http.MethodGet, "/metrics", "Accept", "application/openmetrics-text;version=1.0.0")
	p, err := textparse.New([]byte(body(t, r)), r.Header.Get("Content-Type"), labels.NewSymbolTable(), textparse.ParserOptions{})
	if err != nil {
		t.Fatal(err)
	}
	samples, types := 0, map[string]string{}
	for {
		entry, err := p.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		switch entry {
		case textparse.EntrySeries:
			samples++
		case textparse.EntryType:
			name, kind := p.Type()
			types[string(name)] = string(kind)
		}
	}
	want := map[string]string{"their_depth_total": "unknown", "their_seconds": "summary", "other_seconds_sum": "unknown"}
	if diff := cmp.Diff(want, types); diff != "" || samples != 16 {
		t.Errorf("%d samples, types %s", samples, diff)
	}
}

func TestOpenFamiliesAreChecked(t *testing.T) {
	for want, f := range map[string]Family{
		"untyped or a summary": {Name: "x", Type: Gauge, Labels: []string{"cluster"}, Open: true},
		"and only those":       {Name: "x", Type: Untyped, Labels: []string{"cluster"}},
		"is the cluster":       {Name: "x", Type: Summary, Labels: []string{"pod"}, Open: true},
		"the first label":      {Name: "x", Type: Summary, Open: true},
	} {
		f.Help = "A test."
		if _, err := New(Options{}, &f); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v: %v", f, err)
		}
	}
}
