// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package lifecycle

import (
	"slices"
	"time"
)

// maxPeriod is longer than any interval that is waited for.
const maxPeriod = 100 * 365 * 24 * time.Hour

// Times returns an interval times n, and at most a hundred years: the product of a long one is negative.
func Times(interval time.Duration, n float64) time.Duration {
	return time.Duration(min(float64(interval)*n, float64(maxPeriod)))
}

// Past returns a time that is not after now. One in the future is that of a clock that is ahead, or
// of an author who wants nothing to be found: a failure that begins in the year 9999 is never too old.
func Past(t, now time.Time) time.Time {
	if t.After(now) && !now.IsZero() {
		return now
	}
	return t
}

// withoutFuture returns the object with times that are not after now.
func (o Object) withoutFuture(now time.Time) Object {
	if now.IsZero() {
		return o
	}
	o.Deleted = Past(o.Deleted, now)
	for _, t := range []*time.Time{&o.Created, &o.SuspendedAt, &o.ChangedAt} {
		if t.After(now) {
			*t = time.Time{} // unknown: the first observation counts
		}
	}
	isFuture := func(c Condition) bool { return c.LastTransitionTime.After(now) }
	if slices.ContainsFunc(o.Conditions, isFuture) {
		o.Conditions = slices.Clone(o.Conditions)
		for i, c := range o.Conditions {
			o.Conditions[i].LastTransitionTime = Past(c.LastTransitionTime, now)
		}
	}
	if slices.ContainsFunc(o.Attempts, func(a Attempt) bool { return a.First.After(now) || a.Last.After(now) }) {
		o.Attempts = slices.Clone(o.Attempts)
		for i, a := range o.Attempts {
			o.Attempts[i].First, o.Attempts[i].Last = Past(a.First, now), Past(a.Last, now)
		}
	}
	return o
}
