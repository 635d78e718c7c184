// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package exposition

import (
	"bytes"
	"slices"
)

// Page is a view of some objects of a group and of their rows in some families. It is valid only during the call that receives
// it, during which the group is locked.
type Page struct {
	Key    Key
	Number int // number of the page in its group

	group   *Group
	page    *page
	columns []int    // by family of the view; -1 if the group does not have the family
	texts   [][]byte // by family of the view
	loaded  []bool
}

// Len returns the number of places of the page, some of which may be vacant.
func (p *Page) Len() int { return len(p.page.keys.ends) }

// Object returns the key of the object at a place, which is namespace/name or name for a watched object. It is empty for a
// vacant place.
func (p *Page) Object(at int) []byte { return p.page.keys.at(at) }

// Rows returns the rows of the object at a place in a family of the view, as whole lines in the text format. Blocks are unpacked
// when the first of their rows is read.
func (p *Page) Rows(at, family int) []byte {
	i := p.columns[family]
	if i < 0 {
		return nil
	}
	if !p.loaded[family] {
		p.loaded[family], p.texts[family] = true, p.texts[family][:0]
		if c := p.page.commitColumn(i, p.group.table); c != nil {
			p.texts[family] = c.block.Append(p.texts[family])
		}
	}
	c := p.page.columns[i]
	if c == nil {
		return nil
	}
	return c.text(at, p.texts[family])
}

// view returns the view of a group for the named families.
func (g *Group) view(names []string, texts [][]byte) *Page {
	p := &Page{Key: g.key, group: g, columns: make([]int, len(names)), texts: texts, loaded: make([]bool, len(names))}
	for i, name := range names {
		p.columns[i] = slices.IndexFunc(g.families, func(f *family) bool { return f.decl.Name == name })
	}
	return p
}

// visit calls show with the page of a number. It returns false if the page does not exist.
func (p *Page) visit(number int, show func(*Page)) bool {
	p.group.mu.Lock()
	defer p.group.mu.Unlock()
	if number >= len(p.group.table.pages) {
		return false
	}
	p.Number, p.page = number, p.group.table.pages[number]
	clear(p.loaded)
	show(p)
	return true
}

// Walk calls show with all pages of the wanted groups and the rows of the named families. An update of a group waits for one
// page, not for all.
func (e *Exposition) Walk(names []string, wanted func(Key) bool, show func(*Page)) {
	texts := make([][]byte, len(names))
	for _, g := range e.layout.Load().groups {
		if g.refresh != nil || !wanted(g.key) {
			continue
		}
		p := g.view(names, texts)
		for n := 0; p.visit(n, show); n++ {
		}
	}
}

// Visit calls show with one page of the groups of a key.
func (e *Exposition) Visit(key Key, number int, names []string, show func(*Page)) {
	for _, g := range e.layout.Load().groups {
		if g.key == key {
			g.view(names, make([][]byte, len(names))).visit(number, show)
		}
	}
}

// Find calls show with the page and the place of an object. It returns false if the object does not exist.
func (e *Exposition) Find(key Key, object string, names []string, show func(p *Page, at int)) (found bool) {
	for _, g := range e.layout.Load().groups {
		if g.key != key {
			continue
		}
		if at, ok := g.find(object); ok {
			g.view(names, make([][]byte, len(names))).visit(at.page(), func(p *Page) {
				if at.slot() < p.Len() && string(p.Object(at.slot())) == object {
					found = true
					show(p, at.slot())
				}
			})
		}
	}
	return found
}

// Empty reports whether all groups of the key have no objects.
func (e *Exposition) Empty(key Key) bool {
	for _, g := range e.layout.Load().groups {
		if g.key == key {
			if objects, over, _ := g.Size(); objects+over > 0 {
				return false
			}
		}
	}
	return true
}

func (g *Group) find(object string) (place, bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.table.find(object)
}

// FamiliesOf returns the names of the written families of which a group of the key has rows.
func (e *Exposition) FamiliesOf(key Key) []string {
	var names []string
	for _, g := range e.layout.Load().groups {
		if g.key == key {
			for _, f := range g.families {
				if f.served {
					names = append(names, f.decl.Name)
				}
			}
		}
	}
	return names
}

// RawLabel returns the escaped value of a label, and whether the row has the label. Quotes in values have a backslash before
// them, so a match of the label is never in a value.
func RawLabel(line []byte, name string) (value []byte, ok bool) {
	for from := 0; ; {
		i := bytes.Index(line[from:], []byte(name))
		if i < 0 || name == "" {
			return nil, false
		}
		i += from
		from = i + len(name)
		if i == 0 || line[i-1] != ',' && line[i-1] != '{' || !bytes.HasPrefix(line[from:], equals) {
			continue
		}
		start := from + len(equals)
		n, _ := valueEnd(line[start:])
		if n < 0 {
			return nil, false
		}
		return line[start : start+n], true
	}
}

// RowLabel returns the value of the first of the labels that a row has; empty if it has none.
func RowLabel(line []byte, names ...string) string {
	for _, name := range names {
		if raw, _ := RawLabel(line, name); len(raw) > 0 {
			if bytes.IndexByte(raw, '\\') >= 0 {
				return Unescape(string(raw))
			}
			return string(raw)
		}
	}
	return ""
}

// Has reports whether the group has rows of a family of the view.
func (p *Page) Has(family int) bool { return p.columns[family] >= 0 }

// Keys returns the keys of all groups.
func (e *Exposition) Keys() []Key {
	l := e.layout.Load()
	keys := make([]Key, len(l.groups))
	for i, g := range l.groups {
		keys[i] = g.key
	}
	return keys
}
