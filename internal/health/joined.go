// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package health

import (
	"context"
	"slices"
	"time"
)

// joins has the onsets and reasons of the rows of a rule in the last evaluation.
type joins struct {
	since joined[onset]
	why   joined[string]
}

// join returns the known onsets and reasons of the rows of a rule.
func (e *Evaluator) join(ctx context.Context, r *rule, rows []series, now time.Time) (joins, error) {
	j := e.joins[r]
	delete(e.joins, r)
	if len(rows) == 0 {
		return joins{}, nil
	}
	if r.since.source != "" {
		times, err := e.ask(ctx, r.since, now)
		if err != nil {
			return j, err
		}
		j.since = j.since.follow(times, rows, (*answer).onsets)
	}
	if r.reason.source != "" {
		reasons, err := e.ask(ctx, r.reason, now)
		if err != nil {
			return j, err
		}
		j.why = j.why.follow(reasons, rows, (*answer).reasons)
	}
	e.joins[r] = j
	return j, nil
}

// joined has the value of each row of a rule according to an answer, such as its onset. Rows without a value have the zero
// value.
type joined[T any] struct {
	answer uint64
	rows   map[uint64]T
}

// follow returns the values of rows according to a new answer. Only rows of objects for which the answer has changed are
// joined again.
func (j joined[T]) follow(a *answer, rows []series, join func(*answer, []series) map[uint64]T) joined[T] {
	next := joined[T]{answer: a.number, rows: make(map[uint64]T, len(rows))}
	var changed []series
	objects := map[uint64]bool{}
	for _, row := range rows {
		h := row.labels.Hash()
		if v, ok := j.lookup(a, row, h); ok {
			next.rows[h] = v
			continue
		}
		changed = append(changed, row)
		objects[row.object] = true
	}
	if len(changed) < len(rows) { // otherwise a row may depend on all rows
		a = &answer{rows: rowsAbout(objects, a.rows)}
	}
	found := join(a, changed)
	for _, row := range changed {
		h := row.labels.Hash()
		next.rows[h] = found[h]
	}
	return next
}

// lookup returns the value of a row if it is the same as in the previous answer.
func (j joined[T]) lookup(a *answer, row series, h uint64) (v T, ok bool) {
	if !a.named || a.number != j.answer && (a.before != j.answer || a.changed[row.object]) {
		return v, false
	}
	v, ok = j.rows[h]
	return v, ok
}

// haveObjectLabels reports whether all rows have the labels that identify an object. Rows of different objects are then
// never joined.
func haveObjectLabels(rows []series) bool {
	return !slices.ContainsFunc(rows, func(s series) bool {
		return slices.ContainsFunc(objectLabels(), func(l string) bool { return !s.labels.Has(l) })
	})
}

func rowsAbout(objects map[uint64]bool, rows []series) []series {
	var out []series
	for _, s := range rows {
		if objects[s.object] {
			out = append(out, s)
		}
	}
	return out
}
