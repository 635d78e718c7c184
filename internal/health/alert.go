// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package health

import (
	"crypto/sha256"
	"encoding/hex"
	"time"

	"github.com/prometheus/prometheus/model/labels"
)

// State is the state of an alert.
type State string

// The states of an alert.
const (
	Pending State = "pending"
	Firing  State = "firing"
)

// alert is a result of a rule over several evaluations.
type alert struct {
	rule   *rule
	labels labels.Labels // without the metric name
	value  float64
	state  State
	// activeAt is the time of the first evaluation with the alert, and since is the onset according
	// to the rule.
	activeAt, since time.Time
	// dated means that since was read from rows. atLeast means that the alert may have begun before since. found means that
	// the alert was already active when the cluster was first read.
	dated, atLeast, found bool
	// reason is empty if unknown. It may change.
	reason string
	// gone is the time of the first evaluation without the alert, or zero.
	gone time.Time
	// stale marks an alert whose cluster no longer has rows.
	stale bool
	// owner has the labels with the owner of the object.
	owner map[string]string
	// cause is the root cause of this alert.
	cause *alert
}

// id returns a stable identifier for the rule and the labels.
func (a *alert) id() string {
	h := sha256.New()
	_, _ = h.Write([]byte(a.rule.name))
	a.labels.Range(func(l labels.Label) {
		_, _ = h.Write([]byte("\xff" + l.Name + "\xff" + l.Value))
	})
	return hex.EncodeToString(h.Sum(nil)[:8])
}

// isResolved reports whether the alert has ended and is only kept because of keep_firing_for.
func (a *alert) isResolved() bool { return !a.gone.IsZero() && !a.stale }

// objectCluster returns the cluster that contains the object; empty if there is no object.
func (a *alert) objectCluster() string { return a.labels.Get(clusterLabel) }

// targetCluster returns the affected cluster.
func (a *alert) targetCluster() string {
	if t := a.labels.Get("target_cluster"); t != "" {
		return t
	}
	return a.objectCluster()
}

// evaluation has the time and the mode of an evaluation.
type evaluation struct {
	now time.Time
	// once is set for a single evaluation: alerts fire without waiting.
	once bool
	// isSnapshot reports whether a cluster is a snapshot. Alerts about snapshots fire without waiting.
	isSnapshot func(cluster string) bool
	// dataMissing reports whether the rows of a system in a cluster are missing, and wasMissing whether
	// they were missing in the previous evaluation.
	dataMissing, wasMissing func(cluster string, r *rule) bool
}

// updateAlerts returns the alerts of a rule after an evaluation. The onset of an alert is the time in joins, which was read
// from rows, so that it does not depend on the start of the exporter. The old alerts are not changed.
func updateAlerts(r *rule, old map[uint64]*alert, result []series, j joins, c evaluation) map[uint64]*alert {
	next := make(map[uint64]*alert, len(result))
	for i := range result {
		h := result[i].labels.Hash()
		a := &alert{rule: r, labels: result[i].labels, value: result[i].value, state: Pending, activeAt: c.now}
		if was := old[h]; was != nil {
			a.activeAt, a.state, a.labels, a.found = was.activeAt, was.state, was.labels, was.found
		} else {
			a.found = c.once || c.isSnapshot(a.objectCluster()) || c.wasMissing(a.objectCluster(), r)
		}
		a.since, a.atLeast = a.activeAt, a.found
		if o := j.since.rows[h]; !o.at.IsZero() && o.at.Before(c.now) {
			a.since, a.dated, a.atLeast = o.at, true, o.atLeast
		}
		a.reason = j.why.rows[h]
		if c.once || c.isSnapshot(a.objectCluster()) || c.now.Sub(a.activeAt) >= r.holdFor || c.now.Sub(a.since) >= r.holdFor {
			a.state = Firing
		}
		next[h] = a
	}
	for h, was := range old {
		if next[h] != nil {
			continue
		}
		a := *was
		a.cause = nil
		if a.gone.IsZero() {
			a.gone = c.now
		}
		// Withdrawing rows does not resolve alerts.
		if a.stale = c.dataMissing(a.objectCluster(), r); a.stale || a.state == Firing && c.now.Sub(a.gone) < r.keepFiringFor {
			next[h] = &a
		}
	}
	return next
}
