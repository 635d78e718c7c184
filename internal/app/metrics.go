// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package app

import "strings"

// Metric describes a metric of the exporter.
type Metric struct {
	Name, Type, Help string
	Labels           []string // empty for the exporter's own metrics, which have no declaration
}

// Metrics returns all metrics that the exporter can export.
func Metrics() []Metric {
	var all []Metric
	for _, f := range Families() {
		all = append(all, Metric{f.Name, string(f.Type), f.Help, f.Labels})
	}
	families, _ := SelfMetrics().Gather() // an error means that some metrics are missing
	for _, f := range families {
		all = append(all, Metric{Name: f.GetName(), Type: strings.ToLower(f.GetType().String()), Help: f.GetHelp()})
	}
	return all
}
