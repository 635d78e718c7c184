// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package alerts

import (
	"fmt"
	"strings"

	"github.com/prometheus/prometheus/promql/parser"
	"github.com/prometheus/prometheus/promql/parser/posrange"
)

// placeholder is a place of an expression that is filled in later: a duration by a
// dashboard, a number by the chart. PromQL cannot read its name.
type placeholder struct {
	name string
	at   posrange.Pos // in the text that PromQL can read
	step bool         // of a subquery, behind the colon
}

// parsedInstead returns the placeholder with which text begins, and the text that is parsed
// in its place. All of them begin with a dollar.
func parsedInstead(text string) (name, value string) {
	for _, p := range [...][2]string{{"$__rate_interval", "1s"}, {"$__interval", "1s"}, {"$__range", "1s"}, {threshold, "0"}} {
		if strings.HasPrefix(text, p[0]) {
			return p[0], p[1]
		}
	}
	return "", ""
}

// parse reads an expression that may have placeholders. They are put back by [restore]
// before the expression is written.
func parse(expr string) (parser.Expr, []placeholder, error) {
	text, found := extract(expr)
	e, err := parser.NewParser(parser.Options{}).ParseExpr(text)
	if err != nil {
		return nil, nil, fmt.Errorf("%w in %s", err, expr)
	}
	return e, found, nil
}

// extract replaces the placeholders of an expression by text that PromQL can read.
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

// node is the placeholder in the tree. A name is written as it is.
func (p placeholder) node() *parser.VectorSelector { return &parser.VectorSelector{Name: p.name} }

// duration is the placeholder as a range or step.
func (p placeholder) duration() *parser.DurationExpr {
	return &parser.DurationExpr{Op: parser.ADD, RHS: p.node()} // an unary plus is not written
}

// restore replaces the values that were parsed in place of the placeholders by the placeholders.
func restore(e parser.Expr, all []placeholder) error {
	for _, p := range all {
		var put func()
		parser.Inspect(e, func(n parser.Node, _ []parser.Node) error {
			if n == nil {
				return nil
			}
			switch n := n.(type) { // the innermost is the last
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
