// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package lifecycle

import (
	"cmp"
	"time"
)

// outcome is the outcome of the last finished attempt.
type outcome uint8

const (
	undecided outcome = iota
	succeeded
	failed
	waiting
)

// evaluation is the state of one call of [Kind.Evaluate].
type evaluation struct {
	*Kind
	Object
	Observation

	ready    Condition
	hasReady bool
	// success is the newest recorded success.
	success time.Time
}

// Evaluate derives the state of an object, its onset and its reason.
func (k *Kind) Evaluate(o Object, s Observation) Result {
	o = o.withoutFuture(s.Now)
	e := evaluation{Kind: k, Object: o, Observation: s}
	e.ready, e.hasReady = o.Conditions.Get(cmp.Or(k.Ready, "Ready"))
	for _, a := range o.Attempts {
		if !a.Failed && a.Last.After(e.success) {
			e.success = a.Last
		}
	}
	e.dropMemory()
	out, reason := e.outcome()
	result := Result{LastSuccess: e.success}
	result.Memory = e.newMemory(out, reason)
	result.State, result.Reason = e.state(out, reason)
	result.FirstReason, result.Retried = result.Memory.FirstReason, result.State == Failed && result.Memory.Retried
	result.Onset = e.onset(result.State, &result.Memory)
	if result.State == Ready && result.Memory.Succeeded == 0 && result.Memory.Failed == 0 {
		result.Memory = Memory{}
	}
	return result
}

// dropMemory drops the memory of a previous object with the same name, and of failures before a recorded success.
func (e *evaluation) dropMemory() {
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

// outcome returns the outcome of the last finished attempt. Ready with status True or False is decisive. If Ready is
// neither, or if a health check was canceled, which is no outcome, the evidence of earlier attempts is used.
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

// failedBefore reports whether the last finished attempt failed, according to the newer one of the object's record and
// the memory.
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
	if e.Before.Failed != 0 { // newer than any recorded success, see dropMemory
		return e.Before.Reason, true
	}
	// This reason is set only between attempts, but also after a canceled health check.
	c, _ := e.Conditions.Get("Reconciling")
	if c.Status == "True" && c.Reason == ReasonProgressingWithRetry && e.ready.Reason != ReasonHealthCheckCanceled {
		return c.Reason, true
	}
	return "", false
}

// newMemory returns the memory of the last finished attempt. A success is remembered only while the object still has
// evidence of an earlier failure.
func (e *evaluation) newMemory(out outcome, reason string) Memory {
	m := Memory{
		Failed: e.Before.Failed, Succeeded: e.Before.Succeeded, Reason: e.Before.Reason,
		FailedSince: e.Before.FailedSince, FailedSinceAtLeast: e.Before.FailedSinceAtLeast, Retried: e.Before.Retried,
		FirstReason: e.Before.FirstReason,
	}
	at := seconds(e.ready.LastTransitionTime)
	switch out {
	case succeeded:
		m = Memory{}
		if e.isContradicted() {
			m.Succeeded = cmp.Or(at, seconds(e.Now))
		}
	case failed:
		if e.ready.Status == "False" {
			m.Failed, m.Succeeded = max(m.Failed, cmp.Or(at, seconds(e.Now))), 0
		}
		m.Reason = reason
		since := e.failedSince()
		m.FailedSince, m.FailedSinceAtLeast = seconds(since.Time), since.AtLeast
		m.Retried, m.FirstReason = e.hasRetried(), cmp.Or(e.firstReason(), m.FirstReason, reason)
	}
	return m
}

// firstReason returns the reason of the first recorded failure after the last success; empty if there is none.
func (e *evaluation) firstReason() string {
	var first Attempt
	for _, a := range e.Attempts {
		if a.Failed && a.First.After(e.success) && (first.First.IsZero() || a.First.Before(first.First)) {
			first = a
		}
	}
	return first.Reason
}

// hasRetried reports whether another attempt has begun since the first failure after the last success. An outcome that
// is newer than the known one belongs to another attempt.
func (e *evaluation) hasRetried() bool {
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

// isContradicted reports whether conditions or attempts of a ready object indicate a failure.
func (e *evaluation) isContradicted() bool {
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
	unprocessed := e.unprocessedReason()
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
	case e.isProgressing():
		return Progressing, cmp.Or(reason, ReasonProgressing)
	}
	if !e.hasReady {
		return Unknown, ReasonNoReady
	}
	return Unknown, cmp.Or(reason, ReasonReadyUnknown)
}

func (e *evaluation) isProgressing() bool {
	return e.Conditions.Is("Reconciling", "True") || e.ready.Reason == ReasonProgressing || e.ready.Reason == ReasonHealthCheckCanceled
}

// unprocessedReason returns why no controller has processed the object; empty if the object was processed.
func (e *evaluation) unprocessedReason() (reason string) {
	if len(e.Conditions) == 0 && e.Observed <= 0 {
		if e.Static && e.Observed == 0 {
			return ""
		}
		return ReasonNoStatus
	}
	if e.NoGenerations {
		return ""
	}
	// Flux updates observedGeneration on success or stall only. An upgrade in progress is visible in the conditions and
	// in lastAttemptedGeneration.
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

// timeOf is the inverse of seconds.
func timeOf(s int64) time.Time {
	if s == 0 {
		return time.Time{}
	}
	return time.Unix(s, 0).UTC()
}
