// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package exposition

import (
	"bytes"
	"hash/crc32"
	"slices"
	"sync"
)

// Block is an immutable run of whole lines of text together with its
// compressed form, which is made when first asked for.
type Block struct {
	raw []byte

	once    sync.Once
	deflate []byte // raw DEFLATE, byte-aligned, without the final bit
	crc     uint32 // of raw
	op      uint32 // appends len(raw) bytes to a CRC
}

func newBlock(raw []byte) *Block { return &Block{raw: raw} }

func (b *Block) equal(other *Block) bool { return bytes.Equal(b.raw, other.raw) }

// compressed fills the compressed form. It is safe for concurrent use.
func (b *Block) compressed(pool *compressors) *Block {
	b.once.Do(func() {
		b.deflate = pool.deflate(b.raw)
		b.crc = crc32.ChecksumIEEE(b.raw)
		b.op = crcShift(len(b.raw))
	})
	return b
}

const (
	// smallBlock and below are compressed together with their neighbours: a
	// stream of its own costs a few dozen bytes and knows no context.
	smallBlock = 32 << 10
	// runSize is where a run of small blocks ends at the latest; at the end of
	// a family it ends at runMinSize, so that a change moves the borders of no
	// other family's runs.
	runSize    = 128 << 10
	runMinSize = 16 << 10
)

// runs joins small neighbouring blocks into larger ones for compression, and
// keeps the joined blocks from one scrape to the next.
type runs struct {
	mu    sync.Mutex
	cache map[*Block]*run // by first part
}

type run struct {
	parts  []*Block
	joined *Block
	used   bool
}

// join takes the blocks of a whole body by family and returns the blocks to
// compress. The cache keeps exactly what the last call used.
func (r *runs) join(families [][]*Block) []*Block {
	r.mu.Lock()
	defer r.mu.Unlock()
	var out, parts []*Block
	size := 0
	flush := func() {
		switch len(parts) {
		case 0:
		case 1:
			out = append(out, parts[0])
		default:
			out = append(out, r.joined(parts, size))
		}
		parts, size = parts[:0], 0
	}
	for _, blocks := range families {
		for _, b := range blocks {
			if len(b.raw) > smallBlock {
				flush()
				out = append(out, b)
				continue
			}
			parts = append(parts, b)
			if size += len(b.raw); size >= runSize {
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

func (r *runs) joined(parts []*Block, size int) *Block {
	if c := r.cache[parts[0]]; c != nil && slices.Equal(c.parts, parts) {
		c.used = true
		return c.joined
	}
	raw := make([]byte, 0, size)
	for _, p := range parts {
		raw = append(raw, p.raw...)
	}
	c := &run{parts: slices.Clone(parts), joined: newBlock(raw), used: true}
	if r.cache == nil {
		r.cache = map[*Block]*run{}
	}
	r.cache[parts[0]] = c
	return c.joined
}
