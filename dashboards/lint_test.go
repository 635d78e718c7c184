// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package dashboards_test

import (
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql/parser"

	"github.com/cobaltcore-dev/cobaltcore-exporter/alerts"
	"github.com/cobaltcore-dev/cobaltcore-exporter/dashboards"
)

// catalogue is built once, because it depends on all rules.
var catalogue = sync.OnceValue(dashboards.Catalogue)

func TestPages(t *testing.T) {
	id := regexp.MustCompile(`^cobaltcore-[a-z-]+$`)
	ids, titles := map[string]bool{}, map[string]bool{}
	for _, d := range catalogue() {
		switch {
		case ids[d.ID] || titles[d.Title]:
			t.Errorf("%s is there twice", d.ID)
		case !id.MatchString(d.ID) || !strings.HasPrefix(d.Title, "CobaltCore / "):
			t.Errorf("%s, %s: not as the others", d.ID, d.Title)
		case !strings.HasSuffix(d.Description, ".") && !strings.HasSuffix(d.Description, "?"):
			t.Errorf("%s does not say what it is about: %q", d.ID, d.Description)
		case !slices.ContainsFunc(d.Variables, func(v dashboards.Variable) bool { return v.Name == "cluster" && v.Label == "cluster" }):
			t.Errorf("%s has no variable cluster", d.ID)
		case len(d.Sections) == 0:
			t.Errorf("%s is empty", d.ID)
		}
		ids[d.ID], titles[d.Title] = true, true
	}
}

// TestPanels checks that panels have titles, descriptions, units and other required parts.
func TestPanels(t *testing.T) {
	everyPanel(t, func(t *testing.T, _ dashboards.Dashboard, p dashboards.Panel) {
		if p.Kind == dashboards.Markdown {
			if p.Text == "" || len(p.Queries) > 0 {
				t.Error("Markdown is text and nothing else")
			}
			return
		}
		if p.Title == "" || !strings.HasSuffix(p.Description, ".") {
			t.Errorf("without a title or a description: %q", p.Description)
		}
		if len(p.Queries) == 0 || len(p.Queries) > 26 || p.Text != "" {
			t.Errorf("%d queries", len(p.Queries))
		}
		if p.Kind != dashboards.Table && p.Unit == "" && len(p.Mappings) == 0 {
			t.Error("neither a unit nor words")
		}
		if p.Kind != dashboards.Table && (len(p.Columns) > 0 || p.Sort.Column != "") {
			t.Error("columns without a table")
		}
		if p.Unit == dashboards.Duration && p.Kind == dashboards.TimeSeries {
			t.Error("its axis would have fractions of months or days")
		}
		ascending(t, p.Thresholds)
	})
}

// ascending checks the order of thresholds: Perses uses the last threshold that is exceeded, and
// Grafana stops at the first that is not.
func ascending(t *testing.T, all []dashboards.Threshold) {
	t.Helper()
	for i, s := range all {
		if i > 1 && s.From <= all[i-1].From || i == 0 && s.From != 0 {
			t.Errorf("thresholds are not in order: %v", all)
		}
	}
}

func TestTables(t *testing.T) {
	everyPanel(t, func(t *testing.T, _ dashboards.Dashboard, p dashboards.Panel) {
		if p.Kind != dashboards.Table {
			return
		}
		titles, values := map[string]bool{}, 0
		for _, c := range p.Columns {
			if c.Title == "" || titles[c.Title] {
				t.Errorf("column %q has no title of its own", c.Title)
			}
			titles[c.Title] = true
			if c.Label != "" {
				if c.Unit != "" || len(c.Thresholds) > 0 {
					t.Errorf("column %s is a label and has no unit or limits", c.Title)
				}
				continue
			}
			values++
			if c.Unit == "" && p.Unit == "" && len(c.Mappings) == 0 {
				t.Errorf("column %s has no unit", c.Title)
			}
			if c.Query < 0 || c.Query >= len(p.Queries) {
				t.Errorf("column %s shows query %d of %d", c.Title, c.Query, len(p.Queries))
			}
			ascending(t, c.Thresholds)
		}
		for _, by := range []string{p.Sort.Column, p.Then.Column} {
			if by != "" && !titles[by] {
				t.Errorf("sorted by %q, which is no column", by)
			}
		}
		for i, q := range p.Queries {
			if ok, err := p.HasRowsOf(q); !ok || err != nil {
				t.Errorf("query %d has not all the labels %v (%v)", i, p.Labels(), err)
			}
		}
	})
}

func TestLayout(t *testing.T) {
	for _, d := range catalogue() {
		for _, s := range d.Sections {
			boxes := dashboards.Layout(s.Panels)
			for i, a := range boxes {
				if a.X < 0 || a.W < 1 || a.H < 2 || a.X+a.W > 24 || s.Panels[i].Width > 24 {
					t.Errorf("%s: %s is at %+v", d.ID, s.Panels[i].Title, a)
				}
				for j, b := range boxes[:i] {
					if a.X < b.X+b.W && b.X < a.X+a.W && a.Y < b.Y+b.H && b.Y < a.Y+a.H {
						t.Errorf("%s: %s lies on %s", d.ID, s.Panels[i].Title, s.Panels[j].Title)
					}
				}
			}
		}
	}
}

var variableUse = regexp.MustCompile(`\$\{?([A-Za-z_]\w*)`)

// TestVariables checks that each used variable is offered and each offered variable is used, and
// that a variable with several values is matched as a regular expression.
func TestVariables(t *testing.T) {
	for _, d := range catalogue() {
		used, offered := map[string]bool{}, []string{}
		use := func(where, text string) {
			for _, m := range variableUse.FindAllStringSubmatch(text, -1) {
				if strings.HasPrefix(m[1], "__") {
					continue
				}
				used[m[1]] = true
				if !slices.Contains(offered, m[1]) {
					t.Errorf("%s: %s uses $%s, which is not offered", d.ID, where, m[1])
				}
			}
		}
		several := func(where, expr string) {
			e, err := alerts.Parse(expr)
			if err != nil {
				t.Fatal(err)
			}
			for _, m := range matchers(e) {
				name := strings.TrimPrefix(m.Value, "$")
				i := slices.IndexFunc(d.Variables, func(v dashboards.Variable) bool { return v.Name == name })
				if strings.HasPrefix(m.Value, "$") && i >= 0 && !d.Variables[i].Single && (m.Type == labels.MatchEqual || m.Type == labels.MatchNotEqual) {
					t.Errorf("%s: %s: %s has several values", d.ID, where, m)
				}
			}
		}
		for _, v := range d.Variables {
			if v.Text == "" {
				use("variable "+v.Name, v.Selector)
				several("variable "+v.Name, v.Selector)
			}
			if v.Title == "" || (v.Label == "") == (v.Text == "") || slices.Contains(offered, v.Name) {
				t.Errorf("%s: variable %+v", d.ID, v)
			}
			offered = append(offered, v.Name)
		}
		for _, s := range d.Sections {
			for _, p := range s.Panels {
				for _, q := range p.Queries {
					use(p.Title, q.Expr)
					several(p.Title, q.Expr)
				}
				for _, c := range p.Columns {
					if c.Link != nil && strings.HasPrefix(c.Link.URL, "${logs:raw}") {
						use(p.Title, "$logs")
					}
				}
			}
		}
		for _, v := range offered {
			if !used[v] {
				t.Errorf("%s: nothing uses $%s", d.ID, v)
			}
		}
	}
}

func matchers(e parser.Expr) []*labels.Matcher {
	var all []*labels.Matcher
	parser.Inspect(e, func(n parser.Node, _ []parser.Node) error {
		if s, ok := n.(*parser.VectorSelector); ok {
			all = append(all, s.LabelMatchers...)
		}
		return nil
	})
	return all
}

// TestVariablesAreDeclared checks that metrics and labels in variables exist.
func TestVariablesAreDeclared(t *testing.T) {
	metrics := known(t)
	for _, d := range catalogue() {
		for _, v := range d.Variables {
			if v.Text != "" {
				continue
			}
			e, err := alerts.Parse(v.Selector)
			if err != nil {
				t.Fatal(err)
			}
			s, ok := e.(*parser.VectorSelector)
			if !ok {
				t.Errorf("%s: variable %s: label_values takes a selector only: %s", d.ID, v.Name, e)
				continue
			}
			declared, ok := metrics[s.Name]
			if !ok && !alerts.Foreign(s.Name) || declared != nil && !slices.Contains(declared, v.Label) {
				t.Errorf("%s: variable %s: nobody exports the label %s of %s", d.ID, v.Name, v.Label, s.Name)
			}
			for _, m := range s.LabelMatchers {
				if m.Name != "__name__" && declared != nil && !slices.Contains(declared, m.Name) {
					t.Errorf("%s: variable %s: %s has no label %s", d.ID, v.Name, s.Name, m.Name)
				}
			}
		}
	}
}
