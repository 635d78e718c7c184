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
// a block that has not changed is not read again. Of a block that has changed, only the rows of
// the changed objects are read, see [excerpt.replace]. The series of a selector that matches many
// are made when they are asked for, so that the memory does not grow with the fleet.
type table struct {
	store      *store
	selections []*selection
	urgent     bool // one of them is
	clock      bool // the narrowing of one of them depends on the time
	blocks     []*exposition.Block
	digests    [][]excerpt // by block and selection
}

// maxKept is how many series of a selector are kept.
const maxKept = 5000

// refresh reads the blocks that are new, or of which other rows count now, and forgets those
// that are gone.
func (t *table) refresh(ctx context.Context, p *rowParser, blocks []*exposition.Block) error {
	same := slices.Equal(blocks, t.blocks)
	if same && (!t.clock || t.isCurrent(p.seconds())) {
		return nil
	}
	versions := make(map[uint64]int, len(t.blocks))
	for at, b := range t.blocks {
		versions[b.Version()] = at
	}
	digests, kept, before := make([][]excerpt, len(blocks)), make([]int, len(t.selections)), t.digests
	for at, b := range blocks {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		d, err := t.digest(p, b, versions)
		if err != nil {
			return err
		}
		digests[at] = d
		for i, sel := range t.selections {
			if kept[i] += len(d[i].rows); kept[i] > maxKept && !sel.many {
				sel.many, same = true, false
			}
		}
	}
	t.blocks, t.digests = blocks, digests
	for i, sel := range t.selections {
		if sel.many && (!same || sel.narrowing.clock) || !sel.many && !equalExcerpts(before, digests, i) {
			t.collect(i)
		}
	}
	return nil
}

// equalExcerpts reports whether the i-th selection has the same rows in all blocks.
func equalExcerpts(a, b [][]excerpt, i int) bool {
	return slices.EqualFunc(a, b, func(a, b []excerpt) bool { return sameRows(a[i].rows, b[i].rows) })
}

// sameRows reports whether two slices are identical.
func sameRows(a, b []series) bool { return len(a) == len(b) && (len(a) == 0 || &a[0] == &b[0]) }

// isCurrent reports whether the rows of all selections are those that count now.
func (t *table) isCurrent(now float64) bool {
	return !slices.ContainsFunc(t.digests, func(d []excerpt) bool { return t.isOutdated(d, now) })
}

// isOutdated reports whether a selection has rows of a block that are not those that count now.
func (t *table) isOutdated(d []excerpt, now float64) bool {
	for i, sel := range t.selections {
		if !sel.many && !d[i].isCurrent(sel.narrowing, now) {
			return true
		}
	}
	return false
}

// digest returns what the selections have of a block, except for those that match many rows. versions
// are the places of the blocks that were read before.
func (t *table) digest(p *rowParser, b *exposition.Block, versions map[uint64]int) ([]excerpt, error) {
	now := p.seconds()
	at, ok := versions[b.Version()]
	if ok && !t.isOutdated(t.digests[at], now) {
		return t.digests[at], nil
	}
	runtime.Gosched() // a scrape comes first, also on one core
	text := p.blockRows(b)
	if ok {
		return t.complete(p, b, text, slices.Clone(t.digests[at]), func(i int) bool {
			return !t.digests[at][i].isCurrent(t.selections[i].narrowing, now)
		})
	}
	for version, changed := range b.Earlier() {
		if at, ok := versions[version]; ok && !t.isOutdated(t.digests[at], now) {
			return t.update(p, b, text, t.digests[at], changed)
		}
	}
	return t.complete(p, b, text, make([]excerpt, len(t.selections)), func(int) bool { return true })
}

// update returns what the selections have of a block in which only some objects have other rows than when
// known was read. With 100 changes a second among 50,000 objects, this reads a fiftieth of the rows.
func (t *table) update(p *rowParser, b *exposition.Block, text []byte, known []excerpt, changed exposition.Slots) ([]excerpt, error) {
	next, err := p.digest(b.Objects(text, &changed), t.wanted(func(int) bool { return true }))
	if err != nil {
		return nil, err
	}
	lost := make([]bool, len(known))
	for i, sel := range t.selections {
		var ok bool
		next[i], ok = known[i].replace(&changed, next[i], sel.narrowing.by != nil)
		lost[i] = !ok
	}
	return t.complete(p, b, text, next, func(i int) bool { return lost[i] })
}

// complete reads the whole block for the selections that are missing in d, and returns d.
func (t *table) complete(p *rowParser, b *exposition.Block, text []byte, d []excerpt, missing func(i int) bool) ([]excerpt, error) {
	wanted := t.wanted(missing)
	if !slices.ContainsFunc(wanted, func(sel *selection) bool { return sel != nil }) {
		return d, nil
	}
	read, err := p.digest(b.Objects(text, nil), wanted)
	for i := range read {
		if wanted[i] != nil {
			d[i] = read[i]
		}
	}
	return d, err
}

// wanted returns those of the selections that do not match many rows; nil for the others.
func (t *table) wanted(isWanted func(i int) bool) []*selection {
	out := make([]*selection, len(t.selections))
	for i, sel := range t.selections {
		if !sel.many && isWanted(i) {
			out[i] = sel
		}
	}
	return out
}

// collect makes the rows of all blocks the content of the i-th selection.
func (t *table) collect(i int) {
	sel := t.selections[i]
	var parts [][]series
	for at := range t.blocks {
		if sel.many {
			t.digests[at][i] = excerpt{}
		} else if rows := t.digests[at][i].rows; len(rows) > 0 {
			parts = append(parts, rows)
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
		d, err := p.digest(b.Objects(p.blockRows(b), nil), []*selection{sel})
		if err != nil {
			return nil, fmt.Errorf("%s: %w", sel.metric, err)
		}
		if len(d[0].rows) > 0 {
			parts = append(parts, d[0].rows)
		}
	}
	return parts, nil
}
