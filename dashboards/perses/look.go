// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package perses

import (
	"slices"
	"strconv"

	"github.com/cobaltcore-dev/cobaltcore-exporter/dashboards"
)

// color returns a colour: Greenhouse's for good and bad, and matching ones for the others. White text is readable on all.
func color(c dashboards.Color) string {
	switch c {
	case dashboards.Good:
		return "#1E8E4F"
	case dashboards.Warning:
		return "#B86B00"
	case dashboards.Bad:
		return "#D32F2F"
	case dashboards.Unknown:
		return "#7B4FB3"
	case dashboards.Info:
		return "#1F6FBF"
	}
	return "#5B6B7B"
}

const white = "#FFFFFF"

// lowest is below every value, because the schema requires a lower end of a range.
const lowest = -1e15

func formatOf(u dashboards.Unit, decimals int) format {
	f := format{Unit: "decimal"}
	switch u {
	case dashboards.Percent:
		f.Unit = "percent-decimal"
	case dashboards.Duration:
		f.Unit = "seconds"
	case dashboards.Bytes:
		f.Unit, f.ShortValues = "bytes", new(true)
	case dashboards.PerSecond:
		f.Unit = "ops/sec"
	}
	if u.IsCount() { // 1,234 instead of 1.23K
		f.ShortValues, f.DecimalPlaces = new(false), new(0)
	}
	if decimals > 0 {
		f.DecimalPlaces = new(decimals)
	}
	return f
}

// wholeOf is the format of a single value: durations are whole ones of the unit that fits, 5m and
// not 5.35m. On an axis, two of them would be the same.
func wholeOf(u dashboards.Unit, decimals int) format {
	f := formatOf(u, decimals)
	if f.Unit == "seconds" {
		f.DecimalPlaces = new(decimals)
	}
	return f
}

func steps(all []dashboards.Threshold) thresholds {
	t := thresholds{Mode: "absolute", DefaultColor: color(dashboards.Neutral), Steps: []step{}}
	for i, s := range all {
		if i == 0 {
			t.DefaultColor = color(s.Color)
			continue
		}
		t.Steps = append(t.Steps, step{Value: s.From, Color: color(s.Color)})
	}
	return t
}

func mappings(all []dashboards.Mapping) []mapping {
	var out []mapping
	for _, m := range all {
		out = append(out, mapping{Kind: "Value", Spec: mappingSpec{Value: number(m.Value), Result: result{Value: m.Text, Color: hue(m.Color)}}})
	}
	return out
}

// ranges returns thresholds as ranges, for a chart without thresholds. If several match, the last is used.
func ranges(all []dashboards.Threshold) []mapping {
	var out []mapping
	for i, t := range all {
		m := mappingSpec{From: new(t.From), Result: result{Value: "≥ " + number(t.From), Color: color(t.Color)}}
		if i == 0 {
			if len(all) == 1 {
				return nil
			}
			m.From, m.To, m.Result.Value = nil, new(all[1].From), "< "+number(all[1].From)
		}
		out = append(out, mapping{Kind: "Range", Spec: m})
	}
	return out
}

// cells returns thresholds as settings of the cells of a column. If several match, the first is used.
func cells(t []dashboards.Threshold) []cellSettings {
	var out []cellSettings
	for i, s := range slices.Backward(t) {
		switch {
		case i > 0:
			out = append(out, painted(condition{"Range", conditionSpec{Min: new(s.From)}}, "", s.Color))
		case len(t) > 1:
			out = append(out, painted(condition{"Range", conditionSpec{Min: new(lowest), Max: new(t[1].From)}}, "", s.Color))
		}
	}
	return out
}

// painted returns the settings of a cell with its own text and colour.
func painted(c condition, text string, as dashboards.Color) cellSettings {
	s := cellSettings{Condition: c, Text: text, BackgroundColor: hue(as)}
	if as != "" {
		s.TextColor = white
	}
	return s
}

func hue(c dashboards.Color) string {
	if c == "" {
		return ""
	}
	return color(c)
}

func number(v float64) string { return strconv.FormatFloat(v, 'f', -1, 64) }
