// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package dashboards

import (
	"strconv"

	"github.com/cobaltcore-dev/cobaltcore-exporter/alerts"
)

// joinValue replaces the value 1 of every row by the greatest value with the same labels. Rows are the
// many-side of the join, because during a change, two replicas of the exporter may have two rows about the
// same object.
func joinValue(value, by, rows string) string {
	return `max by (` + by + `) (` + value + `)
  * on (` + by + `) group_right () (` + rows + `)`
}

// filterBy keeps the rows with a matching series, by their common labels.
func filterBy(rows, by, series string) string {
	return `(` + rows + `) and on (` + by + `) (` + series + `)`
}

// inFleet restricts an expression about all clusters to the chosen ones.
func inFleet(expr string) string {
	return filterBy(expr, "cluster", selector("cobaltcore_cluster_up"))
}

// countOr0 counts series by labels, with 0 for known groups without series: unknown groups have no
// number.
func countOr0(by, expr, known string) string {
	return `count by (` + by + `) (` + expr + `)
or 0 * max by (` + by + `) (` + known + `)`
}

// withLabel adds a label with a constant value.
func withLabel(expr, name, value string) string {
	return `label_replace(` + expr + `, "` + name + `", "` + value + `", "", "")`
}

// playbook returns a link to the playbook of an alert.
func playbook(rule string) Link {
	return Link{Title: "Playbook " + rule, URL: alerts.Rule{Name: rule}.Playbook()}
}

// syncedClusters returns the clusters with a complete set of rows of a kind.
func syncedClusters(collector, kind string) string {
	return selector("cobaltcore_watch_synced", `collector="`+collector+`"`, `kind="`+kind+`"`) + ` == 1`
}

// withFallbackRow returns an expression for a table with states, with a row of text if there is no other one.
// Its value is none of the states.
func withFallbackRow(expr, name, text string) string {
	return `(` + expr + `) or on () ` + withLabel(`vector(-1)`, name, text)
}

// withFallbackClusters is an expression which has a row with a number that is none of its states
// for each chosen cluster, if it would have none at all: the system is absent.
func withFallbackClusters(expr string, number int) string {
	return `(` + expr + `)
or on () (0 * max by (cluster) (` + selector("cobaltcore_cluster_up") + `) + ` + strconv.Itoa(number) + `)`
}

// perRow returns the queries of a table with these rows, each with a value of them. Without rows, the
// first query has one with a text: an empty table looks as if it were broken.
func perRow(rows, by, name, none string, values ...string) []Query {
	var queries []Query
	for i, v := range values {
		expr := joinValue(v, by, rows)
		if i == 0 {
			expr = withFallbackRow(expr, name, none)
		}
		queries = append(queries, Query{Expr: expr})
	}
	return queries
}

// noRow returns the mapping that hides the number of a placeholder row.
func noRow() []Mapping { return []Mapping{{Value: -1, Text: "–"}} }
