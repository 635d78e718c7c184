// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package ruletest

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/template"

	"github.com/cobaltcore-dev/cobaltcore-exporter/alerts"
)

// Alert is a result of a rule with all labels and texts.
type Alert struct {
	Rule                            alerts.Rule
	Labels                          labels.Labels
	Value                           float64
	Summary, Description, Dashboard string
	annotations                     map[string]string
}

// String returns the name and the labels, without the labels that the name determines.
func (a Alert) String() string {
	b := labels.NewBuilder(a.Labels).Del("alertname", "severity", "service", "playbook", alerts.LabelNoAbsence)
	return a.Rule.Name + b.Labels().String()
}

// Strings are sorted.
func Strings(found []Alert) []string {
	all := make([]string, len(found))
	for i, a := range found {
		all[i] = a.String()
	}
	slices.Sort(all)
	return all
}

// Evaluator evaluates the catalogue with the engine of Prometheus, for rows in which
// the cluster has the given label.
type Evaluator struct {
	label  string
	engine *promql.Engine
	groups []alerts.Group
	texts  sync.Map // of expressions, as Prometheus gets them: [query]
	// Fixtures differ in few metrics, so most expressions have the result that they had.
	results sync.Map // of [evaluation], vectors
}

// query is an expression as Prometheus gets it, and the metrics that it selects.
type query struct {
	text    string
	metrics []string
}

// evaluation is a query about rows of which only these sums matter.
type evaluation struct {
	text, sums string
	at         int64
}

// NewEvaluator returns an evaluator.
func NewEvaluator(label string) *Evaluator {
	return &Evaluator{label: label, groups: alerts.Catalogue(), engine: promql.NewEngine(promql.EngineOpts{
		Logger: slog.New(slog.DiscardHandler), MaxSamples: 1_000_000, Timeout: time.Minute, LookbackDelta: 5 * time.Minute, Parser: newParser(),
	})}
}

// Moment has the rows of one moment with the results of the recordings.
type Moment struct {
	at     time.Time
	memory memory
}

// Sum returns a hash of the values of these metrics.
func (m Moment) Sum(metrics []string) string {
	sums := make([]uint64, len(metrics))
	for i, name := range metrics {
		sums[i] = m.memory.sums[name]
	}
	return fmt.Sprint(sums)
}

// Moment evaluates the recordings.
func (e *Evaluator) Moment(ctx context.Context, rows []Row, series []Series, at time.Time) (Moment, error) {
	m := Moment{at: at, memory: memoryOf(rows, series, at)}
	for _, g := range e.groups {
		for _, r := range g.Recordings {
			if err := e.record(ctx, m, r); err != nil {
				return m, err
			}
		}
	}
	return m, nil
}

// MomentFor evaluates the recordings that some rules use.
func (e *Evaluator) MomentFor(ctx context.Context, rows []Row, at time.Time, rules []alerts.Rule) (Moment, error) {
	m := Moment{at: at, memory: memoryOf(rows, nil, at)}
	used := map[string]bool{}
	use := func(expr string) error {
		q, err := e.query(expr)
		for _, name := range q.metrics {
			used[name] = true
		}
		return err
	}
	for _, r := range rules {
		if err := use(r.Query()); err != nil {
			return m, err
		}
	}
	var all []alerts.Recording
	for _, g := range e.groups {
		all = append(all, g.Recordings...)
	}
	for _, r := range slices.Backward(all) { // a recording uses those before it
		if used[r.Name] {
			if err := use(r.Expr); err != nil {
				return m, err
			}
		}
	}
	for _, r := range all {
		if used[r.Name] {
			if err := e.record(ctx, m, r); err != nil {
				return m, err
			}
		}
	}
	return m, nil
}

func (e *Evaluator) record(ctx context.Context, m Moment, r alerts.Recording) error {
	vector, err := e.Query(ctx, m, r.Expr)
	if err != nil {
		return fmt.Errorf("recording %s: %w", r.Name, err)
	}
	m.memory.remove(r.Name)
	for _, s := range vector {
		b := labels.NewBuilder(s.Metric).Set(labels.MetricName, r.Name)
		m.memory.add(b.Labels(), sample{at: m.at.UnixMilli(), value: s.F})
	}
	return nil
}

// Query evaluates an expression of the catalogue.
func (e *Evaluator) Query(ctx context.Context, m Moment, expr string) (promql.Vector, error) {
	q, err := e.query(expr)
	if err != nil {
		return nil, err
	}
	return e.cached(ctx, m, q)
}

// QueryText evaluates an expression as Prometheus gets it.
func (e *Evaluator) QueryText(ctx context.Context, m Moment, text string) (promql.Vector, error) {
	parsed, err := newParser().ParseExpr(text)
	if err != nil {
		return nil, err
	}
	return e.cached(ctx, m, query{text: text, metrics: alerts.Metrics(parsed)})
}

// cached returns the result for the same rows, or a new one.
func (e *Evaluator) cached(ctx context.Context, m Moment, q query) (promql.Vector, error) {
	if m.memory.history {
		return e.ask(ctx, m, q.text)
	}
	key := evaluation{text: q.text, sums: m.Sum(q.metrics), at: m.at.UnixMilli()}
	if vector, ok := e.results.Load(key); ok {
		return slices.Clone(vector.(promql.Vector)), nil //nolint:forcetypeassert // the type stored below
	}
	vector, err := e.ask(ctx, m, q.text)
	if err == nil {
		e.results.Store(key, slices.Clone(vector))
	}
	return vector, err
}

// ask evaluates an expression as Prometheus gets it.
func (e *Evaluator) ask(ctx context.Context, m Moment, text string) (promql.Vector, error) {
	q, err := e.engine.NewInstantQuery(ctx, m.memory, nil, text, m.at)
	if err != nil {
		return nil, err
	}
	defer q.Close()
	result := q.Exec(ctx)
	if result.Err != nil {
		return nil, result.Err
	}
	vector, err := result.Vector()
	if err != nil {
		return nil, err
	}
	return slices.Clone(vector), nil
}

func (e *Evaluator) query(expr string) (query, error) {
	if q, ok := e.texts.Load(expr); ok {
		return q.(query), nil //nolint:forcetypeassert // the type stored below
	}
	text, err := alerts.ExprFor(expr, e.label)
	if err != nil {
		return query{}, err
	}
	parsed, err := newParser().ParseExpr(text)
	if err != nil {
		return query{}, err
	}
	q := query{text: text, metrics: alerts.Metrics(parsed)}
	e.texts.Store(expr, q)
	return q, nil
}

// Alerts evaluates all rules.
func (e *Evaluator) Alerts(ctx context.Context, m Moment) ([]Alert, error) {
	var all []Alert
	for _, g := range e.groups {
		for _, r := range g.Rules {
			found, err := e.Rule(ctx, m, r)
			if err != nil {
				return nil, err
			}
			all = append(all, found...)
		}
	}
	return all, nil
}

// Rule evaluates one rule, as if it had waited for long enough.
func (e *Evaluator) Rule(ctx context.Context, m Moment, r alerts.Rule) ([]Alert, error) {
	vector, err := e.Query(ctx, m, r.Query())
	if err != nil {
		return nil, fmt.Errorf("rule %s: %w", r.Name, err)
	}
	var all []Alert
	seen := map[string]bool{}
	for _, s := range vector {
		a := Alert{Rule: r, Value: s.F}
		expand := func(text string) string {
			if err != nil {
				return ""
			}
			var out string
			out, err = expandTemplate(ctx, text, s, m.at, func(ctx context.Context, query string, _ time.Time) (promql.Vector, error) {
				return e.ask(ctx, m, query)
			})
			return out
		}
		b := labels.NewBuilder(s.Metric).Del(labels.MetricName)
		for name, text := range r.Labels(e.label) {
			b.Set(name, expand(text))
		}
		a.Labels = b.Set("alertname", r.Name).Labels()
		if a.annotations, err = r.Annotations(e.label); err != nil {
			return nil, err
		}
		for name, text := range a.annotations {
			a.annotations[name] = expand(text)
		}
		a.Summary, a.Description, a.Dashboard = a.annotations["summary"], a.annotations["description"], a.annotations["dashboard"]
		if err != nil {
			return nil, fmt.Errorf("rule %s: %w", r.Name, err)
		}
		if key := a.Labels.String(); seen[key] {
			return nil, fmt.Errorf("rule %s: two alerts have the labels %s", r.Name, key)
		} else {
			seen[key] = true
		}
		all = append(all, a)
	}
	return all, nil
}

// Object returns the object of the alert.
func (a Alert) Object(ctx context.Context) (kind, namespace, name string, err error) {
	var parts [3]string
	for i, text := range []string{a.Rule.Object.Kind, a.Rule.Object.Namespace, a.Rule.Object.Name} {
		part, wrong := expandTemplate(ctx, text, promql.Sample{Metric: a.Labels, F: a.Value}, TakenAt(), nil)
		parts[i], err = part, errors.Join(err, wrong)
	}
	return parts[0], parts[1], parts[2], err
}

// expandTemplate expands a template like a rule of Prometheus. A missing label is an error here.
func expandTemplate(ctx context.Context, text string, s promql.Sample, at time.Time, query template.QueryFunc) (string, error) {
	if !strings.Contains(text, "{{") {
		return text, nil
	}
	const defs = "{{$labels := .Labels}}{{$externalLabels := .ExternalLabels}}{{$externalURL := .ExternalURL}}{{$value := .Value}}"
	data := template.AlertTemplateData(s.Metric.DropReserved(func(n string) bool { return n == labels.MetricName }).Map(), nil, "", s)
	x := template.NewTemplateExpander(ctx, defs+text, "rule", data, model.TimeFromUnixNano(at.UnixNano()), query, nil, []string{"missingkey=zero"})
	return x.Expand()
}
