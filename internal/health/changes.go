// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package health

import (
	"time"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/changes"
)

// noteChanges logs the alerts of a rule that have begun or ended as changes.
func noteChanges(log *changes.Log, before, now map[uint64]*alert, at time.Time) {
	for h, a := range now {
		if a.isFiring() && !before[h].isFiring() {
			log.Add(a.change(changes.FindingBegan, at))
		}
	}
	for h, a := range before {
		if a.isFiring() && !now[h].isFiring() {
			log.Add(a.change(changes.FindingEnded, at))
		}
	}
}

// noteVerdicts logs the verdicts that differ from the previous evaluation as changes.
func noteVerdicts(log *changes.Log, verdicts map[cell]Verdict, at time.Time) {
	for c, v := range verdicts {
		if v == Absent {
			v = ""
		}
		if c.cluster != "" {
			log.Verdict(c.cluster, string(c.system), string(v), at)
		}
	}
}

// isFiring reports whether an alert is firing and has not ended.
func (a *alert) isFiring() bool { return a != nil && a.state == Firing && !a.isResolved() }

func (a *alert) change(what changes.Type, at time.Time) changes.Change {
	o := a.object()
	text := a.summary()
	if what == changes.FindingEnded {
		text = "ended: " + text
	}
	return changes.Change{
		At: at, Type: what, Cluster: a.objectCluster(), Target: a.targetCluster(), System: string(a.rule.system),
		Kind: o.Kind, Namespace: o.Namespace, Name: o.Name,
		Rule: a.rule.name, Severity: string(a.rule.severity), Text: text,
	}
}

// explainByChanges adds to each finding the changes in its cluster shortly before its onset.
func explainByChanges(log *changes.Log, all []Finding) {
	if log == nil {
		return
	}
	index := log.Index()
	if len(index) == 0 {
		return
	}
	for i := range all {
		if f := &all[i]; !f.SinceAtLeast {
			f.ChangedBefore = index.Before(f.Cluster, f.Since)
		}
	}
}
