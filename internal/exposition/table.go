// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package exposition

import (
	"iter"
	"maps"
	"slices"
	"time"
)

// table keeps the rows of objects by key. It is not safe for concurrent use.
type table struct {
	packer  *packer
	columns int
	raw     bool // blocks are not compressed

	pages []*page
	// index has the places of keys by their hashes. It takes 12 bytes per object; a map of strings takes 60. collisions has
	// the keys whose hash belongs to an earlier key.
	index      map[uint64]place
	collisions map[string]place
	hashKey    func(string) uint64
	free       []place
	cut        int   // objects with a cut label value
	bytes      int64 // uncompressed size of all texts and notes

	changed bool // the rows differ from those of the table from which this one was derived

	// observed are the columns whose changes are passed to observe; see [Options.Observe].
	observed []bool
	observe  observer
}

// observer receives changes of a column.
type observer func(column int, c Change)

// observerFor returns the observer of a column of a page, or nil.
func (t *table) observerFor(p *page, column int) func(slot int, before, after []byte, at int64) {
	if t.observe == nil || !t.observed[column] {
		return nil
	}
	return func(slot int, before, after []byte, at int64) {
		t.observe(column, Change{Before: before, After: after, At: time.Unix(0, at), Gone: len(p.keys.at(slot)) == 0})
	}
}

// place is the place of the rows of an object in a table: page and slot.
type place uint32

func placeOf(page, slot int) place { return place(page*slotsPerPage + slot) } //nolint:gosec // far below 2^32 objects
func (p place) page() int          { return int(p) / slotsPerPage }
func (p place) slot() int          { return int(p) % slotsPerPage }

func newTable(z *packer, columns int, raw bool) *table {
	return &table{packer: z, columns: columns, raw: raw, index: map[uint64]place{}, hashKey: z.hashKey}
}

// derive returns a table with the same content, which shares the pages until they change.
func (t *table) derive() *table {
	d := *t
	d.pages, d.index, d.collisions, d.free = slices.Clone(t.pages), maps.Clone(t.index), maps.Clone(t.collisions), slices.Clone(t.free)
	d.changed, d.observe = false, nil
	return &d
}

// takeOwnership makes the table the owner of all of its pages after it has replaced the table from which it was derived.
func (t *table) takeOwnership() {
	for _, p := range t.pages {
		p.owner = t
	}
}

func (t *table) len() int { return len(t.index) + len(t.collisions) }

func (t *table) key(at place) []byte { return t.pages[at.page()].keys.at(at.slot()) }

func (t *table) find(key string) (place, bool) {
	if at, ok := t.index[t.hashKey(key)]; ok && string(t.key(at)) == key {
		return at, true
	}
	at, ok := t.collisions[key]
	return at, ok
}

// places returns the places of all objects. Objects may be removed during the iteration.
func (t *table) places() iter.Seq[place] {
	return func(yield func(place) bool) {
		for _, m := range []iter.Seq[place]{maps.Values(t.index), maps.Values(t.collisions)} {
			for at := range m {
				if !yield(at) {
					return
				}
			}
		}
	}
}

// put adds an object or replaces its rows. Equal rows change nothing and allocate nothing.
func (t *table) put(key string, content content) place {
	at, known := t.find(key)
	if !known {
		at = t.add(key)
	}
	slot := at.slot()
	t.markCut(at, content.cut)
	t.setWeight(at, content.weight)
	for i := range t.columns {
		line := content.text(i)
		hash := t.packer.hash(line)
		if hash != t.pages[at.page()].columns[i].hash(slot) {
			t.set(at, i, line, hash)
		}
		if !known {
			t.pages[at.page()].size += len(line)
		}
	}
	if p := t.pages[at.page()]; !known && slot == len(p.keys.ends)-1 && p.isFull() {
		p.commit(t)
	}
	return at
}

// setWeight records the memory of the note of an object.
func (t *table) setWeight(at place, weight int) {
	if was := int(t.pages[at.page()].weights[at.slot()]); was != weight {
		t.writablePage(at).weights[at.slot()] = uint32(weight) //nolint:gosec // within the bound of the rows of an object
		t.bytes += int64(weight - was)
	}
}

// growthBy returns the number of bytes by which the table grows with the text of an object.
func (t *table) growthBy(at place, known bool, c content) int64 {
	n := c.weight
	for i := range t.columns {
		n += len(c.text(i))
	}
	if known {
		n -= t.size(at)
	}
	return int64(n)
}

// size returns the number of bytes of the text of an object.
func (t *table) size(at place) int {
	n := int(t.pages[at.page()].weights[at.slot()])
	for i := range t.columns {
		n += t.pages[at.page()].columns[i].length(at.slot())
	}
	return n
}

func (t *table) set(at place, i int, text []byte, hash uint64) {
	p := t.writablePage(at)
	t.bytes += int64(len(text) - p.columns[i].length(at.slot()))
	c := p.columns[i]
	if c == nil {
		c = &column{}
		p.columns[i] = c
	}
	var now int64
	if t.observe != nil && t.observed[i] {
		now = time.Now().UnixNano()
	}
	c.set(t.packer, at.slot(), text, hash, now)
	p.dirty, t.changed = true, true
	if c.isFull() {
		c.commit(t.packer, t.raw, t.observerFor(p, i))
	}
}

// remove removes an object.
func (t *table) remove(at place) {
	p, slot := t.writablePage(at), at.slot()
	key := string(p.keys.at(slot))
	hash := t.hashKey(key)
	if first, ok := t.index[hash]; ok && first == at {
		delete(t.index, hash)
	} else {
		delete(t.collisions, key)
	}
	t.free = append(t.free, at)
	t.markCut(at, false)
	t.setWeight(at, 0)
	p.keys.set(slot, "")
	for i, c := range p.columns {
		if c.hash(slot) != 0 {
			t.set(at, i, nil, 0)
		}
	}
	t.changed = true
}

// add finds a place for a new object.
func (t *table) add(key string) place {
	at := t.allocate()
	t.writablePage(at).keys.set(at.slot(), key)
	hash := t.hashKey(key)
	if _, taken := t.index[hash]; !taken {
		t.index[hash] = at
		return at
	}
	if t.collisions == nil {
		t.collisions = map[string]place{}
	}
	t.collisions[key] = at
	return at
}

func (t *table) allocate() place {
	if n := len(t.free); n > 0 {
		at := t.free[n-1]
		t.free = t.free[:n-1]
		return at
	}
	last := len(t.pages) - 1
	if last < 0 || t.pages[last].isFull() {
		t.pages = append(t.pages, &page{owner: t, columns: make([]*column, t.columns)})
		last++
	}
	return placeOf(last, len(t.pages[last].keys.ends))
}

// writablePage returns the page of a place and makes the table its owner.
func (t *table) writablePage(at place) *page {
	p := t.pages[at.page()]
	if p.owner != t {
		p = p.clone(t)
		t.pages[at.page()] = p
	}
	return p
}

func (t *table) markCut(at place, cut bool) {
	if slot := at.slot(); t.pages[at.page()].cut[slot] != cut {
		t.writablePage(at).cut[slot] = cut
		if cut {
			t.cut++
		} else {
			t.cut--
		}
	}
}

// blocks merges all changes and returns the blocks by family. They do not change afterwards.
func (t *table) blocks() [][]*Block {
	counts := make([]int, t.columns)
	for _, p := range t.pages {
		p.commit(t)
		for i, c := range p.columns {
			if c != nil {
				counts[i]++
			}
		}
	}
	out := make([][]*Block, t.columns)
	for i, n := range counts {
		if n > 0 {
			out[i] = make([]*Block, 0, n)
		}
	}
	for _, p := range t.pages {
		for i, c := range p.columns {
			if c != nil {
				out[i] = append(out[i], c.block)
			}
		}
	}
	return out
}

// blocksOfColumns merges the changes of the columns and returns their blocks.
func (t *table) blocksOfColumns(columns []int) [][]*Block {
	out := make([][]*Block, t.columns)
	for _, p := range t.pages {
		for _, i := range columns {
			if c := p.commitColumn(i, t); c != nil {
				out[i] = append(out[i], c.block)
			}
		}
	}
	return out
}

// flush merges the changes of the observed columns.
func (t *table) flush() {
	for _, p := range t.pages {
		for i, observed := range t.observed {
			if observed && p.dirty {
				p.commitColumn(i, t)
			}
		}
	}
}
