// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package health

import (
	"maps"
	"slices"
	"time"

	"github.com/cobaltcore-dev/cobaltcore-exporter/alerts"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/exposition"
)

var (
	statusFamily = &exposition.Family{
		Name: "cobaltcore_health_status", Type: exposition.Gauge, Labels: []string{"cluster", "system"},
		Help: "The verdict on a system in a cluster: 0 ok, 1 degraded, 2 down, 3 unknown. There is no row for a system that a cluster does not have, and there are no rows with --shard.",
	}
	findingsFamily = &exposition.Family{
		Name: "cobaltcore_health_findings", Type: exposition.Gauge, Labels: []string{"cluster", "system", "severity"},
		Help: "Firing findings about a system in a cluster by severity, including consequences of other findings. The cluster is empty for findings that affect no cluster.",
	}
	leftOutFamily = &exposition.Family{
		Name: "cobaltcore_health_findings_left_out", Type: exposition.Gauge, Labels: []string{"cluster"},
		Help: "Findings about objects in a cluster that are left out because there are too many. The limits are about 10,000 in a cluster and 40,000 in total, but at least 100 of each rule in a cluster are kept. There is no row for 0.",
	}
	durationFamily = &exposition.Family{
		Name: "cobaltcore_health_evaluation_duration_seconds", Type: exposition.Gauge,
		Help: "Duration of the last evaluation of the rules.",
	}
	timestampFamily = &exposition.Family{
		Name: "cobaltcore_health_last_evaluation_timestamp_seconds", Type: exposition.Gauge,
		Help: "When the rules were last evaluated.",
	}
	failuresFamily = &exposition.Family{
		Name: "cobaltcore_health_evaluation_failures_total", Type: exposition.Counter, Labels: []string{"rule"},
		Help: "Failed evaluations by rule; without a rule if the rows could not be read.",
	}
	rulesFamily = &exposition.Family{
		Name: "cobaltcore_health_rules", Type: exposition.Gauge, Labels: []string{"state"},
		Help: "Number of alerts that the exporter evaluates itself (evaluated), and of rules that it does not evaluate (not_evaluated). The reasons are in /api/v1/report.",
	}
)

// Families returns the families about health.
func Families() []*exposition.Family {
	return append(clusterFamilies(), durationFamily, timestampFamily, failuresFamily, rulesFamily, omittedFamily)
}

func clusterFamilies() []*exposition.Family {
	return []*exposition.Family{statusFamily, findingsFamily, leftOutFamily, findingInfoFamily, findingSinceFamily}
}

// code returns the value of a verdict, which is also its exit code.
func (v Verdict) code() float64 { return float64(v.ExitCode()) }

// ExitCode returns the exit code of a report: 0 ok, 1 degraded, 2 down, 3 unknown.
func (v Verdict) ExitCode() int {
	return max(0, slices.Index([]Verdict{OK, Degraded, Down, Unknown}, v))
}

// Group returns the rows about a cluster.
func (e *Evaluator) Group(cluster string) *exposition.Group {
	return e.group(cluster, clusterFamilies(), func(r *exposition.Rows) {
		if res := e.latest.Load(); res != nil && res.facts.clusters[cluster] != nil {
			e.addRows(r, res, cluster)
		}
	})
}

// Groups returns the rows about the evaluation and about findings without a cluster.
func (e *Evaluator) Groups() []*exposition.Group {
	own := []*exposition.Family{durationFamily, timestampFamily, failuresFamily, rulesFamily, omittedFamily, findingsFamily, leftOutFamily,
		findingInfoFamily, findingSinceFamily}
	return []*exposition.Group{
		e.group("", own, func(r *exposition.Rows) {
			res := e.latest.Load()
			if res == nil {
				return
			}
			r.Add(durationFamily, res.took.Seconds())
			r.Time(timestampFamily, res.at.Truncate(time.Millisecond))
			r.Add(omittedFamily, float64(res.omitted))
			r.Add(rulesFamily, float64(res.rules), "evaluated")
			r.Add(rulesFamily, float64(len(res.notEvaluated)), "not_evaluated")
			for _, name := range slices.Sorted(maps.Keys(res.failures)) {
				r.Add(failuresFamily, float64(res.failures[name]), name)
			}
			e.addRows(r, res, "")
		}),
	}
}

// group returns rows that are rendered once after each evaluation, because rendering the rows of 250
// findings took a seventh of a scrape of 50,000 objects.
func (e *Evaluator) group(cluster string, families []*exposition.Family, fill func(*exposition.Rows)) *exposition.Group {
	latest := func() any { return e.latest.Load() }
	return e.options.Exposition.FuncWithValue(exposition.Key{Cluster: cluster, Kind: "health"}, families, latest, fill)
}

func (e *Evaluator) addRows(r *exposition.Rows, res *result, cluster string) {
	if n := res.leftOut[cluster]; n > 0 {
		r.Add(leftOutFamily, float64(n))
	}
	for _, row := range res.rows[cluster] {
		row.add(r)
	}
	for _, s := range e.systems {
		at := cell{cluster, s}
		v, ok := res.verdicts[at]
		if !ok || v == Absent {
			continue
		}
		if cluster != "" && !e.options.Partial {
			r.Add(statusFamily, v.code(), string(s))
		}
		for _, severity := range []alerts.Severity{alerts.Critical, alerts.Warning, alerts.Info} {
			r.Add(findingsFamily, float64(res.counts[count{at, severity}]), string(s), string(severity))
		}
	}
}
