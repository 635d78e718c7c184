// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package objects

import (
	"container/heap"
	"slices"
	"strings"
	"time"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/exposition"
)

// List is a page of the objects that match a query. Its JSON is the answer of
// /api/v1/objects.
type List struct {
	GeneratedAt time.Time      `json:"generatedAt"`
	Partial     bool           `json:"partial" jsonschema_description:"Whether other exporters have the rest of the fleet."`
	Total       int            `json:"total" jsonschema_description:"How many objects match, on all pages."`
	States      map[string]int `json:"states" jsonschema_description:"How many of them are in each state."`
	Objects     []Object       `json:"objects" jsonschema_description:"The objects of this page."`
	Next        string         `json:"next" jsonschema_description:"The parameter next of the following page; empty on the last one."`
}

// found is an object of the page.
type found struct {
	condition

	page     pageID
	place    int
	key      string
	position position
}

// pageID identifies a page of rows.
type pageID struct {
	key    exposition.Key
	number int
}

// List returns the page of a query. It reads the rows of all groups that may match: first only the rows that
// filters and order need, then the rest for the objects of the page.
func (r *Reader) List(q Query) List {
	if q.Limit < 1 {
		q.Limit = DefaultLimit
	}
	list := List{GeneratedAt: r.now().UTC(), States: map[string]int{}, Objects: []Object{}}
	best, counts := &worstFirst{query: &q}, [len(states)]int{}
	asides, m := r.asideConditions(&q), &matcher{Query: &q, reader: r, text: newFold(q.Text)}
	r.exposition.Walk(r.names, func(k exposition.Key) bool {
		return r.watched(k) && q.cluster(k.Cluster) && OneOf(q.System, k.Collector) && OneOf(q.Kind, k.Kind)
	}, func(p *exposition.Page) {
		for at := range p.Len() {
			key := p.Object(at)
			if len(key) == 0 || !m.matchesNamespace(key) || q.State == "" && !m.matches(p, at) {
				continue
			}
			// A filter of the state leaves fewer objects than the others, which read more rows.
			if c := r.conditionAt(p, at, asides); q.State == "" || q.state(c.state()) && m.matches(p, at) {
				counts[c.rank]++
				best.offer(p, at, c)
			}
		}
	})
	for rank, n := range counts {
		if n > 0 {
			list.Total += n
			list.States[states[rank]] = n
		}
	}
	slices.SortFunc(best.all, func(a, b *found) int { return q.compare(&a.position, &b.position) })
	if best.more && len(best.all) > 0 {
		list.Next = best.all[len(best.all)-1].position.encode()
	}
	list.Objects = r.describeAll(best.all)
	return list
}

// describeAll reads all rows of the objects. Objects that were deleted in the meantime are left out.
func (r *Reader) describeAll(all []*found) []Object {
	wanted := map[pageID][]int{}
	for i, f := range all {
		wanted[f.page] = append(wanted[f.page], i)
	}
	described := make([]*Object, len(all))
	for id, some := range wanted {
		r.exposition.Visit(id.key, id.number, r.names, func(p *exposition.Page) {
			for _, i := range some {
				if f := all[i]; f.place < p.Len() && string(p.Object(f.place)) == f.key {
					o := r.describe(p, f.place, f.condition)
					described[i] = &o
				}
			}
		})
	}
	out := make([]Object, 0, len(all))
	for _, o := range described {
		if o != nil {
			out = append(out, *o)
		}
	}
	return out
}

// worstFirst is a heap of the first objects in the order of a query, with the last of them on top.
type worstFirst struct {
	query *Query
	all   []*found
	more  bool
}

// offer adds the object to the heap if it belongs to the page.
func (w *worstFirst) offer(p *exposition.Page, at int, c condition) {
	f := position{Number: w.query.number(c)}
	full := len(w.all) == w.query.Limit
	if full && w.query.after == nil && w.query.compare(&position{Number: f.Number}, &position{Number: w.all[0].position.Number}) > 0 {
		w.more = true
		return
	}
	key := string(p.Object(at))
	namespace, name, ok := strings.Cut(key, "/")
	if !ok {
		namespace, name = "", key
	}
	f.Texts = w.query.texts(p.Key.Cluster, p.Key.Kind, namespace, name)
	if after := w.query.after; after != nil && w.query.compare(&f, after) <= 0 {
		return
	}
	if full {
		w.more = true
		if w.query.compare(&f, &w.all[0].position) >= 0 {
			return
		}
		heap.Pop(w)
	}
	heap.Push(w, &found{condition: c, page: pageID{p.Key, p.Number}, place: at, key: key, position: f})
}

// Len implements [heap.Interface].
func (w *worstFirst) Len() int { return len(w.all) }

// Less implements [heap.Interface].
func (w *worstFirst) Less(i, j int) bool {
	return w.query.compare(&w.all[i].position, &w.all[j].position) > 0
}

// Swap implements [heap.Interface].
func (w *worstFirst) Swap(i, j int) { w.all[i], w.all[j] = w.all[j], w.all[i] }

// Push implements [heap.Interface].
func (w *worstFirst) Push(x any) { w.all = append(w.all, x.(*found)) } //nolint:forcetypeassert // of offer

// Pop implements [heap.Interface].
func (w *worstFirst) Pop() any {
	last := w.all[len(w.all)-1]
	w.all = w.all[:len(w.all)-1]
	return last
}
