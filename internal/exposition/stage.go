// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package exposition

import "bytes"

// Stage collects the new content of a group while a list is received, and replaces the content in one step. It shares unchanged
// pages with the group and packs other pages as soon as they are full, so that only the text of one page is held in memory. A
// dropped stage has no effect. The group must not be changed between [Group.Stage] and [Stage.Replace].
type Stage struct {
	group   *Group
	base    *table // table of the group
	table   *table
	kept    places   // of the added objects
	bytes   int64    // size of their texts
	over    excess   // objects beyond a limit
	changes []func() // changes of observed columns
}

// Stage returns a stage for the next content of the group.
func (g *Group) Stage() *Stage {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.releaseBudget() // a previous stage may have been dropped
	g.table.flush()   // otherwise the stage and the group would both report the pending changes
	s := &Stage{group: g, base: g.table, table: g.table.derive()}
	if s.base.len() > 0 && g.observe != nil { // all objects of the first list are new
		s.table.observe = s.recordChange
	}
	return s
}

// recordChange records a change until Replace reports it.
func (s *Stage) recordChange(column int, c Change) {
	c.Before, c.After = bytes.Clone(c.Before), bytes.Clone(c.After)
	s.changes = append(s.changes, func() { s.group.observe(column, c) })
}

// Add renders an object, stores its rows in the stage, and reports whether it has rows. It has none if it is skipped or beyond a limit.
// If a key is added several times, the last object counts. Objects beyond [Options.MaxObjects] are not rendered.
func (s *Stage) Add(key string, rows *Rows, fill func(*Rows)) bool {
	rows.reset()
	if !s.isFull(key) {
		fill(rows)
	}
	if rows.skip {
		s.Remove(key)
		return false
	}
	return s.put(key, rows.content())
}

// Remove removes an object from the stage.
func (s *Stage) Remove(key string) {
	s.group.mu.Lock()
	defer s.group.mu.Unlock()
	s.remove(key)
}

// isFull reports whether the stage has [Options.MaxObjects] objects, not including this one.
func (s *Stage) isFull(key string) bool {
	if s.kept.n < s.group.options.MaxObjects {
		return false
	}
	s.group.mu.Lock() // pages are shared
	defer s.group.mu.Unlock()
	at, ok := s.table.find(key)
	return !ok || !s.kept.has(at)
}

func (s *Stage) put(key string, c content) bool {
	full := s.isFull(key)
	s.group.mu.Lock()
	defer s.group.mu.Unlock()
	if full {
		return s.refuse(key, ScopeObjects)
	}
	at, known := s.table.find(key)
	size := s.bytes + s.table.growthBy(at, known && s.kept.has(at), c)
	if budget := s.group.budget; budget != nil && size > budget.used.Load() {
		if scope := budget.resize(size); scope != inLimits {
			return s.refuse(key, scope)
		}
	}
	s.bytes = size
	s.kept.add(s.table.put(key, c))
	s.over.remove(s.table.hashKey(key))
	return true
}

// refuse records that an object is beyond a limit, and returns false.
func (s *Stage) refuse(key string, scope Scope) bool {
	s.remove(key)
	s.over.add(s.table.hashKey(key), scope, true)
	return false
}

func (s *Stage) remove(key string) {
	s.over.remove(s.table.hashKey(key))
	if at, ok := s.table.find(key); ok && s.kept.has(at) {
		s.bytes -= int64(s.table.size(at))
		s.kept.remove(at)
		s.table.remove(at)
	}
}

// Replace replaces the content of the group by the objects of the stage.
func (s *Stage) Replace() {
	g, t := s.group, s.table
	g.mu.Lock()
	defer g.mu.Unlock()
	g.over = s.over
	for at := range t.places() {
		if !s.kept.has(at) {
			t.remove(at)
		}
	}
	if s.base.len() == 0 && t.bytes <= maxSorted && !t.isSorted() {
		t = t.sortedCopy()
	}
	t.takeOwnership()
	t.flush()
	for _, report := range s.changes {
		report()
	}
	t.observed, t.observe = g.observed, g.observe
	changed := t.changed || g.table != s.base // the group was cleared in the meantime
	g.table = t
	g.releaseBudget()
	if changed {
		g.invalidate()
	}
}

// places is a set of places with one bit for each.
type places struct {
	bits []uint64
	n    int
}

func (p *places) has(at place) bool {
	word := int(at / 64)
	return word < len(p.bits) && p.bits[word]&(1<<(at%64)) != 0
}

func (p *places) add(at place) {
	if p.has(at) {
		return
	}
	for len(p.bits) <= int(at/64) {
		p.bits = append(p.bits, 0)
	}
	p.bits[at/64] |= 1 << (at % 64)
	p.n++
}

func (p *places) remove(at place) {
	if p.has(at) {
		p.bits[at/64] &^= 1 << (at % 64)
		p.n--
	}
}
