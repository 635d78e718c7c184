// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package health

import (
	"cmp"
	"slices"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/exposition"
)

// excerpt is what a selection has of a block.
type excerpt struct {
	rows   []series
	slots  []uint8 // place of the object of each row in the block, in ascending order
	bounds *bounds // of a narrowing that depends on the time
}

// bounds are the least and greatest values in a block, of the rows that a narrowing kept and
// of those that it left out. While it decides about these four as before, it does so about all.
type bounds struct{ kept, left span }

type span struct {
	low, high float64
	some      bool
}

func (s *span) add(v float64) {
	if !s.some {
		s.low, s.high, s.some = v, v, true
	}
	s.low, s.high = min(s.low, v), max(s.high, v)
}

// join returns the bounds of both.
func (b *bounds) join(other *bounds) *bounds {
	if b == nil || other == nil {
		return cmp.Or(b, other)
	}
	out := *b
	out.kept.join(other.kept)
	out.left.join(other.left)
	return &out
}

func (s *span) join(other span) {
	if other.some {
		s.add(other.low)
		s.add(other.high)
	}
}

// keeps reports whether a row with a value counts, and notes the value.
func (p *excerpt) keeps(n narrowing, v, now float64) bool {
	if n.keep == nil {
		return true
	}
	keep := n.keep(v, now)
	if !n.clock || v != v {
		return keep
	}
	if p.bounds == nil {
		p.bounds = &bounds{}
	}
	if keep {
		p.bounds.kept.add(v)
	} else {
		p.bounds.left.add(v)
	}
	return keep
}

// isCurrent reports whether the rows are those that count now.
func (p *excerpt) isCurrent(n narrowing, now float64) bool {
	if p.bounds == nil {
		return true
	}
	kept, left := p.bounds.kept, p.bounds.left
	return (!kept.some || n.keep(kept.low, now) && n.keep(kept.high, now)) && (!left.some || !n.keep(left.low, now) && !n.keep(left.high, now))
}

// replace returns the excerpt of a later version of a block in which only the objects in changed have
// other rows, which are now those in next. The rows are the same slice if no object has other ones.
//
// Of rows with the same labels, a distinct excerpt has that of one object. If such a row would be lost, another object may
// have it, too: then replace returns false, and the block has to be read as a whole.
func (p *excerpt) replace(changed *exposition.Slots, next excerpt, distinct bool) (excerpt, bool) {
	bounds := p.bounds.join(next.bounds)
	if distinct && !p.makeDistinct(changed, &next) {
		return excerpt{}, false
	}
	if p.hasAll(changed, next) {
		return excerpt{p.rows, p.slots, bounds}, true
	}
	out := excerpt{make([]series, 0, len(p.rows)+len(next.rows)), make([]uint8, 0, len(p.rows)+len(next.rows)), bounds}
	n := 0
	for i, slot := range p.slots {
		for n < len(next.slots) && next.slots[n] < slot {
			out.rows, out.slots, n = append(out.rows, next.rows[n]), append(out.slots, next.slots[n]), n+1
		}
		if !changed.Has(int(slot)) {
			out.rows, out.slots = append(out.rows, p.rows[i]), append(out.slots, slot)
		}
	}
	out.rows, out.slots = append(out.rows, next.rows[n:]...), append(out.slots, next.slots[n:]...)
	return out, true
}

// hasAll reports whether the rows of the changed objects are those in next.
func (p *excerpt) hasAll(changed *exposition.Slots, next excerpt) bool {
	n := 0
	for i, slot := range p.slots {
		if !changed.Has(int(slot)) {
			continue
		}
		if n >= len(next.rows) || next.slots[n] != slot || next.rows[n].hash != p.rows[i].hash || next.rows[n].value != p.rows[i].value {
			return false
		}
		n++
	}
	return n == len(next.rows)
}

// makeDistinct removes rows from next that objects have that have not changed. It returns false if a row
// of a changed object is no longer among them.
func (p *excerpt) makeDistinct(changed *exposition.Slots, next *excerpt) bool {
	for i, slot := range p.slots {
		at := slices.IndexFunc(next.rows, func(s series) bool { return s.hash == p.rows[i].hash })
		switch {
		case changed.Has(int(slot)) && at < 0:
			return false
		case !changed.Has(int(slot)) && at >= 0:
			next.rows, next.slots = slices.Delete(next.rows, at, at+1), slices.Delete(next.slots, at, at+1)
		}
	}
	return true
}
