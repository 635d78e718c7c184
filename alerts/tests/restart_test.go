// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package tests_test

import (
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/prometheus/model/value"
	"github.com/prometheus/prometheus/promql/parser"

	"github.com/cobaltcore-dev/cobaltcore-exporter/alerts"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/app"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/exposition"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/testing/ruletest"
)

// outcomes has the alerts of the rule of a fixture when all targets are scraped, and when a scrape
// of the exporter or of all targets is missed.
type outcomes struct {
	rule                        alerts.Rule
	scraped, restarting, missed []string
}

// outcomesOf evaluates the rule of each fixture.
func outcomesOf(t *testing.T, f ruletest.Fixture) outcomes {
	t.Helper()
	rules := alerts.Rules()
	r := rules[slices.IndexFunc(rules, func(r alerts.Rule) bool { return r.Name == f.Rule })]
	evaluate := func(rows []ruletest.Row, series []ruletest.Series) []string {
		e := evaluators()["cluster"]
		m, err := e.Moment(t.Context(), rows, series, ruletest.TakenAt())
		if err != nil {
			t.Fatal(err)
		}
		found, err := e.Rule(t.Context(), m, r)
		if err != nil {
			t.Fatal(err)
		}
		return ruletest.Strings(found)
	}
	return outcomes{
		rule: r, scraped: evaluate(f.Rows, f.Series),
		restarting: evaluate(nil, withoutLast(f.Series, func(name string) bool { return !alerts.Foreign(name) })),
		missed:     evaluate(nil, withoutLast(f.Series, func(name string) bool { return name != "up" && !strings.HasPrefix(name, "ALERTS") })),
	}
}

// withoutLast returns the series, where the series of some metrics end before the last scrape.
func withoutLast(series []ruletest.Series, ends func(metric string) bool) []ruletest.Series {
	all := slices.Clone(series)
	for i, s := range all {
		if !ends(s.Labels.Get("__name__")) {
			continue
		}
		all[i].Values = slices.Clone(s.Values)
		all[i].Values[len(s.Values)-1] = parser.SequenceValue{Value: math.Float64frombits(value.StaleNaN)}
	}
	return all
}

// onceAMinute evaluates a rule every minute until its alerts fire, and then with the given outcomes.
func onceAMinute(t *testing.T, o outcomes, then ...[]string) *watcher {
	t.Helper()
	w := &watcher{TB: t, now: ruletest.TakenAt(), active: map[string]*activeAlert{}}
	see := func(found []string) {
		w.observe(o.rule, found)
		w.now = w.now.Add(time.Minute)
	}
	for range int(o.rule.For/time.Minute) + 2 {
		see(o.scraped)
	}
	for _, found := range then {
		see(found)
	}
	return w
}

// TestRestartsAndFlapping restarts the exporter and misses scrapes in every fixture. Alerts about a
// broken fleet must keep firing without repetition, and a healthy fleet must have none.
func TestRestartsAndFlapping(t *testing.T) {
	t.Parallel()
	for _, f := range allFixtures(t) {
		o := outcomesOf(t, f)
		if len(o.scraped) == 0 {
			for what, found := range map[string][]string{"the exporter restarts": o.restarting, "a scrape is missed": o.missed} {
				if len(found) > 0 {
					t.Errorf("%s: while %s, there are the alerts %v", f.Name, what, found)
				}
			}
			continue
		}
		for what, then := range map[string][][]string{
			"a restart":              {o.restarting, o.scraped, o.scraped},
			"a missed scrape":        {o.missed, o.scraped, o.scraped},
			"scrapes missed by turn": {o.missed, o.scraped, o.missed, o.scraped, o.missed, o.scraped},
			"a condition that flaps": {nil, o.scraped, nil, o.scraped, nil, o.scraped},
		} {
			if w := onceAMinute(t, o, then...); len(w.fired) != len(o.scraped) || len(w.resolved) > 0 {
				t.Errorf("%s: with %s, %d alerts fire %d times and end %d times", f.Name, what, len(o.scraped), len(w.fired), len(w.resolved))
			}
		}
		if o.rule.For < 2*time.Minute {
			continue
		}
		short := outcomes{rule: o.rule}
		if w := onceAMinute(t, short, o.scraped, nil, o.scraped, nil, o.scraped, nil); len(w.fired) > 0 {
			t.Errorf("%s: a condition that holds for one evaluation at a time fires %d times", f.Name, len(w.fired))
		}
	}
}

// TestRulesUseNoCounters checks that no rule needs a counter of the exporter, because counters are reset by restarts.
func TestRulesUseNoCounters(t *testing.T) {
	t.Parallel()
	var counters []string
	for _, f := range app.Families() {
		if f.Type == exposition.Counter {
			counters = append(counters, f.Name)
		}
	}
	for _, r := range alerts.Rules() {
		e, err := alerts.Parse(r.Expr)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range alerts.Metrics(e) {
			if slices.Contains(counters, m) {
				t.Errorf("%s is about %s, a counter that starts anew with the exporter", r.Name, m)
			}
		}
	}
	if len(counters) == 0 {
		t.Error("no family is a counter")
	}
}
