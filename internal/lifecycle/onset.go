// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package lifecycle

import "time"

// onset returns when the state began, and notes it in the memory.
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
		o = e.carried(s, Onset{Time: e.SuspendedAt})
	case Unprocessed:
		o = e.carried(s, e.unseenSince())
	default:
		o = e.carried(s, e.transition())
	}
	m.State, m.Since, m.AtLeast = s, seconds(o.Time), o.AtLeast
	o.Once = e.Once
	return o
}

// carried returns the onset on record, or the one that was noted when the state was seen
// first, or now. Of two bounds the earlier is better.
func (e *evaluation) carried(s State, record Onset) Onset {
	before := Onset{Time: timeOf(e.Before.Since), AtLeast: e.Before.AtLeast}
	known := e.Before.State == s && !before.Time.IsZero()
	// An attempt that was under way before a gap has ended in it.
	known = known && (s != Progressing || e.Live || !record.Time.After(before.Time))
	switch {
	case record.Time.IsZero() && known:
		return before
	case record.Time.IsZero():
		return Onset{Time: e.Now.UTC().Truncate(time.Second), AtLeast: !e.Live}
	case known && (record.AtLeast || e.moves(s)):
		return earlierOnset(before, record)
	}
	return record
}

// moves reports whether the recorded time of a state may move while it lasts.
func (e *evaluation) moves(s State) bool {
	return !e.KeepsTransitions && s != Suspended && s != Unprocessed
}

// transition returns when the deciding condition changed. Where a changed message moves
// that, it is exact only for a change that was seen as it happened.
func (e *evaluation) transition() Onset {
	return Onset{Time: e.ready.LastTransitionTime, AtLeast: !e.KeepsTransitions && !e.witnessed()}
}

// witnessed reports whether the change to the present state was seen as it happened: an
// event without gaps that follows a state whose onset was known.
func (e *evaluation) witnessed() bool { return e.Live && !e.Before.AtLeast }

// unseenSince returns since when no controller has processed the object.
func (e *evaluation) unseenSince() Onset {
	if e.unprocessed() == ReasonNoStatus {
		return Onset{Time: e.Created}
	}
	return Onset{Time: e.ChangedAt}
}

// failedOnset returns the onset of the failures; the condition Stalled may stand alone.
func (e *evaluation) failedOnset(m *Memory) Onset {
	if m.FailedSince != 0 {
		return Onset{Time: timeOf(m.FailedSince), AtLeast: m.FailedSinceAtLeast}
	}
	stalled, _ := e.Conditions.Get("Stalled")
	return e.carried(Stalled, Onset{Time: stalled.LastTransitionTime, AtLeast: !e.KeepsTransitions && !e.witnessed()})
}

// failedSince returns when the failures began: the earliest of the first failed attempt on record
// after the last success, the time noted before, and the time since which conditions show a failure.
func (e *evaluation) failedSince() Onset {
	since := e.firstFailure()
	if at := e.Before.FailedSince; at != 0 && at >= seconds(e.success) {
		since = earlierOnset(since, Onset{Time: timeOf(at), AtLeast: e.Before.FailedSinceAtLeast})
	}
	if since = earlierOnset(since, e.shownSince()); since.Time.IsZero() {
		return Onset{Time: e.Now.UTC().Truncate(time.Second), AtLeast: !e.witnessed()}
	}
	return since
}

// firstFailure returns the end of the first failed attempt on record after the last
// success. An entry that predates the success has recurred after it, at the latest when
// it was noted last.
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

// shownSince returns since when conditions show the failure.
func (e *evaluation) shownSince() Onset {
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
	return Onset{Time: since, AtLeast: !e.KeepsTransitions && !e.witnessed()}
}

// earlierOnset returns the earlier of two onsets that are known.
func earlierOnset(a, b Onset) Onset {
	if a.Time.IsZero() || !b.Time.IsZero() && b.Time.Before(a.Time) {
		return b
	}
	return a
}
