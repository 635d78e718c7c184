// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package perses

import (
	"fmt"
	"slices"

	"github.com/cobaltcore-dev/cobaltcore-exporter/dashboards"
)

// latest selects the value of a series in panels that show only one.
const latest = "last-number"

func (w *writer) panel(p dashboards.Panel) (panel, error) {
	out := panelSpec{Display: display{Name: p.Title, Description: p.About()}}
	for i, q := range p.Queries {
		expr := q.Expr
		if by := offset(p, i); by != 0 {
			expr = "(" + expr + ") - " + number(-by)
		}
		out.Queries = append(out.Queries, timeSeriesOf(dashboards.Query{Expr: expr, Legend: q.Legend}))
	}
	if p.Kind == dashboards.TimeSeries && p.Empty != "" {
		out.Queries = append(out.Queries, timeSeriesOf(emptyText(p)))
	}
	for _, l := range p.Links {
		if p.Kind != dashboards.Table || len(l.Labels()) == 0 {
			out.Links = append(out.Links, w.link(w.withoutLabels(l)))
		}
	}
	switch p.Kind {
	case dashboards.Stat:
		out.Plugin = plugin{"StatChart", stat(p)}
	case dashboards.Gauge:
		out.Plugin = plugin{"GaugeChart", gauge(p)}
	case dashboards.TimeSeries:
		out.Plugin = plugin{"TimeSeriesChart", timeSeries(p)}
	case dashboards.StatusHistory:
		out.Plugin = plugin{"StatusHistoryChart", statusHistory(p)}
	case dashboards.Table:
		out.Plugin = plugin{"Table", w.table(p)}
	case dashboards.Markdown:
		out.Plugin = plugin{"Markdown", markdown{p.Text}}
	default:
		return panel{}, fmt.Errorf("no kind %q", p.Kind)
	}
	return panel{Kind: "Panel", Spec: out}, nil
}

// timeSeriesOf returns a query in the form of Perses.
func timeSeriesOf(q dashboards.Query) query {
	return query{Kind: "TimeSeriesQuery", Spec: querySpec{
		plugin{"PrometheusTimeSeriesQuery", timeSeriesQuery{Query: q.Expr, SeriesNameFormat: q.Legend}},
	}}
}

// emptyText returns a query whose series explains in the legend why the panel has no line. Perses has no text for no data.
func emptyText(p dashboards.Panel) dashboards.Query {
	q := dashboards.Query{Expr: "vector(NaN)", Legend: p.Empty}
	for _, of := range p.Queries {
		q.Expr += " unless on () (" + of.Expr + ")"
	}
	return q
}

// unitOf returns the unit of a query; in a table, this is the unit of its column.
func unitOf(p dashboards.Panel, query int) dashboards.Unit {
	for _, c := range p.Columns {
		if c.Label == "" && c.Query == query && c.Unit != "" {
			return c.Unit
		}
	}
	return p.Unit
}

func stat(p dashboards.Panel) statChart {
	s := statChart{
		Calculation: latest, Format: wholeOf(p.Unit, p.Decimals), Thresholds: steps(p.Thresholds), Mappings: mappings(p.Mappings),
		ColorMode: "none", LegendMode: "auto",
	}
	if len(p.Thresholds) > 0 || slices.ContainsFunc(p.Mappings, func(m dashboards.Mapping) bool { return m.Color != "" }) {
		s.ColorMode = "background_solid"
	}
	if slices.ContainsFunc(p.Queries, func(q dashboards.Query) bool { return q.Legend != "" }) {
		s.LegendMode = "on"
	}
	return s
}

func gauge(p dashboards.Panel) gaugeChart {
	return gaugeChart{Calculation: latest, Format: formatOf(p.Unit, p.Decimals), Thresholds: steps(p.Thresholds), Max: p.Max}
}

func timeSeries(p dashboards.Panel) timeSeriesChart {
	t := timeSeriesChart{
		Legend: legend{Position: "bottom", Mode: "table", Size: "medium", Values: []string{latest, "max"}}, Tooltip: tooltip{EnablePinning: true},
		YAxis: yAxis{Show: true, Format: formatOf(p.Unit, p.Decimals), Min: p.Min, Max: p.Max},
		// Colours by name may be similar. Those of the palette are distinct, and series are sorted by their labels.
		Visual: visual{LineWidth: 1.25, AreaOpacity: 0.1, Palette: palette{Mode: "categorical"}},
	}
	if p.Unit.IsCount() {
		t.YAxis.Label = string(p.Unit)
	}
	if p.Empty != "" { // a table would show the values of emptyText
		t.Legend.Mode, t.Legend.Values = "list", nil
	}
	for i, q := range p.Queries {
		if q.Color != "" {
			t.QuerySettings = append(t.QuerySettings, querySettings{QueryIndex: i, ColorMode: "fixed", ColorValue: color(q.Color)})
		}
	}
	if p.Width >= 24 {
		t.Legend.Position = "right"
	}
	if p.Stacked {
		t.Visual.AreaOpacity, t.Visual.Stack, t.YAxis.Min = 0.4, "all", new(float64)
	}
	if len(p.Thresholds) > 0 {
		t.Thresholds = new(steps(p.Thresholds))
	}
	return t
}

func statusHistory(p dashboards.Panel) statusHistoryChart {
	m := mappings(p.Mappings)
	if len(m) == 0 {
		m = ranges(p.Thresholds)
	}
	return statusHistoryChart{Legend: legend{Position: "bottom", Mode: "list"}, Mappings: m}
}
