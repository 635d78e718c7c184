// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package lifecycle

import (
	"strings"
	"testing"
	"time"
)

// Shapes follow the controllers' sources:
//   - fluxcd/kustomize-controller internal/controller/kustomization_controller.go@186fb3b: Ready is Unknown
//     from the start of an attempt, history is written for apply, prune and health failures and for success
//     only, finalizeStatus sets ProgressingWithRetry, observedGeneration moves on success.
//   - fluxcd/helm-controller internal/controller/helmrelease_controller.go and internal/reconcile@0f61a86:
//     Reconciling beside an old Ready, Released and Remediated until the next success.
//   - fluxcd/source-controller internal/controller/gitrepository_controller.go: FetchFailed and the like stay
//     until an attempt succeeds, SourceVerified has both polarities.
//   - fluxcd/pkg runtime/conditions/setter.go: lastTransitionTime moves with reason and message, too.
//   - fluxcd/pkg apis/meta/history.go: entries are keyed by digest and status, five are kept.
//   - fluxcd/image-reflector-controller internal/controller/imagepolicy_controller.go: DependencyNotReady.
var (
	applier = Kind{}
	source  = Kind{Evidence: []Evidence{{"FetchFailed", "True"}, {"StorageOperationFailed", "True"}, {"SourceVerified", "False"}}}
	release = Kind{Evidence: []Evidence{{"Released", "False"}, {"TestSuccess", "False"}, {"Remediated", "True"}}}
	store   = Kind{KeepsTransitions: true, NoGenerations: true}
)

// at returns a time n minutes after an arbitrary hour.
func at(n int) time.Time { return time.Date(2026, 6, 10, 12, n, 0, 0, time.UTC) }

func cond(name, status, reason string, minute int) Condition {
	return Condition{Type: name, Status: status, Reason: reason, LastTransitionTime: at(minute), ObservedGeneration: 1}
}

func ready(status, reason string, minute int) Condition { return cond("Ready", status, reason, minute) }

func object(conditions ...Condition) Object {
	return Object{Created: at(-600), Generation: 1, Observed: 1, Conditions: conditions}
}

func with(o Object, change func(*Object)) Object {
	change(&o)
	return o
}

func attempts(o Object, all ...Attempt) Object {
	return with(o, func(o *Object) { o.Attempts = all })
}

func succeededAt(first, last int) Attempt { return Attempt{First: at(first), Last: at(last)} }

func failedAt(reason string, first, last int) Attempt {
	return Attempt{Failed: true, Reason: reason, First: at(first), Last: at(last)}
}

const (
	exact = false
	bound = true
)

func TestEvaluate(t *testing.T) {
	reconciling := cond("Reconciling", "True", "Progressing", 59)
	underWay := ready("Unknown", "Progressing", 59)
	retrying := cond("Reconciling", "True", "ProgressingWithRetry", 50)
	for _, tc := range []struct {
		name    string
		kind    Kind
		object  Object
		state   State
		reason  string
		onset   int // minute
		atLeast bool
	}{
		// Kustomization
		{"ready", applier, object(ready("True", "ReconciliationSucceeded", 3)), Ready, "ReconciliationSucceeded", 0, exact},
		{"ready, with an old failure in the history", applier,
			attempts(object(ready("True", "ReconciliationSucceeded", 3)), succeededAt(0, 55), failedAt("HealthCheckFailed", 1, 20)),
			Ready, "ReconciliationSucceeded", 0, exact},
		{"between attempts", applier,
			attempts(object(ready("False", "HealthCheckFailed", 50), retrying), failedAt("HealthCheckFailed", 10, 50), succeededAt(-90, 5)),
			Failed, "HealthCheckFailed", 10, exact},
		{"in an attempt after a failure", applier,
			attempts(object(underWay, reconciling), failedAt("HealthCheckFailed", 10, 50), succeededAt(-90, 5)),
			Failed, "HealthCheckFailed", 10, exact},
		{"in an attempt after a success", applier,
			attempts(object(underWay, reconciling), succeededAt(-90, 50), failedAt("HealthCheckFailed", -200, -120)),
			Progressing, "Progressing", 59, bound},
		{"a recurring entry that predates the success", applier,
			attempts(object(underWay, reconciling), failedAt("HealthCheckFailed", -200, 50), succeededAt(-300, 30)),
			Failed, "HealthCheckFailed", 50, bound},
		{"a failure that has no entry", applier,
			attempts(object(ready("False", "BuildFailed", 50), retrying), succeededAt(-90, 5)),
			Failed, "BuildFailed", 50, bound},
		{"two kinds of failure since the success", applier,
			attempts(object(underWay, reconciling), failedAt("HealthCheckFailed", 40, 50), failedAt("ReconciliationFailed", 20, 30), succeededAt(-90, 5)),
			Failed, "HealthCheckFailed", 20, exact},
		{"never succeeded", applier, attempts(object(underWay, reconciling), failedAt("ReconciliationFailed", 10, 50)), Failed, "ReconciliationFailed", 10, exact},
		{"only failures are left of the history", applier,
			with(attempts(object(underWay), failedAt("ReconciliationFailed", 10, 50)), func(o *Object) { o.Truncated = true }),
			Failed, "ReconciliationFailed", 10, bound},
		{"first attempt", applier, object(underWay, reconciling), Progressing, "Progressing", 59, bound},
		{"Flux before 2.7 between attempts", applier, object(ready("False", "HealthCheckFailed", 50)), Failed, "HealthCheckFailed", 50, bound},
		{"waiting, whatever the history has", applier,
			attempts(object(ready("False", "DependencyNotReady", 45)), failedAt("HealthCheckFailed", 10, 40)), DependencyNotReady, "DependencyNotReady", 45, bound},
		{"health check canceled after a failure", applier,
			attempts(object(ready("False", "HealthCheckCanceled", 58), retrying), failedAt("HealthCheckFailed", 10, 50), succeededAt(-90, 5)),
			Failed, "HealthCheckFailed", 10, exact},
		{"health check canceled after a success", applier,
			attempts(object(ready("False", "HealthCheckCanceled", 58), retrying), succeededAt(-90, 50)), Progressing, "HealthCheckCanceled", 58, bound},
		{"unknown with retry", applier, object(ready("Unknown", "Progressing", 59), retrying), Failed, "ProgressingWithRetry", 60, bound},

		// HelmRelease
		{"values missing while reconciling", release,
			object(ready("False", "ValuesError", 30), reconciling, cond("Released", "True", "UpgradeSucceeded", -500)), Failed, "ValuesError", 30, bound},
		{"retries of an upgrade", release,
			attempts(object(underWay, reconciling, cond("Released", "False", "UpgradeFailed", 40)), failedAt("UpgradeFailed", 20, 20), succeededAt(-90, -90)),
			Failed, "UpgradeFailed", 20, exact},
		{"remediated", release,
			object(ready("False", "RollbackSucceeded", 40), cond("Remediated", "True", "RollbackSucceeded", 40), cond("Released", "False", "UpgradeFailed", 35)),
			Failed, "RollbackSucceeded", 35, bound},
		{"remediated beside ready", release,
			object(ready("True", "UpgradeSucceeded", 40), cond("Remediated", "True", "RollbackSucceeded", 35)), Ready, "UpgradeSucceeded", 0, exact},
		{"given up", release,
			attempts(object(ready("False", "RetriesExceeded", 55), cond("Stalled", "True", "RetriesExceeded", 55), cond("Released", "False", "UpgradeFailed", 54)),
				failedAt("UpgradeFailed", 50, 50), succeededAt(-90, -90)),
			Stalled, "RetriesExceeded", 50, exact},
		{"ready while prerequisites are checked", release, object(ready("True", "UpgradeSucceeded", 40), reconciling), Ready, "UpgradeSucceeded", 0, exact},
		{"a long upgrade is not behind", release,
			with(object(underWay, reconciling), func(o *Object) {
				o.Generation, o.Observed = 2, 1
				o.Conditions[0].ObservedGeneration = 2
			}), Progressing, "Progressing", 59, bound},

		// Sources
		{"fetch failed", source, object(retrying, ready("False", "GitOperationFailed", 55), cond("FetchFailed", "True", "GitOperationFailed", 50)),
			Failed, "GitOperationFailed", 50, bound},
		{"fetching again", source, object(reconciling, underWay, cond("FetchFailed", "True", "GitOperationFailed", 50)), Failed, "GitOperationFailed", 50, bound},
		{"verification failed", source, object(reconciling, underWay, cond("SourceVerified", "False", "VerificationError", 50)), Failed, "VerificationError", 50, bound},
		{"verified", source, object(reconciling, underWay, cond("SourceVerified", "True", "Succeeded", 50)), Progressing, "Progressing", 59, bound},

		// All kinds
		{"stalled and ready", applier, object(ready("True", "Succeeded", 3), cond("Stalled", "True", "InvalidPath", 4)), Stalled, "InvalidPath", 4, bound},
		{"suspended and failed", applier, with(object(ready("False", "BuildFailed", 3)), func(o *Object) { o.Suspended, o.SuspendedAt = true, at(7) }), Suspended, "", 7, exact},
		{"suspended at an unknown time", applier, with(object(), func(o *Object) { o.Suspended = true }), Suspended, "", 60, bound},
		{"deleting", applier, with(object(ready("True", "Succeeded", 3)), func(o *Object) { o.Deleted, o.Suspended = at(9), true }), Deleting, "", 9, exact},
		{"no status", applier, with(object(), func(o *Object) { o.Observed = -1 }), Unprocessed, ReasonNoStatus, -600, exact},
		{"generation behind", applier, with(object(ready("True", "Succeeded", 3)), func(o *Object) { o.Generation, o.ChangedAt = 2, at(8) }),
			Unprocessed, ReasonGenerationBehind, 8, exact},
		{"failed and generation behind", applier, with(object(ready("False", "BuildFailed", 3)), func(o *Object) { o.Generation = 2 }), Failed, "BuildFailed", 3, bound},
		{"attempted generation", release, with(object(ready("True", "Succeeded", 3)), func(o *Object) { o.Generation, o.Observed = 2, 2 }), Ready, "Succeeded", 0, exact},
		{"no generations", store, with(object(ready("True", "Valid", 3)), func(o *Object) { o.Generation = 2 }), Ready, "Valid", 0, exact},
		{"no generations and no status", store, with(object(), func(o *Object) { o.Observed = 0 }), Unprocessed, ReasonNoStatus, -600, exact},
		{"no status by design", applier, with(object(), func(o *Object) { o.Observed, o.Static = 0, true }), Ready, "", 0, exact},
		{"no status by design, not processed", applier, with(object(), func(o *Object) { o.Observed, o.Static = -1, true }), Unprocessed, ReasonNoStatus, -600, exact},
		{"a status before it had none by design", applier, with(object(ready("False", "ValidationFailed", 5)), func(o *Object) { o.Observed, o.Static = -1, true }),
			Failed, "ValidationFailed", 5, bound},
		{"a status without conditions", applier, object(), Unknown, ReasonNoReady, 60, bound},
		{"waits, whatever the reason", Kind{WaitsOnly: true}, object(ready("False", "Failed", 5)), DependencyNotReady, "Failed", 5, bound},
		{"a wait that is not on record", Kind{NeverWaits: true}, object(ready("False", "DependencyNotReady", 5)), Failed, "DependencyNotReady", 5, bound},
		{"transitions are kept", store, object(ready("False", "InvalidProviderConfig", 5)), Failed, "InvalidProviderConfig", 5, exact},
	} {
		t.Run(tc.name, func(t *testing.T) {
			got := tc.kind.Evaluate(tc.object, Observation{Now: at(60), Once: true})
			if got.State != tc.state || got.Reason != tc.reason {
				t.Errorf("Evaluate() = %s, %q, want %s, %q", got.State, got.Reason, tc.state, tc.reason)
			}
			want := Onset{Time: at(tc.onset), AtLeast: tc.atLeast, Once: true}
			if tc.state == Ready {
				want = Onset{}
			}
			if !got.Onset.Time.Equal(want.Time) || got.Onset.AtLeast != want.AtLeast || got.Onset.Once != want.Once {
				t.Errorf("onset is %s (at least: %t), want %s (at least: %t)", got.Onset.Time, got.Onset.AtLeast, want.Time, want.AtLeast)
			}
		})
	}
}

// TestRetried checks that an attempt that begins after a failure counts as a retry.
func TestRetried(t *testing.T) {
	reconciling, underWay := cond("Reconciling", "True", "Progressing", 59), ready("Unknown", "Progressing", 59)
	failing := object(ready("False", "HealthCheckFailed", 50))
	for name, tc := range map[string]struct {
		kind   Kind
		object Object
		before Memory
		want   bool
	}{
		"one failure":           {applier, attempts(failing, failedAt("HealthCheckFailed", 50, 50), succeededAt(-90, 5)), Memory{}, false},
		"one without an entry":  {applier, attempts(failing, succeededAt(-90, 5)), Memory{}, false},
		"the second is running": {applier, attempts(object(underWay, reconciling), failedAt("HealthCheckFailed", 50, 50), succeededAt(-90, 5)), Memory{}, true},
		"the second has failed": {applier, attempts(failing, failedAt("HealthCheckFailed", 40, 50), succeededAt(-90, 5)), Memory{}, true},
		"it has failed in another way": {applier, attempts(failing, failedAt("HealthCheckFailed", 50, 50), failedAt("BuildFailed", 40, 40), succeededAt(-90, 5)),
			Memory{}, true},
		"a failure that recurred once": {applier, attempts(failing, failedAt("HealthCheckFailed", -200, 50), succeededAt(-300, 5)), Memory{}, false},
		"canceled":                     {applier, attempts(object(ready("False", "HealthCheckCanceled", 58)), failedAt("HealthCheckFailed", 50, 50)), Memory{}, true},
		"fetching again":               {source, object(underWay, cond("FetchFailed", "True", "GitOperationFailed", 50)), Memory{}, true},
		"a later outcome":              {applier, failing, Memory{State: Failed, Failed: at(40).Unix(), FailedSince: at(40).Unix()}, true},
		"the same outcome":             {applier, failing, Memory{State: Failed, Failed: at(50).Unix(), FailedSince: at(50).Unix()}, false},
		"seen to be tried again":       {applier, failing, Memory{State: Failed, Failed: at(40).Unix(), FailedSince: at(40).Unix(), Retried: true}, true},
		"before the success": {applier, attempts(failing, succeededAt(45, 45)),
			Memory{State: Failed, Failed: at(40).Unix(), FailedSince: at(40).Unix(), Retried: true}, false},
		"first attempt": {applier, object(underWay, reconciling), Memory{}, false},
	} {
		got := tc.kind.Evaluate(tc.object, Observation{Now: at(60), Live: true, Before: tc.before})
		if got.Retried != tc.want || got.Memory.Retried != tc.want {
			t.Errorf("%s: retried %t, kept %t, want %t", name, got.Retried, got.Memory.Retried, tc.want)
		}
	}
}

func TestPrecision(t *testing.T) {
	for want, o := range map[string]Onset{
		Exact: {Once: true}, AtLeast: {AtLeast: true}, Undated: {AtLeast: true, Once: true},
	} {
		if got := o.Precision(); got != want {
			t.Errorf("%+v.Precision() = %s, want %s", o, got, want)
		}
	}
}

func TestReason(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"": "", "BuildFailed": "BuildFailed", "DependencyNotReady": "DependencyNotReady", "X": "X", strings.Repeat("A", maxReason): strings.Repeat("A", maxReason),
		strings.Repeat("A", maxReason+1): ReasonOther, "buildFailed": ReasonOther, "cannot find token": ReasonOther, "Token=hunter": ReasonOther,
		"AKIA2EXAMPLE": ReasonOther, "ghp_abc": ReasonOther, "Über": ReasonOther, "A\n": ReasonOther,
	} {
		conditions := Conditions{{Type: "Ready", Status: "False", Reason: text}}
		got := Reason(text)
		c, _ := conditions.Get("Ready")
		if got != want || c.Reason != want || conditions[0].Reason != text {
			t.Errorf("%q is %q and %q, want %q", text, got, c.Reason, want)
		}
	}
}
