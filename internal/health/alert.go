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

// The states.
const (
	Pending State = "pending"
	Firing  State = "firing"
)

// alert is one result of a rule over time.
type alert struct {
	rule   *rule
	labels labels.Labels // without the metric name
	value  float64
	state  State
	// activeAt is the time of the first evaluation with the alert, since its onset according to the
	// rule.
	activeAt, since time.Time
	// dated means that since is from rows, atLeast that the alert may have begun earlier, and found
	// that it was in the first rows of its cluster.
	dated, atLeast, found bool
	// reason may change; empty if unknown.
	reason string
	// gone is the time of the first evaluation without it.
	gone time.Time
	// stale marks an alert whose cluster has no rows any more.
	stale bool
	// owner are the labels for the owner of the object.
	owner map[string]string
	// cause is the alert at the root of this one.
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

// isResolved reports whether the alert is over and is only kept for some time.
func (a *alert) isResolved() bool { return !a.gone.IsZero() && !a.stale }

// objectCluster is the cluster in which the object lives; empty if there is none.
func (a *alert) objectCluster() string { return a.labels.Get(clusterLabel) }

// targetCluster is the cluster that is affected.
func (a *alert) targetCluster() string {
	if t := a.labels.Get("target_cluster"); t != "" {
		return t
	}
	return a.objectCluster()
}

// evaluation is when alerts are looked at, and how.
type evaluation struct {
	now time.Time
	// once is set for a single evaluation, in which alerts fire without waiting.
	once bool
	// isSnapshot reports whether a cluster is a snapshot, in which alerts fire without waiting.
	isSnapshot func(cluster string) bool
	// dataMissing reports whether the rows of a system in a cluster are missing, unseen whether they have
	// been missing so far.
	dataMissing, wasMissing func(cluster string, r *rule) bool
}

// updateAlerts returns the alerts of a rule after an evaluation, from its result and, in joins, the
// onsets in rows: the onset counts, not the start of this exporter. It does not change old alerts.
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
		// Withdrawn rows do not resolve alerts.
		if a.stale = c.dataMissing(a.objectCluster(), r); a.stale || a.state == Firing && c.now.Sub(a.gone) < r.keepFiringFor {
			next[h] = &a
		}
	}
	return next
}
