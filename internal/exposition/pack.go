// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package exposition

import (
	"bufio"
	"bytes"
	"hash/crc32"
	"hash/maphash"
	"io"
	"sync"

	"github.com/klauspost/compress/flate"
)

// gzipLevel is a compromise between CPU and size. With blocks of 128 objects (40 MB of default rows), level 1 has 2.42 MB at
// 750 MB/s, level 3 has 2.37 MB with four times the tables, and level 6 has 2.26 MB at less than half the speed.
const gzipLevel = 1

// packer packs, compresses and hashes rows. It reuses its writers, which have several hundred KB of tables, and its buffers.
type packer struct {
	seed      maphash.Seed
	writers   sync.Pool
	scratches sync.Pool
	buffers   sync.Pool
	outputs   sync.Pool
}

func newPacker() *packer { return &packer{seed: maphash.MakeSeed()} }

type writer struct {
	flate *flate.Writer
	out   bytes.Buffer
}

// scratch holds the text of a block before and after a change, and its packed form.
type scratch struct{ before, after, packed []byte }

// hash returns the hash of the rows of one object in one family. It is 0 only if there are no rows.
func (z *packer) hash(text []byte) uint64 {
	if len(text) == 0 {
		return 0
	}
	return maphash.Bytes(z.seed, text) | 1
}

func (z *packer) hashKey(key string) uint64 { return maphash.String(z.seed, key) }

// deflate returns compressed text for a gzip body, with its checksum.
func (z *packer) deflate(text []byte) *deflated {
	w, ok := z.writers.Get().(*writer)
	if !ok {
		w = &writer{}
		w.flate, _ = flate.NewWriter(&w.out, gzipLevel) // fails on an invalid level only
	}
	defer z.writers.Put(w)
	w.out.Reset()
	w.flate.Reset(&w.out)
	_, _ = w.flate.Write(text) // a bytes.Buffer returns no errors
	_ = w.flate.Flush()
	return &deflated{
		size: len(text), bytes: bytes.Clone(w.out.Bytes()), crc: crc32.ChecksumIEEE(text), shift: crcShift(len(text)),
	}
}

const (
	// maxScratch is the maximum size of a buffer that is kept for the next block.
	maxScratch = 1 << 20
	// minBuffer is the minimum size of a buffer of changes that is kept.
	minBuffer = 4 << 10
)

func (z *packer) scratch() *scratch {
	if s, ok := z.scratches.Get().(*scratch); ok {
		return s
	}
	return &scratch{}
}

func (z *packer) release(s *scratch) {
	if max(cap(s.before), cap(s.after), cap(s.packed)) <= maxScratch {
		s.before, s.after = s.before[:0], s.after[:0]
		z.scratches.Put(s)
	}
}

// buffer returns an empty buffer for the texts of changes. If large is set, as for a page that is being filled, it returns a large
// one if available.
func (z *packer) buffer(large bool) *[]byte {
	if large {
		if b, ok := z.buffers.Get().(*[]byte); ok {
			return b
		}
	}
	return &[]byte{}
}

func (z *packer) returnBuffer(b *[]byte) {
	if cap(*b) >= minBuffer && cap(*b) <= maxScratch {
		*b = (*b)[:0]
		z.buffers.Put(b)
	}
}

// outputSize is the size of the writes of a body. The server passes them to the kernel unchanged.
const outputSize = 256 << 10

// output returns a buffered writer to w.
func (z *packer) output(w io.Writer) *bufio.Writer {
	if out, ok := z.outputs.Get().(*bufio.Writer); ok {
		out.Reset(w)
		return out
	}
	return bufio.NewWriterSize(w, outputSize)
}

func (z *packer) returnOutput(out *bufio.Writer) {
	out.Reset(nil)
	z.outputs.Put(out)
}
