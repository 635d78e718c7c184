// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package health

import (
	"time"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/changes"
)

// noteChanges adds the alerts of a rule that have begun or ended to the changes.
func noteChanges(log *changes.Log, before, now map[uint64]*alert, at time.Time) {
	for h, a := range now {
		if a.fires() && !before[h].fires() {
			log.Add(a.change(changes.FindingBegan, at))
		}
	}
	for h, a := range before {
		if a.fires() && !now[h].fires() {
			log.Add(a.change(changes.FindingEnded, at))
		}
	}
}

// noteVerdicts adds the verdicts that differ from the last ones to the changes.
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

// fires reports whether an alert fires and is not over.
func (a *alert) fires() bool { return a != nil && a.state == Firing && !a.resolved() }

func (a *alert) change(what changes.Type, at time.Time) changes.Change {
	o := a.object()
	text := a.summary()
	if what == changes.FindingEnded {
		text = "ended: " + text
	}
	return changes.Change{
		At: at, Type: what, Cluster: a.home(), Target: a.target(), System: string(a.rule.system),
		Kind: o.Kind, Namespace: o.Namespace, Name: o.Name,
		Rule: a.rule.name, Severity: string(a.rule.severity), Text: text,
	}
}

// explainByChanges adds to findings what changed shortly before they began in the same cluster.
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
