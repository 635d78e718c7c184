// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package alerts

import (
	"testing"

	"github.com/prometheus/prometheus/promql/parser"
)

// WhySeverity exports [whySeverity].
func WhySeverity() map[string]string { return whySeverity() }

// Layout applies [layout] to a text.
func Layout(t *testing.T, expr string) string {
	t.Helper()
	return layout(mustParse(t, expr))
}

// FullyParenthesized returns an expression with parentheses around each operation and with
// no others.
func FullyParenthesized(t *testing.T, expr string) string {
	t.Helper()
	var full func(parser.Expr) parser.Expr
	full = func(e parser.Expr) parser.Expr {
		switch e := e.(type) {
		case *parser.ParenExpr:
			return full(e.Expr)
		case *parser.AggregateExpr:
			e.Expr = full(e.Expr)
		case *parser.Call:
			for i := range e.Args {
				e.Args[i] = full(e.Args[i])
			}
		case *parser.BinaryExpr:
			e.LHS, e.RHS = full(e.LHS), full(e.RHS)
			return &parser.ParenExpr{Expr: e}
		}
		return e
	}
	return full(mustParse(t, expr)).String()
}

func mustParse(t *testing.T, expr string) parser.Expr {
	t.Helper()
	e, err := Parse(expr)
	if err != nil {
		t.Fatal(err)
	}
	return e
}
