// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package exposition

import (
	"bytes"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
)

// slotsPerPage objects share the blocks of a page, one block per family: with
// 250 to 500 bytes a line that makes blocks of 128 to 256 KiB in the widest
// family.
const slotsPerPage = 512

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

	mu    sync.Mutex
	pages []*page
	index map[string]slot
	free  []slot
	// over holds the keys of the objects beyond Options.MaxObjects.
	over map[string]struct{}
	cut  int // objects with a cut label value

	changed *signal     // nil if the rows are asked for at every scrape
	refresh func(*Rows) // see Exposition.Func
	rows    *Rows       // for refresh

	published atomic.Pointer[[][]*Block] // by family; nil when there are changes
}

type slot struct{ page, n int }

// page is the storage of up to slotsPerPage objects.
type page struct {
	slots   int // in use or once used
	columns []column
	cut     []bool // by slot
}

// column is the storage of one family in a page. Its block is immutable;
// changes wait in pending until somebody wants to see them.
type column struct {
	ends    []uint32 // by slot: where its text ends in block
	block   *Block
	pending map[int][]byte
}

func (c *column) text(n int) []byte {
	if t, ok := c.pending[n]; ok {
		return t
	}
	if n >= len(c.ends) {
		return nil
	}
	start := uint32(0)
	if n > 0 {
		start = c.ends[n-1]
	}
	return c.block.raw[start:c.ends[n]]
}

func (c *column) set(n int, text []byte) {
	if c.pending == nil {
		c.pending = map[int][]byte{}
	}
	c.pending[n] = bytes.Clone(text)
}

// commit builds a new block from the old one and what is pending.
func (c *column) commit(slots int) {
	if len(c.pending) == 0 && len(c.ends) == slots {
		return
	}
	size := 0
	for n := range slots {
		size += len(c.text(n))
	}
	raw, ends := make([]byte, 0, size), make([]uint32, slots)
	for n := range slots {
		raw = append(raw, c.text(n)...)
		ends[n] = uint32(len(raw)) //nolint:gosec // a page is far below 4 GiB
	}
	if c.block == nil || !bytes.Equal(raw, c.block.raw) {
		c.block = newBlock(raw)
	}
	c.ends, c.pending = ends, nil
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
	g.set(key, func(i int) []byte { return rows.lines[i] }, rows.cut)
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
	list = lastOfEach(list)
	g.mu.Lock()
	defer g.mu.Unlock()
	g.over = nil
	if excess := len(list) - g.options.MaxObjects; excess > 0 {
		g.over = make(map[string]struct{}, excess)
		for _, e := range list[g.options.MaxObjects:] {
			g.over[e.Key] = struct{}{}
		}
		clear(list[g.options.MaxObjects:])
		list = list[:g.options.MaxObjects]
	}
	if len(g.index) == 0 {
		g.fill(list)
		return
	}
	keep := make(map[string]struct{}, len(list))
	for _, e := range list {
		keep[e.Key] = struct{}{}
	}
	for key := range g.index {
		if _, ok := keep[key]; !ok {
			g.remove(key)
		}
	}
	for i, e := range list {
		g.set(e.Key, e.column, e.cut)
		list[i] = nil
	}
}

// lastOfEach keeps the last of neighbours with the same key. A server that lists
// an object twice must not make the output invalid.
func lastOfEach(list []*Entry) []*Entry {
	n := 0
	for i, e := range list {
		if i+1 == len(list) || list[i+1].Key != e.Key {
			list[n] = e
			n++
		}
	}
	clear(list[n:])
	return list[:n]
}

// fill stores list in an empty group, page by page.
func (g *Group) fill(list []*Entry) {
	g.pages, g.free, g.cut = nil, nil, 0
	g.index = make(map[string]slot, len(list))
	for chunk := range slices.Chunk(list, slotsPerPage) {
		p := &page{slots: len(chunk), columns: make([]column, len(g.families)), cut: make([]bool, slotsPerPage)}
		for i := range p.columns {
			size := 0
			for _, e := range chunk {
				size += len(e.column(i))
			}
			raw, ends := make([]byte, 0, size), make([]uint32, len(chunk))
			for n, e := range chunk {
				raw = append(raw, e.column(i)...)
				ends[n] = uint32(len(raw)) //nolint:gosec // a page is far below 4 GiB
			}
			p.columns[i] = column{ends: ends, block: newBlock(raw)}
		}
		for n, e := range chunk {
			g.index[e.Key] = slot{page: len(g.pages), n: n}
			g.markCut(p, n, e.cut)
		}
		clear(chunk)
		g.pages = append(g.pages, p)
	}
	g.outdate()
}

// Delete removes the rows of an object.
func (g *Group) Delete(key string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	delete(g.over, key)
	g.remove(key)
}

// Clear removes all rows.
func (g *Group) Clear() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.pages, g.index, g.free, g.over, g.cut = nil, nil, nil, nil, 0
	g.outdate()
}

// Size is how many objects the group holds, how many it had to leave out
// because of [Options.MaxObjects], and how many of those it holds have a label
// value that was cut or repaired.
func (g *Group) Size() (objects, over, cut int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	return len(g.index), len(g.over), g.cut
}

// HasRoom says whether objects are left out although there is room again: what
// was left out is not kept, so it takes a relist to get it back.
func (g *Group) HasRoom() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return len(g.over) > 0 && len(g.index) < g.options.MaxObjects
}

func (g *Group) set(key string, text func(column int) []byte, cut bool) {
	at, ok := g.index[key]
	if !ok {
		if len(g.index) >= g.options.MaxObjects {
			if g.over == nil {
				g.over = map[string]struct{}{}
			}
			g.over[key] = struct{}{}
			return
		}
		delete(g.over, key)
		at = g.slot()
		if g.index == nil {
			g.index = map[string]slot{}
		}
		g.index[key] = at
	}
	p := g.pages[at.page]
	g.markCut(p, at.n, cut)
	for i := range p.columns {
		if c, t := &p.columns[i], text(i); !bytes.Equal(c.text(at.n), t) {
			c.set(at.n, t)
			g.outdate()
		}
	}
}

// outdate makes the next reader collect the blocks again.
func (g *Group) outdate() {
	g.published.Store(nil)
	g.changed.raise()
}

func (g *Group) remove(key string) {
	at, ok := g.index[key]
	if !ok {
		return
	}
	delete(g.index, key)
	g.free = append(g.free, at)
	p := g.pages[at.page]
	g.markCut(p, at.n, false)
	for i := range p.columns {
		p.columns[i].set(at.n, nil)
	}
	g.outdate()
}

// slot finds a place for a new object.
func (g *Group) slot() slot {
	if n := len(g.free); n > 0 {
		at := g.free[n-1]
		g.free = g.free[:n-1]
		return at
	}
	last := len(g.pages) - 1
	if last < 0 || g.pages[last].slots == slotsPerPage {
		g.pages = append(g.pages, &page{columns: make([]column, len(g.families)), cut: make([]bool, slotsPerPage)})
		last++
	}
	g.pages[last].slots++
	return slot{page: last, n: g.pages[last].slots - 1}
}

func (g *Group) markCut(p *page, n int, cut bool) {
	if p.cut[n] != cut {
		p.cut[n] = cut
		if cut {
			g.cut++
		} else {
			g.cut--
		}
	}
}

// blocks returns the blocks by family. They are not changed afterwards.
func (g *Group) blocks() [][]*Block {
	if g.refresh != nil {
		g.mu.Lock()
		g.rows.reset()
		g.refresh(g.rows)
		g.set("", func(i int) []byte { return g.rows.lines[i] }, g.rows.cut)
		g.mu.Unlock()
	}
	if s := g.published.Load(); s != nil {
		return *s
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	s := make([][]*Block, len(g.families))
	for _, p := range g.pages {
		for i := range p.columns {
			c := &p.columns[i]
			c.commit(p.slots)
			if len(c.block.raw) > 0 {
				s[i] = append(s[i], c.block)
			}
		}
	}
	g.published.Store(&s)
	return s
}
