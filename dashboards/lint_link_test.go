// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package dashboards_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/cobaltcore-dev/cobaltcore-exporter/alerts"
	"github.com/cobaltcore-dev/cobaltcore-exporter/dashboards"
)

func page(id string) (dashboards.Dashboard, bool) {
	all := catalogue()
	i := slices.IndexFunc(all, func(d dashboards.Dashboard) bool { return d.ID == id })
	if i < 0 {
		return dashboards.Dashboard{}, false
	}
	return all[i], true
}

func hasVariable(d dashboards.Dashboard, name string) bool {
	return slices.ContainsFunc(d.Variables, func(v dashboards.Variable) bool { return v.Name == name })
}

// TestLinkTargetsExist checks that links lead to existing pages and set existing variables.
func TestLinkTargetsExist(t *testing.T) {
	for _, d := range catalogue() {
		check := func(where string, l dashboards.Link, row bool) {
			if l.Title == "" || (l.Dashboard == "") == (l.URL == "") || !row && len(l.Labels()) > 0 {
				t.Errorf("%s: %s: %+v", d.ID, where, l)
			}
			if l.Dashboard == "" {
				if !strings.HasPrefix(l.URL, "https://") && !strings.HasPrefix(l.URL, "${") || len(l.Variables) > 0 {
					t.Errorf("%s: %s leads to %s", d.ID, where, l.URL)
				}
				return
			}
			to, ok := page(l.Dashboard)
			if !ok {
				t.Errorf("%s: %s leads to %s, which is not there", d.ID, where, l.Dashboard)
			}
			for name := range l.Variables {
				if !hasVariable(to, name) {
					t.Errorf("%s: %s sets %s, which %s has not", d.ID, where, name, l.Dashboard)
				}
			}
			for _, v := range to.Variables { // a page about one object needs its name
				if _, set := l.Variables[v.Name]; row && v.Single && !set && !hasVariable(d, v.Name) {
					t.Errorf("%s: %s does not say which %s %s is to show", d.ID, where, v.Name, l.Dashboard)
				}
			}
		}
		for _, l := range d.Links {
			check("the page", l, false)
		}
		for _, s := range d.Sections {
			for _, p := range s.Panels {
				for _, l := range p.Links {
					check(p.Title, l, true)
				}
				for _, c := range p.Columns {
					if c.Link != nil {
						check(p.Title+"/"+c.Title, *c.Link, true)
					}
				}
			}
		}
	}
}

// TestEveryPageIsReached checks that every page can be reached by links from the first page.
func TestEveryPageIsReached(t *testing.T) {
	all := catalogue()
	reached := map[string]bool{}
	var visit func(id string)
	visit = func(id string) {
		d, ok := page(id)
		if !ok || reached[id] {
			return
		}
		reached[id] = true
		links := slices.Clone(d.Links)
		for _, s := range d.Sections {
			for _, p := range s.Panels {
				links = append(links, p.Links...)
				for _, c := range p.Columns {
					if c.Link != nil {
						links = append(links, *c.Link)
					}
				}
			}
		}
		for _, l := range links {
			visit(l.Dashboard)
		}
	}
	visit(all[0].ID)
	for _, d := range all {
		if !reached[d.ID] {
			t.Errorf("nothing leads from %s to %s", all[0].ID, d.ID)
		}
	}
}

// TestAlertsLinkToPages checks that alerts link to a page with a variable for the cluster of the alert.
func TestAlertsLinkToPages(t *testing.T) {
	for _, r := range alerts.Rules() {
		d, ok := page(r.Dashboard())
		if !ok || !hasVariable(d, "cluster") {
			t.Errorf("%s leads to %s", r.Name, r.Dashboard())
		}
	}
	for name, want := range map[string]string{
		"ExporterDown": "cobaltcore-exporter", "ExporterReloadFailed": "cobaltcore-exporter", "ExporterAlertmanagerDown": "cobaltcore-exporter",
		"FluxApplyFailing": "cobaltcore-flux-resource?var-cluster={{ $labels.cluster | urlquery }}&var-kind={{ $labels.kind | urlquery }}" +
			"&var-namespace={{ $labels.exported_namespace | urlquery }}&var-name={{ $labels.name | urlquery }}",
	} {
		all := alerts.Rules()
		i := slices.IndexFunc(all, func(r alerts.Rule) bool { return r.Name == name })
		if got := dashboardOf(t, all[i], "cluster"); got != want {
			t.Errorf("%s leads to %s", name, got)
		}
	}
	r := alerts.Rule{Name: "FluxFailing", System: alerts.Flux, Expr: `sum by (cluster) (a) > 0`}
	for label, want := range map[string]string{
		"cluster":     "cobaltcore-flux?var-cluster={{ $labels.cluster | urlquery }}",
		"clusterName": "cobaltcore-flux?var-cluster={{ $labels.clusterName | urlquery }}",
	} {
		if got := dashboardOf(t, r, label); got != want {
			t.Errorf("%s: %s", label, got)
		}
	}
	r.Expr = `sum(a) > 0`
	if got := dashboardOf(t, r, "cluster"); got != "cobaltcore-flux" {
		t.Error(got)
	}
	if got := r.DashboardAt(map[string]string{"cluster": "a b"}); got != "cobaltcore-flux?var-cluster=a+b" {
		t.Error(got)
	}
}

// TestFindingsLinkToPlaybooks checks that each row of a table of alerts links to its playbook.
func TestFindingsLinkToPlaybooks(t *testing.T) {
	tables := 0
	everyPanel(t, func(t *testing.T, _ dashboards.Dashboard, p dashboards.Panel) {
		if p.Kind != dashboards.Table || !slices.ContainsFunc(p.Columns, func(c dashboards.Column) bool { return c.Title == "Severity" }) {
			return
		}
		tables++
		links := slices.Clone(p.Links)
		for _, c := range p.Columns {
			if c.Link != nil {
				links = append(links, *c.Link)
			}
		}
		if !slices.ContainsFunc(links, func(l dashboards.Link) bool {
			return l.URL == "${playbook}" || strings.Contains(l.URL, "/alerts/playbooks/${")
		}) {
			t.Error("nothing leads to the playbook")
		}
	})
	if tables == 0 {
		t.Error("no page has a table of findings")
	}
}

// TestTextsLinkToFiles checks that links in texts lead to existing files of this repository.
func TestTextsLinkToFiles(t *testing.T) {
	const root = "https://github.com/cobaltcore-dev/cobaltcore-exporter/blob/main/"
	everyPanel(t, func(t *testing.T, _ dashboards.Dashboard, p dashboards.Panel) {
		for _, part := range strings.Split(p.Text, root)[1:] {
			file, _, _ := strings.Cut(part[:strings.IndexAny(part+")", ") #\n")], "#")
			if _, err := os.Stat(filepath.Join("..", filepath.FromSlash(file))); err != nil {
				t.Error(err)
			}
		}
	})
}

// dashboardOf returns the annotation dashboard of the alerts of a rule.
func dashboardOf(t *testing.T, r alerts.Rule, label string) string {
	t.Helper()
	a, err := r.Annotations(label)
	if err != nil {
		t.Fatal(err)
	}
	return a["dashboard"]
}
