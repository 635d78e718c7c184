// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package alerts

import (
	"cmp"
	"fmt"
	"strconv"
	"strings"
)

// Setup has the assumptions of rules for Prometheus about the scrape of an installation. Empty fields
// have defaults.
type Setup struct {
	// ExporterJob is a regular expression of the jobs by which the exporter is scraped.
	ExporterJob string
	// FleetJob is a regular expression of jobs of which every cluster of the fleet has
	// targets, and FleetLabel is the label for the cluster of their series, in the
	// Prometheus or Thanos that has the metrics of all clusters.
	FleetJob, FleetLabel string
}

// The defaults of [Setup].
const (
	DefaultExporterJob = ".*cobaltcore-exporter.*"
	DefaultFleetJob    = ".+"
	DefaultFleetLabel  = "cluster"
)

// Places of a setup in an expression, within quotes.
const (
	exporterJob = "$exporterJob"
	fleetJob    = "$fleetJob"
	fleetLabel  = "$fleetLabel"
)

// apply returns an expression with the setup in it.
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

// SetupFile returns the expressions of the rules that depend on a [Setup], by the names of
// the rules, with its places left open. The templates of the chart fill them in.
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
