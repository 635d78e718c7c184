// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package exposition

import "testing"

func TestChanged(t *testing.T) {
	f := &Family{Name: "m", Type: Gauge, Labels: []string{"cluster", "name"}, Help: "A test."}
	e, err := New(Options{}, f)
	if err != nil {
		t.Fatal(err)
	}
	g := e.Group(Key{Cluster: "c"}, []*Family{f})
	dynamic := e.Func(Key{Cluster: "c", Kind: "f"}, []*Family{f}, func(r *Rows) { r.Add(f, 1, "f") })
	set := func(value float64) func() {
		return func() { g.Set("a", g.Rows(), func(r *Rows) { r.Add(f, value, "a") }) }
	}
	for _, step := range []struct {
		name string
		do   func()
		want bool
	}{
		{"groups come", func() { e.Swap(nil, []*Group{g, dynamic}) }, true},
		{"a new object", set(1), true},
		{"the same rows", set(1), false},
		{"other rows", set(2), true},
		{"a read", func() { e.Blocks("m") }, false},
		{"a relist of the same rows", func() { g.Replace([]*Entry{g.Rows().Render("a", func(r *Rows) { r.Add(f, 2, "a") })}) }, false},
		{"an object leaves", func() { g.Delete("a") }, true},
		{"rows are withdrawn", g.Clear, true},
		{"groups go", func() { e.Swap([]*Group{g}, nil) }, true},
	} {
		first, second := e.Changed(), e.Changed()
		step.do()
		for _, c := range []<-chan struct{}{first, second} {
			got := false
			select {
			case <-c:
				got = true
			default:
			}
			if got != step.want {
				t.Errorf("%s: changed is %t, want %t", step.name, got, step.want)
			}
		}
	}
}
