// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package alerts

import (
	"fmt"
	"strings"

	"github.com/prometheus/prometheus/promql/parser"
	"github.com/prometheus/prometheus/promql/parser/posrange"
)

// placeholder is a part of an expression that is filled in later: a duration by a dashboard, or a
// number by the chart. Its name is not valid PromQL.
type placeholder struct {
	name string
	at   posrange.Pos // in the parseable text
	step bool         // step of a subquery, after the colon
}

// parsedInstead returns the placeholder at the beginning of text, and the text that is parsed in
// its place. All placeholders begin with a dollar sign.
func parsedInstead(text string) (name, value string) {
	for _, p := range [...][2]string{{"$__rate_interval", "1s"}, {"$__interval", "1s"}, {"$__range", "1s"}, {threshold, "0"}} {
		if strings.HasPrefix(text, p[0]) {
			return p[0], p[1]
		}
	}
	return "", ""
}

// parse parses an expression that may contain placeholders. [restore] inserts them again before the
// expression is written.
func parse(expr string) (parser.Expr, []placeholder, error) {
	text, found := extract(expr)
	e, err := parser.NewParser(parser.Options{}).ParseExpr(text)
	if err != nil {
		return nil, nil, fmt.Errorf("%w in %s", err, expr)
	}
	return e, found, nil
}

// extract replaces the placeholders of an expression by valid PromQL.
func extract(expr string) (string, []placeholder) {
	var text strings.Builder
	var found []placeholder
	for {
		dollar := strings.IndexByte(expr, '$')
		if dollar < 0 {
			text.WriteString(expr)
			return text.String(), found
		}
		text.WriteString(expr[:dollar])
		name, value := parsedInstead(expr[dollar:])
		if name == "" {
			name, value = "$", "$"
		} else {
			before := strings.TrimRight(text.String(), " \n\t")
			found = append(found, placeholder{name: name, at: posrange.Pos(text.Len()), step: strings.HasSuffix(before, ":")})
		}
		text.WriteString(value)
		expr = expr[dollar+len(name):]
	}
}

// node returns the placeholder as a node of the syntax tree. A name is written unchanged.
func (p placeholder) node() *parser.VectorSelector { return &parser.VectorSelector{Name: p.name} }

// duration returns the placeholder as a range or step.
func (p placeholder) duration() *parser.DurationExpr {
	return &parser.DurationExpr{Op: parser.ADD, RHS: p.node()} // an unary plus is not written
}

// restore replaces the values that were parsed in place of placeholders by the placeholders.
func restore(e parser.Expr, all []placeholder) error {
	for _, p := range all {
		var put func()
		parser.Inspect(e, func(n parser.Node, _ []parser.Node) error {
			if n == nil {
				return nil
			}
			switch n := n.(type) { // the innermost match is the last one
			case *parser.MatrixSelector:
				if p.within(n) {
					put = func() { n.RangeExpr = p.duration() }
				}
			case *parser.SubqueryExpr:
				switch {
				case p.within(n) && p.step:
					put = func() { n.StepExpr = p.duration() }
				case p.within(n):
					put = func() { n.RangeExpr = p.duration() }
				}
			case *parser.BinaryExpr:
				if p.is(n.LHS) {
					put = func() { n.LHS = p.node() }
				} else if p.is(n.RHS) {
					put = func() { n.RHS = p.node() }
				}
			}
			return nil
		})
		if put == nil {
			return fmt.Errorf("%s is neither a range nor compared with", p.name)
		}
		put()
	}
	return nil
}

func (p placeholder) within(n parser.Node) bool {
	r := n.PositionRange()
	return p.name != threshold && r.Start <= p.at && p.at < r.End
}

func (p placeholder) is(e parser.Expr) bool {
	n, ok := e.(*parser.NumberLiteral)
	return ok && p.name == threshold && n.PosRange.Start == p.at
}
