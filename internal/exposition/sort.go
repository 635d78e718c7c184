// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package exposition

import (
	"bytes"
	"slices"
)

// Objects are sorted by key, so that neighbours have similar rows and two exporters have the same body: 20,000 objects take 1.43 MB
// of gzip in random order, and 0.90 MB if sorted. API servers list in this order, except with WatchList before Kubernetes 1.32.

// maxSorted is the maximum size of a table that is sorted, because its text is unpacked for sorting.
const maxSorted = 96 << 20

// isSorted reports whether the objects are sorted by key.
func (t *table) isSorted() bool {
	var last []byte
	for _, p := range t.pages {
		for slot := range p.keys.ends {
			key := p.keys.at(slot)
			if bytes.Compare(key, last) < 0 {
				return false
			}
			last = key
		}
	}
	return true
}

// sortedCopy returns a table with the same objects sorted by key. It unpacks all pages, so only the first list of a group is sorted.
func (t *table) sortedCopy() *table {
	t.blocks() // merges all changes
	texts := make([][][]byte, len(t.pages))
	for i, p := range t.pages {
		texts[i] = make([][]byte, t.columns)
		for column, c := range p.columns {
			if c != nil {
				texts[i][column] = c.block.Append(nil)
			}
		}
	}
	places := slices.SortedFunc(t.places(), func(a, b place) int { return bytes.Compare(t.key(a), t.key(b)) })
	d := newTable(t.packer, t.columns, t.raw)
	for _, at := range places {
		p := t.pages[at.page()]
		text := func(column int) []byte {
			if p.columns[column] == nil {
				return nil
			}
			return p.columns[column].text(at.slot(), texts[at.page()][column])
		}
		d.put(string(t.key(at)), content{text, p.cut[at.slot()], int(p.weights[at.slot()])})
	}
	return d
}
