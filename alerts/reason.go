// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package alerts

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql/parser"
)

// labelReason is the label with the reason in the rows of [Rule.Reason].
const labelReason = "reason"

// labelValue is the placeholder in a matcher for the value of a label of the alert.
const labelValue = "$labels."

var (
	labelValues = regexp.MustCompile(`"\$labels\.(\w+)"`)
	indexes     = regexp.MustCompile(`%\[\d+\]q`)
)

// reasonTemplate returns a template that queries Prometheus for the reason, like the report does
// with [Rule.Reason]. Its query selects only the rows of one object, because it runs for each alert
// at each evaluation.
func (r Rule) reasonTemplate(label string) (string, error) {
	if r.Reason == "" {
		return "", nil
	}
	query, err := r.reasonQuery()
	if err != nil {
		return "", err
	}
	if query, err = EachReplica(query, label); err != nil {
		return "", err
	}
	var values []string
	format := labelValues.ReplaceAllStringFunc(strings.ReplaceAll(query, "%", "%%"), func(value string) string {
		name := strings.Trim(value, `"`)
		if name == labelValue+clusterLabel {
			name = labelValue + label
		}
		if !slices.Contains(values, name) {
			values = append(values, name)
		}
		return fmt.Sprintf("%%[%d]q", slices.Index(values, name)+1)
	})
	if strings.Count(format, "]q") == len(values) { // distinct values in order
		format = indexes.ReplaceAllString(format, "%q")
	}
	return fmt.Sprintf("{{with printf `%s` %s | query | sortByLabel %q}}: {{first . | label %[3]q}}{{end}}",
		format, strings.Join(values, " "), labelReason), nil
}

// reasonQuery returns the query for the reason of one object, with the labels of its alert.
func (r Rule) reasonQuery() (string, error) {
	if recorded, ok := recordedReasons()[r.Reason]; ok {
		matchers := make([]string, len(recorded.by))
		for i, name := range recorded.by {
			matchers[i] = name + `="` + labelValue + name + `"`
		}
		return recorded.name + "{" + strings.Join(matchers, ",") + "}", nil
	}
	e, err := Parse(r.Reason)
	if err != nil {
		return "", err
	}
	parser.Inspect(e, func(n parser.Node, path []parser.Node) error {
		if s, ok := n.(*parser.VectorSelector); ok {
			addLabelsOfAlert(s, path)
		}
		return nil
	})
	e = withoutAggregation(e)
	for c, ok := e.(*parser.Call); ok && literal(c.Args[1]) != labelReason; c, ok = e.(*parser.Call) {
		e = c.Args[0] // another label of the alert
	}
	return e.String(), nil
}

// addLabelsOfAlert adds matchers for the labels of the alert to a selector: for the labels that the
// enclosing aggregation keeps and that no function in between replaces.
func addLabelsOfAlert(s *parser.VectorSelector, path []parser.Node) {
	replaced := []string{labelReason, "target_cluster", "issuer", "certificate"} // these labels have one value per object
	for _, n := range slices.Backward(path) {
		switch n := n.(type) {
		case *parser.Call:
			if i := slices.Index([]string{"label_replace", "label_join"}, n.Func.Name); i >= 0 {
				replaced = append(replaced, literal(n.Args[1]))
			}
		case *parser.AggregateExpr:
			for _, name := range n.Grouping {
				known := slices.ContainsFunc(s.LabelMatchers, func(m *labels.Matcher) bool { return m.Name == name })
				if !known && !slices.Contains(replaced, name) {
					s.LabelMatchers = append(s.LabelMatchers, labels.MustNewMatcher(labels.MatchEqual, name, labelValue+name))
				}
			}
			return
		}
	}
}

// withoutAggregation removes the aggregations, because every row of an object has the reason.
func withoutAggregation(e parser.Expr) parser.Expr {
	switch e := e.(type) {
	case *parser.AggregateExpr:
		if joinsReplicas(e) {
			return withoutAggregation(e.Expr)
		}
	case *parser.ParenExpr:
		e.Expr = withoutAggregation(e.Expr)
	case *parser.BinaryExpr:
		e.LHS, e.RHS = withoutAggregation(e.LHS), withoutAggregation(e.RHS)
	case *parser.Call:
		e.Args[0] = withoutAggregation(e.Args[0])
	}
	return e
}

// literal returns the text of a string in an expression.
func literal(e parser.Expr) string {
	if s, ok := e.(*parser.StringLiteral); ok {
		return s.Val
	}
	return ""
}
