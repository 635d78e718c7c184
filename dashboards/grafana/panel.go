// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package grafana

import (
	"fmt"

	"github.com/grafana/grafana-foundation-sdk/go/common"
	"github.com/grafana/grafana-foundation-sdk/go/dashboard"
	"github.com/grafana/grafana-foundation-sdk/go/gauge"
	"github.com/grafana/grafana-foundation-sdk/go/prometheus"
	"github.com/grafana/grafana-foundation-sdk/go/stat"
	"github.com/grafana/grafana-foundation-sdk/go/statushistory"
	"github.com/grafana/grafana-foundation-sdk/go/text"
	"github.com/grafana/grafana-foundation-sdk/go/timeseries"

	"github.com/cobaltcore-dev/cobaltcore-exporter/dashboards"
)

// historyPoints is the maximum number of fields in a row of a status history. Grafana shows none if they do not fit.
const historyPoints = 60

// panel returns a panel without its position.
func (w *writer) panel(p dashboards.Panel) (dashboard.Panel, error) {
	out := dashboard.Panel{Id: new(w.id()), Title: new(p.Title), Description: new(p.About())}
	if p.Kind == dashboards.Markdown {
		out.Type = "text"
		out.Options = text.Options{Mode: text.TextModeMarkdown, Content: p.Text}
		return out, nil
	}
	out.Datasource = source()
	header, series := w.panelLinks(p)
	out.Links = header
	for i, q := range p.Queries {
		out.Targets = append(out.Targets, target(p, i, q))
	}
	out.FieldConfig = &dashboard.FieldConfigSource{
		Defaults: dashboard.FieldConfig{
			Unit: new(unit(p.Unit)), Min: p.Min, Max: p.Max, Mappings: mappings(p.Mappings), Links: series,
			Thresholds: thresholds(p.Thresholds), Color: &dashboard.FieldColor{Mode: dashboard.FieldColorModeIdThresholds},
		},
		Overrides: []dashboard.DashboardFieldConfigSourceOverrides{},
	}
	if p.Empty != "" {
		out.FieldConfig.Defaults.NoValue = new(p.Empty)
	}
	if p.Decimals > 0 || p.Unit == dashboards.Duration || p.Unit.IsCount() {
		out.FieldConfig.Defaults.Decimals = new(float64(p.Decimals))
	}
	switch p.Kind {
	case dashboards.Stat:
		out.Type, out.Options = "stat", statOptions(p)
	case dashboards.Gauge:
		out.Type, out.Options = "gauge", gaugeOptions()
		if p.Unit == dashboards.Percent && p.Max == nil {
			out.FieldConfig.Defaults.Min, out.FieldConfig.Defaults.Max = new(0.0), new(1.0)
		}
	case dashboards.TimeSeries:
		out.Type, out.Options = "timeseries", timeseries.Options{Legend: legend("lastNotNull", "max"),
			Tooltip: tooltip(common.TooltipDisplayModeMulti, common.SortOrderDescending)}
		out.FieldConfig.Defaults.Custom = lines(p)
		out.FieldConfig.Defaults.Color = &dashboard.FieldColor{Mode: dashboard.FieldColorModeIdPaletteClassicByName}
		out.FieldConfig.Overrides = append(out.FieldConfig.Overrides, fixedColors(p)...)
	case dashboards.StatusHistory:
		out.Type, out.Options = "status-history", statushistory.Options{
			RowHeight: 0.9, ColWidth: new(0.9), ShowValue: common.VisibilityModeNever,
			Legend: legend(), Tooltip: tooltip(common.TooltipDisplayModeSingle, common.SortOrderNone), PerPage: new(100.0),
		}
		out.FieldConfig.Defaults.Custom = statushistory.FieldConfig{FillOpacity: new(uint32(80)), LineWidth: new(uint32(1))}
		out.MaxDataPoints = new(float64(historyPoints))
	case dashboards.Table:
		w.table(&out, p)
	default:
		return out, fmt.Errorf("no kind %q", p.Kind)
	}
	return out, nil
}

// refID names a query of a panel.
func refID(i int) string { return "ABCDEFGHIJKLMNOPQRSTUVWXYZ"[i : i+1] }

// target returns a query. Panels without a history query a single time.
func target(p dashboards.Panel, i int, q dashboards.Query) prometheus.Dataquery {
	t := prometheus.Dataquery{
		RefId: new(refID(i)), Datasource: source(), Expr: q.Expr, LegendFormat: new(q.Legend),
		EditorMode: new(prometheus.QueryEditorModeCode), Format: new(prometheus.PromQueryFormatTimeSeries),
	}
	history := p.Kind == dashboards.TimeSeries || p.Kind == dashboards.StatusHistory
	t.Instant, t.Range = new(!history), new(history)
	if p.Kind == dashboards.Table {
		t.Format = new(prometheus.PromQueryFormatTable)
	}
	if q.Legend == "" {
		t.LegendFormat = new("__auto")
	}
	return t
}

func statOptions(p dashboards.Panel) stat.Options {
	o := stat.Options{
		GraphMode: common.BigValueGraphModeNone, ColorMode: common.BigValueColorModeNone, JustifyMode: common.BigValueJustifyModeAuto,
		TextMode: common.BigValueTextModeAuto, WideLayout: true, ReduceOptions: last(),
		PercentChangeColorMode: common.PercentChangeColorModeStandard, Orientation: common.VizOrientationAuto,
	}
	if coloured(p.Thresholds, p.Mappings) {
		o.ColorMode = common.BigValueColorModeBackground
	}
	for _, q := range p.Queries {
		if q.Legend != "" {
			o.TextMode = common.BigValueTextModeValueAndName
		}
	}
	return o
}

func gaugeOptions() gauge.Options {
	return gauge.Options{
		ShowThresholdMarkers: true, Sizing: common.BarGaugeSizingAuto, MinVizWidth: 75, MinVizHeight: 75,
		ReduceOptions: last(), Orientation: common.VizOrientationAuto,
	}
}

func last() common.ReduceDataOptions {
	return common.ReduceDataOptions{Values: new(false), Calcs: []string{"lastNotNull"}, Fields: new("")}
}

// legend shows the given values of each series beside its name.
func legend(values ...string) common.VizLegendOptions {
	return common.VizLegendOptions{
		ShowLegend: true, DisplayMode: common.LegendDisplayModeList, Placement: common.LegendPlacementBottom,
		Calcs: append([]string{}, values...),
	}
}

func tooltip(mode common.TooltipDisplayMode, sort common.SortOrder) common.VizTooltipOptions {
	return common.VizTooltipOptions{Mode: mode, Sort: sort}
}

// fixedColors returns overrides for queries with a colour.
func fixedColors(p dashboards.Panel) []dashboard.DashboardFieldConfigSourceOverrides {
	var out []dashboard.DashboardFieldConfigSourceOverrides
	for _, q := range p.Queries {
		if q.Color != "" {
			out = append(out, byName(q.Legend, []dashboard.DynamicConfigValue{
				{Id: "color", Value: map[string]string{"mode": "fixed", "fixedColor": color(q.Color)}},
			}))
		}
	}
	return out
}

// lines returns the style of the lines of a time series.
func lines(p dashboards.Panel) timeseries.FieldConfig {
	f := timeseries.FieldConfig{
		DrawStyle: new(common.GraphDrawStyleLine), LineInterpolation: new(common.LineInterpolationLinear), LineWidth: new(1.0),
		FillOpacity: new(10.0), GradientMode: new(common.GraphGradientModeNone), ShowPoints: new(common.VisibilityModeNever),
		AxisPlacement: new(common.AxisPlacementAuto), Stacking: &common.StackingConfig{Mode: new(common.StackingModeNone), Group: new("A")},
		ThresholdsStyle: &common.GraphThresholdsStyleConfig{Mode: common.GraphThresholdsStyleModeOff},
	}
	if p.Stacked {
		f.FillOpacity, f.Stacking.Mode = new(40.0), new(common.StackingModeNormal)
	}
	if len(p.Thresholds) > 0 {
		f.ThresholdsStyle.Mode = common.GraphThresholdsStyleModeDashed
	}
	return f
}
