// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package health

import (
	"context"
	"fmt"
	"slices"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/exposition"
)

// table has the rows of a family. Most selectors match few rows; their series are kept, and
// unchanged blocks are not read again. The series of a selector that matches many rows are built on
// demand, so that the memory does not grow with the fleet.
type table struct {
	store      *store
	selections []*selection
	urgent     bool // one of the selections is urgent
	clock      bool // the narrowing of one of the selections depends on the time
	blocks     []*exposition.Block
	digests    map[*exposition.Block][]excerpt // by selection
}

// excerpt has the rows of a block that a selection matches.
type excerpt struct {
	rows   []series
	bounds *bounds // of a narrowing that depends on the time
}

// bounds has the minimum and maximum values in a block, for the rows that a narrowing kept and for
// those that it left out. As long as the decisions about these four values do not change, the
// decisions about all rows do not change.
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

// keeps reports whether a row with a value is kept, and updates the bounds.
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

// isCurrent reports whether the narrowing would still keep the same rows.
func (p *excerpt) isCurrent(n narrowing, now float64) bool {
	if p.bounds == nil {
		return true
	}
	kept, left := p.bounds.kept, p.bounds.left
	return (!kept.some || n.keep(kept.low, now) && n.keep(kept.high, now)) && (!left.some || !n.keep(left.low, now) && !n.keep(left.high, now))
}

// maxKept is the maximum number of series that are kept for a selector.
const maxKept = 5000

// refresh reads new blocks and blocks of which the narrowing now keeps other rows, and drops
// removed blocks.
func (t *table) refresh(ctx context.Context, p *rowParser, blocks []*exposition.Block) error {
	changed := !slices.Equal(blocks, t.blocks)
	if !changed && (!t.clock || t.isCurrent(p.seconds())) {
		return nil
	}
	digests, kept := make(map[*exposition.Block][]excerpt, len(blocks)), make([]int, len(t.selections))
	for _, b := range blocks {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		d, err := t.digest(p, b)
		if err != nil {
			return err
		}
		digests[b] = d
		for i, sel := range t.selections {
			if kept[i] += len(d[i].rows); kept[i] > maxKept && !sel.many {
				sel.many, changed = true, true
			}
		}
	}
	t.blocks, t.digests = blocks, digests
	for i, sel := range t.selections {
		if changed || sel.narrowing.clock {
			t.collect(i)
		}
	}
	return nil
}

// isCurrent reports whether the narrowings of all selections would still keep the same rows.
func (t *table) isCurrent(now float64) bool {
	for _, d := range t.digests {
		for i, sel := range t.selections {
			if !sel.many && !d[i].isCurrent(sel.narrowing, now) {
				return false
			}
		}
	}
	return true
}

// digest returns the excerpts of a block for all selections, except for those that match many rows.
func (t *table) digest(p *rowParser, b *exposition.Block) ([]excerpt, error) {
	known, ok := t.digests[b]
	wanted, outdated := make([]*selection, len(t.selections)), !ok
	for i, sel := range t.selections {
		if !sel.many && (!ok || !known[i].isCurrent(sel.narrowing, p.seconds())) {
			wanted[i], outdated = sel, true
		}
	}
	if !outdated {
		return known, nil
	}
	t.store.pauses.pause()
	d, err := p.digest(p.blockRows(b), wanted)
	for i := range d {
		if wanted[i] == nil && ok {
			d[i] = known[i]
		}
	}
	return d, err
}

// collect updates the i-th selection with the rows of all blocks.
func (t *table) collect(i int) {
	sel := t.selections[i]
	var parts [][]series
	for _, b := range t.blocks {
		d := t.digests[b]
		if sel.many {
			d[i] = excerpt{}
		} else if len(d[i].rows) > 0 {
			parts = append(parts, d[i].rows)
		}
	}
	t.store.set(sel, parts)
}

// all returns the series of the selector.
func (sel *selection) all(ctx context.Context, p *rowParser) ([][]series, error) {
	if !sel.many {
		return sel.parts, nil
	}
	parts := make([][]series, 0, len(sel.table.blocks))
	for _, b := range sel.table.blocks {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		d, err := p.digest(p.blockRows(b), []*selection{sel})
		if err != nil {
			return nil, fmt.Errorf("%s: %w", sel.metric, err)
		}
		if len(d[0].rows) > 0 {
			parts = append(parts, d[0].rows)
		}
	}
	return parts, nil
}
