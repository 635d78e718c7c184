// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package lifecycle

import "time"

// onset returns the onset of the state and stores it in the memory.
func (e *evaluation) onset(s State, m *Memory) Onset {
	var o Onset
	switch s {
	case Ready:
		return Onset{}
	case Deleting:
		o = Onset{Time: e.Deleted}
		if e.Before.State == s {
			o = earlierOnset(o, Onset{Time: timeOf(e.Before.Since), AtLeast: e.Before.AtLeast})
		}
	case Stalled, Failed:
		o = e.failedOnset(m)
	case Suspended:
		o = e.carriedOnset(s, Onset{Time: e.SuspendedAt})
	case Unprocessed:
		o = e.carriedOnset(s, e.unseenSince())
	default:
		o = e.carriedOnset(s, e.transition())
	}
	m.State, m.Since, m.AtLeast = s, seconds(o.Time), o.AtLeast
	o.Once = e.Once
	return o
}

// carriedOnset returns the recorded onset, or else the onset in the memory, or else now. Of two bounds, the earlier is
// more precise.
func (e *evaluation) carriedOnset(s State, record Onset) Onset {
	before := Onset{Time: timeOf(e.Before.Since), AtLeast: e.Before.AtLeast}
	known := e.Before.State == s && !before.Time.IsZero()
	// An attempt that was in progress before a gap has ended during the gap.
	known = known && (s != Progressing || e.Live || !record.Time.After(before.Time))
	switch {
	case record.Time.IsZero() && known:
		return before
	case record.Time.IsZero():
		return Onset{Time: e.Now.UTC().Truncate(time.Second), AtLeast: !e.Live}
	case known && (record.AtLeast || e.mayMove(s)):
		return earlierOnset(before, record)
	}
	return record
}

// mayMove reports whether the recorded time of a state may change while the state lasts.
func (e *evaluation) mayMove(s State) bool {
	return !e.KeepsTransitions && s != Suspended && s != Unprocessed
}

// transition returns the time at which the deciding condition changed. If a changed message also changes that time, the
// time is exact only for an observed change.
func (e *evaluation) transition() Onset {
	return Onset{Time: e.ready.LastTransitionTime, AtLeast: !e.KeepsTransitions && !e.isWitnessed()}
}

// isWitnessed reports whether the change to the current state was observed: as an event without gaps, after a state
// with a known onset.
func (e *evaluation) isWitnessed() bool { return e.Live && !e.Before.AtLeast }

// unseenSince returns the time since which no controller has processed the object.
func (e *evaluation) unseenSince() Onset {
	if e.unprocessedReason() == ReasonNoStatus {
		return Onset{Time: e.Created}
	}
	return Onset{Time: e.ChangedAt}
}

// failedOnset returns the onset of the failures. The condition Stalled may be the only sign of a failure.
func (e *evaluation) failedOnset(m *Memory) Onset {
	if m.FailedSince != 0 {
		return Onset{Time: timeOf(m.FailedSince), AtLeast: m.FailedSinceAtLeast}
	}
	stalled, _ := e.Conditions.Get("Stalled")
	return e.carriedOnset(Stalled, Onset{Time: stalled.LastTransitionTime, AtLeast: !e.KeepsTransitions && !e.isWitnessed()})
}

// failedSince returns the begin of the failures: the earliest of the first recorded failure after the last success, the
// time in the memory, and the time since which conditions indicate a failure.
func (e *evaluation) failedSince() Onset {
	since := e.firstFailure()
	if at := e.Before.FailedSince; at != 0 && at >= seconds(e.success) {
		since = earlierOnset(since, Onset{Time: timeOf(at), AtLeast: e.Before.FailedSinceAtLeast})
	}
	if since = earlierOnset(since, e.evidenceSince()); since.Time.IsZero() {
		return Onset{Time: e.Now.UTC().Truncate(time.Second), AtLeast: !e.isWitnessed()}
	}
	return since
}

// firstFailure returns the end of the first recorded failed attempt after the last success. If an entry predates the
// success, the failure has recurred, at the latest at the last time of the entry.
func (e *evaluation) firstFailure() Onset {
	var since Onset
	for _, a := range e.Attempts {
		switch {
		case !a.Failed || !a.Last.After(e.success):
		case a.First.After(e.success):
			since = earlierOnset(since, Onset{Time: a.First, AtLeast: e.success.IsZero() && e.Truncated})
		default:
			since = earlierOnset(since, Onset{Time: a.Last, AtLeast: true})
			since.AtLeast = true
		}
	}
	return since
}

// evidenceSince returns the time since which conditions indicate the failure.
func (e *evaluation) evidenceSince() Onset {
	var since time.Time
	add := func(c Condition) {
		t := c.LastTransitionTime
		if !t.IsZero() && !t.Before(e.success) && (since.IsZero() || t.Before(since)) {
			since = t
		}
	}
	if e.ready.Status == "False" {
		add(e.ready)
	}
	for _, ev := range e.Evidence {
		if c, _ := e.Conditions.Get(ev.Type); c.Status == ev.Status && seconds(c.LastTransitionTime) >= e.Before.Succeeded {
			add(c)
		}
	}
	return Onset{Time: since, AtLeast: !e.KeepsTransitions && !e.isWitnessed()}
}

// earlierOnset returns the earlier of two known onsets.
func earlierOnset(a, b Onset) Onset {
	if a.Time.IsZero() || !b.Time.IsZero() && b.Time.Before(a.Time) {
		return b
	}
	return a
}
