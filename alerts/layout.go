// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package alerts

import (
	"strings"

	"github.com/prometheus/prometheus/promql/parser"
)

// lineLength is the length of the lines of an expression: with the indentation of a file
// of rules, they end at column 140.
const lineLength = 134

// layout writes an expression in one line if that is short enough. Otherwise each operator
// begins a line, and what a function or an aggregation is about is indented.
func layout(e parser.Expr) string { return strings.Join(lines(e, "", 0), "\n") }

// lines returns the lines of an expression. The first one begins with a prefix.
func lines(e parser.Expr, prefix string, indent int) []string {
	margin := strings.Repeat(" ", indent)
	text := e.String()
	if line := margin + prefix + text; len(line) <= lineLength {
		return []string{line}
	}
	switch e := e.(type) {
	case *parser.ParenExpr:
		return enclose(margin+prefix+"(", e.Expr, margin+")", indent)
	case *parser.AggregateExpr:
		if e.Param == nil {
			return enclose(margin+prefix+e.ShortString()+"(", e.Expr, margin+")", indent)
		}
	case *parser.Call:
		if len(e.Args) > 1 {
			all := enclose(margin+prefix+e.Func.Name+"(", e.Args[0], margin+"  "+e.Args[1:].String()+")", indent)
			all[len(all)-2] += ","
			return all
		}
	case *parser.BinaryExpr:
		return operation(e, prefix, indent)
	}
	return []string{margin + prefix + text}
}

// enclose returns the lines of an expression between a first and a last one.
func enclose(first string, e parser.Expr, last string, indent int) []string {
	return append(append([]string{first}, lines(e, "", indent+2)...), last)
}

// operation returns the lines of a binary operation. An operand with an operator of
// another precedence is indented. A short operand follows a closing parenthesis in its line.
func operation(e *parser.BinaryExpr, prefix string, indent int) []string {
	left, right := indent, indent
	if l, ok := e.LHS.(*parser.BinaryExpr); ok && precedence(l.Op) != precedence(e.Op) {
		left += 2
	}
	if _, ok := e.RHS.(*parser.BinaryExpr); ok {
		right += 2
	}
	all := lines(e.LHS, prefix, left)
	rest := lines(e.RHS, e.ShortString()+" ", right)
	last := &all[len(all)-1]
	if joined := *last + " " + strings.TrimSpace(rest[0]); len(rest) == 1 && strings.TrimSpace(*last) == ")" && len(joined) <= lineLength {
		*last = joined
		return all
	}
	return append(all, rest...)
}

// precedence returns how closely an operator binds.
func precedence(op parser.ItemType) int {
	switch op {
	case parser.LOR:
		return 1
	case parser.LAND, parser.LUNLESS:
		return 2
	case parser.ADD, parser.SUB:
		return 4
	case parser.MUL, parser.DIV, parser.MOD, parser.ATAN2:
		return 5
	case parser.POW:
		return 6
	}
	return 3
}
