// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package certmanager

import (
	"cmp"
	"slices"
	"strconv"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/exposition"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/lifecycle"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/watch"
)

// Lifecycles of the kinds. All keep lastTransitionTime until the status of a condition changes. A CertificateRequest never
// changes, so it has no generations.
var (
	declaredKind  = lifecycle.Kind{KeepsTransitions: true, NeverWaits: true}
	requestedKind = lifecycle.Kind{KeepsTransitions: true, NoGenerations: true, NeverWaits: true}
)

// Reasons that cert-manager does not have.
const (
	// reasonUnprocessed is the reason of an object without a Ready condition.
	reasonUnprocessed = "Unprocessed"
	// reasonNotApproved is the reason of a CertificateRequest that no approver has handled.
	reasonNotApproved = "NotApproved"
	reasonIssuing     = "Issuing"
)

// readyReason returns the reason of the Ready condition.
func readyReason(cs lifecycle.Conditions) string {
	ready, ok := cs.Get("Ready")
	if !ok {
		return reasonUnprocessed
	}
	return ready.Reason
}

// lifecycleObject returns the input of package lifecycle from the metadata and the conditions.
func lifecycleObject(m *watch.Meta, cs lifecycle.Conditions) lifecycle.Object {
	return lifecycle.Object{Created: m.Created, Deleted: m.Deleted, Generation: m.Generation, ChangedAt: m.SpecChanged(), Conditions: cs}
}

// inProgress returns the conditions of an object whose Ready condition is not yet an outcome.
func inProgress(cs lifecycle.Conditions, ready lifecycle.Condition) lifecycle.Conditions {
	ready.Type, ready.Status = "Ready", "Unknown"
	cs = slices.DeleteFunc(slices.Clone(cs), func(c lifecycle.Condition) bool { return c.Type == ready.Type })
	return append(cs, ready, lifecycle.Condition{Type: "Reconciling", Status: "True"})
}

// evaluate derives the state of a Certificate. Ready is False from its creation until the first certificate is issued. The
// condition Issuing is True during an attempt. A failed attempt is recorded until an attempt succeeds.
func (o *certificateObject) evaluate(seen lifecycle.Observation) lifecycle.Result {
	cs := o.Status.Conditions
	ready, ok := cs.Get("Ready")
	issuing, _ := cs.Get("Issuing")
	failedBefore := o.Status.FailedAttempts > 0 || !o.Status.LastFailure.IsZero()
	if issuing.Status == "True" && ready.Status != "True" && !failedBefore {
		if !ok {
			ready = issuing
			ready.Reason = reasonIssuing
		}
		cs = inProgress(cs, ready)
		seen.Before = lifecycle.Memory{} // before the attempt it was not ready, but had not failed
	}
	return declaredKind.Evaluate(lifecycleObject(&o.Metadata, cs), seen)
}

// evaluate derives the state of a CertificateRequest. A failure is final. Ready is False with reason Pending until the
// issuer has answered.
func (o *requestObject) evaluate(seen lifecycle.Observation) lifecycle.Result {
	var cs lifecycle.Conditions
	ready, ok := o.Status.Conditions.Get("Ready")
	failure := o.failure()
	switch {
	case failure.Reason != "":
		failure.Type, failure.Status = "Ready", "False"
		cs = lifecycle.Conditions{failure}
	case ready.Status == "False":
		cs = inProgress(nil, ready)
	case ok:
		cs = lifecycle.Conditions{ready}
	}
	result := requestedKind.Evaluate(lifecycleObject(&o.Metadata, cs), seen)
	if result.State == lifecycle.Unprocessed && !o.Status.Conditions.Is("Approved", "True") {
		result.Reason = reasonNotApproved
	}
	return result
}

// notReadyRow adds the onset and the reason of an object that is not ready. labels are the labels of the object.
func notReadyRow(r *exposition.Rows, f *exposition.Family, result *lifecycle.Result, labels ...string) {
	if result.State == lifecycle.Ready || result.State == lifecycle.Deleting {
		return
	}
	reason := cmp.Or(result.Reason, "Unknown")
	if reason == lifecycle.ReasonNoStatus {
		reason = reasonUnprocessed
	}
	precision := result.Onset.Precision()
	r.Time(f, result.Onset.Time,
		slices.Concat(labels, []string{reason, result.State.String(), precision, strconv.FormatBool(precision != lifecycle.Undated)})...)
}
