// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package health

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/promql/parser"
)

// Bounds of one query: a rule that joins everything with everything is an error,
// not the end of the exporter.
const (
	maxSamples   = 20_000_000
	queryTimeout = 20 * time.Second
)

// cached is the result of a query and of what it is.
type cached struct {
	versions []uint64
	rows     []series
}

// record evaluates a recording.
func (e *Evaluator) record(ctx context.Context, r *recording, now time.Time) error {
	versions := e.store.versions(r.expr.keys)
	if was, ok := e.recorded[r]; ok && !r.expr.clock && slices.Equal(was, versions) {
		return nil
	}
	rows, err := e.query(ctx, r.expr, now)
	if err != nil {
		return err
	}
	e.store.derive(r.name, r.rows(rows))
	e.recorded[r] = versions
	return nil
}

// rule evaluates one alert.
func (e *Evaluator) rule(ctx context.Context, r *rule, c clock) error {
	rows, err := e.ask(ctx, r.expr, c.now)
	if err != nil {
		return err
	}
	if rows, err = r.identified(rows); err != nil {
		return err
	}
	var since map[uint64]onset
	if len(rows) > 0 && r.since.text != "" {
		times, err := e.ask(ctx, r.since, c.now)
		if err != nil {
			return err
		}
		since = onsets(rows, times)
	}
	var why map[uint64]string
	if len(rows) > 0 && r.reason.text != "" {
		found, err := e.ask(ctx, r.reason, c.now)
		if err != nil {
			return err
		}
		why = reasons(rows, found)
	}
	e.active[r] = step(r, e.active[r], rows, since, why, c)
	return nil
}

// maxResult is how many rows of a result are kept for the next evaluation.
const maxResult = 1000

// ask evaluates an expression, unless its result must be what it was.
func (e *Evaluator) ask(ctx context.Context, q query, now time.Time) ([]series, error) {
	if rows, ok := e.large[q.text]; ok {
		return rows, nil
	}
	versions := e.store.versions(q.keys)
	if was, ok := e.results[q.text]; ok && !q.clock && slices.Equal(was.versions, versions) {
		return was.rows, nil
	}
	delete(e.results, q.text)
	rows, err := e.query(ctx, q, now)
	switch {
	case err != nil:
		return nil, err
	case q.clock || len(rows) > maxResult:
		e.large[q.text] = rows
	default:
		e.results[q.text] = cached{versions: versions, rows: rows}
	}
	return rows, nil
}

// query evaluates an expression.
func (e *Evaluator) query(ctx context.Context, q query, now time.Time) ([]series, error) {
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
			rows[i] = series{labels: s.Metric, value: s.F, now: &e.store.now}
		}
		return rows, nil
	case promql.Scalar:
		return []series{{value: v.V, now: &e.store.now}}, nil
	}
	return nil, fmt.Errorf("the result is a %s", v.Type())
}

// nameless drops the metric name.
func nameless(l labels.Labels) labels.Labels {
	return l.DropReserved(func(name string) bool { return name == model.MetricNameLabel })
}

var errSame = errors.New("the result has several series with the same labels")

// identified are the rows with the labels of the alert.
func (r *rule) identified(rows []series) ([]series, error) {
	out := make([]series, len(rows))
	seen := make(map[uint64]bool, len(rows))
	for i, s := range rows {
		l := nameless(s.labels)
		if len(r.labels) > 0 {
			of := r.variables(l)
			b := labels.NewBuilder(l)
			for name, p := range r.labels {
				b.Set(name, p.expand(of, s.value))
			}
			l = b.Labels()
		}
		if h := l.Hash(); seen[h] {
			return nil, errSame
		} else {
			seen[h] = true
		}
		out[i] = series{labels: l, value: s.value, now: s.now}
	}
	return out, nil
}

// rows are the results under the name of the recording.
func (r *recording) rows(rows []series) []series {
	out := make([]series, len(rows))
	for i, s := range rows {
		b := labels.NewBuilder(s.labels).Set(model.MetricNameLabel, r.name)
		for name, v := range r.labels {
			b.Set(name, v)
		}
		out[i] = series{labels: b.Labels(), value: s.value, now: s.now}
	}
	return out
}

// onset is since when it has been like this; atLeast means that it may be longer.
type onset struct {
	at      time.Time
	atLeast bool
}

// Labels that rows about rows have apart from theirs.
const (
	onsetLabel  = "onset"
	reasonLabel = "reason"
	exactOnset  = "exact"
)

// onsets finds for each row the earliest time with the same labels.
func onsets(rows, times []series) map[uint64]onset {
	out := map[uint64]onset{}
	for h, t := range joined(rows, times, onsetLabel, func(a, b series) bool { return a.value < b.value }) {
		precision := t.labels.Get(onsetLabel)
		out[h] = onset{time.UnixMilli(int64(t.value * 1000)).UTC(), precision != "" && precision != exactOnset}
	}
	return out
}

// reasons finds for each row why it is there.
func reasons(rows, found []series) map[uint64]string {
	out := map[uint64]string{}
	less := func(a, b series) bool { return a.labels.Get(reasonLabel) < b.labels.Get(reasonLabel) }
	for h, r := range joined(rows, found, reasonLabel, less) {
		out[h] = r.labels.Get(reasonLabel)
	}
	return out
}

// joined finds for each row one with the same labels, apart from one label. It may have
// fewer of them; one that has most holds, and of several the least.
func joined(rows, found []series, apart string, less func(a, b series) bool) map[uint64]series {
	byLabels := make(map[uint64]series, len(found))
	var sets [][]string
	known := map[string]bool{}
	for _, s := range found {
		l := nameless(s.labels)
		var names []string
		l.Range(func(l labels.Label) {
			if l.Name != apart {
				names = append(names, l.Name)
			}
		})
		h := l.MatchLabels(true, names...).Hash()
		if was, ok := byLabels[h]; !ok || less(s, was) {
			byLabels[h] = s
		}
		if k := strings.Join(names, ","); !known[k] {
			known[k] = true
			sets = append(sets, names)
		}
	}
	slices.SortStableFunc(sets, func(a, b []string) int { return len(b) - len(a) })
	out := map[uint64]series{}
	for _, row := range rows {
		for _, names := range sets {
			part := row.labels.MatchLabels(true, names...)
			if s, ok := byLabels[part.Hash()]; ok && part.Len() == len(names) {
				out[row.labels.Hash()] = s
				break
			}
		}
	}
	return out
}
