// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

// Package dashboardtest provides pages for tests of the writers.
package dashboardtest

import "github.com/cobaltcore-dev/cobaltcore-exporter/dashboards"

// Pages returns a page with all features, and a page to which it links.
func Pages() []dashboards.Dashboard {
	other := dashboards.Dashboard{
		ID: "other", Title: "CobaltCore / Other",
		Variables: []dashboards.Variable{
			{Name: "cluster", Title: "Cluster", Selector: "cobaltcore_cluster_info", Label: "cluster"},
			{Name: "kind", Title: "Kind", Selector: `a{cluster=~"$cluster"}`, Label: "kind"},
			{Name: "name", Title: "Name", Selector: `a{cluster=~"$cluster", kind=~"$kind"}`, Label: "name", Single: true},
		},
	}
	return []dashboards.Dashboard{everything(other.Variables), other}
}

func everything(variables []dashboards.Variable) dashboards.Dashboard {
	toOther := func() *dashboards.Link {
		return &dashboards.Link{Title: "${kind} ${name}", Dashboard: "other", Variables: map[string]string{"name": "${name}", "kind": "${kind}"}}
	}
	words := []dashboards.Mapping{{Value: 1, Text: "up", Color: dashboards.Good}, {Value: 0, Text: "down", Color: dashboards.Bad}, {Value: -1, Text: "?"}}
	limits := []dashboards.Threshold{{Color: dashboards.Good}, {From: 1, Color: dashboards.Warning}, {From: 2.5, Color: dashboards.Bad}}
	return dashboards.Dashboard{
		ID: "everything", Title: "CobaltCore / Everything", Description: "Is everything there?", Variables: variables,
		Links: []dashboards.Link{{Title: "Other", Dashboard: "other"}, {Title: "Documentation", URL: "https://example.com/docs"}},
		Sections: []dashboards.Section{
			{Panels: []dashboards.Panel{
				{
					Kind: dashboards.Stat, Title: "Number", Description: "A number.", Unit: dashboards.Number, Thresholds: limits,
					Queries: []dashboards.Query{{Expr: `sum(a{cluster=~"$cluster", kind=~"$kind", name="$name"}) or vector(0)`}},
				},
				{
					Kind: dashboards.Stat, Title: "Number", Description: "Words, by cluster.", Mappings: words,
					Queries: []dashboards.Query{{Expr: `max by (cluster) (a)`, Legend: "{{cluster}}"}}, Links: []dashboards.Link{*toOther(), {Title: "Other", Dashboard: "other"}},
				},
				{
					Kind: dashboards.Stat, Title: "Age", Description: "An age.", Unit: dashboards.Duration,
					Queries: []dashboards.Query{{Expr: `time() - min(a)`}},
				},
				{
					Kind: dashboards.Gauge, Title: "Share", Description: "A share.", Unit: dashboards.Percent, Decimals: 1, Thresholds: limits,
					Queries: []dashboards.Query{{Expr: `avg(a)`}},
				},
				{Kind: dashboards.Markdown, Title: "Text", Text: "**Text** <&>"},
			}},
			{Title: "Over time", Panels: []dashboards.Panel{
				{
					Kind: dashboards.TimeSeries, Title: "Rate", Description: "Lines.", Unit: dashboards.PerSecond, Stacked: true, Thresholds: limits, Min: new(0.0),
					Queries: []dashboards.Query{{Expr: `sum by (cluster) (rate(a_total[$__rate_interval]))`, Legend: "{{cluster}}"}, {Expr: `b`, Legend: "failed", Color: dashboards.Bad}},
				},
				{
					Kind: dashboards.TimeSeries, Title: "Time left", Description: "Days.", Unit: dashboards.Days, Empty: "Nothing expires.",
					Queries: []dashboards.Query{{Expr: `min by (cluster) (a)`, Legend: "{{cluster}}"}},
				},
				{
					Kind: dashboards.StatusHistory, Title: "States", Description: "Fields.", Mappings: words,
					Queries: []dashboards.Query{{Expr: `a`, Legend: "{{name}}"}},
				},
				{
					Kind: dashboards.StatusHistory, Title: "Limits", Description: "Fields with limits.", Unit: dashboards.Duration, Thresholds: limits,
					Queries: []dashboards.Query{{Expr: `a`, Legend: "{{name}}"}},
				},
			}},
			{Title: "Tables", Collapsed: true, Panels: []dashboards.Panel{
				{
					Kind: dashboards.Table, Title: "One query", Description: "Findings.", Sort: dashboards.Sort{Column: "State", Descending: true}, Then: dashboards.Sort{Column: "Name"},
					Queries: []dashboards.Query{{Expr: `a`}},
					Columns: []dashboards.Column{
						{Label: "cluster", Title: "Cluster", Width: 120}, {Title: "State", Mappings: words}, {Label: "name", Title: "Name", Link: toOther()},
					},
					Links: []dashboards.Link{{Title: "Playbook", URL: "${playbook}"}},
				},
				{
					Kind: dashboards.Table, Title: "Several queries", Description: "Joined.",
					Queries: []dashboards.Query{{Expr: `a`}, {Expr: `min by (cluster, name) (b)`}, {Expr: `count by (cluster, name) (c)`}},
					Columns: []dashboards.Column{
						{Label: "cluster", Title: "Cluster"}, {Title: "Age", Unit: dashboards.Duration, Thresholds: limits},
						{Query: 1, Title: "Number", Unit: dashboards.Number}, {Label: "name", Title: "Name"},
					},
				},
			}},
		},
	}
}
