// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package health

import (
	"context"
	"slices"
	"time"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql/parser"
)

// Most expressions match and aggregate rows by labels that include the cluster and the name of an object. No row of their
// result depends on rows of another object. After a change, such an expression is evaluated only over the rows of the
// changed objects, and the result replaces their rows in the previous result.

// objectLabels returns the labels that identify the object of a row. Objects of different kinds or
// namespaces may have the same values.
func objectLabels() []string { return []string{clusterLabel, "name"} }

// objectOf returns a hash of the object of a row. After a collision, more rows than necessary are evaluated, and the result
// is the same.
func objectOf(l labels.Labels) uint64 {
	h, _ := l.HashForLabels(nil, objectLabels()...)
	return h
}

// separable reports whether an expression has the same result for an object if it is evaluated only
// over the rows of that object.
func separable(e parser.Expr) bool {
	switch e := e.(type) {
	case *parser.NumberLiteral, *parser.StringLiteral, *parser.VectorSelector:
		return true
	case *parser.ParenExpr:
		return separable(e.Expr)
	case *parser.AggregateExpr:
		return e.Param == nil && keepsObjects(!e.Without, e.Grouping) && separable(e.Expr)
	case *parser.BinaryExpr:
		if m := e.VectorMatching; m != nil && !keepsObjects(m.On, m.MatchingLabels) {
			return false
		}
		return separable(e.LHS) && separable(e.RHS)
	case *parser.Call:
		switch e.Func.Name {
		case "time":
			return true
		case "floor":
			return separable(e.Args[0])
		case "label_replace", "label_join":
			target, ok := e.Args[1].(*parser.StringLiteral)
			return ok && !slices.Contains(objectLabels(), target.Val) && separable(e.Args[0])
		}
	}
	return false
}

// keepsObjects reports whether a grouping never joins rows of different objects. It groups by the named labels if only is
// set, else by all others.
func keepsObjects(only bool, names []string) bool {
	return !slices.ContainsFunc(objectLabels(), func(l string) bool { return slices.Contains(names, l) != only })
}

// maxChanged is the maximum number of changed objects in the journal of a selection, and maxJournal the maximum number
// of versions.
const (
	maxChanged = 500
	maxJournal = 8
)

// edit is a version of a selection with the objects whose rows differ from the previous version.
type edit struct {
	version uint64
	objects []uint64
}

// note adds a version to the journal, with the objects whose rows have changed. If there are too many, the journal is
// cleared.
func (sel *selection) note(parts [][]series) {
	objects, ok := changedObjects(sel.parts, parts)
	if !ok || sel.many {
		sel.journal = nil
		return
	}
	if len(sel.journal) == maxJournal {
		sel.journal = sel.journal[1:]
	}
	sel.journal = append(sel.journal, edit{sel.version + 1, objects})
}

// changedObjects returns the objects of rows that are in only one of two versions. ok is false if there are too many.
func changedObjects(before, now [][]series) (objects []uint64, ok bool) {
	shared := make(map[*series]bool, len(before))
	for _, p := range before {
		if len(p) > 0 {
			shared[&p[0]] = false
		}
	}
	rows := map[uint64]series{}
	for _, p := range now {
		if len(p) == 0 {
			continue
		}
		if _, ok := shared[&p[0]]; ok {
			shared[&p[0]] = true
			continue
		}
		for _, s := range p {
			rows[s.labels.Hash()] = s
		}
	}
	for _, p := range before {
		if len(p) == 0 || shared[&p[0]] {
			continue
		}
		for _, s := range p {
			h := s.labels.Hash()
			if same, ok := rows[h]; ok && same.value == s.value {
				delete(rows, h)
				continue
			}
			objects = append(objects, s.object)
		}
	}
	for _, s := range rows {
		objects = append(objects, s.object)
	}
	return objects, len(objects) <= maxChanged
}

// changedSince returns the objects whose rows in any of the selections have changed since the given versions. ok is false
// if they are unknown.
func (s *store) changedSince(used []int, versions []uint64) (changed map[uint64]bool, ok bool) {
	changed = map[uint64]bool{}
	for i, at := range used {
		sel := s.selections[at]
		if sel.version == versions[i] {
			continue
		}
		if len(sel.journal) == 0 || sel.journal[0].version > versions[i]+1 {
			return nil, false
		}
		for _, e := range sel.journal {
			if e.version > versions[i] {
				for _, object := range e.objects {
					changed[object] = true
				}
			}
		}
	}
	return changed, len(changed) <= maxChanged
}

// update derives the answer of a query from the previous answer by evaluating only changed objects. It returns nil if all
// rows must be evaluated. Ages in unchanged rows stay as they were.
func (e *Evaluator) update(ctx context.Context, q query, was *answer, versions []uint64, now time.Time) (*answer, error) {
	if !q.separable || q.clock && now.Sub(was.at) >= e.maxAge {
		return nil, nil
	}
	changed, ok := e.store.changedSince(q.selections, was.versions)
	if !ok {
		return nil, nil
	}
	e.store.only = changed
	rows, err := e.query(ctx, q, now)
	e.store.only = nil
	if err != nil {
		return nil, err
	}
	e.answers++
	return &answer{
		at: was.at, versions: versions, rows: replaceRows(was.rows, changed, rows),
		number: e.answers, before: was.number, changed: changed, named: was.named && haveObjectLabels(rows),
	}, nil
}

// replaceRows replaces the rows of the changed objects. A row with the same labels as a previous row keeps its position,
// because the order determines which rows fit into the budget.
func replaceRows(before []series, changed map[uint64]bool, now []series) []series {
	byLabels := make(map[uint64]series, len(now))
	for _, s := range now {
		byLabels[s.labels.Hash()] = s
	}
	out := make([]series, 0, len(before)+len(now))
	for _, s := range before {
		if !changed[s.object] {
			out = append(out, s)
			continue
		}
		h := s.labels.Hash()
		if s, ok := byLabels[h]; ok {
			out = append(out, s)
			delete(byLabels, h)
		}
	}
	for _, s := range now {
		if _, ok := byLabels[s.labels.Hash()]; ok {
			out = append(out, s)
		}
	}
	return out
}
