// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package exposition

import (
	"slices"
	"strings"
	"sync"
	"sync/atomic"
)

// Key identifies the rows of a group. Collector and Kind are the names in the filter collect[] and in the metrics of watches.
type Key struct{ Cluster, Collector, Kind string }

// Group holds the rows of one kind in one cluster. Changes are atomic: a scrape has all families of all objects either before
// or after a change. Its methods are safe for concurrent use.
type Group struct {
	key      Key
	families []*family
	options  Options
	packer   *packer

	mu    sync.Mutex
	table *table
	over  excess

	// budget bounds the text of the table, or of a stage while that is larger; nil means unlimited.
	budget *Budget

	changed      *signal     // nil if the rows are rendered at every scrape
	refresh      func(*Rows) // see Exposition.Func
	rows         *Rows       // for refresh
	value        func() any  // see Exposition.FuncWithValue; may be nil
	currentValue any         // value of the current rows

	// observed marks the observed columns. observe is nil if there are none.
	observed []bool
	observe  observer

	published atomic.Pointer[[][]*Block] // by family; nil if there are changes
	last      [][]*Block                 // last published blocks
}

// Rows returns a builder for the rows of this group.
func (g *Group) Rows() *Rows {
	return &Rows{
		families: g.families,
		cluster:  g.key.Cluster,
		maxValue: g.options.MaxLabelValue,
		maxSize:  maxRows,
		lines:    make([][]byte, len(g.families)),
	}
}

// Set renders one object and adds or replaces its rows, or removes them if the object is skipped. Equal rows are not a change:
// no block becomes dirty, and nothing is allocated. It reports whether the group now holds the object.
func (g *Group) Set(key string, rows *Rows, fill func(*Rows)) (held bool) {
	rows.reset()
	fill(rows)
	if rows.skip {
		g.Delete(key)
		return false
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.set(key, rows.content())
}

// Put adds or replaces the rows of one object with a rendered entry. It is for callers that may decide during rendering not to
// set any rows.
func (g *Group) Put(e *Entry) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.set(e.Key, e.content())
}

// Replace replaces the whole content of the group by list in one step. It takes ownership of list, and frees each entry as soon
// as it is stored.
func (g *Group) Replace(list []*Entry) {
	slices.SortStableFunc(list, func(a, b *Entry) int { return strings.Compare(a.Key, b.Key) })
	stage := g.Stage()
	for i, e := range list {
		stage.put(e.Key, e.content())
		list[i] = nil
	}
	stage.Replace()
}

// Delete removes the rows of an object.
func (g *Group) Delete(key string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.over.remove(g.table.hashKey(key))
	g.remove(key)
}

// remove removes the rows of an object from the table.
func (g *Group) remove(key string) {
	if at, ok := g.table.find(key); ok {
		g.table.remove(at)
		g.releaseBudget()
		g.invalidate()
	}
}

// Clear removes all rows.
func (g *Group) Clear() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.table, g.over = g.newEmptyTable(), excess{}
	g.releaseBudget()
	g.invalidate()
}

// newEmptyTable returns a table without rows. Rows that are rendered at every scrape are not packed, because they change.
func (g *Group) newEmptyTable() *table {
	t := newTable(g.packer, len(g.families), g.refresh != nil)
	t.observed, t.observe = g.observed, g.observe
	return t
}

// Has reports whether the group holds an object or has left it out, see [Group.Size].
func (g *Group) Has(key string) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	_, ok := g.table.find(key)
	_, over := g.over.byHash[g.table.hashKey(key)]
	return ok || over
}

// Size returns the number of objects in the group, the number left out because of a limit, and the number of objects in the
// group with a label value that was cut or repaired.
func (g *Group) Size() (objects, over, cut int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.table.len(), g.over.len(), g.table.cut
}

// OverBudget returns the number of objects that are left out because of [TextLimits], by scope.
func (g *Group) OverBudget() map[Scope]int {
	g.mu.Lock()
	defer g.mu.Unlock()
	var out map[Scope]int
	for s := ScopeKind; s < scopes; s++ {
		if n := g.over.counts[s]; n > 0 {
			if out == nil {
				out = map[Scope]int{}
			}
			out[s] = n
		}
	}
	return out
}

// HasRoom reports whether there is room again for objects that were left out. They are not kept, so a relist is needed to
// restore them.
func (g *Group) HasRoom() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.over.counts[ScopeObjects] > 0 && g.table.len() < g.options.MaxObjects {
		return true
	}
	for s := ScopeKind; s < scopes; s++ {
		if g.over.counts[s] > 0 && g.budget.hasRoom(s) {
			return true
		}
	}
	return false
}

// set stores the rows of an object and reports whether there is room for them.
func (g *Group) set(key string, c content) bool {
	at, known := g.table.find(key)
	scope := inLimits
	switch {
	case !known && g.table.len() >= g.options.MaxObjects:
		scope = ScopeObjects
	case g.budget != nil:
		scope = g.budget.resize(g.table.bytes + g.table.growthBy(at, known, c))
	}
	if scope != inLimits {
		g.over.add(g.table.hashKey(key), scope, false)
		g.remove(key)
		return false
	}
	g.over.remove(g.table.hashKey(key))
	g.table.changed = false
	if g.table.put(key, c); g.table.changed {
		g.invalidate()
	}
	return true
}

// releaseBudget releases the part of the budget that exceeds the text of the table.
func (g *Group) releaseBudget() {
	if g.budget != nil {
		g.budget.resize(g.table.bytes)
	}
}

// leaveBudget releases the budget of a group that is no longer served.
func (g *Group) leaveBudget() {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.budget != nil {
		g.budget.resize(0)
		g.budget = nil
	}
}

// invalidate invalidates the published blocks.
func (g *Group) invalidate() {
	g.published.Store(nil)
	g.changed.raise()
}

// blocks returns the blocks by family. They do not change afterwards. If the blocks of a family are the same as in the previous
// call, so is their slice.
func (g *Group) blocks() [][]*Block {
	g.render()
	if s := g.published.Load(); s != nil {
		return *s
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	s := g.table.blocks()
	for i, blocks := range g.last {
		if slices.Equal(blocks, s[i]) {
			s[i] = blocks
		}
	}
	g.last = s
	g.published.Store(&s)
	return s
}

// columns returns the blocks of some families. Changes of other families stay pending until the next scrape.
func (g *Group) columns(some []int) [][]*Block {
	g.render()
	if s := g.published.Load(); s != nil {
		return *s
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.table.blocksOfColumns(some)
}

// render renders the rows of a group of [Exposition.Func].
func (g *Group) render() {
	if g.refresh == nil {
		return
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.value != nil {
		now := g.value()
		if now == g.currentValue {
			return
		}
		g.currentValue = now
	}
	g.rows.reset()
	g.refresh(g.rows)
	g.set("", g.rows.content())
}
