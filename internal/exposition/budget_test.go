// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package exposition

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"strings"
	"testing"
)

// padded returns rows of at least size bytes.
func padded(name string, size int) func(*Rows) {
	return func(r *Rows) { r.Add(testInfo, 1, name, strings.Repeat("x", size)) }
}

// textOf returns the size of the text of a group.
func textOf(g *Group) (n int64) {
	for _, blocks := range g.blocks() {
		for _, b := range blocks {
			n += int64(b.size)
		}
	}
	return n
}

// TestTextLimits checks that objects beyond a limit of text are left out as a whole, with the scope of the limit, both in lists
// and one by one, and that they return when there is room.
func TestTextLimits(t *testing.T) {
	const size = 1000
	for _, test := range []struct {
		name   string
		limits TextLimits
		want   Scope
	}{
		{"kind", TextLimits{Kind: 20 * size}, ScopeKind},
		{"cluster", TextLimits{Cluster: 20 * size}, ScopeCluster},
		{"process", TextLimits{Process: 20 * size}, ScopeProcess},
	} {
		for _, list := range []bool{true, false} {
			t.Run(fmt.Sprintf("%s list=%t", test.name, list), func(t *testing.T) {
				e, _ := testGroup(t, Options{MaxText: test.limits})
				g := e.GroupIn(e.Budget(), Key{Cluster: "a", Kind: "Thing"}, []*Family{testInfo, testValue})
				rows := g.Rows()
				fill := func(n int) {
					stage := g.Stage()
					for i := range n {
						name := fmt.Sprintf("n%02d", i)
						if !list {
							g.Set(name, rows, padded(name, size))
							continue
						}
						stage.Add(name, rows, padded(name, size))
					}
					if list {
						stage.Replace()
					}
				}
				fill(30)
				objects, over, _ := g.Size()
				if objects == 0 || objects >= 20 || objects+over != 30 {
					t.Fatalf("%d objects and %d left out, want less than 20 of 30", objects, over)
				}
				if got, want := g.OverBudget(), map[Scope]int{test.want: over}; !maps.Equal(got, want) {
					t.Errorf("left out by scope: %v, want %v", got, want)
				}
				e.Swap(nil, []*Group{g, e.Func(Key{Cluster: "a"}, nil, func(*Rows) {}), e.Group(Key{Cluster: "b", Kind: "Thing"}, nil)})
				if all := e.OverBudget("a", ""); len(all) != 1 || !maps.Equal(all["Thing"], map[Scope]int{test.want: over}) {
					t.Errorf("left out by kind: %v", all)
				}
				if g.HasRoom() {
					t.Error("has room for a relist at its limit")
				}
				for i := range 10 {
					g.Delete(fmt.Sprintf("n%02d", i))
				}
				if !g.HasRoom() {
					t.Error("has no room although a third was deleted")
				}
				g.Clear()
				fill(10)
				if objects, over, _ := g.Size(); objects != 10 || over != 0 {
					t.Errorf("%d objects and %d left out after a relist, want 10 and 0", objects, over)
				}
			})
		}
	}
}

// TestBudgetIsExact checks that after any operation a budget has exactly the size of the served text, without the text of
// dropped stages and of groups that were swapped out.
func TestBudgetIsExact(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	e, _ := testGroup(t, Options{MaxObjects: 300, MaxText: TextLimits{Kind: 60_000, Cluster: 100_000}})
	budget := e.Budget()
	groups := make([]*Group, 3)
	for i := range groups {
		groups[i] = e.GroupIn(budget, Key{Cluster: "a", Kind: fmt.Sprint(i)}, []*Family{testInfo, testValue})
	}
	e.Swap(nil, groups)
	rows := groups[0].Rows()
	reached := map[Scope]bool{}
	for step := range 4000 {
		g := groups[random.IntN(len(groups))]
		name := func() string { return fmt.Sprintf("n%03d", random.IntN(400)) }
		switch op := random.IntN(100); {
		case op < 70:
			n := name()
			g.Set(n, rows, padded(n, random.IntN(500)))
		case op < 90:
			g.Delete(name())
		case op < 91:
			g.Clear()
		default:
			stage := g.Stage()
			for range random.IntN(400) {
				n := name()
				stage.Add(n, rows, padded(n, random.IntN(500)))
				if random.IntN(9) == 0 {
					stage.Remove(name())
				}
			}
			if op > 92 { // otherwise the stage is dropped
				stage.Replace()
			}
			g.Stage() // the next list begins
		}
		sum := int64(0)
		for _, g := range groups {
			text := textOf(g)
			if text != g.table.bytes || text > 60_000 {
				t.Fatalf("step %d: %d bytes are served, %d are counted", step, text, g.table.bytes)
			}
			sum += text
			for s := range g.OverBudget() {
				reached[s] = true
			}
		}
		if used := budget.used.Load(); used != sum || sum > 100_000 || e.budget.used.Load() != sum {
			t.Fatalf("step %d: %d bytes are served, the budget holds %d", step, sum, used)
		}
	}
	if !reached[ScopeKind] || !reached[ScopeCluster] {
		t.Errorf("limits reached: %v, want those of kind and cluster", reached)
	}
	e.Swap(groups, nil)
	if used := e.budget.used.Load(); used != 0 {
		t.Errorf("%d bytes are held by groups that are gone", used)
	}
}

// TestObjectsBeyondTheLimitAreNotRendered checks that objects beyond the maximum number are not rendered.
func TestObjectsBeyondTheLimitAreNotRendered(t *testing.T) {
	_, g := testGroup(t, Options{MaxObjects: 2})
	rows, rendered := g.Rows(), 0
	fill := func(name string) func(*Rows) {
		return func(r *Rows) { rendered++; padded(name, 1)(r) }
	}
	stage := g.Stage()
	for i := range 5 {
		stage.Add(fmt.Sprint(i), rows, fill(fmt.Sprint(i)))
	}
	stage.Replace()
	if objects, over, _ := g.Size(); rendered != 2 || objects != 2 || over != 3 {
		t.Errorf("%d rendered, %d kept, %d left out; want 2, 2, 3", rendered, objects, over)
	}
}

// TestNotesCount checks that the memory of notes counts like rows.
func TestNotesCount(t *testing.T) {
	e, g := testGroup(t, Options{MaxText: TextLimits{Kind: 5000}})
	rows := g.Rows()
	rows.Bound(2000)
	kept := 0
	keep := func(most int) func(*Rows) {
		return func(r *Rows) {
			r.Add(testInfo, 1, "a")
			for kept = 0; kept < most && r.Keep(100); kept++ {
			}
		}
	}
	g.Set("a", rows, keep(100))
	if _, _, cut := g.Size(); kept < 18 || kept > 19 || cut != 1 || g.table.bytes != textOf(g)+int64(kept)*100 {
		t.Errorf("kept %d of 100 bytes, %d objects are cut, %d bytes", kept, cut, g.table.bytes)
	}
	g.Set("b", rows, keep(100))
	g.Set("c", rows, keep(100))
	if objects, over, _ := g.Size(); objects != 2 || over != 1 {
		t.Errorf("%d objects and %d left out, want 2 and 1", objects, over)
	}
	g.Set("a", rows, keep(1))
	g.Delete("b")
	if g.table.bytes != textOf(g)+100 || e.budget.used.Load() != g.table.bytes {
		t.Errorf("%d bytes, the budget holds %d", g.table.bytes, e.budget.used.Load())
	}
}

// TestExcessIsBounded checks that endless objects beyond a limit are counted without more memory.
func TestExcessIsBounded(t *testing.T) {
	var x excess
	for hash := range uint64(2 * maxExcess) {
		x.add(hash, ScopeKind, true)
	}
	x.add(3*maxExcess, ScopeKind, false)
	x.remove(1)
	x.add(2, ScopeProcess, false)
	if x.len() != 2*maxExcess-1 || x.counts[ScopeProcess] != 1 || len(x.byHash) != maxExcess-1 {
		t.Errorf("%d objects, %v, %d hashes", x.len(), x.counts, len(x.byHash))
	}
}
