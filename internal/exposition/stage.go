// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package exposition

// Stage collects the whole content of a group while it arrives, and takes its place in one
// step. It shares with the group all pages that do not change, and packs the others as they
// fill: text is held for one page of a list, not for all of it. A stage that is dropped
// leaves no trace. Between [Group.Stage] and [Stage.Replace] the group gets no other changes.
type Stage struct {
	group *Group
	base  *table // of the group
	table *table
	seen  places
	// refused are the keys of objects beyond Options.MaxObjects.
	refused []string
}

// refusedPlace and above stand for refused objects.
const refusedPlace Place = 1 << 31

// Stage returns a stage for the next content of the group.
func (g *Group) Stage() *Stage {
	g.mu.Lock()
	defer g.mu.Unlock()
	return &Stage{group: g, base: g.table, table: g.table.derive()}
}

// Add renders an object and stores its rows in the stage; of several of one key the last one
// counts. An object that is skipped has no place.
func (s *Stage) Add(key string, rows *Rows, fill func(*Rows)) (at Place, ok bool) {
	rows.reset()
	if fill(rows); rows.skip {
		return 0, false
	}
	return s.put(key, rows.line, rows.cut), true
}

func (s *Stage) put(key string, text func(column int) []byte, cut bool) Place {
	s.group.mu.Lock() // pages are shared
	defer s.group.mu.Unlock()
	if s.seen.n >= s.group.options.MaxObjects {
		if at, ok := s.table.find(key); !ok || !s.seen.has(at) {
			s.refused = append(s.refused, key)
			return refusedPlace + Place(len(s.refused)-1) //nolint:gosec // far below 2^31 objects
		}
	}
	at := s.table.put(key, text, cut)
	s.seen.add(at)
	return at
}

// Key returns the key of the object at a place.
func (s *Stage) Key(at Place) string {
	if at >= refusedPlace {
		return s.refused[at-refusedPlace]
	}
	s.group.mu.Lock()
	defer s.group.mu.Unlock()
	return string(s.table.key(at))
}

// Replace makes the objects at the given places the whole content of the group. Others that
// were added to the stage have gone again.
func (s *Stage) Replace(list []Place) {
	g, t := s.group, s.table
	g.mu.Lock()
	defer g.mu.Unlock()
	var kept places
	g.over = nil
	for _, at := range list {
		if at < refusedPlace {
			kept.add(at)
			continue
		}
		if g.over == nil {
			g.over = map[string]struct{}{}
		}
		g.over[s.refused[at-refusedPlace]] = struct{}{}
	}
	for at := range t.places() {
		if !kept.has(at) {
			t.remove(at)
		}
	}
	if s.base.len() == 0 && !t.inOrder() {
		t = t.sorted()
	}
	t.own()
	changed := t.changed || g.table != s.base // cleared meanwhile
	if g.table = t; changed {
		g.outdate()
	}
}

// places is a set of places: one bit each.
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
