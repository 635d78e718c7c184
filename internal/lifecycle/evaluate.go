// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package lifecycle

import (
	"cmp"
	"time"
)

// outcome is what the last finished attempt came to.
type outcome uint8

const (
	undecided outcome = iota
	succeeded
	failed
	waiting
)

// evaluation is one call of [Kind.Evaluate].
type evaluation struct {
	*Kind
	Object
	Sighting

	ready    Condition
	hasReady bool
	// success is the newest success on record.
	success time.Time
}

// Evaluate derives the state of an object, its onset and its reason.
func (k *Kind) Evaluate(o Object, s Sighting) Result {
	o = o.withoutFuture(s.Now)
	e := evaluation{Kind: k, Object: o, Sighting: s}
	e.ready, e.hasReady = o.Conditions.Get(cmp.Or(k.Ready, "Ready"))
	for _, a := range o.Attempts {
		if !a.Failed && a.Last.After(e.success) {
			e.success = a.Last
		}
	}
	e.forget()
	out, reason := e.outcome()
	result := Result{LastSuccess: e.success}
	result.Memory = e.remember(out, reason)
	result.State, result.Reason = e.state(out, reason)
	result.FirstReason, result.Retried = result.Memory.FirstReason, result.State == Failed && result.Memory.Retried
	result.Onset = e.onset(result.State, &result.Memory)
	if result.State == Ready && result.Memory.Succeeded == 0 && result.Memory.Failed == 0 {
		result.Memory = Memory{}
	}
	return result
}

// forget drops the memory of an earlier object of the same name, and of failures that a recorded
// success has ended.
func (e *evaluation) forget() {
	m := &e.Before
	if last := max(m.Since, m.Failed, m.Succeeded); last != 0 && last < seconds(e.Created) {
		*m = Memory{}
	}
	if m.Failed != 0 && m.Failed < seconds(e.success) {
		m.Failed, m.FailedSince, m.FailedSinceAtLeast, m.Retried, m.Reason, m.FirstReason = 0, 0, false, false, "", ""
		if m.State == Failed || m.State == Stalled {
			m.State = Unset
		}
	}
}

// outcome decides what the last finished attempt came to. Ready True or False decides.
// Evidence of earlier attempts is consulted while it is neither, and for a canceled
// health check, which is no outcome.
func (e *evaluation) outcome() (outcome, string) {
	switch {
	case e.ready.Status == "True":
		return succeeded, e.ready.Reason
	case e.ready.Status == "False" && (e.WaitsOnly || e.ready.Reason == ReasonDependencyNotReady && !e.NeverWaits):
		return waiting, e.ready.Reason
	case e.ready.Status == "False" && e.ready.Reason != ReasonHealthCheckCanceled:
		return failed, e.ready.Reason
	}
	if reason, ok := e.failedBefore(); ok {
		return failed, reason
	}
	return undecided, e.ready.Reason
}

// failedBefore reports whether the last finished attempt failed, by the newer of the object's record
// and the memory.
func (e *evaluation) failedBefore() (reason string, ok bool) {
	for _, ev := range e.Evidence {
		c, _ := e.Conditions.Get(ev.Type)
		if c.Status == ev.Status && seconds(c.LastTransitionTime) >= e.Before.Succeeded {
			return c.Reason, true
		}
	}
	var newest Attempt
	for _, a := range e.Attempts {
		if a.Last.After(newest.Last) {
			newest = a
		}
	}
	if newest.Failed && seconds(newest.Last) >= e.Before.Succeeded {
		return newest.Reason, true
	}
	if e.Before.Failed != 0 { // newer than any success on record, see forget
		return e.Before.Reason, true
	}
	// Set between attempts only, but also after a canceled health check.
	c, _ := e.Conditions.Get("Reconciling")
	if c.Status == "True" && c.Reason == ReasonProgressingWithRetry && e.ready.Reason != ReasonHealthCheckCanceled {
		return c.Reason, true
	}
	return "", false
}

// remember returns the memory of the last finished attempt. A success is remembered only while the
// object still shows evidence against it.
func (e *evaluation) remember(out outcome, reason string) Memory {
	m := Memory{
		Failed: e.Before.Failed, Succeeded: e.Before.Succeeded, Reason: e.Before.Reason,
		FailedSince: e.Before.FailedSince, FailedSinceAtLeast: e.Before.FailedSinceAtLeast, Retried: e.Before.Retried,
		FirstReason: e.Before.FirstReason,
	}
	at := seconds(e.ready.LastTransitionTime)
	switch out {
	case succeeded:
		m = Memory{}
		if e.contradicted() {
			m.Succeeded = cmp.Or(at, seconds(e.Now))
		}
	case failed:
		if e.ready.Status == "False" {
			m.Failed, m.Succeeded = max(m.Failed, cmp.Or(at, seconds(e.Now))), 0
		}
		m.Reason = reason
		since := e.failedSince()
		m.FailedSince, m.FailedSinceAtLeast = seconds(since.Time), since.AtLeast
		m.Retried, m.FirstReason = e.retried(), cmp.Or(e.firstReason(), m.FirstReason, reason)
	}
	return m
}

// firstReason returns why the first failed attempt on record after the last success failed;
// empty if there is none.
func (e *evaluation) firstReason() string {
	var first Attempt
	for _, a := range e.Attempts {
		if a.Failed && a.First.After(e.success) && (first.First.IsZero() || a.First.Before(first.First)) {
			first = a
		}
	}
	return first.Reason
}

// retried reports whether another attempt has begun since the first failure after the
// last success. A later outcome than the one known is that of another attempt.
func (e *evaluation) retried() bool {
	failures := 0
	for _, a := range e.Attempts {
		if !a.Failed || !a.Last.After(e.success) {
			continue
		}
		failures++
		if a.Last.After(a.First) && a.First.After(e.success) {
			failures++
		}
	}
	return failures > 1 || e.ready.Status == "Unknown" || e.ready.Reason == ReasonHealthCheckCanceled ||
		e.Before.Failed != 0 && (e.Before.Retried || seconds(e.ready.LastTransitionTime) > e.Before.Failed)
}

// contradicted reports whether conditions or attempts of a ready object look like a
// failure.
func (e *evaluation) contradicted() bool {
	for _, ev := range e.Evidence {
		if e.Conditions.Is(ev.Type, ev.Status) {
			return true
		}
	}
	for _, a := range e.Attempts {
		if a.Failed && a.Last.After(e.success) {
			return true
		}
	}
	return false
}

// state returns the first state that applies, in order of precedence.
func (e *evaluation) state(out outcome, reason string) (State, string) {
	stalled, _ := e.Conditions.Get("Stalled")
	unprocessed := e.unprocessed()
	switch {
	case !e.Deleted.IsZero():
		return Deleting, ""
	case e.Suspended:
		return Suspended, ""
	case stalled.Status == "True":
		return Stalled, cmp.Or(stalled.Reason, reason)
	case out == failed:
		return Failed, reason
	case out == waiting:
		return DependencyNotReady, reason
	case unprocessed != "":
		return Unprocessed, unprocessed
	case out == succeeded, e.Static && len(e.Conditions) == 0:
		return Ready, reason
	case e.progressing():
		return Progressing, cmp.Or(reason, ReasonProgressing)
	}
	if !e.hasReady {
		return Unknown, ReasonNoReady
	}
	return Unknown, cmp.Or(reason, ReasonReadyUnknown)
}

func (e *evaluation) progressing() bool {
	return e.Conditions.Is("Reconciling", "True") || e.ready.Reason == ReasonProgressing || e.ready.Reason == ReasonHealthCheckCanceled
}

// unprocessed returns why no controller has processed the object; empty if one has.
func (e *evaluation) unprocessed() (reason string) {
	if len(e.Conditions) == 0 && e.Observed <= 0 {
		if e.Static && e.Observed == 0 {
			return ""
		}
		return ReasonNoStatus
	}
	if e.NoGenerations {
		return ""
	}
	// Flux moves observedGeneration on success or stall only: an upgrade that is under
	// way shows in the conditions and in lastAttemptedGeneration.
	newest := e.Observed
	for _, c := range e.Conditions {
		newest = max(newest, c.ObservedGeneration)
	}
	if newest != 0 && newest < e.Generation {
		return ReasonGenerationBehind
	}
	return ""
}

// seconds returns t in seconds since the epoch; 0 for the zero time.
func seconds(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.Unix()
}

// timeOf is the opposite of seconds.
func timeOf(s int64) time.Time {
	if s == 0 {
		return time.Time{}
	}
	return time.Unix(s, 0).UTC()
}
