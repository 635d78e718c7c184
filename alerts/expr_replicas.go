// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package alerts

import (
	"slices"
	"strings"

	"github.com/prometheus/prometheus/promql/parser"
)

// scrapeLabels returns the labels that a scrape adds. They differ between replicas of the exporter,
// and rows do not have them.
func scrapeLabels() []string {
	return []string{"container", "endpoint", "instance", "job", "pod", "service"}
}

// rewrite removes the labels of the scrape, from the leaves upwards: from a selector, or from the
// result of a function over the samples of a series, because the rate of aggregated counters of two
// replicas would be wrong.
func rewrite(e parser.Expr) parser.Expr {
	switch e := e.(type) {
	case *parser.VectorSelector:
		return withoutScrape(e, e.Name)
	case *parser.AggregateExpr:
		if _, ok := e.Expr.(*parser.VectorSelector); ok && joinsReplicas(e) {
			return e
		}
		if b, ok := e.Expr.(*parser.BinaryExpr); ok && e.Op == parser.MIN && joinsReplicas(e) && filters(b) && selects(b.LHS) {
			rewriteFilters(b)
			return e
		}
		if (e.Op == parser.MAX || e.Op == parser.MIN) && (e.Without || joinsReplicas(e)) && byReplica(e.Expr, e.Op == parser.MIN) {
			return ofAllReplicas(e)
		}
		e.Expr = rewrite(e.Expr)
	case *parser.BinaryExpr:
		e.LHS = rewrite(e.LHS)
		if !filters(e) || !selects(e.RHS) {
			e.RHS = rewrite(e.RHS)
		}
	case *parser.Call:
		if name, ok := ofSamples(e); ok {
			return withoutScrape(e, name)
		}
		for i := range e.Args {
			e.Args[i] = rewrite(e.Args[i])
		}
	case *parser.ParenExpr:
		e.Expr = rewrite(e.Expr)
	case *parser.UnaryExpr:
		e.Expr = rewrite(e.Expr)
	case *parser.SubqueryExpr:
		e.Expr = rewrite(e.Expr)
	}
	return e
}

// joinsReplicas reports whether an aggregation returns the greatest or the least value of all
// replicas anyway. The least value is the worst one, such as the earliest expiry of the tokens of
// the replicas.
func joinsReplicas(e *parser.AggregateExpr) bool {
	return (e.Op == parser.MAX || e.Op == parser.MIN || e.Op == parser.GROUP) && !e.Without &&
		!slices.ContainsFunc(e.Grouping, func(l string) bool { return slices.Contains(scrapeLabels(), l) })
}

// byReplica reports whether each row of a result depends only on the rows of one replica, and the
// greatest value of all replicas results from the greatest row; if inverted, from the least row.
func byReplica(e parser.Expr, inverted bool) bool {
	switch e := e.(type) {
	case *parser.VectorSelector:
		return !Foreign(e.Name) && !strings.Contains(e.Name, ":") && leastCounts(e.Name) == inverted
	case *parser.ParenExpr:
		return byReplica(e.Expr, inverted)
	case *parser.Call:
		return (e.Func.Name == "label_replace" || e.Func.Name == "label_join") && byReplica(e.Args[0], inverted)
	case *parser.BinaryExpr:
		_, number := e.RHS.(*parser.NumberLiteral)
		now, _ := e.LHS.(*parser.Call)
		switch e.Op {
		case parser.LOR:
			return byReplica(e.LHS, inverted) && byReplica(e.RHS, inverted)
		case parser.LAND, parser.LUNLESS:
			return filters(e) && byReplica(e.LHS, inverted)
		case parser.GTR, parser.GTE:
			return number && !inverted && byReplica(e.LHS, false)
		case parser.SUB:
			return now != nil && now.Func.Name == "time" && byReplica(e.RHS, !inverted)
		}
	}
	return false
}

// ofAllReplicas removes the labels of the scrape from an aggregation of an expression that is
// [byReplica].
func ofAllReplicas(e *parser.AggregateExpr) parser.Expr {
	rewriteFilters(e.Expr)
	if e.Without {
		e.Grouping = slices.Sorted(slices.Values(append(scrapeLabels(), e.Grouping...)))
	}
	return e
}

// rewriteFilters rewrites the right sides of filters and comparisons in an expression that is [byReplica].
func rewriteFilters(e parser.Expr) {
	switch e := e.(type) {
	case *parser.ParenExpr:
		rewriteFilters(e.Expr)
	case *parser.Call:
		for _, arg := range e.Args {
			rewriteFilters(arg)
		}
	case *parser.BinaryExpr:
		rewriteFilters(e.LHS)
		if e.Op != parser.LAND && e.Op != parser.LUNLESS {
			rewriteFilters(e.RHS)
		} else if !selects(e.RHS) {
			e.RHS = rewrite(e.RHS)
		}
	}
}

// filters reports whether the rows on the right side of an operation only have to exist, in any
// replica.
func filters(e *parser.BinaryExpr) bool {
	m := e.VectorMatching
	return (e.Op == parser.LAND || e.Op == parser.LUNLESS) && m.On &&
		!slices.ContainsFunc(m.MatchingLabels, func(l string) bool { return slices.Contains(scrapeLabels(), l) })
}

// selects reports whether an expression has a row if and only if it selects the greatest or the
// least value of all replicas: it has no comparison, or a limit that one replica is enough to
// exceed. Values that are compared with 1 are never greater than 1.
func selects(e parser.Expr) bool {
	switch e := e.(type) {
	case *parser.VectorSelector:
		return true
	case *parser.BinaryExpr:
		s, isSelector := e.LHS.(*parser.VectorSelector)
		n, isNumber := e.RHS.(*parser.NumberLiteral)
		if !isSelector || !isNumber || Foreign(s.Name) {
			return false
		}
		if leastCounts(s.Name) {
			return e.Op == parser.LSS || e.Op == parser.LTE
		}
		return e.Op == parser.GTR || e.Op == parser.GTE || e.Op == parser.EQLC && n.Val == 1
	case *parser.ParenExpr:
		return selects(e.Expr)
	case *parser.Call:
		return (e.Func.Name == "label_replace" || e.Func.Name == "label_join") && selects(e.Args[0])
	}
	return false
}

// ofSamples reports whether a function reads samples of series, either a range or the time of the last
// one, and returns their metric.
func ofSamples(e *parser.Call) (metric string, ok bool) {
	for _, a := range e.Args {
		if m, isRange := a.(*parser.MatrixSelector); isRange {
			a = m.VectorSelector
		} else if e.Func.Name != "timestamp" {
			continue
		}
		if s, isSelector := a.(*parser.VectorSelector); isSelector {
			return s.Name, true
		}
	}
	return "", false
}

const (
	// sinceSuffix is the suffix of the names of metrics with an onset.
	sinceSuffix = "_since_timestamp_seconds"
	// reloadSuccessful is 0 for a replica that could not load its configuration.
	reloadSuccessful = "cobaltcore_config_last_reload_successful"
	// refusedClients counts connections and requests beyond a limit.
	refusedClients = "cobaltcore_web_refused_total"
	// lastEvaluation is old for a replica that does not evaluate its rules.
	lastEvaluation = "cobaltcore_health_last_evaluation_timestamp_seconds"
)

// leastCounts reports whether the least value of all replicas counts, because that replica has seen
// a problem for the longest time or has failed.
func leastCounts(metric string) bool {
	return strings.HasSuffix(metric, sinceSuffix) || metric == reloadSuccessful || metric == lastEvaluation
}

// withoutScrape returns the expression without the labels of the scrape. Metrics of other exporters
// keep them. Recordings do not have them, because their expressions have already removed them.
func withoutScrape(e parser.Expr, metric string) parser.Expr {
	if Foreign(metric) || strings.Contains(metric, ":") {
		return e
	}
	op := parser.ItemType(parser.MAX)
	if leastCounts(metric) {
		op = parser.MIN
	}
	if own := FewLabels()[metric]; own != nil {
		return &parser.AggregateExpr{Op: op, Expr: e, Grouping: own}
	}
	return &parser.AggregateExpr{Op: op, Expr: e, Without: true, Grouping: scrapeLabels()}
}

// FewLabels returns the labels of families that rules use often and that have few labels. For these
// families, naming the labels to keep is shorter than naming the labels of the scrape.
func FewLabels() map[string][]string {
	return map[string][]string{
		"cobaltcore_cluster_up":                             {clusterLabel},
		"cobaltcore_cluster_failing_status_code":            {clusterLabel},
		"cobaltcore_watch_synced":                           {clusterLabel, "collector", "group", "kind"},
		"cobaltcore_watch_objects_cut":                      {clusterLabel, "collector", "group", "kind"},
		"cobaltcore_watch_objects_with_cut_labels":          {clusterLabel, "collector", "group", "kind"},
		"cobaltcore_openbao_not_answering":                  {clusterLabel, "openbao", "reason"},
		"cobaltcore_openbao_node_up":                        {clusterLabel, "openbao", "node"},
		"cobaltcore_openbao_node_seal_migration":            {clusterLabel, "openbao", "node"},
		"cobaltcore_openbao_node_clock_skew_seconds":        {clusterLabel, "openbao", "node"},
		"cobaltcore_greenhouse_team_members":                {clusterLabel, "namespace", "name"},
		"cobaltcore_greenhouse_pluginpreset_plugins_failed": {clusterLabel, "namespace", "name"},
		"cobaltcore_openbao_node_sealed":                    {clusterLabel, "openbao", "node"},
		"cobaltcore_openbao_node_active":                    {clusterLabel, "openbao", "node"},
	}
}
