// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

// Package health evaluates the rules of package alerts over the rows of an exposition, with the engine
// of Prometheus. The result contains the findings, their causes, and a verdict for each system in each
// cluster.
package health

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/promql/parser"

	"github.com/cobaltcore-dev/cobaltcore-exporter/alerts"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/changes"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/exposition"
)

// Options are the settings of an evaluator.
type Options struct {
	Exposition *exposition.Exposition
	// Self gathers the exporter's own metrics. It may be nil.
	Self  prometheus.Gatherer
	Rules Rules
	Log   *slog.Logger
	// Now returns the current time; the default is time.Now.
	Now func() time.Time
	// Once is set for a single evaluation, in which alerts fire without waiting.
	Once bool
	// Partial is set for a shard of the fleet: no verdicts are exported.
	Partial bool
	// Changes receives the findings that begin or end, and has the changes that may explain findings. It may be nil.
	Changes *changes.Log
}

// Evaluator evaluates rules repeatedly.
type Evaluator struct {
	options  Options
	engine   *promql.Engine
	store    *store
	compiled compiler
	state    []query // for gatherFacts
	systems  []alerts.System

	mu      sync.Mutex // held during an evaluation
	results map[string]*answer
	// large has results of the current evaluation that are too large to be kept until the next evaluation.
	large     map[string]*answer
	rowBudget *rowBudget             // for the current evaluation
	recorded  map[*recording]*answer // without rows
	active    map[*rule]map[uint64]*alert
	joins     map[*rule]joins
	answers   uint64            // number of answers so far
	failures  map[string]uint64 // by rule
	// maxAge is the maximum age of an answer that depends on the time, if no row has changed.
	maxAge time.Duration
	// evaluated is the number of changes at the last evaluation.
	evaluated uint64

	latest atomic.Pointer[result]
}

// result is an evaluation. It is immutable.
type result struct {
	at           time.Time
	took         time.Duration
	facts        *facts
	alerts       []*alert
	verdicts     map[cell]Verdict
	counts       map[count]int
	rows         map[string][]findingRow // by cluster
	omitted      int                     // findings without rows
	leftOut      map[string]int          // findings beyond the limits, by cluster
	notEvaluated []NotEvaluated
	failures     map[string]uint64
	rules        int

	once   sync.Once
	report Report // built on first use
}

// New prepares the evaluation of rules. It returns an error if one of them is invalid.
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
		results: map[string]*answer{}, recorded: map[*recording]*answer{}, active: map[*rule]map[uint64]*alert{}, joins: map[*rule]joins{},
		failures: map[string]uint64{},
		systems:  alerts.Systems(),
	}
	self := selfNames(o.Self)
	e.compiled = compiler{
		store: e.store, declared: map[string]func() error{}, used: map[string]bool{},
		templates: newTemplateCache(), refused: map[alerts.System]bool{},
		clusterLabel: o.Exposition.ClusterLabel(),
		known:        func(metric string) bool { return o.Exposition.FamilyOf(metric) != "" || slices.Contains(self, metric) },
	}
	if err := e.compiled.compile(o.Rules); err != nil {
		return nil, err
	}
	for _, expr := range []string{clustersExpr, upExpr, collectorsExpr, presentExpr, syncedExpr, unrecordedExpr, unsupportedExpr,
		targetsExpr, alerts.ObjectOwner} {
		q, _, err := e.compiled.compileQuery(expr, expr != targetsExpr)
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
	families, _ := self.Gather() // names of the metrics that Self can gather
	var names []string
	for _, f := range families {
		names = append(names, f.GetName())
	}
	return names
}

// Adopt takes over the active alerts of another evaluator, so that pending alerts do not start from zero after a change of
// the configuration.
func (e *Evaluator) Adopt(other *Evaluator) {
	other.mu.Lock()
	defer other.mu.Unlock()
	e.mu.Lock()
	defer e.mu.Unlock()
	for was, active := range other.active {
		for _, r := range e.compiled.rules {
			if r.name == was.name && r.expr.source == was.expr.source {
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

// Run evaluates the rules after changes and at every interval until ctx ends.
func (e *Evaluator) Run(ctx context.Context, interval time.Duration) {
	pacer{interval: interval, changed: e.options.Exposition.Changed, isOutdated: func() bool { return e.isOutdated(ctx) }, evaluate: func() {
		if err := e.evaluate(ctx, interval); err != nil && ctx.Err() == nil {
			e.options.Log.Warn("rules not evaluated", "err", err)
		}
	}}.run(ctx)
}

// isOutdated reports whether a new evaluation is needed: rows that a rule selects have changed
// since the last evaluation, or comparisons with the time select other rows.
func (e *Evaluator) isOutdated(ctx context.Context) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	err := e.store.refresh(ctx, e.options.Now(), false)
	return err != nil || e.store.changes != e.evaluated
}

// Evaluate evaluates all rules over the current rows. If some rules fail, it returns an error, and
// these rules keep their previous results.
func (e *Evaluator) Evaluate(ctx context.Context) error { return e.evaluate(ctx, 0) }

func (e *Evaluator) evaluate(ctx context.Context, maxAge time.Duration) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.maxAge = maxAge
	started := time.Now()
	now := e.options.Now()
	e.compiled.templates.now.Store(now.UnixMilli())
	err := errors.Join(e.store.refresh(ctx, now, e.options.Once), e.store.refreshSelf())
	if err != nil {
		e.failures[""]++
		return fmt.Errorf("read the rows: %w", err)
	}
	var errs []error
	fail := func(name string, err error) {
		e.failures[name]++
		errs = append(errs, fmt.Errorf("rule %s: %w", name, err))
	}
	e.large, e.rowBudget = map[string]*answer{}, newRowBudget()
	defer func() { e.large = nil }()
	for _, r := range e.compiled.recordings {
		if err := e.evaluateRecording(ctx, r, now); err != nil {
			fail(r.name, err)
		}
	}
	known, err := e.facts(ctx, now)
	if err != nil {
		return err
	}
	res := &result{at: now, facts: known, notEvaluated: slices.Clone(e.compiled.notEvaluated), rules: len(e.compiled.rules)}
	var before *facts
	if last := e.latest.Load(); last != nil {
		before = last.facts
	}
	c := evaluation{
		now: now, once: e.options.Once,
		isSnapshot: known.isSnapshot, dataMissing: known.dataMissing, wasMissing: before.wasMissing,
	}
	for _, r := range e.compiled.rules {
		e.store.pauses.pause()
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err := e.evaluateRule(ctx, r, c); err != nil {
			fail(r.name, err)
			res.notEvaluated = append(res.notEvaluated, NotEvaluated{Rule: r.name, Reason: "failed: " + err.Error()})
		}
		res.alerts = slices.AppendSeq(res.alerts, maps.Values(e.active[r]))
	}
	if err := e.addOwners(ctx, res.alerts, now); err != nil {
		fail(alerts.ObjectOwner, err)
	}
	explain(res.alerts)
	res.verdicts, res.counts = known.judge(res.alerts, e.systems, e.compiled.systemsWithoutRules())
	res.rows, res.omitted = known.findingRows(res.alerts)
	if e.options.Changes != nil {
		noteVerdicts(e.options.Changes, res.verdicts, now)
	}
	res.failures, res.leftOut = maps.Clone(e.failures), e.rowBudget.leftOut
	res.took, e.evaluated = time.Since(started), e.store.changes
	e.latest.Store(res)
	return errors.Join(errs...)
}

// Size returns the number of rows in the families that rules use, and the number of series kept for
// them, for benchmarks.
func (e *Evaluator) Size() (rows, series int) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, t := range e.store.tables {
		for _, b := range t.blocks {
			rows += bytes.Count(e.store.parser.blockRows(b), []byte("\n"))
		}
	}
	for _, sel := range e.store.selections {
		for _, p := range sel.parts {
			series += len(p)
		}
	}
	return rows, series
}

func (e *Evaluator) facts(ctx context.Context, now time.Time) (*facts, error) {
	var errs []error
	f := gatherFacts(func(expr string) []series {
		i := slices.IndexFunc(e.state, func(q query) bool { return q.source == expr })
		if i < 0 {
			return nil // excluded by metrics.include
		}
		a, err := e.ask(ctx, e.state[i], now)
		if err != nil {
			errs = append(errs, err)
			return nil
		}
		return a.rows
	})
	return f, errors.Join(errs...)
}
