// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package alerts

import (
	"fmt"
	"regexp"
	"slices"

	"github.com/prometheus/prometheus/promql/parser"
)

// clusterLabel is what expressions call the label that [ExprFor] may rename.
const clusterLabel = "cluster"

// scrapeLabels are those that a scrape adds, different for each replica of the
// exporter. No row has them.
func scrapeLabels() []string {
	return []string{"container", "endpoint", "instance", "job", "pod", "service"}
}

// ExprFor is the expression as Prometheus gets it: every selector of metrics of the
// exporter loses the labels of the scrape, so that two replicas of the exporter are
// one, and the label cluster is called as it is on the wire.
func ExprFor(expr, label string) (string, error) {
	e, err := Parse(expr)
	if err != nil {
		return "", err
	}
	e = rewrite(e, func(s *parser.VectorSelector) parser.Expr {
		if foreign(s.Name) {
			return s
		}
		return &parser.AggregateExpr{Op: parser.MAX, Expr: s, Without: true, Grouping: scrapeLabels()}
	})
	if label != clusterLabel {
		rename(e, label)
	}
	return e.Pretty(0), nil
}

// Parse reads an expression.
func Parse(expr string) (parser.Expr, error) {
	e, err := parser.NewParser(parser.Options{}).ParseExpr(expr)
	if err != nil {
		return nil, fmt.Errorf("%w in %s", err, expr)
	}
	return e, nil
}

var templateLabel = regexp.MustCompile(`\$labels\.cluster\b`)

// templateFor is a template for rows in which the label cluster has another name.
func templateFor(text, label string) string {
	return templateLabel.ReplaceAllString(text, "$$labels."+label)
}

// rewrite replaces every vector selector, from the leaves up.
func rewrite(e parser.Expr, f func(*parser.VectorSelector) parser.Expr) parser.Expr {
	switch e := e.(type) {
	case *parser.VectorSelector:
		return f(e)
	case *parser.AggregateExpr:
		e.Expr = rewrite(e.Expr, f)
	case *parser.BinaryExpr:
		e.LHS, e.RHS = rewrite(e.LHS, f), rewrite(e.RHS, f)
	case *parser.Call:
		for i := range e.Args {
			e.Args[i] = rewrite(e.Args[i], f)
		}
	case *parser.ParenExpr:
		e.Expr = rewrite(e.Expr, f)
	case *parser.UnaryExpr:
		e.Expr = rewrite(e.Expr, f)
	}
	return e // ranges are of foreign metrics only: they keep what they are
}

// Local is an expression over rows in which the label cluster is called label, as
// one over rows in which it has its own name.
func Local(expr, label string) (string, error) {
	e, err := Parse(expr)
	if err != nil || label == clusterLabel {
		return expr, err
	}
	renameFrom(e, label, clusterLabel)
	return e.String(), nil
}

// rename gives the label cluster another name, wherever PromQL names labels.
func rename(e parser.Expr, label string) { renameFrom(e, clusterLabel, label) }

func renameFrom(e parser.Expr, from, label string) {
	swap := func(names []string) {
		for i, n := range names {
			if n == from {
				names[i] = label
			}
		}
	}
	parser.Inspect(e, func(n parser.Node, _ []parser.Node) error {
		switch n := n.(type) {
		case *parser.VectorSelector:
			for _, m := range n.LabelMatchers {
				if m.Name == from {
					m.Name = label
				}
			}
		case *parser.AggregateExpr:
			swap(n.Grouping)
		case *parser.BinaryExpr:
			if n.VectorMatching != nil {
				swap(n.VectorMatching.MatchingLabels)
				swap(n.VectorMatching.Include)
			}
		case *parser.Call:
			for _, i := range labelArguments(n.Func.Name, len(n.Args)) {
				if s, ok := n.Args[i].(*parser.StringLiteral); ok && s.Val == from {
					s.Val = label
				}
			}
		}
		return nil
	})
}

// labelArguments are the arguments of a function that name labels.
func labelArguments(function string, n int) []int {
	switch function {
	case "label_replace": // (v, destination, replacement, source, regexp)
		return []int{1, 3}
	case "label_join": // (v, destination, separator, sources…)
		return append([]int{1}, from(3, n)...)
	case "sort_by_label", "sort_by_label_desc":
		return from(1, n)
	}
	return nil
}

func from(first, end int) []int {
	var all []int
	for i := first; i < end; i++ {
		all = append(all, i)
	}
	return all
}

// Metrics are the names of the metrics that an expression selects.
func Metrics(e parser.Expr) []string {
	var names []string
	parser.Inspect(e, func(n parser.Node, _ []parser.Node) error {
		if s, ok := n.(*parser.VectorSelector); ok && !slices.Contains(names, s.Name) {
			names = append(names, s.Name)
		}
		return nil
	})
	return names
}

// foreignMetrics are the metrics of others that rules and dashboards may use, and those
// that tell of one process, not of the fleet: they keep the labels of the scrape. All
// other names are those of the exporter.
func foreignMetrics() []string {
	return []string{
		"up", "scrape_duration_seconds", "scrape_samples_scraped", "scrape_samples_post_metric_relabeling",
		"ALERTS", "ALERTS_FOR_STATE",
		"process_cpu_seconds_total", "process_resident_memory_bytes", "go_goroutines",
		"vault_seal_unreachable_time", "vault_audit_log_request_failure", "vault_audit_log_response_failure", "vault_token_create_root",
	}
}

func foreign(metric string) bool { return slices.Contains(foreignMetrics(), metric) }
