// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package exposition

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestObservedChanges checks that the changes of the rows of one family are reported once, without those of the first list.
func TestObservedChanges(t *testing.T) {
	info := &Family{Name: "x_info", Help: "Help.", Type: Gauge, Labels: []string{"cluster", "name", "value"}}
	other := &Family{Name: "x_other", Help: "Help.", Type: Gauge, Labels: []string{"cluster", "name", "value"}}
	var seen []string
	e, err := New(Options{Observed: []string{"x_info"}, Observe: func(c Change) {
		value := func(rows []byte) string {
			v, _ := RawLabel(rows, "value")
			return string(v)
		}
		name, _ := RawLabel(slices.Concat(c.Before, c.After), "name")
		if c.At.IsZero() || c.Key.Kind != "Kind" || c.Family != "x_info" {
			t.Errorf("%+v", c)
		}
		seen = append(seen, fmt.Sprintf("%s %s>%s %v", name, value(c.Before), value(c.After), c.Gone))
	}}, info, other)
	if err != nil {
		t.Fatal(err)
	}
	g := e.Group(Key{"c", "flux", "Kind"}, []*Family{info, other})
	e.Swap(nil, []*Group{g})
	rows := g.Rows()
	fill := func(key, value string) func(*Rows) {
		return func(r *Rows) {
			r.Add(info, 1, key, value)
			r.Add(other, 1, key, value+value)
		}
	}
	list := func(drop bool, objects ...string) {
		stage := g.Stage()
		for _, o := range objects {
			key, value, _ := strings.Cut(o, "=")
			stage.Add(key, rows, fill(key, value))
		}
		if !drop {
			stage.Replace()
		}
	}
	want := func(step string, want ...string) {
		t.Helper()
		e.Blocks("x_info")
		slices.Sort(seen)
		if diff := cmp.Diff(want, seen); diff != "" {
			t.Errorf("%s (-want +got): %s", step, diff)
		}
		seen = nil
	}
	var first []string
	for i := range 2 * slotsPerPage {
		first = append(first, fmt.Sprintf("n/%03d=1", i))
	}
	list(false, first...)
	want("first list")
	g.Set("n/001", rows, fill("n/001", "2"))
	g.Set("n/001", rows, fill("n/001", "3"))
	g.Set("n/new", rows, fill("n/new", "1"))
	g.Delete("n/002")
	want("events", "n/001 1>3 false", "n/002 1> true", "n/new >1 false")
	again := slices.Concat([]string{"n/000=9", "n/001=3", "n/new=1"}, first[3:])
	g.Set("n/003", rows, fill("n/003", "4"))
	list(true, again...)
	list(false, again...)
	want("list after an event, and one that is dropped", "n/000 1>9 false", "n/003 1>4 false", "n/003 4>1 false")
	list(false, again[1:]...)
	want("list without an object", "n/000 9> true")
	g.Clear()
	list(false, again...)
	want("first list after a withdrawal")
}
