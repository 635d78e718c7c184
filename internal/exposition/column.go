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
	ends  []uint32 // end of the text of each slot in block
	// hashes are the hashes of the newest texts by slot. A text with the same hash is not a change, so an unchanged
	// object does not unpack its block. The hash is seeded and has 64 bits: two texts of an object collide once in
	// 10^19 changes.
	hashes  []uint64
	pending []change // by slot
	// buffer holds the texts of pending. While a column is being filled, the buffer belongs to the packer and is
	// reused, because a separate text for each change was a quarter of the allocations of a start.
	buffer *[]byte
}

// change is a text that is not yet in the block: its place in the buffer, and the time at which it was set if the column is
// observed.
type change struct {
	slot, start, end int
	at               int64 // time in nanoseconds
}

// rawSize is the size up to which text is not packed.
const rawSize = 1 << 10

// hash returns the hash of the newest text of a slot, or 0 if the slot was never set.
func (c *column) hash(slot int) uint64 {
	if c == nil || slot >= len(c.hashes) {
		return 0
	}
	return c.hashes[slot]
}

// text returns the text of a slot from the text of the block. There must be no pending changes.
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
	if i, found := c.findPending(slot); found {
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

// findPending returns the index of the change of a slot in pending, or the index at which to insert it.
func (c *column) findPending(slot int) (i int, found bool) {
	return slices.BinarySearchFunc(c.pending, slot, func(w change, slot int) int { return w.slot - slot })
}

// set stores the new text of a slot as a pending [change].
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
	i, found := c.findPending(slot)
	if found {
		c.pending[i] = w
		return
	}
	c.pending = slices.Insert(c.pending, i, w)
}

// isFull reports whether too much text is pending, so that text is packed even if there are no readers. While a column is being
// filled, all of its text may be pending, later at most a quarter.
func (c *column) isFull() bool {
	if c.block == nil {
		return len(c.pending) >= slotsPerPage || len(*c.buffer) > pageSize
	}
	return len(*c.buffer) > max(minBuffer, c.block.size/4)
}

// commit merges the pending changes into a new block, and passes them to observe, which may be nil. The block is not packed if
// raw is set.
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
