// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package exposition

import (
	"bytes"
	"errors"
	"strings"
)

// ErrLine is returned for a line that is not a sample in the text format. It does not quote the line, which may contain a secret.
var ErrLine = errors.New("not a line of the text format")

// Span is the place of a label in its line.
type Span struct {
	Name, NameEnd, Value, ValueEnd int
	Escaped                        bool // see [Unescape]
}

// Line has the places of the parts of a sample. It is reused for the next line.
type Line struct {
	NameEnd int // end of the name of the metric, which is at the beginning of the line
	Labels  []Span
	Value   int // beginning of the value, which is not parsed
}

// Scan locates the parts of a line. It accepts the blanks that the text format allows.
func (l *Line) Scan(line []byte) error {
	l.Labels = l.Labels[:0]
	end := 0
	for end < len(line) && (nameBytes[line[end]] || line[end] == ':') {
		end++
	}
	if end == 0 || isDigit(line[0]) {
		return ErrLine
	}
	l.NameEnd = end
	i := skipBlanks(line, end)
	switch {
	case i == len(line), i == end && line[i] != '{':
		return ErrLine
	case line[i] == '{':
		return l.scanLabels(line, i+1)
	}
	l.Value = i
	return nil
}

// scanLabels locates the labels, which begin at i after the brace.
func (l *Line) scanLabels(line []byte, i int) error {
	for {
		i = skipBlanks(line, i)
		if i < len(line) && line[i] == '}' {
			l.Value = skipBlanks(line, i+1)
			return nil
		}
		s := Span{Name: i}
		n := bytes.IndexByte(line[i:], '=')
		if n <= 0 {
			return ErrLine
		}
		i += n
		s.NameEnd = i
		for s.NameEnd > s.Name && line[s.NameEnd-1] <= ' ' {
			s.NameEnd--
		}
		if s.NameEnd == s.Name {
			return ErrLine
		}
		if i = skipBlanks(line, i+1); i >= len(line) || line[i] != '"' {
			return ErrLine
		}
		s.Value = i + 1
		if n, s.Escaped = valueEnd(line[s.Value:]); n < 0 {
			return ErrLine
		}
		s.ValueEnd = s.Value + n
		l.Labels = append(l.Labels, s)
		i = skipBlanks(line, s.ValueEnd+1)
		if i >= len(line) || line[i] != ',' && line[i] != '}' {
			return ErrLine
		}
		if line[i] == ',' {
			i++
		}
	}
}

// valueEnd returns the index of the quote at the end of a value, or -1.
func valueEnd(b []byte) (end int, escaped bool) {
	end = bytes.IndexByte(b, '"')
	if end < 0 || bytes.IndexByte(b[:end], '\\') < 0 {
		return end, false
	}
	for i := 0; i < len(b); i++ {
		switch b[i] {
		case '"':
			return i, true
		case '\\':
			i++
			if i >= len(b) || b[i] != '\\' && b[i] != '"' && b[i] != 'n' {
				return -1, true
			}
		}
	}
	return -1, true
}

var unescaper = strings.NewReplacer(`\\`, `\`, `\"`, `"`, `\n`, "\n")

var escaper = strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`)

// Unescape returns the original value of an escaped label value.
func Unescape(value string) string { return unescaper.Replace(value) }

// Escape returns the escaped form of a label value.
func Escape(value string) string { return escaper.Replace(value) }

// ValidNames reports whether the names of the labels are valid in the text format. Scan does not check it, because rows of the
// exporter always have valid names.
func (l *Line) ValidNames(line []byte) bool {
	for _, s := range l.Labels {
		name := line[s.Name:s.NameEnd]
		if isDigit(name[0]) {
			return false
		}
		for _, c := range name {
			if !nameBytes[c] {
				return false
			}
		}
	}
	return true
}

// nameBytes has the valid bytes of label names.
var nameBytes = func() (table [256]bool) {
	for _, c := range []byte("_0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ") {
		table[c] = true
	}
	return table
}()

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

func skipBlanks(line []byte, i int) int {
	if i < len(line) && line[i] > ' ' { // as good as always, and small enough to be inlined
		return i
	}
	return skipSome(line, i)
}

func skipSome(line []byte, i int) int {
	for i < len(line) && (line[i] == ' ' || line[i] == '\t') {
		i++
	}
	return i
}
