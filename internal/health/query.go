// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package health

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/promql/parser"
)

// Limits of one query, so that a rule that joins all rows with all rows fails instead of exhausting
// the memory of the exporter.
const (
	maxSamples   = 20_000_000
	queryTimeout = 20 * time.Second
)

// answer is the result of a query, with its time and the versions of its selections.
type answer struct {
	at       time.Time
	versions []uint64
	rows     []series
	// number identifies the answer. before is the number of the answer from which it was derived
	// and from which it differs only in the rows of the changed objects; 0 if it was not derived.
	number, before uint64
	changed        map[uint64]bool
	named          bool // see [haveObjectLabels]
	// byLabels finds the row for a row of another answer. It is built on first use.
	byLabels *index
}

// evaluateRecording evaluates a recording.
func (e *Evaluator) evaluateRecording(ctx context.Context, r *recording, now time.Time) error {
	versions := e.store.versions(r.expr.selections)
	if was := e.recorded[r]; was != nil && e.isCurrent(r.expr, was, versions, now) {
		return nil
	}
	rows, err := e.query(ctx, r.expr, now)
	if err != nil {
		return err
	}
	e.store.storeRecording(r.name, r.rows(rows))
	e.recorded[r] = &answer{at: now, versions: versions}
	return nil
}

// isCurrent reports whether an answer is still valid. Comparisons with the time are part of the
// selections, so mostly ages can be outdated, by at most maxAge.
func (e *Evaluator) isCurrent(q query, a *answer, versions []uint64, now time.Time) bool {
	return slices.Equal(a.versions, versions) && (!q.clock || now.Sub(a.at) < e.maxAge || a.at.Equal(now))
}

// evaluateRule evaluates an alerting rule.
func (e *Evaluator) evaluateRule(ctx context.Context, r *rule, c evaluation) error {
	found, err := e.ask(ctx, r.expr, c.now)
	if err != nil {
		return err
	}
	rows, err := r.withAlertLabels(e.rowBudget.selectRows(found.rows))
	delete(e.large, r.expr.text) // expressions of rules are unique
	if err != nil {
		return err
	}
	joins, err := e.join(ctx, r, rows, c.now)
	if err != nil {
		return err
	}
	before := e.active[r]
	e.active[r] = updateAlerts(r, before, rows, joins, c)
	if e.options.Changes != nil && e.latest.Load() != nil { // problems found by the first evaluation may have begun earlier
		noteChanges(e.options.Changes, before, e.active[r], c.now)
	}
	return nil
}

// maxResult is the maximum number of rows of a result that is kept for the next evaluation.
const maxResult = maxKept

// ask evaluates an expression, unless its previous result is still valid.
func (e *Evaluator) ask(ctx context.Context, q query, now time.Time) (*answer, error) {
	if a, ok := e.large[q.text]; ok {
		return a, nil
	}
	versions := e.store.versions(q.selections)
	if was := e.results[q.text]; was != nil && e.isCurrent(q, was, versions, now) {
		return was, nil
	}
	a, err := e.answer(ctx, q, e.results[q.text], versions, now)
	delete(e.results, q.text)
	if err != nil {
		return nil, err
	}
	if len(a.rows) > maxResult {
		e.large[q.text] = a
	} else {
		e.results[q.text] = a
	}
	return a, nil
}

// answer returns the answer of a query. If possible, it is derived from the previous answer, which
// may be nil.
func (e *Evaluator) answer(ctx context.Context, q query, was *answer, versions []uint64, now time.Time) (*answer, error) {
	if was != nil {
		if a, err := e.update(ctx, q, was, versions, now); a != nil || err != nil {
			return a, err
		}
	}
	rows, err := e.query(ctx, q, now)
	if err != nil {
		return nil, err
	}
	e.answers++
	return &answer{at: now, versions: versions, rows: rows, number: e.answers, named: haveObjectLabels(rows)}, nil
}

// query evaluates an expression.
func (e *Evaluator) query(ctx context.Context, q query, now time.Time) ([]series, error) {
	if e.store.isEmpty(q.expr) {
		return nil, nil
	}
	query, err := e.engine.NewInstantQuery(ctx, e.store, nil, q.text, now)
	if err != nil {
		return nil, err
	}
	defer query.Close()
	answer := query.Exec(ctx)
	if answer.Err != nil {
		return nil, answer.Err
	}
	return e.vector(answer.Value)
}

func (e *Evaluator) vector(v parser.Value) ([]series, error) {
	switch v := v.(type) {
	case promql.Vector:
		rows := make([]series, len(v))
		for i, s := range v {
			rows[i] = newSeries(s.Metric, s.F, &e.store.now)
		}
		return rows, nil
	case promql.Scalar:
		return []series{{value: v.V, now: &e.store.now}}, nil
	}
	return nil, fmt.Errorf("the result is a %s", v.Type())
}

// withoutName drops the metric name.
func withoutName(l labels.Labels) labels.Labels {
	return l.DropReserved(func(name string) bool { return name == model.MetricNameLabel })
}

var errSame = errors.New("the result has several series with the same labels")

// withAlertLabels returns the rows with the labels of the alert.
func (r *rule) withAlertLabels(rows []series) ([]series, error) {
	out := make([]series, len(rows))
	seen := make(map[uint64]bool, len(rows))
	for i, s := range rows {
		l, object := withoutName(s.labels), s.object
		if len(r.labels) > 0 {
			of := r.variables(l)
			b := labels.NewBuilder(l)
			for name, p := range r.labels {
				b.Set(name, p.expand(of, s.value))
			}
			l = b.Labels()
			object = objectOf(l)
		}
		if h := l.Hash(); seen[h] {
			return nil, errSame
		} else {
			seen[h] = true
		}
		out[i] = series{labels: l, value: s.value, now: s.now, object: object}
	}
	return out, nil
}

// rows returns the results with the name of the recording.
func (r *recording) rows(rows []series) []series {
	out := make([]series, len(rows))
	for i, s := range rows {
		b := labels.NewBuilder(s.labels).Set(model.MetricNameLabel, r.name)
		for name, v := range r.labels {
			b.Set(name, v)
		}
		out[i] = newSeries(b.Labels(), s.value, s.now)
	}
	return out
}
