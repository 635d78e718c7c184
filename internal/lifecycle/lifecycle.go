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
//	watch.NewStatefulResource(watch.Resource{...}, func(o *object, v fleet.View, s lifecycle.Observation,
//		r *exposition.Rows) lifecycle.Memory {
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
// what a ready object returns. Snapshots and one-shot reports pass [Observation.Once].
//
// A state never depends on the age of anything: `unprocessed` and `deleting` are returned
// at once, and the rules tolerate them for a while (time() - onset).
package lifecycle

import "time"

// State is the state of an object, in order of precedence: if several states apply, the lowest is returned.
type State uint8

// The states. Unset is the state of a zero [Memory] and is never returned.
const (
	Unset State = iota
	// Deleting means that deletion was requested and a finalizer holds the object.
	Deleting
	// Suspended means that reconciliation is turned off for the object.
	Suspended
	// Stalled means that there is no further attempt until spec, source or inputs change.
	Stalled
	// Failed means that the last finished attempt failed.
	Failed
	// DependencyNotReady means that the object waits for another one.
	DependencyNotReady
	// Unprocessed means that no controller has processed the object or its newest generation.
	Unprocessed
	// Progressing means that an attempt is in progress and the previous one did not fail.
	Progressing
	// Ready means that the last attempt succeeded.
	Ready
	// Unknown means that no other state follows from the status.
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

// Condition is a condition of a status. Messages are not decoded, because they may contain secrets.
type Condition struct {
	Type               string    `json:"type"`
	Status             string    `json:"status"`
	Reason             string    `json:"reason"`
	LastTransitionTime time.Time `json:"lastTransitionTime"`
	ObservedGeneration int64     `json:"observedGeneration"`
}

// Conditions are the conditions of a status.
type Conditions []Condition

// Get returns the first condition of a type, with its reason sanitized by [Reason].
func (cs Conditions) Get(name string) (Condition, bool) {
	for _, c := range cs {
		if c.Type == name {
			c.Reason = Reason(c.Reason)
			return c, true
		}
	}
	return Condition{}, false
}

// maxReason is longer than any known reason.
const maxReason = 64

// Reason returns a reason that is one word in CamelCase, as controllers write them, and [ReasonOther] for any other
// text. Other texts may quote a secret, and a server must not choose label values.
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

// Reasons that rules use. The reasons of unprocessed and unknown objects are defined here.
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

// Kind describes how objects of a kind record their attempts.
type Kind struct {
	// Ready is the type of the deciding condition; empty means Ready.
	Ready string
	// Evidence are conditions that prove a failed attempt while Ready is undecided.
	Evidence []Evidence
	// KeepsTransitions means that lastTransitionTime changes only with the status, so that it is an exact onset. Flux
	// also changes it with the message.
	KeepsTransitions bool
	// WaitsOnly means that Ready is False only while the object waits for another one.
	WaitsOnly bool
	// NeverWaits means that dependencies of the kind are not recorded, so that DependencyNotReady, which may be
	// inherited from another object, counts as a failure.
	NeverWaits bool
	// NoGenerations means that the status has no generations to compare.
	NoGenerations bool
}

// Attempt is a finished attempt that the object records.
type Attempt struct {
	Failed bool
	Reason string
	// First and Last are the times at which the attempt ended. They differ for an entry that covers several attempts.
	First, Last time.Time
}

// Object has the recorded data of an object's status and metadata.
type Object struct {
	Created, Deleted time.Time
	Generation       int64
	// Suspended means that reconciliation is turned off for the object.
	Suspended bool
	// SuspendedAt and ChangedAt are the times at which the object was suspended and its spec was changed, from
	// managedFields; zero if unknown.
	SuspendedAt, ChangedAt time.Time
	Conditions             Conditions
	// Observed is the greater of status.observedGeneration and lastAttemptedGeneration; -1 is the default of the API
	// server. The generations of conditions are taken into account here.
	Observed int64
	// Attempts are the recorded finished attempts, in any order. Truncated means that older attempts may be missing.
	Attempts  []Attempt
	Truncated bool
	// Static marks objects that have no status by design.
	Static bool
}

// Onset is the begin of a state.
type Onset struct {
	Time time.Time
	// AtLeast means that the state began at Time or earlier.
	AtLeast bool
	// Once means that the onset will not become more precise, so that rules should not wait for that.
	Once bool
}

// Precisions of an onset, the values of the label onset.
const (
	// Exact means that the state began at the time of the row.
	Exact = "exact"
	// AtLeast means that the state began at that time or earlier, because it was already present at the first
	// observation.
	AtLeast = "at_least"
	// Undated means the same in a snapshot or a one-shot report, which have no later evaluation. Tolerances do not
	// apply.
	Undated = "undated"
)

// LaterOf returns the later of two changes, which is the onset of a difference between two objects; the zero Onset if
// one of them is unknown.
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

// Observation is an observation of an object, with the memory of earlier ones.
type Observation struct {
	Now    time.Time
	Before Memory
	// Live means that the object arrived as an event of a stream without gaps.
	Live bool
	// Once means that no memory is kept, as for a snapshot or a one-shot report.
	Once bool
}

// Memory is kept with an object until its next observation. Times are in seconds since the epoch.
type Memory struct {
	State State
	// AtLeast qualifies Since, the onset of State.
	AtLeast bool
	Since   int64
	// Failed and Succeeded are the times at which the last finished attempt ended; one of them is zero.
	Failed, Succeeded int64
	// FailedSince is the onset of the failures, across attempts and waiting times.
	FailedSince        int64
	FailedSinceAtLeast bool
	// Retried means that another attempt has begun since the failure.
	Retried bool
	// Reason is the reason of the last failure, and FirstReason that of the first one.
	Reason, FirstReason string
}

// Result is the result of an evaluation.
type Result struct {
	State  State
	Reason string
	// Onset is the begin of the state. Failed and stalled share the onset of the first failure after the last success.
	Onset Onset
	// Retried means that the object has failed and another attempt has begun since.
	Retried bool
	// FirstReason is the reason of the first failure after the last success. It stays the same until the next success.
	FirstReason string
	// LastSuccess is the newest recorded success; zero if there is none.
	LastSuccess time.Time
	Memory      Memory
}
