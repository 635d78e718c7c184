// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package exposition

import (
	"bytes"
	"slices"
)

// column is the storage of one family in a page. Its block is immutable; changes wait in
// pending until the rows are read.
type column struct {
	block *Block   // nil if there is no text
	ends  []uint32 // by slot: where its text ends in block
	// hashes are those of the newest texts by slot. A text with the hash of the one before
	// is no change, so an unchanged object unpacks nothing. 64 bits of a seeded hash: two
	// texts of an object collide once in 10^19 changes.
	hashes  []uint64
	pending []change // by slot
	// buffer holds the texts of pending. That of a column that is being filled comes from the
	// packer and goes back to it: a text of its own for each change was a quarter of what a
	// start allocated.
	buffer *[]byte
}

// change is a text that is not in the block yet: its place in the buffer, and when it was set
// if the column is observed.
type change struct {
	slot, start, end int
	at               int64 // in nanoseconds
}

// rawSize and below are not packed.
const rawSize = 1 << 10

// hash returns the hash of the newest text of a slot.
func (c *column) hash(slot int) uint64 {
	if c == nil || slot >= len(c.hashes) {
		return 0
	}
	return c.hashes[slot]
}

// text returns the text of a slot in the text of the block. Nothing is pending.
func (c *column) text(slot int, block []byte) []byte {
	if slot >= len(c.ends) {
		return nil
	}
	start := uint32(0)
	if slot > 0 {
		start = c.ends[slot-1]
	}
	return block[start:c.ends[slot]]
}

// length returns the length of the newest text of a slot.
func (c *column) length(slot int) int {
	if c == nil {
		return 0
	}
	if i, waits := c.waiting(slot); waits {
		return c.pending[i].end - c.pending[i].start
	}
	switch {
	case slot >= len(c.ends):
		return 0
	case slot == 0:
		return int(c.ends[0])
	}
	return int(c.ends[slot] - c.ends[slot-1])
}

// waiting returns the index of the change of a slot in pending, or where it belongs.
func (c *column) waiting(slot int) (i int, waits bool) {
	return slices.BinarySearchFunc(c.pending, slot, func(w change, slot int) int { return w.slot - slot })
}

// set notes the new text of a slot, and when it was set; see [change].
func (c *column) set(z *packer, slot int, text []byte, hash uint64, at int64) {
	for len(c.hashes) <= slot {
		c.hashes = append(c.hashes, 0)
	}
	c.hashes[slot] = hash
	if c.buffer == nil {
		c.buffer = z.buffer(c.block == nil)
	}
	start := len(*c.buffer)
	*c.buffer = append(*c.buffer, text...)
	w := change{slot: slot, start: start, end: len(*c.buffer), at: at}
	i, waits := c.waiting(slot)
	if waits {
		c.pending[i] = w
		return
	}
	c.pending = slices.Insert(c.pending, i, w)
}

// full reports whether too much text waits for a reader: text at rest is packed, also while
// nothing is read. Of a column that is being filled all waits, of others at most a quarter.
func (c *column) full() bool {
	if c.block == nil {
		return len(c.pending) >= slotsPerPage || len(*c.buffer) > pageSize
	}
	return len(*c.buffer) > max(minBuffer, c.block.size/4)
}

// commit builds a new block from the old one and the pending changes, and passes the changes to
// observe, which may be nil. raw blocks are not packed.
func (c *column) commit(z *packer, raw bool, observe func(slot int, before, after []byte, at int64)) {
	if len(c.pending) == 0 {
		return
	}
	s := z.scratch()
	defer z.release(s)
	if c.block != nil {
		s.before = c.block.Append(s.before)
	}
	start, committed, pending := uint32(0), len(c.ends), c.pending
	for slot := range c.hashes {
		end := start
		if slot < committed {
			end = c.ends[slot]
		} else {
			c.ends = append(c.ends, 0)
		}
		text := s.before[start:end]
		if len(pending) > 0 && pending[0].slot == slot {
			w := pending[0]
			before := text
			text, pending = (*c.buffer)[w.start:w.end], pending[1:]
			if observe != nil && !bytes.Equal(before, text) {
				observe(slot, before, text, w.at)
			}
		}
		s.after = append(s.after, text...)
		c.ends[slot], start = uint32(len(s.after)), end //nolint:gosec // a page is far below 4 GiB
	}
	z.returnBuffer(c.buffer)
	c.pending, c.buffer = nil, nil
	switch {
	case c.block != nil && bytes.Equal(s.before, s.after):
	case len(s.after) == 0:
		c.block = nil
	case raw, len(s.after) <= rawSize:
		c.block = rawBlock(bytes.Clone(s.after))
	default:
		c.block = s.block()
	}
}

func (c *column) clone() *column {
	d := &column{block: c.block, ends: slices.Clone(c.ends), hashes: slices.Clone(c.hashes), pending: slices.Clone(c.pending)}
	if c.buffer != nil {
		buffer := bytes.Clone(*c.buffer)
		d.buffer = &buffer
	}
	return d
}
