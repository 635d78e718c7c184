// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package health

import (
	"slices"

	"github.com/cobaltcore-dev/cobaltcore-exporter/alerts"
)

// Verdict is the state of a system or cluster.
type Verdict string

// The verdicts. Absent means that a cluster does not have the system.
const (
	OK       Verdict = "ok"
	Degraded Verdict = "degraded"
	Unknown  Verdict = "unknown"
	Down     Verdict = "down"
	Absent   Verdict = "absent"
)

// Verdicts returns all verdicts, the best first. Unknown is worse than degraded, because the system
// may be down.
func Verdicts() []Verdict { return []Verdict{Absent, OK, Degraded, Unknown, Down} }

// Worse reports whether v is worse than other.
func (v Verdict) Worse(other Verdict) bool {
	return slices.Index(Verdicts(), v) > slices.Index(Verdicts(), other)
}

func worseVerdict(a, b Verdict) Verdict {
	if b.Worse(a) {
		return b
	}
	return a
}

// verdictFor returns the verdict on a system for an alert of a severity.
func verdictFor(s alerts.Severity) Verdict {
	switch s {
	case alerts.Critical:
		return Down
	case alerts.Warning:
		return Degraded
	}
	return OK
}

// cell is a system in a cluster. The cluster is empty for findings without a cluster.
type cell struct {
	cluster string
	system  alerts.System
}

// count is the key for the number of firing alerts of a severity in a cell.
type count struct {
	cell
	severity alerts.Severity
}

// cellOf returns the cell of an alert: in its target cluster if the fleet has that cluster,
// otherwise in the cluster of its object.
func (f *facts) cellOf(a *alert) cell {
	c := a.targetCluster()
	if f.clusters[c] == nil {
		c = a.objectCluster()
	}
	if f.clusters[c] == nil {
		c = ""
	}
	return cell{c, a.rule.system}
}

// judge returns the verdict of every cell and the numbers of alerts.
func (f *facts) judge(all []*alert, systems []alerts.System, unjudged map[alerts.System]bool) (map[cell]Verdict, map[count]int) {
	out, counts := map[cell]Verdict{}, map[count]int{}
	for _, name := range f.clusterNames() {
		for _, s := range systems {
			v := f.verdictWithoutFindings(name, s)
			if v == OK && unjudged[s] {
				v = Unknown
			}
			out[cell{name, s}] = v
		}
	}
	for _, a := range all {
		if a.state != Firing || a.isResolved() {
			continue
		}
		v := verdictFor(a.rule.severity)
		if a.stale || f.isUnconfirmed(a) {
			v = Unknown
		}
		at := f.cellOf(a)
		out[at] = worseVerdict(out[at], v)
		counts[count{at, a.rule.severity}]++
	}
	for at, v := range out {
		if !v.Worse(OK) && f.isUnrecorded(at) {
			out[at] = Unknown
		}
	}
	return out, counts
}

// isUnconfirmed reports whether an alert is about the time before contact with its cluster was
// lost. An alert about the cluster itself is confirmed, unless its snapshot cannot be read.
func (f *facts) isUnconfirmed(a *alert) bool {
	c := f.clusters[a.objectCluster()]
	return c != nil && !c.up && (c.snapshot || a.rule.system != alerts.Fleet)
}

// verdictWithoutFindings returns the verdict on a system without findings. An unknown system is not ok.
func (f *facts) verdictWithoutFindings(cluster string, s alerts.System) Verdict {
	c := f.clusters[cluster]
	switch s {
	case alerts.Exporter, Custom:
		return OK
	case alerts.Fleet:
		if !c.up {
			return Unknown
		}
		return OK
	}
	switch k, ok := c.collectors[string(s)]; {
	case !ok:
	case !c.up, !k.up, k.unsupported:
		return Unknown
	case k.present || !k.watches:
		return OK
	}
	if f.targets[cell{cluster, s}] {
		return OK
	}
	return Absent
}
