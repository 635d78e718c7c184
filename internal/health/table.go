// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package health

import (
	"context"
	"fmt"
	"runtime"
	"slices"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/exposition"
)

// table is the rows of a family. Most selectors match few of them; their series are kept, and
// a block that has not changed is not read again. The series of a selector that matches many
// are made when they are asked for, so that the memory does not grow with the fleet.
type table struct {
	store      *store
	selections []*selection
	urgent     bool // one of them is
	clock      bool // the narrowing of one of them depends on the time
	blocks     []*exposition.Block
	digests    map[*exposition.Block][]excerpt // by selection
}

// excerpt is what a selection has of a block.
type excerpt struct {
	rows   []series
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

// maxKept is how many series of a selector are kept.
const maxKept = 5000

// refresh reads the blocks that are new, or of which other rows count now, and forgets those
// that are gone.
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

// isCurrent reports whether the rows of all selections are those that count now.
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

// digest returns what the selections have of a block, except for those that match many rows.
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
	runtime.Gosched() // a scrape comes first, also on one core
	d, err := p.digest(p.blockRows(b), wanted)
	for i := range d {
		if wanted[i] == nil && ok {
			d[i] = known[i]
		}
	}
	return d, err
}

// collect makes the rows of all blocks the content of the i-th selection.
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

// all are the series of the selector.
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
