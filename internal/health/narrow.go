// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package health

import (
	"slices"
	"strings"

	"github.com/prometheus/prometheus/promql/parser"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/exposition"
)

// narrowing selects the rows of a selector that its expression needs. It may keep too many rows, because the engine still
// evaluates the expression over them.
type narrowing struct {
	// text identifies the narrowing; empty means that all rows are kept.
	text string
	// keep reports whether a row with a value is kept at a time in seconds; nil keeps all rows.
	keep func(value, now float64) bool
	// clock means that keep depends on the time. keep is then true for all values on one side of a threshold and false for all
	// others.
	clock bool
	// by has the relevant labels. Of rows with the same values of these labels, one is kept.
	by []string
}

// newNarrowing returns the narrowing of a selector, and the comparison that it replaces completely, or nil. path has the
// ancestors of the selector, the root first.
func newNarrowing(v *parser.VectorSelector, path []parser.Node, rowLabels []string) (narrowing, *parser.BinaryExpr) {
	value, identity := func(v, _ float64) float64 { return v }, true
	child := parser.Node(v)
	for _, node := range slices.Backward(path) {
		switch n := node.(type) {
		case *parser.ParenExpr:
		case *parser.AggregateExpr:
			if n.Op == parser.GROUP && !n.Without && identity {
				return narrowing{text: "by " + strings.Join(n.Grouping, ","), by: n.Grouping}, nil
			}
			if !isSingleRow(n, rowLabels) {
				return narrowing{}, nil
			}
		case *parser.BinaryExpr:
			other, left := n.RHS, true
			if n.RHS == child {
				other, left = n.LHS, false
			}
			bound := scalar(other)
			if bound == nil || n.ReturnBool {
				return narrowing{}, nil
			}
			inner := value
			if n.Op.IsComparisonOperator() {
				by := narrowing{text: n.String(), clock: usesClock(n)}
				by.keep = func(v, now float64) bool { return compare(n.Op, left, inner(v, now), bound(now)) }
				switch {
				case by.clock && (n.Op == parser.EQLC || n.Op == parser.NEQ):
					return narrowing{}, nil
				case !identity:
					return by, nil
				}
				return by, n
			}
			if n.Op != parser.ADD && n.Op != parser.SUB {
				return narrowing{}, nil
			}
			identity = false
			value = func(v, now float64) float64 { return calculate(n.Op, left, inner(v, now), bound(now)) }
		default:
			return narrowing{}, nil
		}
		child = node
	}
	return narrowing{}, nil
}

// isSingleRow reports whether each group of an aggregation over rows with these labels has exactly one row, so that the
// aggregation does not change values. It relies on the fact that no two rows have the same labels.
func isSingleRow(n *parser.AggregateExpr, rowLabels []string) bool {
	if n.Op != parser.MAX && n.Op != parser.MIN || rowLabels == nil {
		return false
	}
	return !slices.ContainsFunc(rowLabels, func(l string) bool { return slices.Contains(n.Grouping, l) == n.Without })
}

// scalar returns a function that computes the value of an expression at a time. It returns nil unless the expression is
// arithmetic on numbers and the time.
func scalar(e parser.Expr) func(now float64) float64 {
	switch e := e.(type) {
	case *parser.NumberLiteral:
		return func(float64) float64 { return e.Val }
	case *parser.ParenExpr:
		return scalar(e.Expr)
	case *parser.Call:
		if e.Func.Name == "time" {
			return func(now float64) float64 { return now }
		}
	case *parser.BinaryExpr:
		a, b := scalar(e.LHS), scalar(e.RHS)
		if a != nil && b != nil && slices.Contains([]parser.ItemType{parser.ADD, parser.SUB, parser.MUL, parser.DIV}, e.Op) {
			return func(now float64) float64 { return calculate(e.Op, true, a(now), b(now)) }
		}
	}
	return nil
}

// calculate returns a op b, or b op a if a is not the left operand.
func calculate(op parser.ItemType, left bool, a, b float64) float64 {
	if !left {
		a, b = b, a
	}
	switch op {
	case parser.ADD:
		return a + b
	case parser.SUB:
		return a - b
	case parser.MUL:
		return a * b
	default:
		return a / b
	}
}

// compare reports whether a op b holds, or b op a if a is not the left operand.
func compare(op parser.ItemType, left bool, a, b float64) bool {
	if !left {
		a, b = b, a
	}
	switch op {
	case parser.EQLC:
		return a == b
	case parser.NEQ:
		return a != b
	case parser.LSS:
		return a < b
	case parser.LTE:
		return a <= b
	case parser.GTR:
		return a > b
	default:
		return a >= b
	}
}

// rowLabels returns the labels of all rows of a metric under their names in expressions, or nil if rows may have other
// labels.
func rowLabels(e *exposition.Exposition, metric string) []string {
	names, ok := e.Labels(metric)
	if !ok {
		return nil
	}
	for i, name := range names {
		if name == e.ClusterLabel() {
			names[i] = clusterLabel
		}
	}
	return names
}

// dependsOnTime reports whether the result of an expression may change with time even if its selections do not change. The
// selections already apply the comparisons in settled.
func dependsOnTime(e parser.Expr, settled []*parser.BinaryExpr) bool {
	found := false
	parser.Inspect(e, func(n parser.Node, path []parser.Node) error {
		if found || !isClock(n) {
			return nil
		}
		found = !slices.ContainsFunc(path, func(p parser.Node) bool {
			b, ok := p.(*parser.BinaryExpr)
			return ok && slices.Contains(settled, b)
		})
		return nil
	})
	return found
}
