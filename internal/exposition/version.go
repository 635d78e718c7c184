// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package exposition

import "iter"

// Slots is a set of places of a page.
type Slots [slotsPerPage / 64]uint64

// Has reports whether a place is in the set.
func (s *Slots) Has(slot int) bool { return s[slot/64]&(1<<(slot%64)) != 0 }

func (s *Slots) add(slot int) { s[slot/64] |= 1 << (slot % 64) }

// maxEdits is the maximum number of edits that a block has. A reader that missed more reads the whole block: health reads some rows
// every 15 s only, while a scrape a second makes a new block.
const maxEdits = 16

// edit is an earlier version of a block, and the places whose rows were changed in the next one.
type edit struct {
	version uint64
	changed Slots
}

// follow makes b the version of a column after before, which may be nil.
func (b *Block) follow(z *packer, before *Block, ends []uint32, changed Slots) *Block {
	b.version, b.ends = z.versions.Add(1), ends
	if before != nil {
		edits := before.edits[max(0, len(before.edits)+1-maxEdits):]
		b.edits = append(append(make([]edit, 0, len(edits)+1), edits...), edit{before.version, changed})
	}
	return b
}

// Version returns the number of the block, which no other block of the exposition has.
func (b *Block) Version() uint64 { return b.version }

// Earlier returns the last versions from which the block was made, the newest first, each with the places whose rows have changed
// since then. A reader that knows one of them reads these rows only.
func (b *Block) Earlier() iter.Seq2[uint64, Slots] {
	return func(yield func(uint64, Slots) bool) {
		var changed Slots
		for i := len(b.edits) - 1; i >= 0; i-- {
			for word, bits := range b.edits[i].changed {
				changed[word] |= bits
			}
			if !yield(b.edits[i].version, changed) {
				return
			}
		}
	}
}

// Objects returns the places in only, or all if only is nil, and their rows in text, which is the text of the block. Places without
// rows are left out.
func (b *Block) Objects(text []byte, only *Slots) iter.Seq2[int, []byte] {
	return func(yield func(int, []byte) bool) {
		start := uint32(0)
		for slot, end := range b.ends {
			if start < end && (only == nil || only.Has(slot)) && !yield(slot, text[start:end]) {
				return
			}
			start = end
		}
	}
}
