// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package dashboardtest

import (
	"maps"
	"slices"
	"strings"

	"github.com/cobaltcore-dev/cobaltcore-exporter/dashboards"
)

// ColorOf returns the colour of a value, from the last mapping of the value or the last threshold
// that it reaches. The text is the text of the mapping; empty without a mapping.
func ColorOf(value float64, thresholds []dashboards.Threshold, mappings []dashboards.Mapping) (color dashboards.Color, text string) {
	for _, t := range thresholds {
		if color == "" || value >= t.From {
			color = t.Color
		}
	}
	for _, m := range mappings {
		if m.Value == value {
			color, text = m.Color, m.Text
		}
	}
	return color, text
}

// ColorsOf returns the colours of a series of a query in a panel; in a table, the colours of the
// cells of its row.
func ColorsOf(p dashboards.Panel, query int, labels map[string]string, value float64) []dashboards.Color {
	if p.Kind != dashboards.Table {
		color, _ := ColorOf(value, p.Thresholds, p.Mappings)
		return []dashboards.Color{color}
	}
	var all []dashboards.Color
	for _, c := range p.Columns {
		if c.Label == "" && c.Query == query {
			color, _ := ColorOf(value, c.Thresholds, c.Mappings)
			all = append(all, color)
		}
		for _, m := range c.Mappings {
			if c.Label != "" && labels[c.Label] == m.LabelValue() {
				all = append(all, m.Color)
			}
		}
	}
	return all
}

// Expand returns PromQL with the values of the variables of a page, and of those that a page
// fills in by itself for a time range of a quarter of an hour.
func Expand(values map[string]string) *strings.Replacer {
	pairs := []string{"$__rate_interval", "1m", "$__interval", "15s", "$__range", "15m"}
	// $namespace is replaced before $name, which is a prefix of it.
	for _, name := range slices.Backward(slices.Sorted(maps.Keys(values))) {
		pairs = append(pairs, "${"+name+"}", values[name], "$"+name, values[name])
	}
	return strings.NewReplacer(pairs...)
}
