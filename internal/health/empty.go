// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package health

import (
	"slices"

	"github.com/prometheus/prometheus/promql/parser"
)

// isEmpty reports whether an expression has no result because its selectors match no rows. This is the case for most rules
// in most fleets, and saves a call of the engine.
func (s *store) isEmpty(e parser.Expr) bool {
	switch e := e.(type) {
	case *parser.VectorSelector:
		sel := s.namedSelection(e.LabelMatchers)
		return sel != nil && sel.empty()
	case *parser.ParenExpr:
		return s.isEmpty(e.Expr)
	case *parser.AggregateExpr:
		return s.isEmpty(e.Expr)
	case *parser.Call:
		return slices.Contains([]string{"label_replace", "label_join", "floor"}, e.Func.Name) && s.isEmpty(e.Args[0])
	case *parser.BinaryExpr:
		switch e.Op {
		case parser.LOR:
			return s.isEmpty(e.LHS) && s.isEmpty(e.RHS)
		case parser.LUNLESS:
			return s.isEmpty(e.LHS)
		default:
			return s.isEmpty(e.LHS) || s.isEmpty(e.RHS)
		}
	}
	return false
}
