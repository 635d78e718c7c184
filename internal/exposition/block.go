// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package exposition

// Block is an immutable run of whole lines of text. All but small ones are kept compressed,
// as a gzip body has them, and are inflated for those that read text: 40 MB of rows of 50,000
// objects rest in 2.4 MB.
type Block struct {
	size int    // of the text
	raw  []byte // the text of a small block; nil for others

	packer  *packer
	deflate []byte // raw DEFLATE, byte-aligned, without the final bit
	crc     uint32 // of the text
	shift   uint32 // appends size bytes to a CRC
}

// rawBlock returns a block of text, which must not change afterwards.
func rawBlock(text []byte) *Block { return &Block{size: len(text), raw: text} }

// Append appends the rows of the block to dst: whole lines in the text format.
func (b *Block) Append(dst []byte) []byte {
	if b.deflate != nil {
		return b.packer.inflate(dst, b)
	}
	return append(dst, b.raw...)
}
