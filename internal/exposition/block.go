// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package exposition

import (
	"bytes"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/klauspost/compress/s2"
)

// Block is an immutable run of whole lines of text. All but small ones are kept packed with S2,
// and as DEFLATE once a gzip body has had them. 40 MB of default rows of 50,000 objects:
//
//	          size     pack     unpack
//	S2        3.9 MB   16 ms     6 ms
//	DEFLATE   2.4 MB   54 ms    32 ms
//
// so a change, a plain body and a reader of text cost a fifth of what they would with DEFLATE
// alone.
type Block struct {
	size   int    // of the text
	raw    []byte // the text of a small block
	packed []byte // other texts

	once     sync.Once
	deflated atomic.Pointer[deflated] // see [Block.compressed]
}

// deflated is a part of a gzip body.
type deflated struct {
	size  int    // of the text
	bytes []byte // raw DEFLATE, byte-aligned, without the final bit
	crc   uint32 // of the text
	shift uint32 // appends size bytes to a CRC
}

// rawBlock returns a block of text, which must not change afterwards.
func rawBlock(text []byte) *Block { return &Block{size: len(text), raw: text} }

// block returns a packed block of the text in s.after.
func (s *scratch) block() *Block {
	s.packed = s2.Encode(s.packed[:cap(s.packed)], s.after)
	return &Block{size: len(s.after), packed: bytes.Clone(s.packed)}
}

// Append appends the rows of the block to dst: whole lines in the text format.
func (b *Block) Append(dst []byte) []byte {
	if b.packed == nil {
		return append(dst, b.raw...)
	}
	n := len(dst)
	dst = slices.Grow(dst, b.size)[:n+b.size]
	_, _ = s2.Decode(dst[n:], b.packed) // fails on damaged bytes only
	return dst
}

// compressed returns the block as a gzip body has it, which is made for the first one. It is nil
// if the text hardly compresses, or if the body has no allowance for it. It is safe for
// concurrent use.
func (b *Block) compressed(z *packer, left *allowance) *deflated {
	if d := b.deflated.Load(); d != nil {
		return d
	}
	if !left.take(b) {
		return nil
	}
	b.once.Do(func() {
		s := z.scratch()
		defer z.release(s)
		s.after = b.Append(s.after)
		b.deflated.Store(z.deflate(s.after))
	})
	return b.deflated.Load()
}

// allowance bounds the compression for one body. Blocks beyond it are sent as they are, and compressed
// for a later body.
type allowance int

// perBody is the allowance of a body: 68 MiB of rows as they usually are, 19 MiB of text that S2
// halves. Either takes DEFLATE some 100 ms.
const perBody allowance = 12 << 20

// take reports whether the text of some blocks is to be compressed, and takes what that costs.
// Text that S2 does not halve is not: it would be compressed slowly, to little effect, and kept a
// second time.
func (a *allowance) take(blocks ...*Block) bool {
	size, packed := 0, 0
	for _, b := range blocks {
		size, packed = size+b.size, packed+len(b.packed)
	}
	cost := allowance(size/8 + packed)
	if packed > size/2 || *a < cost {
		return false
	}
	*a -= cost
	return true
}
