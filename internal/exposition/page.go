// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package exposition

import "slices"

const (
	// slotsPerPage is the number of objects that share the blocks of a page, one block per family. With fewer objects, the
	// compression is worse; with more, a change of one object recompresses more text. With 100 changes a second among
	// 50,000 objects of default rows, and a scrape a second:
	//
	//	objects   gzip body   recompressed a scrape
	//	     64   2.67 MB      4 MB
	//	    128   2.42 MB      7 MB
	//	    256   2.30 MB     13 MB
	//	    512   2.24 MB     20 MB
	slotsPerPage = 128
	// pageSize is the size of the text of a page at which it is full.
	pageSize = 256 << 10
)

// page is the storage of up to slotsPerPage objects.
type page struct {
	// owner is the table that may change the page. Other tables copy it first.
	owner   *table
	keys    keys
	columns []*column // by family; nil without text
	cut     [slotsPerPage]bool
	weights [slotsPerPage]uint32 // see Rows.Keep
	size    int                  // size of the texts with which objects were added
	dirty   bool                 // some changes are pending
}

// isFull reports whether no further object can be added to the page.
func (p *page) isFull() bool { return len(p.keys.ends) == slotsPerPage || p.size >= pageSize }

// commit merges the pending changes of a page of a table.
func (p *page) commit(t *table) {
	if !p.dirty {
		return
	}
	for i := range p.columns {
		p.commitColumn(i, t)
	}
	p.dirty = false
}

// commitColumn merges the pending changes of a column and returns it; nil if it has no text.
func (p *page) commitColumn(i int, t *table) *column {
	c := p.columns[i]
	if c == nil {
		return nil
	}
	if c.commit(t.packer, t.raw, t.observerFor(p, i)); c.block == nil {
		p.columns[i] = nil
	}
	return p.columns[i]
}

func (p *page) clone(owner *table) *page {
	q := *p
	q.owner, q.keys = owner, keys{text: slices.Clone(p.keys.text), ends: slices.Clone(p.keys.ends)}
	q.columns = make([]*column, len(p.columns))
	for i, c := range p.columns {
		if c != nil {
			q.columns[i] = c.clone()
		}
	}
	return &q
}

// keys has the concatenated keys of the slots of a page. A string for each key would take twice the memory.
type keys struct {
	text []byte
	ends []uint32
}

func (k *keys) at(slot int) []byte {
	start := uint32(0)
	if slot > 0 {
		start = k.ends[slot-1]
	}
	return k.text[start:k.ends[slot]]
}

// set replaces the key of a slot, or adds the next slot.
func (k *keys) set(slot int, key string) {
	if slot == len(k.ends) {
		k.text = append(k.text, key...)
		k.ends = append(k.ends, uint32(len(k.text))) //nolint:gosec // a page has few keys
		if len(k.ends) == slotsPerPage {
			k.text = slices.Clone(k.text) // without unused capacity
		}
		return
	}
	start := 0
	if slot > 0 {
		start = int(k.ends[slot-1])
	}
	end := int(k.ends[slot])
	k.text = slices.Replace(k.text, start, end, []byte(key)...)
	for i := slot; i < len(k.ends); i++ {
		k.ends[i] = uint32(int(k.ends[i]) + len(key) - (end - start)) //nolint:gosec // see above
	}
}
