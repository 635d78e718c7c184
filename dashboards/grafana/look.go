// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package grafana

import (
	"slices"
	"strconv"

	"github.com/grafana/grafana-foundation-sdk/go/dashboard"
	"github.com/grafana/grafana-foundation-sdk/go/units"

	"github.com/cobaltcore-dev/cobaltcore-exporter/dashboards"
)

// color returns the name of a colour in Grafana's palette, which suits the light and the dark theme.
func color(c dashboards.Color) string {
	switch c {
	case dashboards.Good:
		return "green"
	case dashboards.Warning:
		return "orange"
	case dashboards.Bad:
		return "red"
	case dashboards.Unknown:
		return "purple"
	case dashboards.Info:
		return "blue"
	}
	return "#6B7B8C"
}

func unit(u dashboards.Unit) string {
	switch u {
	case dashboards.Percent:
		return units.PercentUnit
	case dashboards.Duration:
		return units.Seconds
	case dashboards.Bytes:
		return units.BytesIEC
	case dashboards.PerSecond:
		return units.OpsPerSecond
	}
	if u.IsCount() {
		return "suffix:" + string(u)
	}
	return units.Short
}

// thresholds always have a base. Without it, Grafana uses its default: red from 80 on.
func thresholds(all []dashboards.Threshold) *dashboard.ThresholdsConfig {
	t := &dashboard.ThresholdsConfig{Mode: dashboard.ThresholdsModeAbsolute}
	if len(all) == 0 {
		all = []dashboards.Threshold{{Color: dashboards.Neutral}}
	}
	for i, step := range all {
		s := dashboard.Threshold{Color: color(step.Color)}
		if i > 0 {
			s.Value = new(step.From)
		}
		t.Steps = append(t.Steps, s)
	}
	return t
}

func mappings(all []dashboards.Mapping) []dashboard.ValueMapping {
	return mapped(all, func(m dashboards.Mapping) string { return strconv.FormatFloat(m.Value, 'f', -1, 64) })
}

// texts returns the mappings for a column of a label.
func texts(all []dashboards.Mapping) []dashboard.ValueMapping {
	return mapped(all, dashboards.Mapping.LabelValue)
}

func mapped(all []dashboards.Mapping, key func(dashboards.Mapping) string) []dashboard.ValueMapping {
	if len(all) == 0 {
		return nil
	}
	options := map[string]dashboard.ValueMappingResult{}
	for i, m := range all {
		r := dashboard.ValueMappingResult{Text: new(m.Text), Index: new(int32(i))}
		if m.Color != "" {
			r.Color = new(color(m.Color))
		}
		options[key(m)] = r
	}
	return []dashboard.ValueMapping{{ValueMap: &dashboard.ValueMap{Type: dashboard.MappingTypeValueToText, Options: options}}}
}

// coloured reports whether the colour of values has a meaning.
func coloured(t []dashboards.Threshold, m []dashboards.Mapping) bool {
	return len(t) > 0 || slices.ContainsFunc(m, func(m dashboards.Mapping) bool { return m.Color != "" })
}
