// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package grafana

import (
	"slices"

	"github.com/grafana/grafana-foundation-sdk/go/common"
	"github.com/grafana/grafana-foundation-sdk/go/dashboard"
	"github.com/grafana/grafana-foundation-sdk/go/table"

	"github.com/cobaltcore-dev/cobaltcore-exporter/dashboards"
)

// table adds the settings of a table: its queries are joined to one frame, whose fields are the columns.
func (w *writer) table(out *dashboard.Panel, p dashboards.Panel) {
	out.Type = "table"
	options := table.Options{ShowHeader: true, CellHeight: new(common.TableCellHeightSm), SortBy: []common.TableSortByFieldState{}}
	for _, s := range []dashboards.Sort{p.Sort, p.Then} {
		if s.Column != "" {
			options.SortBy = append(options.SortBy, common.TableSortByFieldState{DisplayName: s.Column, Desc: new(s.Descending)})
		}
	}
	out.Options = options
	out.FieldConfig.Defaults.Custom = table.FieldConfig{Align: common.FieldTextAlignmentAuto, Filterable: new(true)}
	out.FieldConfig.Defaults.Links = nil
	if len(p.Queries) > 1 {
		out.Transformations = append(out.Transformations, dashboard.DataTransformerConfig{Id: "merge", Options: map[string]any{}})
	}
	out.Transformations = append(out.Transformations, organize(p))
	for _, c := range p.Columns {
		if properties := w.column(p, c); len(properties) > 0 {
			out.FieldConfig.Overrides = append(out.FieldConfig.Overrides, byName(c.Title, properties))
		}
	}
	for _, l := range linkOnly(p) {
		out.FieldConfig.Overrides = append(out.FieldConfig.Overrides, byName(l, []dashboard.DynamicConfigValue{
			{Id: "custom.hidden", Value: true}, // until Grafana 12.1
			{Id: "custom.hideFrom.viz", Value: true},
		}))
	}
}

// organize names and sorts the columns, and removes all other fields.
func organize(p dashboards.Panel) dashboard.DataTransformerConfig {
	exclude, index, names := map[string]bool{"Time": true}, map[string]int{}, map[string]string{}
	for i := range p.Queries {
		exclude[valueField(p, i)] = true
	}
	for i, c := range p.Columns {
		field := c.Label
		if field == "" {
			field = valueField(p, c.Query)
			delete(exclude, field)
		}
		index[field], names[field] = i, c.Title
	}
	for i, l := range linkOnly(p) {
		index[l] = len(p.Columns) + i
	}
	return dashboard.DataTransformerConfig{Id: "organize", Options: map[string]any{
		"excludeByName": exclude, "indexByName": index, "renameByName": names,
	}}
}

// linkOnly returns the labels of the rows that only links need. They have no column.
func linkOnly(p dashboards.Panel) []string {
	return slices.DeleteFunc(p.Labels(), func(l string) bool {
		return slices.ContainsFunc(p.Columns, func(c dashboards.Column) bool { return c.Label == l })
	})
}

// valueField returns the name of the field that Grafana creates for the values of a query.
func valueField(p dashboards.Panel, query int) string {
	if len(p.Queries) == 1 {
		return "Value"
	}
	return "Value #" + refID(query)
}

// column returns the style of the cells of a column.
func (w *writer) column(p dashboards.Panel, c dashboards.Column) []dashboard.DynamicConfigValue {
	var out []dashboard.DynamicConfigValue
	set := func(id string, value any) { out = append(out, dashboard.DynamicConfigValue{Id: id, Value: value}) }
	if c.Width > 0 {
		set("custom.width", c.Width)
	}
	if c.Label == "" {
		u := c.Unit
		if u == "" {
			u = p.Unit
		}
		set("unit", unit(u))
		if u == dashboards.Duration { // whole ones of the unit that fits: 5 mins, not 5.35 mins
			set("decimals", 0)
		}
	}
	words := mappings
	if c.Label != "" {
		words = texts
	}
	if m := words(c.Mappings); m != nil {
		set("mappings", m)
	}
	if len(c.Thresholds) > 0 {
		set("thresholds", thresholds(c.Thresholds))
	}
	if coloured(c.Thresholds, c.Mappings) {
		set("custom.cellOptions", map[string]string{"type": "color-background", "mode": "basic"})
	}
	if links := w.cellLinks(p, c); len(links) > 0 {
		set("links", links)
	}
	return out
}

func byName(name string, properties []dashboard.DynamicConfigValue) dashboard.DashboardFieldConfigSourceOverrides {
	return dashboard.DashboardFieldConfigSourceOverrides{
		Matcher: dashboard.MatcherConfig{Id: "byName", Options: name}, Properties: properties,
	}
}
