// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package dashboards

import (
	"slices"
	"strings"
)

// chosenClusters matches the clusters that are selected at the top of a page.
const chosenClusters = `cluster=~"$cluster"`

// chosenOrNoCluster matches findings about these clusters and findings without a cluster, such as
// an exporter that is down.
const chosenOrNoCluster = `cluster=~"$cluster|"`

// clusterVariable offers the clusters of the fleet, including unreachable ones.
func clusterVariable() Variable {
	return Variable{Name: "cluster", Title: "Cluster", Selector: "cobaltcore_cluster_info", Label: "cluster"}
}

// oneCluster returns the variable for pages about a single cluster.
func oneCluster() Variable {
	v := clusterVariable()
	v.Single = true
	return v
}

// logsVariable has the base URL of links to logs: a search, to which the cluster, the namespace and
// the name are added. The chart sets its default.
func logsVariable() Variable {
	return Variable{Name: "logs", Title: "Log search", Text: "https://logs.invalid/?q="}
}

// toLogs returns a link from a row to the logs of its pod or workload.
func toLogs() *Link {
	return &Link{Title: "Logs of ${namespace}/${name}", URL: "${logs:raw}${cluster}%20${namespace}%20${name}"}
}

// toCluster returns a link from a row or a series to the page about its cluster.
func toCluster() *Link {
	return &Link{Title: "Cluster ${cluster}", Dashboard: idCluster, Variables: map[string]string{"cluster": "${cluster}"}}
}

// toFluxResource returns a link from a row or a series to the page about its Flux object.
func toFluxResource() *Link {
	return &Link{Title: "${kind} ${exported_namespace}/${name}", Dashboard: idFluxResource, Variables: map[string]string{
		"cluster": "${cluster}", "kind": "${kind}", "namespace": "${exported_namespace}", "name": "${name}",
	}}
}

// healthMappings maps cobaltcore_health_status to words.
func healthMappings() []Mapping {
	return []Mapping{
		{Value: 0, Text: "ok", Color: Good}, {Value: 1, Text: "degraded", Color: Warning},
		{Value: 2, Text: "down", Color: Bad}, {Value: 3, Text: "unknown", Color: Unknown},
	}
}

// boolMappings maps 1 and 0 to words if 1 is the good value.
func boolMappings(yes, no string, otherwise Color) []Mapping {
	return []Mapping{{Value: 1, Text: yes, Color: Good}, {Value: 0, Text: no, Color: otherwise}}
}

// zeroIsGood colours everything above zero.
func zeroIsGood(above Color) []Threshold { return splitAt(Good, 1, above) }

// splitAt colours values below a limit with one colour and all others with another.
func splitAt(below Color, limit float64, above Color) []Threshold {
	return []Threshold{{Color: below}, {From: limit, Color: above}}
}

// expiry colours the remaining time in seconds until an expiry.
func expiry(bad, warning float64) []Threshold {
	return []Threshold{{Color: Bad}, {From: bad, Color: Warning}, {From: warning, Color: Good}}
}

// Seconds.
const (
	hour = 3600.0
	day  = 24 * hour
)

// sumPanel returns a panel with the sum of an expression, which changes its colour from 1 on.
// Without series, the sum is 0 if an exporter is scraped. Otherwise the state is unknown and the
// panel must not be green.
func sumPanel(title, description, expr string, above Color) Panel {
	p := Panel{
		Kind: Stat, Title: title, Description: description, Unit: Number, Thresholds: zeroIsGood(above),
		Queries: []Query{{Expr: `sum(` + expr + `) or 0 * max(cobaltcore_cluster_up)`}},
	}
	if above == Good {
		p.Thresholds = splitAt(Unknown, 1, Good)
	}
	return p
}

// replicasPanel returns a panel with the number of exporters that Prometheus scrapes: 0 in red if there is none.
func replicasPanel() Panel {
	return Panel{
		Kind: Stat, Title: "Exporters", Unit: Number, Thresholds: splitAt(Bad, 1, Good), PerReplica: true,
		Description: "Processes of the exporter that Prometheus can scrape. Two are good, so that one can be restarted. With 0, the rest of this page is unknown.",
		Queries:     []Query{{Expr: `sum(up{` + exporterJob + `}) or vector(0)`}},
	}
}

// perCluster returns an expression with only the label cluster, and with 0 for reachable clusters
// without series.
func perCluster(expr string) string {
	return `(` + expr + `) or 0 * max by (cluster) (cobaltcore_cluster_up{` + chosenClusters + `} == 1)`
}

// labelColumn returns a column with the values of a label.
func labelColumn(name, title string) Column { return Column{Label: name, Title: title} }

// clusterColumn returns a column with links to the page about the cluster.
func clusterColumn() Column { return Column{Label: "cluster", Title: "Cluster", Link: toCluster()} }

// fluxNameColumn returns a column with the name of a Flux object and a link to its page.
func fluxNameColumn() Column { return Column{Label: "name", Title: "Name", Link: toFluxResource()} }

// ageColumn returns a column with an age in seconds, from a query of the table.
func ageColumn(query int, title string, thresholds ...Threshold) Column {
	return valueColumn(query, title, Duration, thresholds...)
}

// valueColumn returns a column with a number in a unit.
func valueColumn(query int, title string, unit Unit, thresholds ...Threshold) Column {
	c := Column{Query: query, Title: title, Unit: unit, Thresholds: thresholds}
	if query == 0 {
		c.Mappings = noRow() // of withFallbackRow
	}
	return c
}

// oldestFirst sorts a table by the column with ages, the oldest first.
func oldestFirst(column string) Sort { return Sort{Column: column, Descending: true} }

// ageOf returns the age of the timestamp in a metric.
func ageOf(metric string, matchers ...string) string {
	return `time() - ` + selector(metric, matchers...)
}

// selector selects series of the chosen clusters.
func selector(metric string, matchers ...string) string {
	return metric + `{` + strings.Join(slices.Concat([]string{chosenClusters}, matchers), ", ") + `}`
}

// milliseconds converts seconds for graphs of short times.
func milliseconds(expr string) string { return `1000 * (` + expr + `)` }

// perSecond returns the rate of a counter.
func perSecond(metric string, matchers ...string) string {
	return `rate(` + selector(metric, matchers...) + `[$__rate_interval])`
}

// average returns the average duration from the sum and the count of a summary. Without events, it
// has no series.
func average(metric, by string, matchers ...string) string {
	count := `sum by (` + by + `) (` + perSecond(metric+"_count", matchers...) + `)`
	return `sum by (` + by + `) (` + perSecond(metric+"_sum", matchers...) + `) / (` + count + ` > 0)`
}

// presence returns a panel with the clusters that have a system, so that a page about an absent system
// does not look broken. expr has a series with the label cluster for each cluster that has the system.
func presence(system, expr string) Panel {
	return Panel{
		Kind: Stat, Title: system + " by cluster", Width: 24, Height: 4, Unit: Number,
		Description: "Whether a cluster has " + system + ". If it is absent, the other panels of this page are empty or zero. " +
			"A cluster that cannot be reached is unknown: the page The exporter has the reason.",
		Queries: []Query{{Legend: "{{cluster}}", Expr: `(0 * max by (cluster) (` + expr + `) + 1)
or max by (cluster) (cobaltcore_cluster_up{` + chosenClusters + `} - 1)`}},
		Thresholds: []Threshold{{Color: Unknown}, {From: 0, Color: Neutral}, {From: 1, Color: Good}},
		Mappings: []Mapping{
			{Value: 1, Text: "present", Color: Good}, {Value: 0, Text: "absent", Color: Neutral},
			{Value: -1, Text: "unknown", Color: Unknown},
		},
		Links: []Link{*toCluster()},
	}
}

// servedClusters returns an expression for presence: the clusters that serve a kind of a collector.
func servedClusters(collector string) string {
	return selector("cobaltcore_watch_present", `collector="`+collector+`"`) + ` == 1`
}
