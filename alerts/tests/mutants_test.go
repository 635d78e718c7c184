//go:build mutants

// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package tests_test

import (
	"fmt"
	"slices"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql/parser"

	"github.com/cobaltcore-dev/cobaltcore-exporter/alerts"
)

// mutant is an expression with one mistake.
type mutant struct{ mistake, expr string }

// mutants returns all expressions that differ from expr by one typical mistake: a missing matcher
// or label of a list, an inverted comparison, a threshold in another unit, or half of an "and",
// "or" or "unless".
func mutants(expr string) ([]mutant, error) {
	var all []mutant
	for n := 0; ; n++ {
		e, err := alerts.Parse(expr) // each mistake is made in a copy
		if err != nil {
			return nil, err
		}
		m := mutator{skip: n}
		e = m.mutate(e)
		if m.mistake == "" {
			return all, nil
		}
		all = append(all, mutant{mistake: m.mistake, expr: e.String()})
	}
}

// mutator makes the mistake after the first skip ones.
type mutator struct {
	skip    int
	mistake string
}

// here reports whether the current mistake is the one to make.
func (m *mutator) here(format string, args ...any) bool {
	if m.mistake != "" {
		return false
	}
	if m.skip > 0 {
		m.skip--
		return false
	}
	m.mistake = fmt.Sprintf(format, args...)
	return true
}

func (m *mutator) mutate(e parser.Expr) parser.Expr {
	switch e := e.(type) {
	case *parser.VectorSelector:
		m.matchers(e)
	case *parser.NumberLiteral:
		if m.here("%v of another unit", e) {
			if e.Val *= 10; e.Val == 0 {
				e.Val = 1
			}
		}
	case *parser.AggregateExpr:
		e.Grouping = m.list("by", e.Grouping)
		e.Expr = m.mutate(e.Expr)
	case *parser.BinaryExpr:
		return m.binary(e)
	case *parser.Call:
		for i := range e.Args {
			e.Args[i] = m.mutate(e.Args[i])
		}
	case *parser.ParenExpr:
		e.Expr = m.mutate(e.Expr)
	case *parser.UnaryExpr:
		e.Expr = m.mutate(e.Expr)
	case *parser.MatrixSelector:
		e.VectorSelector = m.mutate(e.VectorSelector)
	}
	return e
}

func (m *mutator) matchers(s *parser.VectorSelector) {
	for i, matcher := range s.LabelMatchers {
		if matcher.Name != labels.MetricName && m.here("%s without %s", s.Name, matcher) {
			s.LabelMatchers = slices.Delete(s.LabelMatchers, i, i+1)
			return
		}
	}
}

func (m *mutator) list(what string, names []string) []string {
	for i, name := range names {
		if m.here("%s (%v) without %s", what, names, name) {
			return slices.Delete(slices.Clone(names), i, i+1)
		}
	}
	return names
}

func (m *mutator) binary(e *parser.BinaryExpr) parser.Expr {
	switch e.Op {
	case parser.LAND, parser.LUNLESS, parser.LOR:
		if m.here("nothing after %s: %s", e.Op, short(e.RHS)) {
			return e.LHS
		}
	}
	if e.Op == parser.LOR && m.here("nothing before or: %s", short(e.LHS)) {
		return e.RHS
	}
	if e.Op.IsComparisonOperator() && m.here("%s the wrong way round: %s", e.Op, short(e)) {
		e.Op = map[parser.ItemType]parser.ItemType{
			parser.EQLC: parser.NEQ, parser.NEQ: parser.EQLC, parser.LSS: parser.GTE, parser.GTR: parser.LTE, parser.LTE: parser.GTR,
			parser.GTE: parser.LSS,
		}[e.Op]
	}
	if v := e.VectorMatching; v != nil && v.On {
		v.MatchingLabels = m.list(e.Op.String()+" on", v.MatchingLabels)
		v.Include = m.list("group", v.Include)
	}
	e.LHS, e.RHS = m.mutate(e.LHS), m.mutate(e.RHS)
	return e
}

func short(e parser.Expr) string {
	text := e.String()
	return text[:min(len(text), 70)]
}
