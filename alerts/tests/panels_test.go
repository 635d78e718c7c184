// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package tests_test

import (
	"cmp"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/prometheus/model/labels"

	"github.com/cobaltcore-dev/cobaltcore-exporter/alerts"
	"github.com/cobaltcore-dev/cobaltcore-exporter/dashboards"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/exposition"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/testing/dashboardtest"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/testing/ruletest"
)

// TestPanels checks which panels turn with one fault at a time, which is the first fixture of each
// rule. A panel turns if it has a warning colour that it does not have with the healthy fleet. The
// list of all findings must turn, and so must a panel on the dashboard to which the alert links. The
// golden file lists the panels that turn and do not show findings.
func TestPanels(t *testing.T) {
	t.Parallel()
	pages := resolvedPages(t)
	rows, err := ruletest.HealthyRows(t.Context(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	well := panelsOf(t, ruletest.Fixture{Rows: rows, All: rows})
	listing := listingPanels(t, pages)
	baseline := map[string]colors{} // by variables
	var text strings.Builder
	fmt.Fprintf(&text, "healthy: %s\n", strings.Join(well.colors(pages, nil).beyond(nil), ", "))
	for _, f := range allFixtures(t) {
		if f.Name != f.Rule {
			continue
		}
		shown := panelsOf(t, f)
		page, variables := shown.link(f.Rule)
		if baseline[fmt.Sprint(variables)] == nil {
			baseline[fmt.Sprint(variables)] = well.colors(pages, variables)
		}
		turned := shown.colors(pages, variables).beyond(baseline[fmt.Sprint(variables)])
		fmt.Fprintf(&text, "%s\n", f.Rule)
		for _, panel := range turned {
			if !listing[panel] && (f.Rule != "OpenBaoMultipleActive" || panel != leaderChanges) {
				fmt.Fprintf(&text, "\t%s\n", panel)
			}
		}
		if f.Rule == "ExporterWatchdog" { // it fires permanently
			continue
		}
		if !slices.Contains(turned, "cobaltcore-fleet: All findings") {
			t.Errorf("%s: the list of all findings does not turn", f.Rule)
		}
		if !slices.ContainsFunc(turned, func(panel string) bool { return strings.HasPrefix(panel, page+": ") }) {
			t.Errorf("%s: no panel of %s turns", f.Rule, page)
		}
	}
	compare(t, "panels", text.String())
}

// leaderChanges is the panel that turns only in some runs with two active nodes, because the number of
// leader changes depends on the order of their answers.
const leaderChanges = "cobaltcore-openbao: Changes of the leader within 30 minutes"

// resolvedPages returns the dashboards with expressions for Prometheus.
func resolvedPages(t *testing.T) []dashboards.Dashboard {
	t.Helper()
	pages := dashboards.Catalogue()
	for i := range pages {
		var err error
		if pages[i], err = pages[i].WithClusterLabel("cluster"); err != nil {
			t.Fatal(err)
		}
	}
	return pages
}

// listingPanels returns the panels that show only findings and verdicts.
func listingPanels(t *testing.T, pages []dashboards.Dashboard) map[string]bool {
	t.Helper()
	panels := map[string]bool{}
	for _, page := range pages {
		for _, section := range page.Sections {
			for _, panel := range section.Panels {
				listing := true
				for _, q := range panel.Queries {
					e, err := alerts.Parse(q.Expr)
					if err != nil {
						t.Fatal(err)
					}
					listing = listing && strings.HasPrefix(alerts.Metrics(e)[0], "cobaltcore_health_")
				}
				panels[page.ID+": "+panel.Title] = listing
			}
		}
	}
	return panels
}

// colors counts the elements with a warning colour in each panel.
type colors map[string]map[dashboards.Color]int

// beyond returns the panels that have more elements of a colour than in other.
func (c colors) beyond(other colors) []string {
	var panels []string
	for _, panel := range slices.Sorted(maps.Keys(c)) {
		for color, n := range c[panel] {
			if n > other[panel][color] && !slices.Contains(panels, panel) {
				panels = append(panels, panel)
			}
		}
	}
	return panels
}

// panels has the dashboards and the rows of one moment.
type panels struct {
	*testing.T

	moment ruletest.Moment
	alerts []ruletest.Alert
}

func panelsOf(t *testing.T, f ruletest.Fixture) panels {
	t.Helper()
	rows := slices.Concat(f.All, healthRows(t, f))
	e := evaluators()["cluster"]
	m, err := e.Moment(t.Context(), rows, f.Series, ruletest.TakenAt())
	if err != nil {
		t.Fatal(err)
	}
	found, err := e.Alerts(t.Context(), m)
	if err != nil {
		t.Fatal(err)
	}
	found = slices.DeleteFunc(found, func(a ruletest.Alert) bool {
		return slices.Contains(withoutTargets(), a.Rule.Name) && f.Rule != a.Rule.Name
	})
	rows = append(rows, alertRows(found)...)
	if len(f.Series) == 0 {
		rows = append(rows, ruletest.Row{Labels: labels.FromStrings(labels.MetricName, "up", "job", "cobaltcore-exporter"), Value: 1})
	}
	if m, err = e.Moment(t.Context(), rows, f.Series, ruletest.TakenAt()); err != nil {
		t.Fatal(err)
	}
	return panels{T: t, moment: m, alerts: found}
}

// healthRows returns the rows about verdicts and findings.
func healthRows(t *testing.T, f ruletest.Fixture) []ruletest.Row {
	t.Helper()
	e, evaluator, _ := evaluated(t, f)
	e.Swap(nil, append(evaluator.Groups(), evaluator.Group("a"), evaluator.Group("b")))
	w := httptest.NewRecorder()
	(&exposition.Handler{Exposition: e}).ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/metrics", http.NoBody))
	rows, err := ruletest.ParseRows(w.Body.String())
	if err != nil {
		t.Fatal(err)
	}
	return slices.DeleteFunc(rows, func(r ruletest.Row) bool { return !strings.HasPrefix(r.Name(), "cobaltcore_health_") })
}

// alertRows returns the rows in Prometheus about alerts that only Prometheus evaluates.
func alertRows(found []ruletest.Alert) []ruletest.Row {
	var rows []ruletest.Row
	for _, a := range found {
		if a.Rule.PrometheusOnly {
			b := labels.NewBuilder(a.Labels)
			since := b.Set(labels.MetricName, "ALERTS_FOR_STATE").Labels()
			rows = append(rows, ruletest.Row{Labels: since, Value: float64(ruletest.TakenAt().Add(-time.Hour).Unix())},
				ruletest.Row{Labels: b.Set(labels.MetricName, "ALERTS").Set("alertstate", "firing").Labels(), Value: 1})
		}
	}
	return rows
}

// link returns the page and the variables of the link in the first alert of a rule.
func (p panels) link(rule string) (page string, variables map[string]string) {
	p.Helper()
	i := slices.IndexFunc(p.alerts, func(a ruletest.Alert) bool { return a.Rule.Name == rule })
	if i < 0 {
		p.Fatalf("%s does not fire", rule)
	}
	u, err := url.Parse(p.alerts[i].Dashboard)
	if err != nil {
		p.Fatal(err)
	}
	variables = map[string]string{}
	for name, value := range u.Query() {
		variables[strings.TrimPrefix(name, "var-")] = value[0]
	}
	return u.Path, variables
}

// colors returns the colours of the panels of pages with given values of variables. Other variables
// select all values. A page that requires a missing value is left out.
func (p panels) colors(pages []dashboards.Dashboard, given map[string]string) colors {
	p.Helper()
	all := colors{}
	for _, page := range pages {
		values := map[string]string{}
		complete := true
		for _, v := range page.Variables {
			if values[v.Name] = cmp.Or(given[v.Name], ".*"); v.Single && given[v.Name] == "" {
				complete = complete && v.Name == "cluster"
				values[v.Name] = "a"
			}
		}
		if !complete {
			continue
		}
		expand := dashboardtest.Expand(values)
		for _, section := range page.Sections {
			for _, panel := range section.Panels {
				if count := p.count(panel, expand); len(count) > 0 {
					all[page.ID+": "+panel.Title] = count
				}
			}
		}
	}
	return all
}

// count returns the number of elements of a panel with a warning colour.
func (p panels) count(panel dashboards.Panel, expand *strings.Replacer) map[dashboards.Color]int {
	p.Helper()
	count := map[dashboards.Color]int{}
	for i, q := range panel.Queries {
		vector, err := evaluators()["cluster"].QueryText(p.Context(), p.moment, expand.Replace(q.Expr))
		if err != nil {
			p.Errorf("%s: %v", panel.Title, err)
		}
		for _, s := range vector {
			for _, color := range dashboardtest.ColorsOf(panel, i, s.Metric.Map(), s.F) {
				switch color {
				case dashboards.Warning, dashboards.Bad, dashboards.Unknown, dashboards.Info:
					count[color]++
				}
			}
		}
	}
	return count
}
