// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

// Package status exports metrics about each collector in each cluster.
package status

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/exposition"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/failure"
)

var (
	up = &exposition.Family{
		Name: "cobaltcore_collector_up", Type: exposition.Gauge, Labels: []string{"cluster", "collector"},
		Help: "Whether the data of the collector are complete: all of its kinds are complete, no watch is failing, and all systems that it queries respond. A login probe also needs a token of its cluster.",
	}
	duration = &exposition.Family{
		Name: "cobaltcore_collector_duration_seconds", Type: exposition.Gauge, Labels: []string{"cluster", "collector"},
		Help: "Duration of the slowest of the last initial lists and the last probes of the collector.",
	}
	failing = &exposition.Family{
		Name: "cobaltcore_collector_failing", Type: exposition.Gauge, Labels: []string{"cluster", "collector", "reason"},
		Help: "Why cobaltcore_collector_up is 0: the reason of the first watch or probe that fails, or incomplete if none has failed. Always 1.",
	}
	success = &exposition.Family{
		Name: "cobaltcore_collector_last_success_timestamp_seconds", Type: exposition.Gauge, Labels: []string{"cluster", "collector"},
		Help: "Earliest of the times at which each watch and probe of the collector last succeeded.",
	}
	failures = &exposition.Family{
		Name: "cobaltcore_collector_errors_total", Type: exposition.Counter, Labels: []string{"cluster", "collector", "reason"},
		Help: "Failed lists, watches and probes of the collector.",
	}
	overBudget = &exposition.Family{
		Name: "cobaltcore_collector_objects_over_budget", Type: exposition.Gauge, Labels: []string{"cluster", "collector", "kind", "scope"},
		Help: "Objects whose rows are left out because of the size of rows (limits.rowMiBPerKind, rowMiBPerCluster, rowMiB), of watched kinds and of derived or queried data, such as secretflow. There is no row for 0.",
	}
)

// incomplete is the reason of a collector that does not yet have a complete set of rows, although
// nothing has failed.
const incomplete failure.Reason = "incomplete"

// Families returns the families about collectors.
func Families() []*exposition.Family {
	return []*exposition.Family{up, failing, duration, success, failures, overBudget}
}

// Status is the status of a collector, or of a part of it, in one cluster.
type Status struct {
	Up bool
	// Reason is the reason why the collector is not up; empty if nothing has failed.
	Reason failure.Reason
	// Took is the duration of the last initial list or probe.
	Took time.Duration
	// LastSuccess is the time of the last event or successful probe; zero if there was none.
	LastSuccess time.Time
	// Errors counts failed attempts by reason.
	Errors map[string]uint64
}

// Merge returns the status of a collector from the status of its parts. The worst part decides.
func Merge(parts ...Status) Status {
	all := Status{Up: true, Errors: map[string]uint64{}}
	for _, p := range parts {
		all.Up = all.Up && p.Up
		if !p.Up {
			all.Reason = cmp.Or(all.Reason, p.Reason)
		}
		all.Took = max(all.Took, p.Took)
		if all.LastSuccess.IsZero() || !p.LastSuccess.IsZero() && p.LastSuccess.Before(all.LastSuccess) {
			all.LastSuccess = p.LastSuccess
		}
		for reason, n := range p.Errors {
			all.Errors[reason] += n
		}
	}
	return all
}

// Group returns the rows about one collector in one cluster. They are rendered at every scrape.
func Group(e *exposition.Exposition, cluster, collector string, parts ...func() Status) *exposition.Group {
	return e.Func(exposition.Key{Cluster: cluster, Collector: collector}, Families(), func(r *exposition.Rows) {
		now := make([]Status, len(parts))
		for i, part := range parts {
			now[i] = part()
		}
		s := Merge(now...)
		r.Bool(up, s.Up, collector)
		if !s.Up {
			r.Add(failing, 1, collector, string(cmp.Or(s.Reason, incomplete)))
		}
		r.Add(duration, s.Took.Seconds(), collector)
		r.Time(success, s.LastSuccess, collector)
		for _, reason := range slices.Sorted(maps.Keys(s.Errors)) {
			r.Add(failures, float64(s.Errors[reason]), collector, reason)
		}
		over := e.OverBudget(cluster, collector)
		for _, kind := range slices.Sorted(maps.Keys(over)) {
			for _, scope := range slices.Sorted(maps.Keys(over[kind])) {
				r.Add(overBudget, float64(over[kind][scope]), collector, kind, scope.String())
			}
		}
	})
}
