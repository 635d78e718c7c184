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
		if unitOf(p, i) == dashboards.Timestamp {
			expr = "abs(time() - (" + expr + "))" // there are no dates before Perses 0.54
		}
		if by := offset(p, i); by != 0 {
			expr = "(" + expr + ") - " + number(-by)
		}
		out.Queries = append(out.Queries, query{Kind: "TimeSeriesQuery", Spec: querySpec{
			plugin{"PrometheusTimeSeriesQuery", timeSeriesQuery{Query: expr, SeriesNameFormat: q.Legend}},
		}})
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
		Legend: legend{Position: "bottom", Mode: "table", Size: "small", Values: []string{latest, "max"}}, Tooltip: tooltip{EnablePinning: true},
		YAxis:  yAxis{Format: formatOf(p.Unit, p.Decimals), Min: p.Min, Max: p.Max},
		Visual: visual{LineWidth: 1.25, AreaOpacity: 0.1},
	}
	if p.Width >= 24 {
		t.Legend.Position, t.Legend.Size = "right", "medium"
	}
	if p.Stacked {
		t.Visual.AreaOpacity, t.Visual.Stack = 0.4, "all"
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
