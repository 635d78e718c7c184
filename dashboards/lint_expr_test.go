// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package dashboards_test

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/prometheus/prometheus/promql/parser"

	"github.com/cobaltcore-dev/cobaltcore-exporter/alerts"
	"github.com/cobaltcore-dev/cobaltcore-exporter/dashboards"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/app"
)

// everyPanel calls f for each panel of each page.
func everyPanel(t *testing.T, f func(t *testing.T, d dashboards.Dashboard, p dashboards.Panel)) {
	t.Helper()
	for _, d := range catalogue() {
		for _, s := range d.Sections {
			for _, p := range s.Panels {
				t.Run(d.ID+"/"+p.Title, func(t *testing.T) { f(t, d, p) })
			}
		}
	}
}

// everyQuery calls f for each query in its written form.
func everyQuery(t *testing.T, f func(t *testing.T, p dashboards.Panel, e parser.Expr)) {
	t.Helper()
	everyPanel(t, func(t *testing.T, _ dashboards.Dashboard, p dashboards.Panel) {
		for _, q := range p.Queries {
			e, err := alerts.Parse(q.Expr)
			if err != nil {
				t.Error(err)
				continue
			}
			f(t, p, e)
		}
	})
}

// known returns the labels of every metric that pages may select; nil means any labels.
func known(t *testing.T) map[string][]string {
	t.Helper()
	metrics := map[string][]string{}
	for _, f := range app.Families() {
		metrics[f.Name] = append([]string{}, f.Labels...)
		for _, suffix := range []string{"_sum", "_count", "_bucket"} {
			metrics[f.Name+suffix] = append([]string{"le"}, f.Labels...)
		}
		if f.Open { // labels of controllers, which are not declared
			metrics[f.Name], metrics[f.Name+"_sum"], metrics[f.Name+"_count"] = nil, nil, nil
		}
	}
	self, err := app.SelfMetrics().Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range self {
		labels := []string{}
		for _, m := range f.GetMetric() {
			for _, l := range m.GetLabel() {
				labels = append(labels, l.GetName())
			}
		}
		for _, suffix := range []string{"", "_sum", "_count", "_bucket"} {
			metrics[f.GetName()+suffix] = labels
		}
	}
	for _, g := range alerts.Catalogue() {
		for _, r := range g.Recordings {
			e, err := alerts.Parse(r.Expr)
			if err != nil {
				t.Fatal(err)
			}
			metrics[r.Name] = labelsIn(e, metrics)
		}
	}
	return metrics
}

// labelsIn returns the labels that may occur in an expression: the labels of its selectors and
// those that it creates. nil means any labels.
func labelsIn(e parser.Expr, metrics map[string][]string) []string {
	labels, unknown := []string{}, false
	parser.Inspect(e, func(n parser.Node, _ []parser.Node) error {
		switch n := n.(type) {
		case *parser.VectorSelector:
			declared, ok := metrics[n.Name]
			unknown = unknown || !ok || declared == nil
			labels = append(labels, declared...)
		case *parser.Call:
			if n.Func.Name == "label_replace" || n.Func.Name == "label_join" {
				labels = append(labels, n.Args[1].(*parser.StringLiteral).Val)
			}
		case *parser.AggregateExpr:
			if n.Op == parser.COUNT_VALUES {
				labels = append(labels, n.Param.(*parser.StringLiteral).Val)
			}
		}
		return nil
	})
	if unknown {
		return nil
	}
	return labels
}

// ofScrape lists labels that a scrape adds.
func ofScrape(label string) bool { return slices.Contains([]string{"instance", "job", "pod"}, label) }

// TestQueriesUseDeclaredMetrics checks that metrics and labels in queries exist, because a panel
// about a missing metric is empty and looks as if there were no problem.
func TestQueriesUseDeclaredMetrics(t *testing.T) {
	metrics := known(t)
	detail := map[string]bool{}
	for _, f := range app.Families() {
		detail[f.Name] = f.Detail
	}
	everyQuery(t, func(t *testing.T, p dashboards.Panel, e parser.Expr) {
		available := labelsIn(e, metrics)
		has := func(l string) bool {
			return available == nil || slices.Contains(available, l) || p.PerReplica && ofScrape(l)
		}
		parser.Inspect(e, func(n parser.Node, _ []parser.Node) error {
			var names []string
			switch n := n.(type) {
			case *parser.VectorSelector:
				declared, ok := metrics[n.Name]
				if detail[n.Name] && !strings.Contains(p.Description, "metrics.detail") {
					t.Errorf("%s is exported with metrics.detail: full only, and the description does not say so", n.Name)
				}
				if !ok && !alerts.Foreign(n.Name) {
					t.Errorf("no collector exports %s: add it to Families of its collector, or correct the name", n.Name)
				}
				for _, m := range n.LabelMatchers {
					if m.Name != "__name__" && declared != nil && !slices.Contains(declared, m.Name) && (!p.PerReplica || !ofScrape(m.Name)) {
						t.Errorf("%s has no label %s", n.Name, m.Name)
					}
				}
			case *parser.AggregateExpr:
				names = n.Grouping
			case *parser.BinaryExpr:
				if n.VectorMatching != nil {
					names = slices.Concat(n.VectorMatching.MatchingLabels, n.VectorMatching.Include)
				}
			}
			for _, l := range names {
				if !has(l) {
					t.Errorf("nothing has the label %s in %s", l, n)
				}
			}
			return nil
		})
	})
}

var legendLabels = regexp.MustCompile(`\{\{\s*(\w+)\s*\}\}`)

// TestShownLabelsExist checks that the labels in legends, columns and links exist.
func TestShownLabelsExist(t *testing.T) {
	metrics := known(t)
	everyPanel(t, func(t *testing.T, _ dashboards.Dashboard, p dashboards.Panel) {
		for _, q := range p.Queries {
			e, err := alerts.Parse(q.Expr)
			if err != nil {
				t.Fatal(err)
			}
			available := labelsIn(e, metrics)
			for _, m := range legendLabels.FindAllStringSubmatch(q.Legend, -1) {
				if available != nil && !slices.Contains(available, m[1]) && !p.PerReplica {
					t.Errorf("nothing has the label %s of the legend in %s", m[1], q.Expr)
				}
			}
		}
		for _, l := range p.Labels() {
			for i, q := range p.Queries {
				e, err := alerts.Parse(q.Expr)
				if err != nil {
					t.Fatal(err)
				}
				if available := labelsIn(e, metrics); available != nil && !slices.Contains(available, l) && !p.PerReplica {
					t.Errorf("query %d has no label %s, which a column or a link needs", i, l)
				}
			}
		}
	})
}

// TestClusterLabelIsKept checks that joins of two expressions keep the label cluster. Otherwise,
// objects of the same name in two clusters would be mixed up. If both sides have aggregated it
// away, the result is not about a cluster.
func TestClusterLabelIsKept(t *testing.T) {
	everyQuery(t, func(t *testing.T, p dashboards.Panel, e parser.Expr) {
		if p.PerReplica {
			return
		}
		parser.Inspect(e, func(n parser.Node, _ []parser.Node) error {
			b, ok := n.(*parser.BinaryExpr)
			if !ok || b.VectorMatching == nil || b.Op == parser.LOR {
				return nil
			}
			left, right := hasCluster(b.LHS), hasCluster(b.RHS)
			matched := b.VectorMatching.On == slices.Contains(b.VectorMatching.MatchingLabels, "cluster")
			if left != right && !acrossClusters(b) || left && right && !matched && !acrossClusters(b) {
				t.Errorf("matches across clusters: %s", b)
			}
			return nil
		})
	})
}

// acrossClusters lists the intended joins across clusters, as in the rules, and joins of alerts
// with their causes by the labels in the catalogue.
func acrossClusters(b *parser.BinaryExpr) bool {
	if slices.Equal(alerts.Metrics(b), []string{"ALERTS"}) {
		return true
	}
	switch strings.Join(b.VectorMatching.MatchingLabels, " ") {
	case "backend mount path_id", "path_id", "version", "cluster_uid", "chart_name", "target_cluster release_namespace release_name":
		return b.VectorMatching.On
	}
	return false
}

// hasCluster reports whether the result of an expression has the label cluster.
func hasCluster(e parser.Expr) bool {
	switch e := e.(type) {
	case *parser.VectorSelector, *parser.MatrixSelector:
		return true
	case *parser.AggregateExpr:
		switch e.Op {
		case parser.TOPK, parser.BOTTOMK, parser.LIMITK:
			return hasCluster(e.Expr)
		}
		if e.Without {
			return hasCluster(e.Expr) && !slices.Contains(e.Grouping, "cluster")
		}
		return slices.Contains(e.Grouping, "cluster")
	case *parser.BinaryExpr:
		return hasCluster(e.LHS) || hasCluster(e.RHS)
	case *parser.Call:
		return slices.ContainsFunc(e.Args, hasCluster) ||
			strings.HasPrefix(e.Func.Name, "label_") && e.Args[1].(*parser.StringLiteral).Val == "cluster"
	case *parser.ParenExpr:
		return hasCluster(e.Expr)
	case *parser.UnaryExpr:
		return hasCluster(e.Expr)
	case *parser.SubqueryExpr:
		return hasCluster(e.Expr)
	}
	return false
}

// TestRangesFitTheStep checks ranges, because a rate over a fixed window misses samples between two
// points of a wide graph. A panel with a single value may use a fixed window.
func TestRangesFitTheStep(t *testing.T) {
	everyPanel(t, func(t *testing.T, _ dashboards.Dashboard, p dashboards.Panel) {
		history := p.Kind == dashboards.TimeSeries || p.Kind == dashboards.StatusHistory
		for _, q := range p.Queries {
			for _, m := range regexp.MustCompile(`\[([^\]:]+)\]`).FindAllStringSubmatch(q.Expr, -1) {
				if history && !strings.HasPrefix(m[1], "$__") && strings.ContainsAny(m[1], "smhdw") {
					t.Errorf("[%s] in %s", m[1], q.Expr)
				}
			}
			for _, m := range regexp.MustCompile(`rate\([^\[\]]*\[([^\]]+)\]`).FindAllStringSubmatch(q.Expr, -1) {
				if m[1] != "$__rate_interval" {
					t.Errorf("a rate of [%s] in %s", m[1], q.Expr)
				}
			}
			e, err := alerts.Parse(q.Expr)
			if err != nil {
				t.Fatal(err)
			}
			parser.Inspect(e, func(n parser.Node, _ []parser.Node) error {
				if c, ok := n.(*parser.Call); ok && strings.HasPrefix(c.Func.Name, "absent") {
					t.Errorf("%s has no cluster", c)
				}
				return nil
			})
		}
	})
}
