// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

// Package lifecycle derives the state of a reconciled object, its onset and its reason
// from the metadata, the status and earlier observations. All collectors of reconciled
// kinds use it, so that one set of rules holds for Flux, External Secrets, Greenhouse
// and cert-manager.
//
// A collector describes each of its kinds once with a [Kind], fills an [Object] from the
// slim struct that the watch engine decoded, and calls [Kind.Evaluate] in the rows
// function that it declares with watch.NewStatefulResource:
//
//	var externalSecret = lifecycle.Kind{KeepsTransitions: true}
//
//	watch.NewStatefulResource(watch.Resource{...}, func(o *object, v fleet.View, s lifecycle.Sighting, r *exposition.Rows) lifecycle.Memory {
//		result := externalSecret.Evaluate(lifecycle.Object{
//			Created: o.Metadata.Created, Deleted: o.Metadata.Deleted, Generation: o.Metadata.Generation,
//			Conditions: o.Status.Conditions,
//		}, s)
//		r.Add(status, 1, ..., result.State.String())
//		if result.State != lifecycle.Ready {
//			r.Time(notReadySince, result.Onset.Time, ..., result.State.String(), result.Onset.Precision())
//		}
//		return result.Memory
//	})
//
// Evaluate is pure. The watch engine keeps the returned [Memory] beside the rows across
// events and relists and passes it to the next call; the zero Memory costs nothing and is
// what a ready object returns. Snapshots and one-shot reports pass [Sighting.Once].
//
// A state never depends on the age of anything: `unprocessed` and `deleting` are returned
// at once, and the rules tolerate them for a while (time() - onset).
package lifecycle

import "time"

// State is the state of an object. The order is that of precedence: of the states that
// apply, the lowest is returned.
type State uint8

// The states. Unset is the state of a zero [Memory] and never returned.
const (
	Unset State = iota
	// Deleting means that deletion was requested and a finalizer holds the object.
	Deleting
	// Suspended means that the object is not reconciled on purpose.
	Suspended
	// Stalled means that there is no further attempt until spec, source or inputs change.
	Stalled
	// Failed means that the last finished attempt failed.
	Failed
	// DependencyNotReady means that the object waits for another one.
	DependencyNotReady
	// Unprocessed means that no controller has seen the object or its newest generation.
	Unprocessed
	// Progressing means that an attempt is under way and the one before did not fail.
	Progressing
	// Ready means that the last attempt succeeded.
	Ready
	// Unknown means that the object has a status from which nothing follows.
	Unknown
)

// String returns the value of the label status.
func (s State) String() string {
	switch s {
	case Deleting:
		return "deleting"
	case Suspended:
		return "suspended"
	case Stalled:
		return "stalled"
	case Failed:
		return "failed"
	case DependencyNotReady:
		return "dependency_not_ready"
	case Unprocessed:
		return "unprocessed"
	case Progressing:
		return "progressing"
	case Ready:
		return "ready"
	}
	return "unknown"
}

// Condition is a condition of a status. Messages are not decoded: they may hold secrets.
type Condition struct {
	Type               string    `json:"type"`
	Status             string    `json:"status"`
	Reason             string    `json:"reason"`
	LastTransitionTime time.Time `json:"lastTransitionTime"`
	ObservedGeneration int64     `json:"observedGeneration"`
}

// Conditions are the conditions of a status.
type Conditions []Condition

// Get returns the first condition of a type, with a reason as [Reason] returns it.
func (cs Conditions) Get(name string) (Condition, bool) {
	for _, c := range cs {
		if c.Type == name {
			c.Reason = Reason(c.Reason)
			return c, true
		}
	}
	return Condition{}, false
}

// maxReason is more than any reason has.
const maxReason = 64

// Reason returns a reason as controllers write them, one word in CamelCase, and
// [ReasonOther] for any other text: it may quote a secret, and a label value must not be
// chosen by the server.
func Reason(text string) string {
	for i := range len(text) {
		upper := 'A' <= text[i] && text[i] <= 'Z'
		if i == maxReason || !upper && (i == 0 || text[i] < 'a' || text[i] > 'z') {
			return ReasonOther
		}
	}
	return text
}

// Is reports whether the condition of a type has a status.
func (cs Conditions) Is(name, status string) bool {
	c, ok := cs.Get(name)
	return ok && c.Status == status
}

// Reasons that the rules name. Those of unprocessed and unknown objects are ours.
const (
	ReasonDependencyNotReady   = "DependencyNotReady"
	ReasonHealthCheckCanceled  = "HealthCheckCanceled"
	ReasonProgressing          = "Progressing"
	ReasonProgressingWithRetry = "ProgressingWithRetry"
	ReasonNoStatus             = "NoStatus"
	ReasonGenerationBehind     = "GenerationBehind"
	ReasonReadyUnknown         = "ReadyUnknown"
	ReasonNoReady              = "NoReadyCondition"
	ReasonOther                = "Other"
)

// Evidence is a condition that a controller keeps until an attempt succeeds, such as
// FetchFailed of a source with status True.
type Evidence struct{ Type, Status string }

// Kind describes how objects of a kind record what happened to them.
type Kind struct {
	// Ready is the type of the deciding condition; empty means Ready.
	Ready string
	// Evidence are conditions that prove a failed attempt while Ready is undecided.
	Evidence []Evidence
	// KeepsTransitions means that lastTransitionTime moves with the status only, so that
	// it is an exact onset. Flux moves it with the message, too.
	KeepsTransitions bool
	// WaitsOnly means that Ready is False only while the object waits for another one.
	WaitsOnly bool
	// NeverWaits means that what a kind waits for is not on record: DependencyNotReady, which
	// an object may have from another one, is a failure.
	NeverWaits bool
	// NoGenerations means that the status has no generations to compare.
	NoGenerations bool
}

// Attempt is a finished attempt that the object records.
type Attempt struct {
	Failed bool
	Reason string
	// First and Last are when it ended; they differ for an entry that is kept across
	// recurrences.
	First, Last time.Time
}

// Object is what the status and the metadata of an object record.
type Object struct {
	Created, Deleted time.Time
	Generation       int64
	// Suspended is set for an object that is not reconciled on purpose.
	Suspended bool
	// SuspendedAt and ChangedAt are when the object was suspended and when its spec was
	// changed, from managedFields; zero if unknown.
	SuspendedAt, ChangedAt time.Time
	Conditions             Conditions
	// Observed is the greatest of status.observedGeneration and lastAttemptedGeneration;
	// -1 is the default of the API server. Those of conditions are added here.
	Observed int64
	// Attempts are the finished attempts on record, in any order. Truncated means that
	// older ones may have been dropped.
	Attempts  []Attempt
	Truncated bool
	// Static is set for objects that have no status by design.
	Static bool
}

// Onset is when a state began.
type Onset struct {
	Time time.Time
	// AtLeast means that it began at Time or earlier.
	AtLeast bool
	// Once means that the bound will not become better: no rule should wait on it.
	Once bool
}

// Precisions of an onset, the values of the label onset.
const (
	// Exact means that the state began at the time of the row.
	Exact = "exact"
	// AtLeast means that it began then or earlier: it was found so.
	AtLeast = "at_least"
	// Undated means the same in a snapshot or a one-shot report, where no later
	// evaluation learns more. Tolerances do not apply.
	Undated = "undated"
)

// LaterOf returns the later one of two changes, which is the onset of a difference between the two;
// the zero Onset if one of them is unknown.
func LaterOf(a, b time.Time) Onset {
	switch {
	case a.IsZero() || b.IsZero():
		return Onset{}
	case a.Before(b):
		a = b
	}
	return Onset{Time: a}
}

// Precision returns the value of the label onset.
func (o Onset) Precision() string {
	switch {
	case !o.AtLeast:
		return Exact
	case o.Once:
		return Undated
	}
	return AtLeast
}

// Sighting is an observation of an object, with the memory of earlier ones.
type Sighting struct {
	Now    time.Time
	Before Memory
	// Live means that the object arrived as an event of a stream without gaps.
	Live bool
	// Once means that no memory is kept: a snapshot or a one-shot report.
	Once bool
}

// Memory is kept with an object until its next observation. Times are in seconds since the epoch.
type Memory struct {
	State State
	// AtLeast qualifies Since, the onset of State.
	AtLeast bool
	Since   int64
	// Failed and Succeeded are when the last finished attempt ended; one of them is zero.
	Failed, Succeeded int64
	// FailedSince is the onset of the failures, across attempts and waits.
	FailedSince        int64
	FailedSinceAtLeast bool
	// Retried means that another attempt has begun since.
	Retried bool
	// Reason is that of the last failure, FirstReason that of the first one.
	Reason, FirstReason string
}

// Result is what follows from an object.
type Result struct {
	State  State
	Reason string
	// Onset is when the state began. Failed and stalled share the onset of the first
	// failure after the last success.
	Onset Onset
	// Retried means that the object has failed and another attempt has begun since.
	Retried bool
	// FirstReason is why the object failed first since it succeeded last: it stays the same
	// until the next success.
	FirstReason string
	// LastSuccess is the newest success on record; zero if there is none.
	LastSuccess time.Time
	Memory      Memory
}
