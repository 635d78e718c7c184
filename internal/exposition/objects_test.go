// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package exposition

import (
	"fmt"
	"maps"
	"slices"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestWalk reads objects of several pages, including changes that no scrape has read.
func TestWalk(t *testing.T) {
	info := &Family{Name: "x_info", Help: "Help.", Type: Gauge, Labels: []string{"cluster", "name", "value"}}
	other := &Family{Name: "x_other", Help: "Help.", Type: Gauge, Labels: []string{"cluster", "name"}}
	e, err := New(Options{}, info, other)
	if err != nil {
		t.Fatal(err)
	}
	g, empty := e.Group(Key{"c", "flux", "Kind"}, []*Family{info, other}), e.Group(Key{"d", "flux", "Kind"}, []*Family{info})
	e.Swap(nil, []*Group{g, empty})
	rows, want := g.Rows(), map[string]string{}
	set := func(key, value string) {
		g.Set(key, rows, func(r *Rows) { r.Add(info, 1, key, value) })
		want[key] = fmt.Sprintf("x_info{cluster=%q,name=%q,value=%q} 1\n", "c", key, value)
	}
	for i := range 3*slotsPerPage + 5 {
		set(fmt.Sprint("n/", i), `quoted \"`)
	}
	walk := func() map[string]string {
		got := map[string]string{}
		e.Walk([]string{"x_missing", "x_other", "x_info"}, func(k Key) bool { return k.Cluster == "c" }, func(p *Page) {
			for at := range p.Len() {
				if len(p.Object(at)) > 0 {
					got[string(p.Object(at))] = string(p.Rows(at, 0)) + string(p.Rows(at, 1)) + string(p.Rows(at, 2))
				}
			}
		})
		return got
	}
	if diff := cmp.Diff(len(want), len(walk())); diff != "" {
		t.Error(diff)
	}
	set("n/7", "changed")
	g.Delete("n/8")
	delete(want, "n/8")
	if diff := cmp.Diff(want, walk()); diff != "" {
		t.Error(diff)
	}
	found := ""
	ok := e.Find(Key{"c", "flux", "Kind"}, "n/7", []string{"x_info"}, func(p *Page, at int) { found = string(p.Rows(at, 0)) })
	if !ok || found != want["n/7"] || e.Find(Key{"c", "flux", "Kind"}, "n/8", nil, func(*Page, int) { t.Error("shown") }) {
		t.Errorf("%v %q", ok, found)
	}
	if diff := cmp.Diff([]string{"x_info", "x_other"}, e.FamiliesOf(Key{"c", "flux", "Kind"})); diff != "" {
		t.Error(diff)
	}
}

// TestWalkWhileRowsChange reads objects while lists replace them, and checks that each object has its own row.
func TestWalkWhileRowsChange(t *testing.T) {
	info := &Family{Name: "x_info", Help: "Help.", Type: Gauge, Labels: []string{"cluster", "name", "turn"}}
	e, err := New(Options{}, info)
	if err != nil {
		t.Fatal(err)
	}
	g := e.Group(Key{"c", "flux", "Kind"}, []*Family{info})
	e.Swap(nil, []*Group{g})
	replace := func(turn int) {
		rows, stage := g.Rows(), g.Stage()
		for i := turn % 5; i < 300; i++ {
			key := fmt.Sprint("n/", (i*7+turn)%300)
			stage.Add(key, rows, func(r *Rows) { r.Add(info, 1, key, fmt.Sprint(turn%3*i)) })
		}
		stage.Replace()
	}
	replace(0)
	var changing sync.WaitGroup
	changing.Go(func() {
		for turn := range 60 {
			replace(turn)
		}
	})
	for range 60 {
		seen := map[string]bool{}
		e.Walk([]string{"x_info"}, func(Key) bool { return true }, func(p *Page) {
			for at := range p.Len() {
				key := string(p.Object(at))
				name, _ := RawLabel(p.Rows(at, 0), "name")
				if key != string(name) {
					t.Errorf("%s has the row of %s", key, name)
				}
				seen[key] = true
			}
		})
		if len(seen) < 290 {
			t.Errorf("%d objects", len(seen))
		}
	}
	changing.Wait()
}

func TestRawLabel(t *testing.T) {
	line := []byte(`x_info{a="1",b="a=\"2\",c=\"3\"",c="",name="n",exported_name="e"} 1`)
	got := map[string]string{}
	for _, name := range []string{"a", "b", "c", "name", "exported_name", "d", "info", "x_info", ""} {
		if v, ok := RawLabel(line, name); ok {
			got[name] = string(v)
		}
	}
	want := map[string]string{"a": "1", "b": `a=\"2\",c=\"3\"`, "c": "", "name": "n", "exported_name": "e"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s, of %v", diff, slices.Sorted(maps.Keys(got)))
	}
}
