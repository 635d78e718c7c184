// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package exposition

import (
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
)

var (
	readA = &Family{Name: "read_a", Type: Gauge, Help: "A test.", Labels: []string{"cluster", "name"}}
	readB = &Family{Name: "read_b", Type: Gauge, Help: "A test.", Labels: []string{"cluster"}}
	readC = &Family{Name: "read_c", Type: Gauge, Help: "A test.", Labels: []string{"reference"}, Internal: true}
)

// TestUnchangedRowsKeepTheirBlocks checks that the pointer of a block can be the key of a cache.
func TestUnchangedRowsKeepTheirBlocks(t *testing.T) {
	e, err := New(Options{}, readA, readB)
	if err != nil {
		t.Fatal(err)
	}
	g := e.Group(Key{Cluster: "c"}, []*Family{readA, readB})
	asked := 0
	live := e.Func(Key{Cluster: "d"}, []*Family{readB}, func(r *Rows) { asked++; r.Add(readB, 7) })
	e.Swap(nil, []*Group{g, live})
	fill := func(v float64) func(*Rows) {
		return func(r *Rows) { r.Add(readA, v, "x"); r.Add(readB, 1) }
	}
	g.Set("x", g.Rows(), fill(1))
	first := e.Blocks("read_a", "read_b", "nothing")
	if text := string(first["read_a"][0].Append(nil)); text != "read_a{cluster=\"c\",name=\"x\"} 1\n" || len(first["read_b"]) != 2 || len(first) != 2 {
		t.Fatalf("%s %v", text, first)
	}
	g.Set("x", g.Rows(), fill(2))
	second := e.Blocks("read_a", "read_b")
	if second["read_a"][0] == first["read_a"][0] || string(second["read_a"][0].Append(nil)) != "read_a{cluster=\"c\",name=\"x\"} 2\n" {
		t.Errorf("%s", second["read_a"][0].Append(nil))
	}
	for i := range first["read_b"] {
		if second["read_b"][i] != first["read_b"][i] {
			t.Errorf("another block of the same rows: %s", second["read_b"][i].Append(nil))
		}
	}
	if e.Blocks("read_a"); asked != 2 {
		t.Errorf("read %d unselected rows", asked)
	}
}

// TestKeep checks that kept rows can be read and are not written.
func TestKeep(t *testing.T) {
	e, err := New(Options{Include: []string{"read_a"}, Keep: []string{"read_b"}, ClusterLabel: "clusterName"}, readA, readB, readC)
	if err != nil {
		t.Fatal(err)
	}
	g := e.Group(Key{Cluster: "c"}, []*Family{readA, readB, readC})
	e.Swap(nil, []*Group{g})
	g.Set("x", g.Rows(), func(r *Rows) { r.Add(readA, 1, "x"); r.Add(readB, 1); r.Add(readC, 1, "y") })
	if blocks := e.Blocks("read_c")["read_c"]; len(blocks) != 1 || string(blocks[0].Append(nil)) != "read_c{reference=\"y\"} 1\n" {
		t.Errorf("%v", blocks)
	}
	if got := e.FamiliesOf(Key{Cluster: "c"}); !slices.Equal(got, []string{"read_a"}) {
		t.Errorf("families that are written: %v", got)
	}
	if blocks := e.Blocks("read_b")["read_b"]; len(blocks) != 1 || string(blocks[0].Append(nil)) != "read_b{clusterName=\"c\"} 1\n" {
		t.Errorf("%v", blocks)
	}
	w := httptest.NewRecorder()
	(&Handler{Exposition: e}).ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/metrics", http.NoBody))
	if body := w.Body.String(); !strings.Contains(body, "read_a{") || strings.Contains(body, "read_b") || strings.Contains(body, "read_c") {
		t.Error(body)
	}
	if e.FamilyOf("read_b") != "read_b" || e.FamilyOf("nothing") != "" || e.ClusterLabel() != "clusterName" {
		t.Error("FamilyOf or ClusterLabel is wrong")
	}
}

func TestFamilyOf(t *testing.T) {
	e, err := New(Options{},
		&Family{Name: "a_seconds", Type: Histogram, Help: "A test.", Labels: []string{"cluster"}, Buckets: []float64{1}},
		&Family{Name: "b_seconds", Type: Summary, Help: "A test.", Labels: []string{"cluster"}, Open: true},
		&Family{Name: "b_seconds_more", Type: Gauge, Help: "A test.", Labels: []string{"cluster"}},
	)
	if err != nil {
		t.Fatal(err)
	}
	for metric, want := range map[string]string{
		"a_seconds": "", "a_seconds_bucket": "a_seconds", "a_seconds_sum": "a_seconds", "a_seconds_count": "a_seconds",
		"b_seconds": "", "b_seconds_bucket": "", "b_seconds_sum": "b_seconds", "b_seconds_more": "b_seconds_more", "b_seconds_mor": "", "c": "",
	} {
		if got := e.FamilyOf(metric); got != want {
			t.Errorf("%s: %q, not %q", metric, got, want)
		}
	}
}
