// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package dashboards_test

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/cobaltcore-dev/cobaltcore-exporter/dashboards"
)

// TestFor checks that the output uses clusterName in rows and cluster in variables.
func TestFor(t *testing.T) {
	t.Parallel()
	link := func() *dashboards.Link {
		return &dashboards.Link{Title: "${cluster}", Dashboard: "b", Variables: map[string]string{"cluster": "${cluster}"}}
	}
	page := dashboards.Dashboard{
		ID:        "a",
		Variables: []dashboards.Variable{{Name: "cluster", Selector: `up{cluster!=""}`, Label: "cluster"}},
		Sections: []dashboards.Section{{Panels: []dashboards.Panel{
			{
				Kind: dashboards.TimeSeries, Links: []dashboards.Link{*link()},
				Queries: []dashboards.Query{{Expr: `rate(a{cluster=~"$cluster"}[$__rate_interval])`, Legend: "{{ cluster }} {{name}}"}},
			},
			{Kind: dashboards.Stat, PerReplica: true, Queries: []dashboards.Query{{Expr: `a{cluster="x"}`}}},
			{Kind: dashboards.Table, Columns: []dashboards.Column{{Label: "cluster", Link: link()}}, Queries: []dashboards.Query{{Expr: `a`}}},
		}}},
	}
	got, err := page.WithClusterLabel("clusterName")
	if err != nil {
		t.Fatal(err)
	}
	want := page
	want.Variables = []dashboards.Variable{{Name: "cluster", Selector: `up{clusterName!=""}`, Label: "clusterName"}}
	renamed := dashboards.Link{Title: "${clusterName}", Dashboard: "b", Variables: map[string]string{"cluster": "${clusterName}"}}
	want.Sections = []dashboards.Section{{Panels: []dashboards.Panel{
		{
			Kind: dashboards.TimeSeries, Links: []dashboards.Link{renamed}, Columns: []dashboards.Column(nil),
			Queries: []dashboards.Query{{
				Expr:   `max without (container, endpoint, instance, job, pod, service) (rate(a{clusterName=~"$cluster"}[$__rate_interval]))`,
				Legend: "{{clusterName}} {{name}}",
			}},
		},
		{Kind: dashboards.Stat, PerReplica: true, Queries: []dashboards.Query{{Expr: `a{clusterName="x"}`}}},
		{Kind: dashboards.Table, Columns: []dashboards.Column{{Label: "clusterName", Link: &renamed}}, Queries: []dashboards.Query{{Expr: `max by (clusterName) (a)`}}},
	}}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if l := page.Sections[0].Panels[0].Links[0]; l.Title != "${cluster}" || page.Sections[0].Panels[2].Columns[0].Link.Title != "${cluster}" {
		t.Error("the page itself has changed")
	}
	page.Sections[0].Panels[0].Queries[0].Expr = "sum("
	if _, err := page.WithClusterLabel("cluster"); err == nil {
		t.Error("no error for what is no PromQL")
	}
}

// TestRowsOfTables checks that rows have only the labels of the columns.
func TestRowsOfTables(t *testing.T) {
	t.Parallel()
	columns := []dashboards.Column{{Label: "cluster"}, {Label: "name", Link: &dashboards.Link{Dashboard: "b", Variables: map[string]string{"uid": "${uid}"}}}, {Query: 1}}
	all := func(expr string) string { return "max by (cluster, name, uid) (" + expr + ")" }
	for expr, want := range map[string]struct {
		expr string
		same bool // as the rows
	}{
		`a`:                                     {all(`a`), true},
		`sum by (cluster) (a)`:                  {`sum by (cluster) (a)`, false},
		`(sum by (uid, name, cluster) (a)) > 0`: {`(sum by (uid, name, cluster) (a)) > 0`, true},
		`1 + topk(3, sum by (cluster) (a))`:     {`1 + topk(3, sum by (cluster) (a))`, false},
		`sum by (cluster, kind) (a)`:            {all(`sum by (cluster, kind) (a)`), true},
		`max by (name, cluster) (a) unless b`:   {`max by (name, cluster) (a) unless b`, false},
		`sum by (name) (a) or sum by (name)(b)`: {`sum by (name) (a) or sum by (name) (b)`, false},
		`sum by (name) (a) or b`:                {all(`sum by (name) (a) or b`), true},
		`sum by (name) (a) * on (name) b`:       {all(`sum by (name) (a) * on (name) b`), true},
	} {
		page := dashboards.Dashboard{Sections: []dashboards.Section{{Panels: []dashboards.Panel{{
			Kind: dashboards.Table, Columns: columns, PerReplica: true, Queries: []dashboards.Query{{Expr: expr}},
		}}}}}
		got, err := page.WithClusterLabel("cluster")
		if err != nil {
			t.Fatal(err)
		}
		p := got.Sections[0].Panels[0]
		if same, err := p.HasRowsOf(p.Queries[0]); err != nil || p.Queries[0].Expr != want.expr || same != want.same {
			t.Errorf("%s: %s, %v (%v)", expr, p.Queries[0].Expr, same, err)
		}
	}
}

func TestLinks(t *testing.T) {
	t.Parallel()
	l := dashboards.Link{Dashboard: "b", Variables: map[string]string{"x": "a b/${name}", "kind": "Kustomization"}}
	got := l.Parameters(func(name string) string { return "<" + name + ">" })
	if want := []string{"var-kind=Kustomization", "var-x=a+b%2F<name>"}; !slices.Equal(got, want) {
		t.Error(got)
	}
	from := dashboards.Dashboard{ID: "a", Variables: []dashboards.Variable{{Name: "cluster"}, {Name: "kind"}, {Name: "only"}}}
	to := dashboards.Dashboard{ID: "b", Variables: []dashboards.Variable{{Name: "cluster"}, {Name: "kind"}, {Name: "x"}}}
	carried := from.CarriedVariables(l, []dashboards.Dashboard{from, to})
	if diff := cmp.Diff([]dashboards.Variable{{Name: "cluster"}}, carried); diff != "" {
		t.Error(diff)
	}
}

func TestBoxes(t *testing.T) {
	t.Parallel()
	got := dashboards.Layout([]dashboards.Panel{
		{Kind: dashboards.Stat}, {Kind: dashboards.TimeSeries}, {Kind: dashboards.TimeSeries}, {Kind: dashboards.Stat, Height: 3},
		{Kind: dashboards.Table, Width: 30},
	})
	want := []dashboards.Box{{0, 0, 4, 4}, {4, 0, 12, 10}, {0, 10, 12, 10}, {12, 10, 4, 3}, {0, 20, 24, 7}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}
