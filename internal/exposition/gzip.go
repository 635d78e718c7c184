// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package exposition

import (
	"encoding/binary"
	"hash/crc32"
	"io"
)

// A gzip body is one RFC 1952 member that is composed of the header, the raw DEFLATE of each block, an empty final block, the CRC and
// the size. Each block is compressed by a reset writer, so that it has no references to other blocks, and ends with a sync flush, so
// that it is byte-aligned. Several members would also be valid, but curl refuses them.

var (
	gzipHeader = [...]byte{0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff} // without name and time, unknown system
	finalBlock = [...]byte{3, 0}
)

const trailerSize = len(finalBlock) + 8

// gzipTrailer returns the final block, the CRC and the size modulo 2^32.
func gzipTrailer(crc uint32, size int) []byte {
	t := append(make([]byte, 0, trailerSize), finalBlock[:]...)
	t = binary.LittleEndian.AppendUint32(t, crc)
	return binary.LittleEndian.AppendUint32(t, uint32(size)) //nolint:gosec // RFC 1952 requires the modulo
}

// maxStored is the size of the largest stored block of DEFLATE.
const maxStored = 1<<16 - 1

// storedSize returns the size of n bytes in stored blocks.
func storedSize(n int) int { return n + (n+maxStored-1)/maxStored*5 }

// writeStored writes text in stored blocks.
func writeStored(w io.Writer, text []byte) error {
	for len(text) > 0 {
		n := min(len(text), maxStored)
		size := uint16(n)
		header := binary.LittleEndian.AppendUint16(binary.LittleEndian.AppendUint16([]byte{0}, size), ^size)
		if _, err := w.Write(header); err != nil {
			return err
		}
		if _, err := w.Write(text[:n]); err != nil {
			return err
		}
		text = text[n:]
	}
	return nil
}

// gzipSize returns the size of a body of one gzip member.
func gzipSize(body []*section) int {
	size := len(gzipHeader) + trailerSize
	for _, s := range body {
		for _, p := range s.pieces {
			size += p.length
			if p.stored != nil {
				size += storedSize(p.stored.size)
			}
		}
	}
	return size
}

// writeGzip writes a body. It needs one system call for several blocks, which halves the time of a scrape over a real
// connection. Stored blocks are unpacked one after the other into one buffer.
func (z *packer) writeGzip(to io.Writer, body []*section) error {
	w := z.output(to)
	defer z.returnOutput(w)
	buffer := z.scratch()
	defer z.release(buffer)
	crc, size := uint32(0), 0
	_, _ = w.Write(gzipHeader[:]) // Flush returns the error, too
	for _, s := range body {
		for _, p := range s.pieces {
			if b := p.stored; b != nil {
				buffer.after = b.Append(buffer.after[:0])
				crc, size = crc32.Update(crc, crc32.IEEETable, buffer.after), size+b.size
				if err := writeStored(w, buffer.after); err != nil {
					return err
				}
				continue
			}
			crc, size = crcAppend(crc, p.shift, p.crc), size+p.size
			for _, chunk := range p.chunks {
				if _, err := w.Write(chunk); err != nil {
					return err
				}
			}
		}
	}
	_, _ = w.Write(gzipTrailer(crc, size))
	return w.Flush()
}

// The CRC of a concatenation can be computed from the CRCs of its parts: appending n bytes multiplies the CRC by x^(8n) modulo
// the CRC polynomial over GF(2).

const crcPolynomial = 0xedb88320 // IEEE 802.3, bit-reflected

// crcAppend returns the CRC of a||b from the CRCs of a and b, and crcShift(len(b)).
func crcAppend(a, shiftB, b uint32) uint32 { return crcMultiply(shiftB, a) ^ b }

// crcShift returns x^(8n) modulo the polynomial.
func crcShift(n int) uint32 {
	result, power := uint32(1)<<31, uint32(1)<<23 // 1 and x^8 in reflected form
	for ; n > 0; n >>= 1 {
		if n&1 != 0 {
			result = crcMultiply(power, result)
		}
		power = crcMultiply(power, power)
	}
	return result
}

// crcMultiply multiplies two polynomials modulo the CRC polynomial.
func crcMultiply(a, b uint32) uint32 {
	var product uint32
	for bit := uint32(1) << 31; bit != 0; bit >>= 1 {
		if a&bit != 0 {
			product ^= b
		}
		carry := b & 1
		b >>= 1
		if carry != 0 {
			b ^= crcPolynomial
		}
	}
	return product
}
