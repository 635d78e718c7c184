// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package health

import (
	"slices"

	"github.com/prometheus/prometheus/promql/parser"
)

// empty reports whether an expression has no result because of what its selectors match.
// Most rules are about what few fleets have, and need no engine for that.
func (s *store) empty(e parser.Expr) bool {
	switch e := e.(type) {
	case *parser.VectorSelector:
		sel := s.named(e.LabelMatchers)
		return sel != nil && sel.empty()
	case *parser.ParenExpr:
		return s.empty(e.Expr)
	case *parser.AggregateExpr:
		return s.empty(e.Expr)
	case *parser.Call:
		return slices.Contains([]string{"label_replace", "label_join", "floor"}, e.Func.Name) && s.empty(e.Args[0])
	case *parser.BinaryExpr:
		switch e.Op {
		case parser.LOR:
			return s.empty(e.LHS) && s.empty(e.RHS)
		case parser.LUNLESS:
			return s.empty(e.LHS)
		default:
			return s.empty(e.LHS) || s.empty(e.RHS)
		}
	}
	return false
}
