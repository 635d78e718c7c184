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
	seen    places
	bytes   int64    // size of the texts of the added objects
	changes []func() // changes of observed columns
	// refused are objects beyond a limit that have a place, and over the objects beyond a limit that have none.
	refused []refusal
	over    excess
}

// refusal is an object that is left out.
type refusal struct {
	hash  uint64 // hash of its key
	scope Scope
}

// refusedPlace is the first place of refused objects.
const refusedPlace Place = 1 << 31

// Refused reports whether the object at the place is beyond a limit and has no rows.
func (p Place) Refused() bool { return p >= refusedPlace }

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

// Add renders an object and stores its rows in the stage. If a key is added several times, the last object counts. A skipped object
// has no place. Objects beyond [Options.MaxObjects] are not rendered.
func (s *Stage) Add(key string, rows *Rows, fill func(*Rows)) (at Place, ok bool) {
	rows.reset()
	if s.isFull(key) {
		return s.refuse(key, ScopeObjects), true
	}
	if fill(rows); rows.skip {
		return 0, false
	}
	return s.put(key, rows.content()), true
}

// isFull reports whether the stage has [Options.MaxObjects] objects, not including this one.
func (s *Stage) isFull(key string) bool {
	if s.seen.n < s.group.options.MaxObjects {
		return false
	}
	s.group.mu.Lock()
	defer s.group.mu.Unlock()
	at, ok := s.table.find(key)
	return !ok || !s.seen.has(at)
}

// refuse returns a place for an object beyond a limit.
func (s *Stage) refuse(key string, scope Scope) Place {
	s.refused = append(s.refused, refusal{s.table.hashKey(key), scope})
	return refusedPlace + Place(len(s.refused)-1) //nolint:gosec // far below 2^31 objects
}

func (s *Stage) put(key string, c content) Place {
	if s.isFull(key) {
		return s.refuse(key, ScopeObjects)
	}
	s.group.mu.Lock() // pages are shared
	defer s.group.mu.Unlock()
	at, known := s.table.find(key)
	size := s.bytes + s.table.growthBy(at, known && s.seen.has(at), c)
	if budget := s.group.budget; budget != nil && size > budget.used.Load() {
		if scope := budget.resize(size); scope != inLimits {
			return s.refuse(key, scope)
		}
	}
	s.bytes = size
	at = s.table.put(key, c)
	s.seen.add(at)
	return at
}

// LeaveOut reports whether the object at a place, which must be the last added one, is beyond a limit. In a list from which nothing
// is removed, such an object needs no place.
func (s *Stage) LeaveOut(at Place) bool {
	if !at.Refused() {
		return false
	}
	last := len(s.refused) - 1
	s.over.add(s.refused[last].hash, s.refused[last].scope)
	s.refused = s.refused[:last]
	return true
}

// Key returns the key of the object at a place; empty for an object that is left out.
func (s *Stage) Key(at Place) string {
	if at.Refused() {
		return ""
	}
	s.group.mu.Lock()
	defer s.group.mu.Unlock()
	return string(s.table.key(at))
}

// Replace replaces the content of the group by the objects at the given places. Other objects of the stage were deleted in the
// meantime.
func (s *Stage) Replace(list []Place) {
	g, t := s.group, s.table
	g.mu.Lock()
	defer g.mu.Unlock()
	var kept places
	g.over = s.over
	for _, at := range list {
		if !at.Refused() {
			kept.add(at)
			continue
		}
		r := s.refused[at-refusedPlace]
		g.over.add(r.hash, r.scope)
	}
	for at := range t.places() {
		if !kept.has(at) {
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

func (p *places) has(at Place) bool {
	word := int(at / 64)
	return word < len(p.bits) && p.bits[word]&(1<<(at%64)) != 0
}

func (p *places) add(at Place) {
	if p.has(at) {
		return
	}
	for len(p.bits) <= int(at/64) {
		p.bits = append(p.bits, 0)
	}
	p.bits[at/64] |= 1 << (at % 64)
	p.n++
}
