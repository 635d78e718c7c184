// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package lifecycle

import (
	"testing"
	"time"
)

// TestFuture checks that times in the year 9999 cannot hide a failure, and that the first observed onset is kept.
func TestFuture(t *testing.T) {
	never := time.Date(9999, 12, 31, 23, 59, 59, 0, time.UTC)
	failing := func(more ...Attempt) Object {
		return Object{
			Created: never, Generation: 1, Observed: 1, Attempts: more,
			Conditions: Conditions{{Type: "Ready", Status: "False", Reason: "BuildFailed", LastTransitionTime: never, ObservedGeneration: 1}},
		}
	}
	for name, o := range map[string]Object{
		"transition":         failing(),
		"a failed attempt":   failing(Attempt{Failed: true, First: never, Last: never}),
		"deletion":           with(failing(), func(o *Object) { o.Deleted = never }),
		"suspension":         with(failing(), func(o *Object) { o.Suspended, o.SuspendedAt = true, never }),
		"a later generation": with(failing(), func(o *Object) { o.Generation, o.ChangedAt, o.Conditions = 2, never, nil }),
	} {
		first := applier.Evaluate(o, Observation{Now: at(10), Live: true})
		second := applier.Evaluate(o, Observation{Now: at(30), Live: true, Before: first.Memory})
		if first.State == Ready || first.Onset.Time.After(at(10)) || second.Onset.Time.After(at(10)) {
			t.Errorf("%s: %s since %s, then since %s", name, first.State, first.Onset.Time, second.Onset.Time)
		}
	}
	o := failing(Attempt{Failed: true, First: never})
	applier.Evaluate(o, Observation{Now: at(10)})
	if o.Attempts[0].First != never || o.Conditions[0].LastTransitionTime != never {
		t.Error("the object is changed")
	}
	ahead := at(60) // of a clock that is an hour ahead
	o = Object{Generation: 1, Observed: 1, Conditions: Conditions{{Type: "Ready", Status: "False", LastTransitionTime: ahead, ObservedGeneration: 1}}}
	if got := applier.Evaluate(o, Observation{Now: at(0), Live: true}); !got.Onset.Time.Equal(ahead) {
		t.Errorf("with a clock that is ahead: since %s, want %s", got.Onset.Time, ahead)
	}
	for _, d := range []time.Duration{time.Minute, 1<<63 - 1} {
		if got := Times(d, 3); got <= d && d < maxPeriod || got <= 0 {
			t.Errorf("%s times 3 is %s", d, got)
		}
	}
}
