// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package exposition

import (
	"slices"
	"strings"
	"sync"
	"sync/atomic"
)

// Key identifies the rows of a group. Collector and Kind are the names in the collect[] filter and the
// watch metrics.
type Key struct{ Cluster, Collector, Kind string }

// Group holds the rows of one (cluster, kind). Changes to it are atomic: a
// scrape shows all families of all its objects before or after a change.
// Its methods are safe for concurrent use.
type Group struct {
	key      Key
	families []*family
	options  Options
	packer   *packer

	mu    sync.Mutex
	table *table
	over  excess

	// budget bounds the text of the table, or of a stage while it is larger; nil is unlimited.
	budget *Budget

	changed *signal     // nil if the rows are asked for at every scrape
	refresh func(*Rows) // see Exposition.Func
	rows    *Rows       // for refresh
	value   func() any  // see Exposition.FuncOf; may be nil
	of      any         // the value that the rows are those of

	// observed are the observed columns, and observe is nil if there are none.
	observed []bool
	observe  observer

	published atomic.Pointer[[][]*Block] // by family; nil when there are changes
	last      [][]*Block                 // that were published last
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

// Set renders one object and replaces its rows, or adds them, or removes them if
// it is skipped. Equal rows are no change at all: they make no block dirty and
// allocate nothing. It reports whether the group holds the object now.
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

// Put replaces the rows of one object, or adds them, with an entry rendered before: for callers that
// may find out while rendering that nothing is to be set.
func (g *Group) Put(e *Entry) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.set(e.Key, e.content())
}

// Replace makes list the whole content of the group, in one step. It takes
// ownership of list and frees each entry as soon as it is stored.
func (g *Group) Replace(list []*Entry) {
	slices.SortStableFunc(list, func(a, b *Entry) int { return strings.Compare(a.Key, b.Key) })
	stage := g.Stage()
	places := make([]Place, len(list))
	for i, e := range list {
		places[i] = stage.put(e.Key, e.content())
		list[i] = nil
	}
	stage.Replace(places)
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
		g.settle()
		g.outdate()
	}
}

// Clear removes all rows.
func (g *Group) Clear() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.table, g.over = g.empty(), excess{}
	g.settle()
	g.outdate()
}

// empty returns a table without rows. Those that are asked for at every scrape are not
// compressed at rest: they change.
func (g *Group) empty() *table {
	t := newTable(g.packer, len(g.families), g.refresh != nil)
	t.observed, t.observe = g.observed, g.observe
	return t
}

// Has reports whether the group holds an object or had to leave it out, see [Group.Size].
func (g *Group) Has(key string) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	_, ok := g.table.find(key)
	_, over := g.over.byHash[g.table.hashKey(key)]
	return ok || over
}

// Size is how many objects the group holds, how many it had to leave out
// because of a limit, and how many of those it holds have a label value that was
// cut or repaired.
func (g *Group) Size() (objects, over, cut int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.table.len(), len(g.over.byHash), g.table.cut
}

// OverBudget returns how many objects are left out because of a limit of [TextLimits], by
// its scope.
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

// HasRoom reports whether objects are left out although there is room again: they are not kept, so a
// relist is needed to get them back.
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
		scope = g.budget.resize(g.table.bytes + g.table.growth(at, known, c))
	}
	if scope != inLimits {
		g.over.add(g.table.hashKey(key), scope)
		g.remove(key)
		return false
	}
	g.over.remove(g.table.hashKey(key))
	g.table.changed = false
	if g.table.put(key, c); g.table.changed {
		g.outdate()
	}
	return true
}

// settle releases what the budget holds beyond the text of the table.
func (g *Group) settle() {
	if g.budget != nil {
		g.budget.resize(g.table.bytes)
	}
}

// leaveBudget releases all that the budget holds: the group is served no longer.
func (g *Group) leaveBudget() {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.budget != nil {
		g.budget.resize(0)
		g.budget = nil
	}
}

// outdate makes the next reader collect the blocks again.
func (g *Group) outdate() {
	g.published.Store(nil)
	g.changed.raise()
}

// blocks returns the blocks by family. They are not changed afterwards. The slice of a family is
// that of the call before if the blocks are.
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

// columns returns the blocks of some families. Changes of the others wait for the next scrape,
// which is rarer.
func (g *Group) columns(some []int) [][]*Block {
	g.render()
	if s := g.published.Load(); s != nil {
		return *s
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.table.some(some)
}

// render asks for the rows of a group that keeps none, see [Exposition.Func].
func (g *Group) render() {
	if g.refresh == nil {
		return
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.value != nil {
		now := g.value()
		if now == g.of {
			return
		}
		g.of = now
	}
	g.rows.reset()
	g.refresh(g.rows)
	g.set("", g.rows.content())
}
