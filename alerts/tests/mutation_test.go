// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package tests_test

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"sync"
	"testing"

	"github.com/cobaltcore-dev/cobaltcore-exporter/alerts"
	"github.com/cobaltcore-dev/cobaltcore-exporter/alerts/tests"
)

// harmless are mistakes that change nothing, and why.
func harmless() map[string]string {
	return map[string]string{}
}

// TestMistakesAreFound: whatever is wrong with an expression, some fixture shows it.
func TestMistakesAreFound(t *testing.T) {
	e := tests.NewEvaluator("cluster")
	moments := map[string]tests.Moment{}
	var byRule []string
	for _, f := range allFixtures(t) {
		m, err := e.Moment(t.Context(), f.Rows, f.Series, tests.TakenAt())
		if err != nil {
			t.Fatal(err)
		}
		moments[f.Name] = m
		byRule = append(byRule, f.Name)
	}
	allowed := map[*regexp.Regexp]string{}
	for pattern, why := range harmless() {
		allowed[regexp.MustCompile("^"+pattern+"$")] = why
	}
	used := map[string]bool{}
	for _, g := range alerts.Catalogue() {
		for _, r := range g.Recordings {
			check(t, e, moments, byRule, subject{g.Name, r.Name, r.Expr}, allowed, used)
		}
		for _, r := range g.Rules {
			check(t, e, moments, byRule, subject{g.Name, r.Name, r.Expr}, allowed, used)
		}
	}
	for pattern, why := range allowed {
		if !used[pattern.String()] {
			t.Errorf("%s: no such mistake goes unnoticed any longer (%s)", pattern, why)
		}
	}
}

type subject struct{ group, name, expr string }

func check(
	t *testing.T, e *tests.Evaluator, moments map[string]tests.Moment, names []string, s subject, allowed map[*regexp.Regexp]string, used map[string]bool,
) {
	t.Helper()
	all, err := mutants(s.expr)
	if err != nil {
		t.Fatal(err)
	}
	// The fixtures of the rule itself come first.
	names = slices.Clone(names)
	slices.SortStableFunc(names, func(a, b string) int { return rank(s.name, a) - rank(s.name, b) })
	want := make(map[string]string, len(names))
	for _, n := range names {
		want[n] = outcome(t.Context(), e, moments[n], s.expr)
	}
	missed := make([]bool, len(all))
	var running sync.WaitGroup
	for i, m := range all {
		running.Go(func() {
			missed[i] = !slices.ContainsFunc(names, func(n string) bool { return outcome(t.Context(), e, moments[n], m.expr) != want[n] })
		})
	}
	running.Wait()
	for i, m := range all {
		if !missed[i] {
			continue
		}
		what, found := s.name+": "+m.mistake, false
		for pattern := range allowed {
			if pattern.MatchString(what) {
				used[pattern.String()], found = true, true
			}
		}
		if !found {
			t.Errorf("nobody notices %s", what)
		}
	}
}

func rank(rule, fixture string) int {
	if fixture == rule || len(fixture) > len(rule) && fixture[:len(rule)+1] == rule+"/" {
		return 0
	}
	return 1
}

// outcome is the result of an expression as text.
func outcome(ctx context.Context, e *tests.Evaluator, m tests.Moment, expr string) string {
	vector, err := e.Query(ctx, m, expr)
	if err != nil {
		return err.Error()
	}
	lines := make([]string, len(vector))
	for i, s := range vector {
		lines[i] = fmt.Sprint(s.Metric, s.F)
	}
	slices.Sort(lines)
	return fmt.Sprint(lines)
}
