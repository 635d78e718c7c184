// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

// Package health evaluates the rules of package alerts over the rows of an
// exposition, with the engine of Prometheus: what is broken, why, and what that
// makes of each system in each cluster.
package health

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/promql/parser"

	"github.com/cobaltcore-dev/cobaltcore-exporter/alerts"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/exposition"
)

// Options are the settings of an evaluator.
type Options struct {
	Exposition *exposition.Exposition
	// Self gathers the metrics of the exporter itself. May be nil.
	Self  prometheus.Gatherer
	Rules Rules
	Log   *slog.Logger
	// Now is the clock; nil is time.Now.
	Now func() time.Time
	// Once says that there is one evaluation only, which waits for nothing.
	Once bool
	// Partial says that others have the rest of the fleet: no verdict is exported.
	Partial bool
}

// Bounds of one query: a rule that joins everything with everything is an error,
// not the end of the exporter.
const (
	maxSamples   = 20_000_000
	queryTimeout = 20 * time.Second
)

// Evaluator evaluates rules again and again.
type Evaluator struct {
	options  Options
	engine   *promql.Engine
	store    *store
	compiled compiler
	state    []query // of gatherFacts
	systems  []alerts.System

	mu      sync.Mutex // of an evaluation
	results map[string]cached
	// large are results of this evaluation that are not kept for the next one.
	large    map[string][]series
	recorded map[*recording][]uint64 // versions
	active   map[*rule]map[uint64]*alert
	failures map[string]uint64 // by rule

	latest atomic.Pointer[result]
}

// cached is the result of a query and of what it is.
type cached struct {
	versions []uint64
	rows     []series
}

// result is an evaluation. Nobody changes it.
type result struct {
	at           time.Time
	took         time.Duration
	facts        *facts
	alerts       []*alert
	verdicts     map[cell]Verdict
	counts       map[count]int
	notEvaluated []NotEvaluated
	failures     map[string]uint64
	rules        int
}

// New prepares the evaluation of rules. It fails when one of them is no rule.
func New(o Options) (*Evaluator, error) {
	if o.Now == nil {
		o.Now = time.Now
	}
	e := &Evaluator{
		options: o,
		engine: promql.NewEngine(promql.EngineOpts{
			Logger: slog.New(slog.DiscardHandler), MaxSamples: maxSamples, Timeout: queryTimeout, Parser: parser.NewParser(parser.Options{}),
		}),
		store:   newStore(o.Exposition, o.Self),
		results: map[string]cached{}, recorded: map[*recording][]uint64{}, active: map[*rule]map[uint64]*alert{}, failures: map[string]uint64{},
		systems: alerts.Systems(),
	}
	self := selfNames(o.Self)
	e.compiled = compiler{
		store: e.store, phrases: newPhrases(), refused: map[alerts.System]bool{}, clusterLabel: o.Exposition.ClusterLabel(),
		known: func(metric string) bool { return o.Exposition.FamilyOf(metric) != "" || slices.Contains(self, metric) },
	}
	if err := e.compiled.compile(o.Rules); err != nil {
		return nil, err
	}
	for _, r := range e.compiled.recordings {
		e.store.derive(r.name, nil)
	}
	for _, expr := range []string{clustersExpr, upExpr, collectorsExpr, presentExpr, syncedExpr, targetsExpr, alerts.ObjectOwner} {
		q, _, err := e.compiled.query(expr)
		if err != nil {
			return nil, err
		}
		e.state = append(e.state, q)
	}
	if slices.ContainsFunc(e.compiled.rules, func(r *rule) bool { return r.system == Custom }) {
		e.systems = append(e.systems, Custom)
	}
	return e, nil
}

func selfNames(self prometheus.Gatherer) []string {
	if self == nil {
		return nil
	}
	families, _ := self.Gather() // the names of what can be gathered
	var names []string
	for _, f := range families {
		names = append(names, f.GetName())
	}
	return names
}

// Adopt takes over which alerts were active in another evaluator, so that a new
// configuration does not begin to wait anew.
func (e *Evaluator) Adopt(other *Evaluator) {
	other.mu.Lock()
	defer other.mu.Unlock()
	e.mu.Lock()
	defer e.mu.Unlock()
	for was, active := range other.active {
		for _, r := range e.compiled.rules {
			if r.name == was.name && r.expr.text == was.expr.text {
				e.active[r] = adopted(r, active)
			}
		}
	}
}

func adopted(r *rule, active map[uint64]*alert) map[uint64]*alert {
	out := make(map[uint64]*alert, len(active))
	for h, was := range active {
		a := *was
		a.rule = r
		out[h] = &a
	}
	return out
}

// maxShare is how many times longer than the last evaluation took the next one is
// waited for, at least: evaluating takes a tenth of a core at most.
const maxShare = 9

// Run evaluates every interval until ctx ends.
func (e *Evaluator) Run(ctx context.Context, interval time.Duration) {
	for {
		started := time.Now()
		if err := e.Evaluate(ctx); err != nil && ctx.Err() == nil {
			e.options.Log.Warn("rules not evaluated", "err", err)
		}
		took := time.Since(started)
		select {
		case <-time.After(max(interval-took, maxShare*took)):
		case <-ctx.Done():
			return
		}
	}
}

// Evaluate evaluates all rules over the rows as they are now. An error is about
// some of them; those keep what they had.
func (e *Evaluator) Evaluate(ctx context.Context) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	started := time.Now()
	now := e.options.Now()
	e.compiled.phrases.now.Store(now.UnixMilli())
	err := e.store.refresh(now)
	if err != nil {
		e.failures[""]++
		return fmt.Errorf("read the rows: %w", err)
	}
	var errs []error
	fail := func(name string, err error) {
		e.failures[name]++
		errs = append(errs, fmt.Errorf("rule %s: %w", name, err))
	}
	e.large = map[string][]series{}
	defer func() { e.large = nil }()
	for _, r := range e.compiled.recordings {
		if err := e.record(ctx, r, now); err != nil {
			fail(r.name, err)
		}
	}
	known, err := e.facts(ctx, now)
	if err != nil {
		return err
	}
	res := &result{at: now, facts: known, notEvaluated: slices.Clone(e.compiled.notEvaluated), rules: len(e.compiled.rules)}
	c := clock{now: now, once: e.options.Once, still: known.still, blind: known.blind}
	for _, r := range e.compiled.rules {
		if err := e.rule(ctx, r, c); err != nil {
			fail(r.name, err)
			res.notEvaluated = append(res.notEvaluated, NotEvaluated{Rule: r.name, Reason: "failed: " + err.Error()})
		}
		res.alerts = slices.AppendSeq(res.alerts, maps.Values(e.active[r]))
	}
	if err := e.owners(ctx, res.alerts, now); err != nil {
		fail(alerts.ObjectOwner, err)
	}
	explain(res.alerts)
	res.verdicts, res.counts = known.verdicts(res.alerts, e.systems, e.compiled.unjudged())
	res.failures = maps.Clone(e.failures)
	res.took = time.Since(started)
	e.latest.Store(res)
	return errors.Join(errs...)
}

// begun finds for each row the time with the same labels. A time may have fewer of
// them; the one that has most holds.
func begun(rows, times []series) map[uint64]time.Time {
	byLabels := make(map[uint64]float64, len(times))
	var sets [][]string
	known := map[string]bool{}
	for i := range times {
		l := nameless(times[i].labels)
		byLabels[l.Hash()] = times[i].value
		var names []string
		l.Range(func(l labels.Label) { names = append(names, l.Name) })
		if k := strings.Join(names, ","); !known[k] {
			known[k] = true
			sets = append(sets, names)
		}
	}
	slices.SortStableFunc(sets, func(a, b []string) int { return len(b) - len(a) })
	out := map[uint64]time.Time{}
	for _, row := range rows {
		for _, names := range sets {
			part := row.labels.MatchLabels(true, names...)
			if v, ok := byLabels[part.Hash()]; ok && part.Len() == len(names) {
				out[row.labels.Hash()] = time.UnixMilli(int64(v * 1000)).UTC()
				break
			}
		}
	}
	return out
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
	var since map[uint64]time.Time
	if len(rows) > 0 && r.since.text != "" {
		times, err := e.ask(ctx, r.since, c.now)
		if err != nil {
			return err
		}
		since = begun(rows, times)
	}
	e.active[r] = step(r, e.active[r], rows, since, c)
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

// Size is how many rows the families have that rules name, and how many series of
// them are kept. Benchmarks state it.
func (e *Evaluator) Size() (rows, series int) {
	e.mu.Lock()
	defer e.mu.Unlock()
	seen := map[*exposition.Block]bool{}
	for _, sel := range e.store.selections {
		for _, b := range sel.blocks {
			if !seen[b] {
				seen[b] = true
				rows += bytes.Count(b.Bytes(), []byte("\n"))
			}
		}
		for _, p := range sel.parts {
			series += len(p)
		}
	}
	return rows, series
}

func (e *Evaluator) facts(ctx context.Context, now time.Time) (*facts, error) {
	var errs []error
	f := gatherFacts(func(expr string) []series {
		i := slices.IndexFunc(e.state, func(q query) bool { return q.text == expr })
		if i < 0 {
			return nil // metrics.include leaves it out
		}
		rows, err := e.ask(ctx, e.state[i], now)
		errs = append(errs, err)
		return rows
	})
	return f, errors.Join(errs...)
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
