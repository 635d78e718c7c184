// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package alerts

import (
	"regexp"
	"slices"
	"strings"

	"github.com/prometheus/prometheus/promql/parser"
)

// clusterLabel is the name in expressions of the label that [ExprFor] may rename.
const clusterLabel = "cluster"

// layoutLabel replaces the name of the label while an expression is broken into lines, so that the
// line breaks do not depend on the name. It is as long as cluster.
const layoutLabel = "CLUSTER"

// ExprFor returns the expression for Prometheus: selectors of metrics of the exporter are
// aggregated over the labels of the scrape, so that two replicas count as one exporter, and the
// label cluster has its configured name.
func ExprFor(expr, label string) (string, error) {
	e, err := render(expr, layoutLabel, func(e parser.Expr) parser.Expr { return rewrite(copyLabels(useRecordings(e))) })
	if err != nil {
		return "", err
	}
	return strings.ReplaceAll(layout(e), layoutLabel, label), nil
}

// copyLabels writes the copy of a label in the shorter of two forms.
func copyLabels(e parser.Expr) parser.Expr {
	parser.Inspect(e, func(n parser.Node, _ []parser.Node) error {
		c, ok := n.(*parser.Call)
		if ok && c.Func.Name == "label_replace" && literal(c.Args[2]) == "$1" && literal(c.Args[4]) == "(.*)" {
			c.Func = parser.Functions["label_join"]
			c.Args = parser.Expressions{c.Args[0], c.Args[1], &parser.StringLiteral{}, c.Args[3]}
		}
		return nil
	})
	return e
}

// QueryFor returns the same expression in one line.
func QueryFor(expr, label string) (string, error) {
	e, err := render(expr, label, rewrite)
	if err != nil {
		return "", err
	}
	return e.String(), nil
}

// EachReplica returns [QueryFor] for values of each replica: the labels of the scrape are kept.
func EachReplica(expr, label string) (string, error) {
	e, err := render(expr, label, func(e parser.Expr) parser.Expr { return e })
	if err != nil {
		return "", err
	}
	return e.String(), nil
}

// render returns the text of the changed expression, with the name of the label cluster and with
// its placeholders.
func render(expr, label string, change func(parser.Expr) parser.Expr) (parser.Expr, error) {
	e, placeholders, err := parse(expr)
	if err != nil {
		return nil, err
	}
	e = change(e)
	rename(e, label)
	return e, restore(e, placeholders)
}

// Parse parses an expression. Placeholders are allowed in place of a range and of a number in a
// comparison.
func Parse(expr string) (parser.Expr, error) {
	e, _, err := parse(expr)
	return e, err
}

var (
	templateLabel = regexp.MustCompile(`\$labels\.cluster\b`)
	templateSpace = regexp.MustCompile(`\{\{ ([^{}]*) \}\}`)
)

// templateFor returns a template for rows in which the label cluster has another name, without
// superfluous spaces.
func templateFor(text, label string) string {
	return templateSpace.ReplaceAllString(templateLabel.ReplaceAllString(text, "$$labels."+label), "{{$1}}")
}

// Local converts an expression for rows in which the label cluster has the name label into an
// expression for rows in which it has its original name.
func Local(expr, label string) (string, error) {
	e, err := Parse(expr)
	if err != nil || label == clusterLabel {
		return expr, err
	}
	renameFrom(e, label, clusterLabel)
	return e.String(), nil
}

// rename renames the label cluster in all places in which PromQL names labels.
func rename(e parser.Expr, label string) {
	if label != clusterLabel {
		renameFrom(e, clusterLabel, label)
	}
}

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
				if i > 1 && foreignSelector(n.Args[0]) { // its labels keep their names
					continue
				}
				if s, ok := n.Args[i].(*parser.StringLiteral); ok && s.Val == from {
					s.Val = label
				}
			}
		}
		return nil
	})
}

// foreignSelector reports whether an expression selects a metric of another exporter.
func foreignSelector(e parser.Expr) bool {
	s, ok := e.(*parser.VectorSelector)
	return ok && Foreign(s.Name)
}

// labelArguments returns the arguments of a function that are names of labels.
func labelArguments(function string, n int) []int {
	switch function {
	case "label_replace": // (v, destination, replacement, source, regexp)
		return []int{1, 3}
	case "label_join": // (v, destination, separator, sources…)
		return append([]int{1}, indexRange(3, n)...)
	case "sort_by_label", "sort_by_label_desc":
		return indexRange(1, n)
	}
	return nil
}

func indexRange(first, end int) []int {
	var all []int
	for i := first; i < end; i++ {
		all = append(all, i)
	}
	return all
}

// Metrics returns the names of the metrics that an expression selects.
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

// foreignMetrics returns the metrics of other exporters that rules and dashboards may use. All
// other metrics belong to the exporter.
func foreignMetrics() []string {
	return []string{
		"up", "scrape_duration_seconds", "scrape_samples_scraped", "scrape_samples_post_metric_relabeling",
		"ALERTS", "ALERTS_FOR_STATE",
		"vault_seal_unreachable_time", "vault_audit_log_request_failure", "vault_audit_log_response_failure", "vault_token_create_root",
		"vault_barrier_get_count", "vault_barrier_get_sum", "vault_barrier_put_count", "vault_barrier_put_sum", "vault_raft_storage_stats_fsm_pending",
		"vault_core_handle_request_count", "vault_core_handle_request_sum", "vault_expire_num_leases", "vault_runtime_alloc_bytes",
		"vault_token_count_by_ttl", "vault_pki_issue_failure", "vault_pki_sign_failure", "vault_secrets_pki_tidy_failure",
		"kubelet_volume_stats_available_bytes", "kubelet_volume_stats_capacity_bytes",
	}
}

// Foreign reports whether a metric belongs to another exporter and may be used by rules and dashboards.
func Foreign(metric string) bool { return slices.Contains(foreignMetrics(), metric) }
