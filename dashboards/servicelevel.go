// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package dashboards

import (
	"fmt"
	"strconv"

	"github.com/cobaltcore-dev/cobaltcore-exporter/alerts"
)

// serviceLevel is the share of good time within the last 30 days by labels, with its objective.
type serviceLevel struct {
	title, description string
	objective          float64
	columns            []Column // of the labels
	by, share          string
}

// section returns a section with a table. It is evaluated for a single time and only when it is
// opened, because ranges of 30 days at each point of a graph would be expensive.
func (l serviceLevel) section() Section {
	share := `max by (` + l.by + `) (` + l.share + `)`
	budget := fmt.Sprintf("1 - (1 - (%s)) / %s", share, strconv.FormatFloat(1-l.objective, 'g', 6, 64))
	return Section{Title: "Service level", Collapsed: true, Panels: []Panel{{
		Kind: Table, Title: l.title, Width: 24, Height: 5, Decimals: 3,
		Description: fmt.Sprintf("%s The objective is %g%%. The error budget is the unused share of the remaining %.3g%%; at 0%% or less, the objective is missed. "+
			"Time without samples does not count, so a Prometheus that keeps less than 30 days covers a shorter time.", l.description, 100*l.objective, 100*(1-l.objective)),
		Queries: []Query{{Expr: withFallbackRow(share, "cluster", "no samples")}, {Expr: budget}},
		Columns: append(l.columns, valueColumn(0, "Over 30 days", Percent),
			valueColumn(1, "Error budget left", Percent, Threshold{Color: Bad}, Threshold{From: 0, Color: Warning}, Threshold{From: 0.25, Color: Good})),
		Sort: Sort{Column: "Over 30 days"},
	}}}
}

func baoServiceLevel() Section {
	return serviceLevel{
		title: "Availability of OpenBao", objective: 0.999,
		description: "The share of the time in which a node was active, so that secrets could be read and written.",
		columns:     []Column{clusterColumn(), labelColumn("openbao", "OpenBao")}, by: byBao,
		share: `clamp_max(sum by (` + byBao + `) (max by (` + byNode + `) (sum_over_time(` + selectOpenBao("node_active") + `[30d])))
  / on (` + byBao + `) max by (` + byBao + `) (count_over_time(` + selectOpenBao("expected_nodes") + `[30d])), 1)`,
	}.section()
}

func auroraServiceLevel() Section {
	return serviceLevel{
		title: "Availability of Aurora", objective: 0.999,
		description: "The share of time in which token, session and page succeeded.",
		columns:     []Column{clusterColumn(), labelColumn("aurora", "Aurora")}, by: "cluster, aurora",
		share: `avg_over_time(` + selector("cobaltcore_aurora_up") + `[30d])`,
	}.section()
}

func secretsServiceLevel() Section {
	const states = alerts.RecordedObjects
	return serviceLevel{
		title: "Freshness of secrets", objective: 0.99,
		description: "The share of ExternalSecrets that were ready and refreshed in time, over the time.",
		columns:     []Column{clusterColumn()}, by: "cluster",
		share: `sum by (cluster) (sum_over_time(` + selector(states, `state="ready"`) + `[30d]))
  / on (cluster) sum by (cluster) (sum_over_time(` + selector(states) + `[30d]))`,
	}.section()
}
