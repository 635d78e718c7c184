// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package alerts

import (
	"strings"

	"github.com/prometheus/prometheus/promql/parser"
)

// lineLength is the maximum length of the lines of an expression. Including the indentation in a
// rule file, they end before column 140. singleLength is the same for a single line after its key.
const lineLength, singleLength = 133, 130

// layout writes an expression in one line if it is short enough. Otherwise each operator begins a
// line, and the arguments of functions and aggregations are indented.
func layout(e parser.Expr) string {
	e = removeParentheses(e, 0)
	if text := e.String(); len(text) <= singleLength {
		return text
	}
	return strings.Join(breakLines(e, "", 0), "\n")
}

// removeParentheses removes the superfluous parentheses of an operand of an operator with this
// precedence.
func removeParentheses(e parser.Expr, binds int) parser.Expr {
	switch e := e.(type) {
	case *parser.ParenExpr:
		inner := removeParentheses(e.Expr, 0)
		if operation, ok := inner.(*parser.BinaryExpr); !ok || precedence(operation.Op) > binds {
			return inner
		}
		e.Expr = inner
	case *parser.AggregateExpr:
		e.Expr = removeParentheses(e.Expr, 0)
	case *parser.Call:
		for i := range e.Args {
			e.Args[i] = removeParentheses(e.Args[i], 0)
		}
	case *parser.BinaryExpr:
		e.LHS, e.RHS = removeParentheses(e.LHS, precedence(e.Op)-1), removeParentheses(e.RHS, precedence(e.Op))
	}
	return e
}

// lines returns the lines of an expression. The first line begins with the prefix.
func lines(e parser.Expr, prefix string, indent int) []string {
	if line := strings.Repeat(" ", indent) + prefix + e.String(); len(line) <= lineLength {
		return []string{line}
	}
	return breakLines(e, prefix, indent)
}

// breakLines returns the lines of an expression that is too long for one line.
func breakLines(e parser.Expr, prefix string, indent int) []string {
	margin := strings.Repeat(" ", indent)
	switch e := e.(type) {
	case *parser.ParenExpr:
		return enclose(margin+prefix+"(", e.Expr, margin+")", indent)
	case *parser.AggregateExpr:
		if e.Param == nil {
			return enclose(margin+prefix+e.ShortString()+"(", e.Expr, margin+")", indent)
		}
	case *parser.Call:
		if len(e.Args) > 1 {
			return breakCall(e, margin+prefix, indent)
		}
	case *parser.BinaryExpr:
		return operation(e, prefix, indent)
	}
	return []string{margin + prefix + e.String()}
}

// enclose returns the lines of an expression between a first and a last line.
func enclose(first string, e parser.Expr, last string, indent int) []string {
	return append(append([]string{first}, lines(e, "", indent+2)...), last)
}

// breakCall returns the lines of a call of a function whose first argument is long.
func breakCall(e *parser.Call, prefix string, indent int) []string {
	all := enclose(prefix+e.Func.Name+"(", e.Args[0], e.Args[1:].String()+")", indent)
	first, last := all[len(all)-2]+",", all[len(all)-1]
	if joined := first + " " + last; len(all) == 3 && len(joined) <= lineLength {
		return []string{all[0], joined}
	}
	return append(all[:len(all)-2], first, strings.Repeat(" ", indent+2)+last)
}

// operation returns the lines of a binary operation. An operand with an operator of another
// precedence is indented. A short operand follows a closing parenthesis in the same line.
func operation(e *parser.BinaryExpr, prefix string, indent int) []string {
	left, right := indent, indent
	if l, ok := e.LHS.(*parser.BinaryExpr); ok && precedence(l.Op) != precedence(e.Op) {
		left += 2
	}
	if _, ok := e.RHS.(*parser.BinaryExpr); ok {
		right += 2
	}
	all := lines(e.LHS, prefix, left)
	rest := lines(e.RHS, e.ShortString()+" ", indent)
	if len(rest) > 1 {
		rest = lines(e.RHS, e.ShortString()+" ", right)
	}
	last := &all[len(all)-1]
	if joined := *last + " " + strings.TrimSpace(rest[0]); len(rest) == 1 && strings.TrimSpace(*last) == ")" && len(joined) <= lineLength {
		*last = joined
		return all
	}
	return append(all, rest...)
}

// precedence returns the precedence of an operator.
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
