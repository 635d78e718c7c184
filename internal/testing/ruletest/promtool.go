// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package ruletest

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/prometheus/prometheus/model/labels"

	"github.com/cobaltcore-dev/cobaltcore-exporter/alerts"
)

// The file that "promtool test rules" reads.
type (
	promtoolFile struct {
		RuleFiles          []string        `json:"rule_files"`
		EvaluationInterval string          `json:"evaluation_interval"`
		GroupEvalOrder     []string        `json:"group_eval_order"`
		Tests              []promtoolGroup `json:"tests"`
	}
	promtoolGroup struct {
		Name     string           `json:"name"`
		Interval string           `json:"interval"`
		Series   []promtoolSeries `json:"input_series"`
		Alerts   []promtoolAlerts `json:"alert_rule_test"`
	}
	promtoolSeries struct {
		Series string `json:"series"`
		Values string `json:"values"`
	}
	promtoolAlerts struct {
		Time   string          `json:"eval_time"`
		Name   string          `json:"alertname"`
		Alerts []promtoolAlert `json:"exp_alerts"`
	}
	promtoolAlert struct {
		Labels      map[string]string `json:"exp_labels"`
		Annotations map[string]string `json:"exp_annotations"`
	}
)

// PromtoolTest returns a fixture as a test for promtool of its rule in the file rules: which
// alerts fire when their time has come, a minute before, when the rows are withdrawn, and
// when that has been bridged.
//
// Timestamps move with the clock, so that ages stay the same and other objects do not become stale
// while the rule waits.
func PromtoolTest(ctx context.Context, e *Evaluator, f Fixture, rules string) ([]byte, error) {
	r, err := e.ruleOf(f.Rule)
	if err != nil {
		return nil, err
	}
	rows := Renamed(f.Rows, e.label)
	m, err := e.Moment(ctx, rows, f.Series, TakenAt())
	if err != nil {
		return nil, err
	}
	found, err := e.Rule(ctx, m, r)
	if err != nil {
		return nil, err
	}
	end := r.For
	for _, s := range f.Series {
		end = max(end, time.Duration(len(s.Values)-1)*time.Minute)
	}
	step := time.Minute
	if end > time.Hour && len(f.Series) == 0 {
		step = time.Hour // it takes days, and promtool would need too many evaluations
	}
	g := promtoolGroup{Name: f.Name + " by " + e.label, Interval: step.String()}
	needed := e.needs(r)
	for _, row := range rows {
		if slices.Contains(needed, row.Name()) {
			g.Series = append(g.Series, promtoolSeries{Series: Selector(row.Labels), Values: overTime(row, end, step)})
		}
	}
	for _, s := range f.Series {
		l, values, _ := strings.Cut(s.Notation, "} ")
		g.Series = append(g.Series, promtoolSeries{Series: l + "}", Values: values})
	}
	firing := []promtoolAlert{}
	for _, a := range found {
		firing = append(firing, promtoolAlert{
			Labels:      labels.NewBuilder(a.Labels).Del("alertname").Labels().Map(),
			Annotations: a.annotations,
		})
	}
	expect := func(at time.Duration, what []promtoolAlert) {
		g.Alerts = append(g.Alerts, promtoolAlerts{Time: at.String(), Name: r.Name, Alerts: what})
	}
	none := []promtoolAlert{}
	switch {
	case len(f.Series) > 0 || len(needed) == 0:
		expect(end, firing) // the values determine the time, or no alert fires
	default:
		if r.For > 0 {
			expect(r.For-step, none)
		}
		expect(r.For, firing)
		expect(r.For+r.KeepFiringFor, firing)
		expect(r.For+r.KeepFiringFor+step, none)
	}
	var order []string
	for _, c := range e.groups {
		order = append(order, "cobaltcore-"+c.Name)
	}
	text, err := json.MarshalIndent(promtoolFile{
		RuleFiles: []string{rules}, EvaluationInterval: step.String(), GroupEvalOrder: order, Tests: []promtoolGroup{g},
	}, "", " ")
	if err != nil {
		return nil, fmt.Errorf("%s: %w", f.Name, err)
	}
	return text, nil
}

func (e *Evaluator) ruleOf(name string) (alerts.Rule, error) {
	for _, g := range e.groups {
		for _, r := range g.Rules {
			if r.Name == name {
				return r, nil
			}
		}
	}
	return alerts.Rule{}, fmt.Errorf("there is no rule %s", name)
}

// RulesFor returns the names of the rules that the result of an alerting rule depends on:
// its own and those of recordings.
func (e *Evaluator) RulesFor(alert string) ([]string, error) {
	r, err := e.ruleOf(alert)
	return append(e.needs(r), alert), err
}

// needs returns the metrics that a rule and its recordings select.
func (e *Evaluator) needs(r alerts.Rule) []string {
	recordings := map[string]string{}
	for _, g := range e.groups {
		for _, recording := range g.Recordings {
			recordings[recording.Name] = recording.Expr
		}
	}
	var all []string
	var add func(expr string)
	add = func(expr string) {
		parsed, err := alerts.Parse(expr)
		if err != nil {
			return // covered by the tests of the catalogue
		}
		for _, m := range alerts.Metrics(parsed) {
			if slices.Contains(all, m) {
				continue
			}
			all = append(all, m)
			if inner, ok := recordings[m]; ok {
				add(inner)
			}
		}
	}
	add(r.Expr)
	add(r.Reason) // asked by the summary
	expr, err := alerts.ExprFor(r.Query(), "cluster")
	texts, textsErr := r.Annotations("cluster")
	if err != nil || textsErr != nil {
		return all // covered by the tests of the catalogue
	}
	add(expr)
	for name := range recordings {
		if strings.Contains(texts[alerts.AnnotationSummary], name+"{") {
			add(name)
		}
	}
	return all
}

// isTime reports whether the value of a metric is a time.
func isTime(name string) bool { return strings.HasSuffix(name, "_timestamp_seconds") }

// overTime returns a row that exists until end and is then withdrawn. promtool's clock begins at
// the epoch.
func overTime(r Row, end, step time.Duration) string {
	value, more := r.Value, ""
	if isTime(r.Name()) && value > 0 {
		value, more = value-float64(TakenAt().Unix()), fmt.Sprintf("+%d", int(step.Seconds()))
	}
	return strconv.FormatFloat(value, 'f', -1, 64) + more + "x" + strconv.Itoa(int(end/step)) + " stale"
}
