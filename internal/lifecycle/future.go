// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package lifecycle

import (
	"slices"
	"time"
)

// maxPeriod is longer than any interval in use.
const maxPeriod = 100 * 365 * 24 * time.Hour

// Times returns an interval times n, at most a hundred years, because the product of a long interval would overflow.
func Times(interval time.Duration, n float64) time.Duration {
	return time.Duration(min(float64(interval)*n, float64(maxPeriod)))
}

// maxAhead is the accepted clock difference: times up to a day ahead are used unchanged.
const maxAhead = 24 * time.Hour

// isFuture reports whether a time is too far ahead for a clock difference. Such a time may be set on purpose: a failure
// that begins in the year 9999 would never exceed a tolerance.
func isFuture(t, now time.Time) bool { return !now.IsZero() && t.After(now.Add(maxAhead)) }

// Past returns a time, or now instead of one in the far future.
func Past(t, now time.Time) time.Time {
	if isFuture(t, now) {
		return now.Truncate(time.Second)
	}
	return t
}

// withoutFuture returns the object without times in the far future.
func (o Object) withoutFuture(now time.Time) Object {
	if now.IsZero() {
		return o
	}
	o.Deleted = Past(o.Deleted, now)
	for _, t := range []*time.Time{&o.Created, &o.SuspendedAt, &o.ChangedAt} {
		if isFuture(*t, now) {
			*t = time.Time{} // unknown: the first observation counts
		}
	}
	if slices.ContainsFunc(o.Conditions, func(c Condition) bool { return isFuture(c.LastTransitionTime, now) }) {
		o.Conditions = slices.Clone(o.Conditions)
		for i, c := range o.Conditions {
			o.Conditions[i].LastTransitionTime = Past(c.LastTransitionTime, now)
		}
	}
	if slices.ContainsFunc(o.Attempts, func(a Attempt) bool { return isFuture(a.First, now) || isFuture(a.Last, now) }) {
		o.Attempts = slices.Clone(o.Attempts)
		for i, a := range o.Attempts {
			o.Attempts[i].First, o.Attempts[i].Last = Past(a.First, now), Past(a.Last, now)
		}
	}
	return o
}
