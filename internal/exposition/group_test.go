// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package exposition

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func thing(name string, v float64) func(*Rows) {
	return func(r *Rows) {
		r.Add(testInfo, 1, name, fmt.Sprint(v))
		r.Add(testValue, v, name)
	}
}

func sorted(text string) []string {
	lines := strings.Split(strings.TrimSuffix(text, "\n"), "\n")
	slices.Sort(lines)
	return lines
}

// TestGroupIsAMap checks that a group behaves like a map from keys to values after any operations.
func TestGroupIsAMap(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for _, limit := range []int{0, 700} {
		e, g := testGroup(t, Options{MaxObjects: limit})
		rows, model := g.Rows(), map[string]float64{}
		replace := func(n int) {
			clear(model)
			var list []*Entry
			for range n {
				name := fmt.Sprintf("n%04d", random.IntN(2*n+1))
				if _, ok := model[name]; !ok {
					model[name] = random.Float64()
					list = append(list, rows.Render(name, thing(name, model[name])))
				}
			}
			g.Replace(list)
			if limit > 0 {
				for _, name := range slices.Sorted(maps.Keys(model))[min(limit, len(model)):] {
					delete(model, name)
				}
			}
		}
		replace(1500)
		for step := range 3000 {
			name := fmt.Sprintf("n%04d", random.IntN(2000))
			_, known := model[name]
			switch op := random.IntN(100); {
			case op < 60:
				if v := random.Float64(); known || limit == 0 || len(model) < limit {
					model[name] = v
				}
				v, ok := model[name]
				if !ok {
					v = 1
				}
				g.Set(name, rows, thing(name, v))
			case op < 95:
				delete(model, name)
				g.Delete(name)
			case op < 96:
				clear(model)
				g.Clear()
			case op < 97:
				replace(random.IntN(1200))
			case op < 98:
				model = replaceRandomly(g, random, random.IntN(1200), limit)
			}
			if step%75 != 0 {
				continue
			}
			var want strings.Builder
			for name, v := range model {
				_, _ = fmt.Fprintf(&want, "test_info{cluster=\"east\",name=\"%s\",uid=\"%v\"} 1\n", name, v)
				_, _ = fmt.Fprintf(&want, "test_value{cluster=\"east\",name=\"%s\"} %v\n", name, v)
			}
			if diff := cmp.Diff(sorted(want.String()), sorted(e.text())); diff != "" {
				t.Fatalf("limit %d, step %d: %s", limit, step, diff)
			}
			bodies(t, e)
			if n, _, _ := g.Size(); n != len(model) {
				t.Fatalf("size %d, want %d", n, len(model))
			}
		}
	}
}

// TestKeysWithOneHash checks that keys with equal hashes are different keys.
func TestKeysWithOneHash(t *testing.T) {
	e, g := testGroup(t, Options{})
	g.table.hashKey = func(key string) uint64 { return uint64(len(key)) }
	rows, names := g.Rows(), []string{"a", "b", "c", "dd"}
	for _, name := range names {
		g.Set(name, rows, thing(name, 1))
	}
	for _, gone := range names { // the first name has the place of the hash
		g.Delete(gone)
		if g.Has(gone) || strings.Contains(e.text(), `name="`+gone+`"`) {
			t.Errorf("%s is there after its deletion", gone)
		}
		l := newList(g)
		for _, name := range names {
			l.add(name, 2)
		}
		l.Replace()
		if objects, _, _ := g.Size(); objects != len(names) || strings.Count(e.text(), "test_value") != len(names) {
			t.Errorf("%d objects after %s came back: %s", objects, gone, e.text())
		}
	}
}

func TestGroupCountsWhatItCuts(t *testing.T) {
	_, g := testGroup(t, Options{MaxObjects: 2, MaxLabelValue: 64})
	rows := g.Rows()
	long := strings.Repeat("x", 65)
	g.Replace([]*Entry{rows.Render("a", thing("a", 1)), rows.Render("b", thing(long, 1)), rows.Render("c", thing("c", 1))})
	g.Set("d", rows, thing("d", 1))
	size := func() [3]int { a, b, c := g.Size(); return [3]int{a, b, c} }
	if diff := cmp.Diff([3]int{2, 2, 1}, size()); diff != "" {
		t.Error(diff)
	}
	if g.HasRoom() {
		t.Error("room in a full group")
	}
	g.Delete("b")
	g.Delete("d")
	if !g.HasRoom() {
		t.Error("no room for what was left out")
	}
	g.Set("c", rows, thing("c", 1))
	if diff := cmp.Diff([3]int{2, 0, 0}, size()); diff != "" {
		t.Error(diff)
	}
}

// TestSkippedObjectsHaveNoRows checks that skipped objects do not count against the limit.
func TestSkippedObjectsHaveNoRows(t *testing.T) {
	_, g := testGroup(t, Options{MaxObjects: 1})
	rows, skip := g.Rows(), func(r *Rows) { thing("skipped", 1)(r); r.Skip() }
	if e := rows.Render("a", skip); e != nil {
		t.Errorf("a skipped object has the entry %+v", e)
	}
	size := func(step string, objects, over int) {
		t.Helper()
		if o, x, _ := g.Size(); o != objects || x != over {
			t.Errorf("%s: %d objects and %d too many, want %d and %d", step, o, x, objects, over)
		}
	}
	g.Set("a", rows, skip)
	size("skipped", 0, 0)
	g.Set("b", rows, thing("b", 1))
	g.Set("c", rows, thing("c", 1))
	size("one too many", 1, 1)
	g.Set("c", rows, skip)
	size("it is skipped now", 1, 0)
	g.Set("b", rows, skip)
	size("and so is the other", 0, 0)
	g.Set("b", rows, thing("b", 2))
	size("and is back", 1, 0)
}

func TestEqualRowsChangeNoBlock(t *testing.T) {
	e, g := testGroup(t, Options{})
	rows := g.Rows()
	g.Replace([]*Entry{rows.Render("a", thing("a", 1)), rows.Render("b", thing("b", 2))})
	before := g.blocks()
	g.Set("a", rows, thing("a", 1))
	g.Replace([]*Entry{rows.Render("b", thing("b", 2)), rows.Render("a", thing("a", 1))})
	if !slices.EqualFunc(before, g.blocks(), slices.Equal) {
		t.Error("blocks were built anew")
	}
	if allocs := testing.AllocsPerRun(100, func() { g.Set("a", rows, thing1) }); allocs > 0 {
		t.Errorf("an unchanged update allocates %v times", allocs)
	}
	_ = e
}

func thing1(r *Rows) { r.Add(testInfo, 1, "a", "1"); r.Add(testValue, 1, "a") }

// TestSwapIsAtomic checks that a scrape has one group or its replacement, never both or none.
func TestSwapIsAtomic(t *testing.T) {
	e, g := testGroup(t, Options{})
	other := e.Group(g.key, []*Family{testInfo, testValue})
	for _, g := range []*Group{g, other} {
		g.Set("a", g.Rows(), thing("a", 1))
	}
	var swaps sync.WaitGroup
	done := make(chan struct{})
	swaps.Go(func() {
		defer close(done)
		for range 2000 {
			e.Swap([]*Group{g}, []*Group{other})
			e.Swap([]*Group{other}, []*Group{g})
		}
	})
	defer swaps.Wait()
	for {
		select {
		case <-done:
			return
		default:
		}
		if n := strings.Count(e.text(), "test_value"); n != 1 {
			t.Fatalf("%d groups in a scrape", n)
		}
	}
}

// TestSnapshotsAreAtomic checks that a scrape is either before or after a relist, the removal of a group, and a change of the
// rows of one object in two families.
func TestSnapshotsAreAtomic(t *testing.T) {
	e, g := testGroup(t, Options{})
	other := e.serve(Key{Cluster: "west", Collector: "test", Kind: "Thing"}, testInfo, testValue)
	fill := func(g *Group, generation float64) {
		rows := g.Rows()
		var list []*Entry
		for i := range 1000 {
			name := fmt.Sprint(i)
			list = append(list, rows.Render(name, thing(name, generation)))
		}
		g.Replace(list)
	}
	fill(g, 0)
	fill(other, 0)
	var writer sync.WaitGroup
	writer.Go(func() {
		for i := range 30 {
			fill(g, float64(i))
		}
		e.Swap([]*Group{g, other}, nil)
	})
	for removed := false; !removed; {
		text := e.text()
		infos, values := strings.Count(text, "test_info"), strings.Count(text, "test_value")
		removed = text == ""
		if infos != values || infos != 2000 && !removed {
			t.Fatalf("%d test_info, %d test_value", infos, values)
		}
		seen := map[string]bool{}
		for line := range strings.Lines(text) {
			if strings.HasPrefix(line, `test_value{cluster="east"`) {
				seen[line[strings.LastIndexByte(line, ' '):]] = true
			}
		}
		if len(seen) > 1 {
			t.Fatalf("rows of %d relists in one scrape", len(seen))
		}
	}
	writer.Wait()
}
