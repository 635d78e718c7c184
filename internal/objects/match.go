// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package objects

import (
	"bytes"
	"strings"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/exposition"
)

// matcher applies the filters that need the key or the rows of an object.
type matcher struct {
	*Query

	reader *Reader
	text   fold
}

func (m *matcher) matchesNamespace(key []byte) bool {
	if m.Namespace == "" {
		return true
	}
	namespace, _, ok := bytes.Cut(key, []byte("/"))
	return ok && OneOf(m.Namespace, string(namespace))
}

func (m *matcher) matches(p *exposition.Page, at int) bool {
	return m.matchesTarget(p, at) && m.matchesOwner(p, at) && m.matchesText(p, at)
}

func (m *matcher) matchesTarget(p *exposition.Page, at int) bool {
	if m.Target == "" {
		return true
	}
	for _, i := range m.reader.targets {
		if line := p.Rows(at, i); len(line) > 0 {
			if raw, _ := exposition.RawLabel(line, "target_cluster"); len(raw) > 0 {
				return OneOf(m.Target, string(raw))
			}
		}
	}
	return OneOf(m.Target, p.Key.Cluster)
}

func (m *matcher) matchesOwner(p *exposition.Page, at int) bool {
	if m.Owner == "" {
		return true
	}
	for _, i := range m.reader.owners {
		line := firstLine(p.Rows(at, i))
		if len(line) == 0 {
			continue
		}
		for _, name := range []string{"owner", "support_group", "owned_by"} {
			if owner := exposition.RowLabel(line, name); owner != "" && OneOf(m.Owner, owner) {
				return true
			}
		}
	}
	return false
}

// matchesText reports whether the text is part of the key, of the kind or of a value of a row.
func (m *matcher) matchesText(p *exposition.Page, at int) bool {
	if m.Text == "" || m.text.index(p.Object(at)) >= 0 || m.text.index([]byte(p.Key.Kind)) >= 0 {
		return true
	}
	for i := m.reader.first[info]; i < len(m.reader.names); i++ {
		if p.Has(i) && m.inValue(firstLine(p.Rows(at, i))) {
			return true
		}
	}
	return false
}

// inValue reports whether the text is part of the value of a label, not of its name.
func (m *matcher) inValue(line []byte) bool {
	for from := 0; ; {
		i := m.text.index(line[from:])
		if i < 0 {
			return false
		}
		i += from
		from = i + 1
		start := bytes.LastIndex(line[:i], []byte(`="`))
		if start < 0 || bytes.IndexByte(bytes.ReplaceAll(line[start+2:i], []byte(`\"`), nil), '"') >= 0 {
			continue // a match in the name of a metric or label
		}
		switch string(line[bytes.LastIndexAny(line[:start], ",{")+1 : start]) {
		case "ready", "suspended", "uid":
		default:
			return true
		}
	}
}

// fold is a text that is searched without regard to case.
type fold struct {
	lower        []byte
	first, other byte // its first byte in both cases
}

func newFold(text string) fold {
	f := fold{lower: []byte(strings.ToLower(text))}
	if len(f.lower) > 0 {
		f.first, f.other = f.lower[0], f.lower[0]
		if f.first >= 'a' && f.first <= 'z' {
			f.other -= 'a' - 'A'
		}
	}
	return f
}

// index returns the index of the text, or -1.
func (f *fold) index(in []byte) int {
	lower, upper := bytes.IndexByte(in, f.first), -1
	if f.other != f.first {
		upper = bytes.IndexByte(in, f.other)
	}
	for lower >= 0 || upper >= 0 {
		at := lower
		if lower < 0 || upper >= 0 && upper < lower {
			at = upper
		}
		if end := at + len(f.lower); end > len(in) {
			return -1
		} else if bytes.EqualFold(in[at:end], f.lower) {
			return at
		}
		if at == lower {
			lower = indexAfter(in, at, f.first)
		} else {
			upper = indexAfter(in, at, f.other)
		}
	}
	return -1
}

func indexAfter(in []byte, after int, c byte) int {
	if i := bytes.IndexByte(in[after+1:], c); i >= 0 {
		return after + 1 + i
	}
	return -1
}
