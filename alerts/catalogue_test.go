// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package alerts_test

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/prometheus/promql/parser"

	"github.com/cobaltcore-dev/cobaltcore-exporter/alerts"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/app"
)

// everyExpression calls f for each expression of the catalogue.
func everyExpression(t *testing.T, f func(where string, e parser.Expr, prometheusOnly bool)) {
	t.Helper()
	parse := func(where, expr string, only bool) {
		e, err := alerts.Parse(expr)
		if err != nil {
			t.Errorf("%s: %v", where, err)
			return
		}
		f(where, e, only)
	}
	for _, g := range alerts.Catalogue() {
		for _, r := range g.Recordings {
			parse(r.Name, r.Expr, false)
		}
		for _, r := range g.Rules {
			parse(r.Name, r.Expr, r.PrometheusOnly)
			if r.Since != "" {
				parse(r.Name+" since", r.Since, false)
			}
		}
	}
}

// TestExpressionsUseDeclaredMetrics compares metrics and labels with the declarations: a rule about a
// metric that does not exist never fires.
func TestExpressionsUseDeclaredMetrics(t *testing.T) {
	labels, detail := map[string][]string{}, map[string]bool{}
	for _, f := range app.Families() {
		labels[f.Name], detail[f.Name] = f.Labels, f.Detail
	}
	gathered, err := app.SelfMetrics().Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range gathered {
		labels[f.GetName()] = []string{}
	}
	recorded := map[string]bool{}
	for _, g := range alerts.Catalogue() {
		for _, r := range g.Recordings {
			if !strings.Contains(r.Name, ":") || recorded[r.Name] {
				t.Errorf("%s: a recording has a name of its own, with colons", r.Name)
			}
			recorded[r.Name] = true
		}
	}
	everyExpression(t, func(where string, e parser.Expr, only bool) {
		parser.Inspect(e, func(n parser.Node, _ []parser.Node) error {
			s, ok := n.(*parser.VectorSelector)
			if !ok || recorded[s.Name] || only {
				return nil
			}
			declared, ok := labels[s.Name]
			if !ok {
				t.Errorf("%s: no collector exports %s: add it to Families of its collector, or correct the name", where, s.Name)
			}
			if detail[s.Name] {
				t.Errorf("%s: %s is exported with metrics.detail: full only: declare it without Detail, or the rule never fires", where, s.Name)
			}
			for _, m := range s.LabelMatchers {
				if m.Name != "__name__" && ok && !slices.Contains(declared, m.Name) {
					t.Errorf("%s: %s has no label %s", where, s.Name, m.Name)
				}
			}
			return nil
		})
	})
}

// TestInstantExpressions checks that rules of the report use no history.
func TestInstantExpressions(t *testing.T) {
	everyExpression(t, func(where string, e parser.Expr, only bool) {
		if only {
			return
		}
		parser.Inspect(e, func(n parser.Node, _ []parser.Node) error {
			switch n := n.(type) {
			case *parser.MatrixSelector, *parser.SubqueryExpr:
				t.Errorf("%s: %s needs a history", where, n)
			case *parser.VectorSelector:
				if n.OriginalOffset != 0 || n.Timestamp != nil {
					t.Errorf("%s: %s looks at another time", where, n)
				}
			}
			return nil
		})
	})
}

// TestClusterLabelIsKept checks that every aggregation and every match keeps the label cluster.
// Otherwise, objects of the same name in two clusters would be mixed up.
func TestClusterLabelIsKept(t *testing.T) {
	everyExpression(t, func(where string, e parser.Expr, _ bool) {
		parser.Inspect(e, func(n parser.Node, path []parser.Node) error {
			switch n := n.(type) {
			case *parser.AggregateExpr:
				if !n.Without && !slices.Contains(n.Grouping, "cluster") && !acrossClusters(n.Grouping) {
					t.Errorf("%s: %s drops the label cluster: add it to by (...)", where, n)
				}
			case *parser.BinaryExpr:
				m := n.VectorMatching
				if m != nil && m.On && !slices.Contains(m.MatchingLabels, "cluster") && !acrossClusters(m.MatchingLabels) {
					t.Errorf("%s: %s matches across clusters: add cluster to on (...)", where, n)
				}
			}
			return nil
		})
	})
}

// TestNoScrapeLabels checks that rules do not use labels of the scrape, because the rules for
// Prometheus aggregate over these labels.
func TestNoScrapeLabels(t *testing.T) {
	scrape := []string{"container", "endpoint", "instance", "job", "pod", "service"}
	everyExpression(t, func(where string, e parser.Expr, only bool) {
		parser.Inspect(e, func(n parser.Node, _ []parser.Node) error {
			var names []string
			switch n := n.(type) {
			case *parser.AggregateExpr:
				names = n.Grouping
			case *parser.BinaryExpr:
				if n.VectorMatching != nil {
					names = slices.Concat(n.VectorMatching.MatchingLabels, n.VectorMatching.Include)
				}
			}
			for _, name := range names {
				if !only && slices.Contains(scrape, name) {
					t.Errorf("%s: %s keeps the label %s, which the scrape has, too", where, n, name)
				}
			}
			return nil
		})
	})
}

// acrossClusters lists the joins across clusters: secrets are stored once for all clusters,
// versions and clusters are compared with each other, the workload of a Plugin is in the cluster
// that it names, and Alertmanager is not in a cluster of the fleet.
func acrossClusters(labels []string) bool {
	switch strings.Join(labels, " ") {
	case "backend mount path_id", "version", "cluster_uid", "target_cluster release_namespace release_name", "alertmanager", "":
		return true
	}
	return false
}

func TestRules(t *testing.T) {
	name := regexp.MustCompile(`^[A-Z][A-Za-z]+$`) // see also [TestNamesBeginWithTheSystem]
	byName := map[string]alerts.Rule{}
	for _, r := range alerts.Rules() {
		if _, ok := byName[r.Name]; ok {
			t.Errorf("two rules are called %s", r.Name)
		}
		byName[r.Name] = r
		if !name.MatchString(r.Name) {
			t.Errorf("%s: not the name of an alert", r.Name)
		}
		if !slices.Contains(alerts.Systems(), r.System) || r.Summary == "" || r.Description == "" || r.Object.Kind == "" || r.Object.Name == "" {
			t.Errorf("%s lacks a registered System, Summary, Description, Object.Kind or Object.Name: %+v", r.Name, r)
		}
		if strings.HasSuffix(r.Summary, ".") || !strings.HasSuffix(r.Description, ".") {
			t.Errorf("%s: a Summary ends without a full stop, a Description with one", r.Name)
		}
	}
	for _, r := range alerts.Rules() {
		for _, i := range r.InhibitedBy {
			by, ok := byName[i.By]
			switch {
			case !ok:
				t.Errorf("%s follows from %s, which is not there", r.Name, i.By)
			case len(i.Equal) == 0:
				t.Errorf("%s follows from every %s", r.Name, i.By)
			case by.For > r.For+tolerance(r) && by.Name != r.Name+"Critical":
				t.Errorf("%s fires before %s, from which it follows: its For is %s, want at least %s", r.Name, i.By, r.For, by.For-tolerance(r))
			case by.KeepFiringFor < r.KeepFiringFor:
				t.Errorf("%s outlives %s, from which it follows", r.Name, i.By)
			case follows(byName, i.By, r.Name, nil):
				t.Errorf("%s follows from itself by %s", r.Name, i.By)
			}
		}
	}
}

// tolerance returns the tolerance in the expression of a rule. FluxApplyFailing reports some health
// checks earlier, but these are not consequences of other alerts.
func tolerance(r alerts.Rule) time.Duration {
	if r.Threshold == nil || r.Threshold.Unit != alerts.Seconds || !strings.Contains(r.Expr, "time() - ") {
		return 0
	}
	number := strconv.FormatFloat(r.Threshold.Default, 'f', -1, 64)
	if !strings.Contains(r.Expr, "> "+number) && !strings.Contains(r.Expr, `{tolerated="true"} <= `+number) {
		return 0
	}
	return time.Duration(r.Threshold.Default) * time.Second
}

// follows reports whether a is a consequence of b.
func follows(rules map[string]alerts.Rule, a, b string, seen []string) bool {
	if slices.Contains(seen, a) {
		return false
	}
	return slices.ContainsFunc(rules[a].InhibitedBy, func(i alerts.Inhibition) bool {
		return i.By == b || follows(rules, i.By, b, append(seen, a))
	})
}

// TestTextsGiveTheReason checks that texts do not name a metric in place of the reason.
func TestTextsGiveTheReason(t *testing.T) {
	for _, r := range alerts.Rules() {
		if text := r.Summary + " " + r.Description; strings.Contains(text, "cobaltcore_") {
			t.Errorf("%s: %s", r.Name, text)
		}
	}
}

// TestNamesBeginWithTheSystem checks that the name of an alert begins with its system.
func TestNamesBeginWithTheSystem(t *testing.T) {
	for _, r := range alerts.Rules() {
		var prefixes []string
		for _, d := range alerts.Descriptions() {
			if d.System == r.System {
				prefixes = d.Prefixes
			}
		}
		if !slices.ContainsFunc(prefixes, func(p string) bool { return strings.HasPrefix(r.Name, p) }) {
			t.Errorf("%s is about %s, whose alerts begin with %v", r.Name, r.System, prefixes)
		}
	}
}
