// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package exposition

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"io"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// gunzip decompresses a body that must have exactly one member and nothing after it.
func gunzip(t testing.TB, b []byte) []byte {
	t.Helper()
	in := bytes.NewReader(b)
	z, err := gzip.NewReader(in)
	if err != nil {
		t.Fatal(err)
	}
	z.Multistream(false)
	// The race detector checks each byte that io.ReadAll copies whenever it needs more space.
	out := make([]byte, binary.LittleEndian.Uint32(b[len(b)-4:]))
	if _, err := io.ReadFull(z, out); err != nil {
		t.Fatal(err)
	}
	if n, err := z.Read(make([]byte, 1)); n > 0 || !errors.Is(err, io.EOF) {
		t.Fatalf("%d bytes more than the trailer counts: %v", n, err)
	}
	if in.Len() > 0 {
		t.Fatalf("%d bytes behind the first member", in.Len())
	}
	return out
}

func packedBlock(text []byte) *Block { return (&scratch{after: text}).block() }

func FuzzGzip(f *testing.F) {
	f.Add([]byte("a\nb\n"), uint16(1))
	f.Add(bytes.Repeat([]byte("test_info{cluster=\"east\"} 1\n"), 20_000), uint16(40_000))
	f.Add([]byte{}, uint16(0))
	f.Add(noise(1, 3*maxStored), uint16(0xffff))
	f.Fuzz(func(t *testing.T, text []byte, size uint16) {
		e := &Exposition{packer: newPacker()}
		var families []familyRows
		for rest := text; len(rest) > 0; {
			n := min(int(size)+1, len(rest))
			families = append(families, familyRows{{rawBlock(rest[:n/2]), packedBlock(rest[n/2 : n])}})
			rest = rest[n:]
		}
		for range 2 { // the second body comes from the cache
			var zipped, plain bytes.Buffer
			write, size := e.gzip(families, true)
			if err := write(&zipped); err != nil || zipped.Len() != size {
				t.Fatalf("%d bytes announced, %d written: %v", size, zipped.Len(), err)
			}
			if got := gunzip(t, zipped.Bytes()); !bytes.Equal(got, text) {
				t.Fatalf("%d bytes in, %d out", len(text), len(got))
			}
			write, size = e.plain(families)
			if err := write(&plain); err != nil || size != len(text) || !bytes.Equal(plain.Bytes(), text) {
				t.Fatalf("%d bytes in, %d announced, %d out: %v", len(text), size, plain.Len(), err)
			}
		}
	})
}

func FuzzCRC(f *testing.F) {
	f.Add([]byte("hello "), []byte("world"))
	f.Fuzz(func(t *testing.T, a, b []byte) {
		got := crcAppend(crc32.ChecksumIEEE(a), crcShift(len(b)), crc32.ChecksumIEEE(b))
		if want := crc32.ChecksumIEEE(append(bytes.Clone(a), b...)); got != want {
			t.Errorf("got %x, want %x", got, want)
		}
	})
}

func TestSectionsReuseUnchangedParts(t *testing.T) {
	z := newPacker()
	small := func(s string) *Block { return packedBlock(bytes.Repeat([]byte(s), smallBlock/len(s)-1)) }
	a, b, c, d := small("a\n"), small("b\n"), small("c\n"), small("d\n")
	big := packedBlock(make([]byte, smallBlock+1))
	ab, cd := []*Block{a, b}, []*Block{c, big, d}
	var s sections
	first := s.join(z, []familyRows{{ab}, {cd}})
	if len(first) != 2 || len(first[0].pieces[0].chunks) != 1 || len(first[1].pieces[0].chunks) != 3 ||
		&first[1].pieces[0].chunks[1][0] != &big.deflated.Load().bytes[0] {
		t.Fatalf("%d sections", len(first))
	}
	second := s.join(z, []familyRows{{ab}, {{c, big, small("x\n")}}})
	if second[0] != first[0] {
		t.Error("an unchanged family was joined again")
	}
	if second[1].runs[c] != first[1].runs[c] {
		t.Error("an unchanged run was joined again")
	}
	third := s.join(z, []familyRows{{{a, d}}})
	if third[0] == first[0] || third[0].pieces[0].crc != crc32.ChecksumIEEE(d.Append(a.Append(nil))) {
		t.Error("a family with another block was not joined again")
	}
	if s.join(z, nil); len(s.cache) != 0 {
		t.Error("the cache keeps what is gone")
	}
}

// TestSectionsCarrySmallBlocks checks that small blocks at the end of a family are in the section of the next family, which is
// rebuilt when they change, and that no blocks are missing at the end of the body.
func TestSectionsCarrySmallBlocks(t *testing.T) {
	z := newPacker()
	few := func(s string) []*Block { return []*Block{rawBlock([]byte(s))} }
	a, b, c := few("a\n"), few("b\n"), few("c\n")
	var s sections
	text := func(families ...familyRows) string {
		var out bytes.Buffer
		if err := z.writeGzip(&out, s.join(z, families)); err != nil {
			t.Fatal(err)
		}
		return string(gunzip(t, out.Bytes()))
	}
	for _, families := range [][]familyRows{{{a}, {b}, {c}}, {{b}, {c}}, {{a}, {b}}, {{a}, {c}}, nil, {{a}, {b}, {c}}} {
		want := ""
		for b := range blocksOf(families) {
			want += string(b.raw)
		}
		if got := text(families...); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

// noise returns lines of text that hardly compress.
func noise(seed uint64, size int) []byte {
	text := make([]byte, size)
	_, _ = rand.NewChaCha8([32]byte{byte(seed)}).Read(text)
	text[size-1] = '\n'
	return text
}

// TestCompressionOfABodyIsBounded checks that a body stores the blocks beyond its allowance, which are compressed for later
// bodies, and that text that hardly compresses is always stored.
func TestCompressionOfABodyIsBounded(t *testing.T) {
	e := &Exposition{packer: newPacker()}
	half := func(seed uint64) []byte { return append(noise(seed, 1<<20), make([]byte, 3<<19)...) }
	var families []familyRows
	var text []byte
	for i := range uint64(20) { // packed blocks of 1 MiB
		families = append(families, familyRows{{packedBlock(half(i))}})
		text = append(text, half(i)...)
	}
	random := noise(99, 1<<20)
	families, text = append(families, familyRows{{packedBlock(random)}}), append(text, random...)
	stored := func() (n int) {
		write, size := e.gzip(families, true)
		zipped := bytes.NewBuffer(make([]byte, 0, size))
		if err := write(zipped); err != nil || zipped.Len() != size || !bytes.Equal(gunzip(t, zipped.Bytes()), text) {
			t.Fatalf("not the text: %v", err)
		}
		for b := range blocksOf(families) {
			if b.deflated.Load() == nil {
				n++
			}
		}
		return n
	}
	var got []int
	for range 4 {
		got = append(got, stored())
	}
	if want := []int{12, 3, 1, 1}; !slices.Equal(got, want) {
		t.Errorf("%d blocks are stored in one body after the other, want %d", got, want)
	}
}

// TestPagesStayPacked checks that full pages are packed, both with many and with large objects.
func TestPagesStayPacked(t *testing.T) {
	for _, size := range []int{100, 60 << 10} {
		_, g := testGroup(t, Options{MaxLabelValue: size})
		rows := g.Rows()
		for i := range 4 * slotsPerPage {
			g.Set(strconv.Itoa(i), rows, func(r *Rows) { r.Add(testInfo, 1, strings.Repeat("x", size-10)+strconv.Itoa(i)) })
		}
		for n, p := range g.table.pages[:len(g.table.pages)-1] {
			if p.dirty {
				t.Errorf("%d bytes an object: page %d of %d is not packed", size, n, len(g.table.pages))
			}
		}
	}
}
