// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package alerts

import (
	"cmp"
	"fmt"
	"strconv"
	"strings"
)

// Setup contains the assumptions of rules for Prometheus about the scrapes of an installation. Empty
// fields have defaults.
type Setup struct {
	// ExporterJob is a regular expression for the jobs that scrape the exporter.
	ExporterJob string
	// FleetJob is a regular expression for jobs that have targets in every cluster of the fleet,
	// and FleetLabel is the cluster label of their series, in the Prometheus or Thanos with the
	// metrics of all clusters.
	FleetJob, FleetLabel string
}

// The defaults of [Setup].
const (
	DefaultExporterJob = ".*cobaltcore-exporter.*"
	DefaultFleetJob    = ".+"
	DefaultFleetLabel  = "cluster"
)

// Placeholders of a setup in an expression, within quotes.
const (
	exporterJob = "$exporterJob"
	fleetJob    = "$fleetJob"
	fleetLabel  = "$fleetLabel"
)

// apply returns an expression with the values of the setup.
func (s Setup) apply(expr string) string {
	if !strings.Contains(expr, "$") {
		return expr
	}
	quoted := func(value, other string) string { return strings.Trim(strconv.Quote(cmp.Or(value, other)), `"`) }
	return strings.NewReplacer(
		exporterJob, quoted(s.ExporterJob, DefaultExporterJob),
		fleetJob, quoted(s.FleetJob, DefaultFleetJob),
		fleetLabel, quoted(s.FleetLabel, DefaultFleetLabel),
	).Replace(expr)
}

// SetupFile returns the expressions of the rules that depend on a [Setup] by the names of the
// rules, with placeholders that the templates of the chart fill in.
func SetupFile(label string) ([]byte, error) {
	open, filled := map[string]string{}, map[string]string{}
	for _, r := range Rules() {
		filled[r.Name] = r.Expr
	}
	for _, g := range CatalogueFor(Setup{exporterJob, fleetJob, fleetLabel}) {
		for _, r := range g.Rules {
			if r.Expr == filled[r.Name] {
				continue
			}
			expr, err := ExprFor(r.Query(), label)
			if err != nil {
				return nil, fmt.Errorf("rule %s: %w", r.Name, err)
			}
			open[r.Name] = expr
		}
	}
	return encode(open)
}
