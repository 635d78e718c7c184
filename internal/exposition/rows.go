// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package exposition

import (
	"bytes"
	"hash/fnv"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// Rows collects the sample lines of one object. It belongs to one goroutine and is reused for the next object.
type Rows struct {
	families []*family
	cluster  string
	shift    time.Duration
	maxValue int
	maxSize  int // 0 is unlimited

	lines [][]byte // by family
	size  int      // size of all lines, with weight
	// weight is the memory of the note in bytes.
	weight int
	last   int // index of the family of the last Add
	cut    bool
	// seen has the samples of families in which the object has many.
	seen map[int]map[string]struct{}
	note any
	skip bool
}

// maxRows is the default bound of the rows of an entry in bytes, see [Rows.Bound].
const maxRows = 4 << 20

// Bound limits the rows of each object to size bytes. Samples beyond the limit are dropped as a whole, and the object counts as
// cut.
func (r *Rows) Bound(size int) { r.maxSize = size }

// Skip marks an object without rows: it is neither stored nor counted.
func (r *Rows) Skip() { r.skip = true }

// Keep counts n bytes of the note of the object as if they were rows. It returns false if they exceed the limit. The note must then
// leave them out, and the object counts as cut.
func (r *Rows) Keep(n int) bool {
	if r.maxSize > 0 && r.size+n > r.maxSize {
		r.cut = true
		return false
	}
	r.size += n
	r.weight += n
	return true
}

// Note attaches a value to the object, see [Entry.Note].
func (r *Rows) Note(note any) { r.note = note }

// LastNote returns the note of the last rendered object, or nil.
func (r *Rows) LastNote() any { return r.note }

// Shift adds d to all timestamps that are added afterwards. Snapshots use it to keep the ages at the time at which they were taken.
func (r *Rows) Shift(d time.Duration) { r.shift = d }

// Cluster returns the name of the cluster of the rows.
func (r *Rows) Cluster() string { return r.cluster }

// reset removes the lines of the previous object.
func (r *Rows) reset() {
	for i := range r.lines {
		r.lines[i] = r.lines[i][:0]
	}
	r.last, r.size, r.weight, r.cut, r.seen, r.note, r.skip = 0, 0, 0, false, nil, nil, false
}

// line returns the lines of a family.
func (r *Rows) line(i int) []byte { return r.lines[i] }

// content is the content of an object in a table.
type content struct {
	text   func(column int) []byte
	cut    bool
	weight int // see Rows.Keep
}

func (r *Rows) content() content { return content{r.line, r.cut, r.weight} }

// Add appends a sample. values are the values of the labels of decl in their order, without the leading cluster. A second sample
// with the same labels is dropped, so that an object that lists a thing twice does not make the output invalid. A decl that is
// disabled or not in the group is ignored.
func (r *Rows) Add(decl *Family, v float64, values ...string) {
	i := r.find(decl)
	if i < 0 {
		return
	}
	f := r.families[i]
	start := len(r.lines[i])
	b := r.lines[i]
	if len(f.decl.Labels) == 0 || len(f.before) > len(f.decl.Labels) {
		b = append(b, f.before[len(f.before)-1]...)
	}
	label := 0
	if f.fillCluster {
		b = r.label(b, f.before[0], r.cluster)
		label = 1
	}
	for _, value := range values {
		if label >= len(f.decl.Labels) {
			break
		}
		b = r.label(b, f.before[label], value)
		label++
	}
	for ; label < len(f.decl.Labels); label++ {
		b = r.label(b, f.before[label], "")
	}
	b = append(b, f.close...)
	if r.maxSize > 0 && r.size+len(b)-start > r.maxSize {
		r.lines[i], r.cut = b[:start], true
		return
	}
	if start > 0 && r.has(i, b[:start], b[start:]) {
		r.lines[i] = b[:start]
		return
	}
	b = append(appendFloat(b, v), '\n')
	r.lines[i] = b
	r.size += len(b) - start
}

// Time appends a sample whose value is t in seconds since the epoch, see [Rows.Shift]. It appends nothing for the zero time.
func (r *Rows) Time(decl *Family, t time.Time, values ...string) {
	if t.IsZero() {
		return
	}
	r.Add(decl, float64(r.Shifted(t).UnixMilli())/1000, values...)
}

// Shifted returns t with the shift of [Rows.Time]. The zero time does not change.
func (r *Rows) Shifted(t time.Time) time.Time {
	if t.IsZero() {
		return t
	}
	return t.Add(r.shift)
}

// Bool appends a sample whose value is 1 or 0.
func (r *Rows) Bool(decl *Family, v bool, values ...string) {
	n := 0.0
	if v {
		n = 1
	}
	r.Add(decl, n, values...)
}

// find returns the column of decl, or -1 if it is disabled. Objects add their families in declared order, so the search begins at
// the previous result.
func (r *Rows) find(decl *Family) int {
	for n := range r.families {
		i := (r.last + n) % len(r.families)
		if r.families[i].decl == decl {
			r.last = i
			return i
		}
	}
	return -1
}

func (r *Rows) label(b, before []byte, value string) []byte {
	if before == nil {
		return b
	}
	b = append(b, before...)
	start := len(b)
	if len(value) > r.maxValue {
		value, r.cut = cutWithHash(value, r.maxValue), true
	}
	for i := range len(value) {
		if c := value[i]; c == '"' || c == '\\' || c == '\n' || c >= utf8.RuneSelf {
			return r.escape(b[:start], value)
		}
	}
	return append(b, value...)
}

func (r *Rows) escape(b []byte, value string) []byte {
	// A JSON decoder has already replaced invalid bytes by U+FFFD.
	if !utf8.ValidString(value) || strings.ContainsRune(value, utf8.RuneError) {
		value, r.cut = cutWithHash(value, r.maxValue), true
	}
	for i := range len(value) {
		switch c := value[i]; c {
		case '"', '\\':
			b = append(b, '\\', c)
		case '\n':
			b = append(b, '\\', 'n')
		default:
			b = append(b, c)
		}
	}
	return b
}

// cutWithHash shortens value to at most size bytes of valid UTF-8. The result ends in an ellipsis and a hash of the whole value, so
// that it is recognizable and different values stay different.
func cutWithHash(value string, size int) string {
	h := fnv.New32a()
	_, _ = h.Write([]byte(value)) // never fails
	const hex = "0123456789abcdef"
	suffix := []byte("…00000000")
	for i, n := len(suffix)-1, h.Sum32(); i >= len("…"); i, n = i-1, n>>4 {
		suffix[i] = hex[n&15]
	}
	value = strings.ToValidUTF8(value, "\uFFFD")
	keep := min(len(value), max(0, size-len(suffix)))
	for keep > 0 && keep < len(value) && !utf8.RuneStart(value[keep]) {
		keep--
	}
	return value[:keep] + string(suffix)
}

// manyLines is the length of text above which has uses a set instead of reading all lines each time.
const manyLines = 4 << 10

// has reports whether one of the lines of family i starts with sample (name and labels).
func (r *Rows) has(i int, lines, sample []byte) bool {
	if len(lines) < manyLines {
		for line := range bytes.Lines(lines) {
			if bytes.HasPrefix(line, sample) {
				return true
			}
		}
		return false
	}
	set := r.seen[i]
	if set == nil {
		set = map[string]struct{}{}
		for line := range bytes.Lines(lines) {
			set[string(line[:bytes.LastIndexByte(line, ' ')+1])] = struct{}{}
		}
		if r.seen == nil {
			r.seen = map[int]map[string]struct{}{}
		}
		r.seen[i] = set
	}
	_, ok := set[string(sample)]
	set[string(sample)] = struct{}{}
	return ok
}

func appendFloat(b []byte, v float64) []byte {
	if n := int64(v); float64(n) == v && n > -1e15 && n < 1e15 {
		return strconv.AppendInt(b, n, 10)
	}
	switch {
	case math.IsInf(v, 1):
		return append(b, "+Inf"...)
	case math.IsInf(v, -1):
		return append(b, "-Inf"...)
	}
	return strconv.AppendFloat(b, v, 'g', -1, 64) // NaN is "NaN"
}

// Entry is the rendered form of one object, detached from the Rows.
type Entry struct {
	Key string
	// Note is the value of [Rows.Note].
	Note any

	text []byte
	ends []uint32 // end of the lines of each family in text

	cut    bool
	weight int
}

func (e *Entry) content() content { return content{e.column, e.cut, e.weight} }

// Render resets the rows, calls fill, and returns the added rows as an entry for [Group.Replace] or [Group.Put]. It returns nil for
// a skipped object.
func (r *Rows) Render(key string, fill func(*Rows)) *Entry {
	r.reset()
	fill(r)
	if r.skip {
		return nil
	}
	e := &Entry{Key: key, Note: r.note, cut: r.cut, weight: r.weight, ends: make([]uint32, len(r.lines))}
	n := 0
	for i, l := range r.lines {
		n += len(l)
		e.ends[i] = uint32(n) //nolint:gosec // the rows of one object are far below 4 GiB
	}
	e.text = slices.Grow([]byte(nil), n)
	for _, l := range r.lines {
		e.text = append(e.text, l...)
	}
	return e
}

func (e *Entry) column(i int) []byte {
	start := uint32(0)
	if i > 0 {
		start = e.ends[i-1]
	}
	return e.text[start:e.ends[i]]
}
