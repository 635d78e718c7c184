// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package exposition

import (
	"slices"
	"strings"
	"sync"
	"sync/atomic"
)

// Key says what the rows of a group are about. Collector and Kind are what the
// collect[] filter and the watch metrics name.
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
	// over holds the keys of the objects beyond Options.MaxObjects.
	over map[string]struct{}

	changed *signal     // nil if the rows are asked for at every scrape
	refresh func(*Rows) // see Exposition.Func
	rows    *Rows       // for refresh

	published atomic.Pointer[[][]*Block] // by family; nil when there are changes
}

// Rows returns a builder for the rows of this group.
func (g *Group) Rows() *Rows {
	return &Rows{
		families: g.families,
		cluster:  g.key.Cluster,
		maxValue: g.options.MaxLabelValue,
		lines:    make([][]byte, len(g.families)),
	}
}

// Set renders one object and replaces its rows, or adds them, or removes them if
// it is skipped. Equal rows are no change at all: they make no block dirty and
// allocate nothing.
func (g *Group) Set(key string, rows *Rows, fill func(*Rows)) {
	rows.reset()
	fill(rows)
	if rows.skip {
		g.Delete(key)
		return
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.set(key, rows.line, rows.cut)
}

// Put replaces the rows of one object, or adds them, with what was rendered before:
// for whoever may find out while rendering that there is nothing to be set.
func (g *Group) Put(e *Entry) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.set(e.Key, e.column, e.cut)
}

// Replace makes list the whole content of the group, in one step. It takes
// ownership of list and frees each entry as soon as it is stored.
func (g *Group) Replace(list []*Entry) {
	slices.SortStableFunc(list, func(a, b *Entry) int { return strings.Compare(a.Key, b.Key) })
	stage := g.Stage()
	places := make([]Place, len(list))
	for i, e := range list {
		places[i] = stage.put(e.Key, e.column, e.cut)
		list[i] = nil
	}
	stage.Replace(places)
}

// Delete removes the rows of an object.
func (g *Group) Delete(key string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	delete(g.over, key)
	if at, ok := g.table.find(key); ok {
		g.table.remove(at)
		g.outdate()
	}
}

// Clear removes all rows.
func (g *Group) Clear() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.table, g.over = g.empty(), nil
	g.outdate()
}

// empty returns a table without rows. Those that are asked for at every scrape are not
// compressed at rest: they change.
func (g *Group) empty() *table { return newTable(g.packer, len(g.families), g.refresh != nil) }

// Has reports whether the group holds an object or had to leave it out, see [Group.Size].
func (g *Group) Has(key string) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	_, ok := g.table.find(key)
	_, over := g.over[key]
	return ok || over
}

// Size is how many objects the group holds, how many it had to leave out
// because of [Options.MaxObjects], and how many of those it holds have a label
// value that was cut or repaired.
func (g *Group) Size() (objects, over, cut int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.table.len(), len(g.over), g.table.cut
}

// HasRoom says whether objects are left out although there is room again: what
// was left out is not kept, so it takes a relist to get it back.
func (g *Group) HasRoom() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return len(g.over) > 0 && g.table.len() < g.options.MaxObjects
}

func (g *Group) set(key string, text func(column int) []byte, cut bool) {
	if _, ok := g.table.find(key); !ok {
		if g.table.len() >= g.options.MaxObjects {
			if g.over == nil {
				g.over = map[string]struct{}{}
			}
			g.over[key] = struct{}{}
			return
		}
		delete(g.over, key)
	}
	g.table.changed = false
	if g.table.put(key, text, cut); g.table.changed {
		g.outdate()
	}
}

// outdate makes the next reader collect the blocks again.
func (g *Group) outdate() {
	g.published.Store(nil)
	g.changed.raise()
}

// blocks returns the blocks by family. They are not changed afterwards.
func (g *Group) blocks() [][]*Block {
	g.render()
	if s := g.published.Load(); s != nil {
		return *s
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	s := g.table.blocks()
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
	g.rows.reset()
	g.refresh(g.rows)
	g.set("", g.rows.line, g.rows.cut)
}
