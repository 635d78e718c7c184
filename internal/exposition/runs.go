// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package exposition

import (
	"slices"
	"sync"
)

const (
	// smallBlock and below are compressed together with their neighbours: a stream of its
	// own costs a few dozen bytes and begins without context.
	smallBlock = 8 << 10
	// runSize is the size from which a run of small blocks ends; at the end of a family it
	// ends from runMinSize, so that a change moves the borders of no other family's runs.
	runSize    = 32 << 10
	runMinSize = 8 << 10
)

// runs joins small neighbouring blocks into larger ones for compression, and keeps the
// joined blocks from one scrape to the next.
type runs struct {
	mu    sync.Mutex
	cache map[*Block]*run // by first part
}

type run struct {
	parts  []*Block
	joined *deflated
	used   bool
}

// part is a part of a gzip body: DEFLATE, or a block whose text is stored.
type part struct {
	deflated *deflated
	stored   *Block
}

// join takes the blocks of a whole body by family and returns the parts of a gzip body with
// the same text. The cache keeps exactly what the last call used.
func (r *runs) join(z *packer, families [][]*Block) []part {
	r.mu.Lock()
	defer r.mu.Unlock()
	n := 0
	for _, blocks := range families {
		n += len(blocks)
	}
	out := make([]part, 0, n)
	left := perBody
	var parts []*Block
	size := 0
	flush := func() {
		if d := r.joined(z, &left, parts); d != nil {
			out = append(out, part{deflated: d})
		} else {
			for _, b := range parts {
				out = append(out, part{stored: b})
			}
		}
		parts, size = parts[:0], 0
	}
	for _, blocks := range families {
		for _, b := range blocks {
			if b.packed != nil && b.size > smallBlock {
				flush()
				if d := b.compressed(z, &left); d != nil {
					out = append(out, part{deflated: d})
				} else {
					out = append(out, part{stored: b})
				}
				continue
			}
			parts = append(parts, b)
			if size += b.size; size >= runSize {
				flush()
			}
		}
		if size >= runMinSize {
			flush()
		}
	}
	flush()
	for first, c := range r.cache {
		if !c.used {
			delete(r.cache, first)
		}
		c.used = false
	}
	return out
}

// joined returns several blocks as one; nil if there are none, or as [Block.compressed].
func (r *runs) joined(z *packer, left *allowance, parts []*Block) *deflated {
	if len(parts) == 0 {
		return nil
	}
	if c := r.cache[parts[0]]; c != nil && slices.Equal(c.parts, parts) {
		c.used = true
		return c.joined
	}
	if !left.take(parts...) {
		return nil
	}
	s := z.scratch()
	defer z.release(s)
	for _, p := range parts {
		s.after = p.Append(s.after)
	}
	c := &run{parts: slices.Clone(parts), joined: z.deflate(s.after), used: true}
	if r.cache == nil {
		r.cache = map[*Block]*run{}
	}
	r.cache[parts[0]] = c
	return c.joined
}
