// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package exposition

import (
	"bytes"
	"hash/crc32"
	"hash/maphash"
	"io"
	"slices"
	"sync"

	"github.com/klauspost/compress/flate"
)

// gzipLevel trades CPU for size. On blocks of 128 objects (40 MB of default rows): level 1 is
// 2.42 MB at 560 MB/s, level 3 2.37 MB at 530 MB/s with four times the tables, level 6 2.26 MB
// at 240 MB/s.
const gzipLevel = 1

// packer compresses, inflates and hashes rows. Its writers hold several hundred KB of tables,
// its readers and buffers some ten: all of them are reused.
type packer struct {
	seed    maphash.Seed
	writers sync.Pool
	readers sync.Pool
	buffers sync.Pool
}

func newPacker() *packer { return &packer{seed: maphash.MakeSeed()} }

type writer struct {
	flate *flate.Writer
	out   bytes.Buffer
}

type reader struct {
	flate io.ReadCloser
	in    bytes.Reader
}

// scratch holds the text of a block before and after a change.
type scratch struct{ before, after []byte }

// hash returns a number that stands for the rows of one object in one family. It is 0 only
// for no rows.
func (z *packer) hash(text []byte) uint64 {
	if len(text) == 0 {
		return 0
	}
	return maphash.Bytes(z.seed, text) | 1
}

func (z *packer) hashKey(key string) uint64 { return maphash.String(z.seed, key) }

// block returns the compressed form of text, which it does not keep.
func (z *packer) block(text []byte) *Block {
	w, ok := z.writers.Get().(*writer)
	if !ok {
		w = &writer{}
		w.flate, _ = flate.NewWriter(&w.out, gzipLevel) // fails on an invalid level only
	}
	defer z.writers.Put(w)
	w.out.Reset()
	w.flate.Reset(&w.out)
	_, _ = w.flate.Write(text) // a bytes.Buffer takes everything
	_ = w.flate.Flush()
	return &Block{
		packer: z, size: len(text), deflate: bytes.Clone(w.out.Bytes()),
		crc: crc32.ChecksumIEEE(text), shift: crcShift(len(text)),
	}
}

// inflate appends the text of a block to dst.
func (z *packer) inflate(dst []byte, b *Block) []byte {
	r, ok := z.readers.Get().(*reader)
	if !ok {
		r = &reader{}
		r.flate = flate.NewReader(&r.in)
	}
	defer z.readers.Put(r)
	r.in.Reset(b.deflate)
	if again, ok := r.flate.(flate.Resetter); ok { // as documented
		_ = again.Reset(&r.in, nil)
	}
	n := len(dst)
	dst = slices.Grow(dst, b.size)[:n+b.size]
	_, _ = io.ReadFull(r.flate, dst[n:]) // fails on a damaged block only
	return dst
}

// maxScratch is the size above which a buffer is not kept for the next block.
const maxScratch = 1 << 20

func (z *packer) scratch() *scratch {
	if s, ok := z.buffers.Get().(*scratch); ok {
		return s
	}
	return &scratch{}
}

func (z *packer) release(s *scratch) {
	if cap(s.before) <= maxScratch && cap(s.after) <= maxScratch {
		s.before, s.after = s.before[:0], s.after[:0]
		z.buffers.Put(s)
	}
}
