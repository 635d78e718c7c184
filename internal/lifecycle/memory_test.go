// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package lifecycle

import "testing"

// step is one observation of an object with the expected result.
type step struct {
	minute  int
	live    bool
	object  Object
	state   State
	onset   int
	atLeast bool
}

// TestMemory follows objects over time. A gap, such as a relist, is a step that is not live.
func TestMemory(t *testing.T) {
	succeeded := func(minute int) Object { return object(ready("True", "Succeeded", minute)) }
	failing := func(minute int) Object { return object(ready("False", "BuildFailed", minute)) }
	underWay := func(minute int) Object { return object(ready("Unknown", "Progressing", minute)) }
	waits := func(minute int) Object { return object(ready("False", "DependencyNotReady", minute)) }
	suspended := with(succeeded(0), func(o *Object) { o.Suspended = true })
	for _, tc := range []struct {
		name  string
		kind  Kind
		steps []step
	}{
		{"an attempt does not hide the outcome", applier, []step{
			{1, false, succeeded(0), Ready, 0, exact},
			{10, true, underWay(10), Progressing, 10, exact},
			{12, true, failing(12), Failed, 12, exact},
			{13, true, underWay(13), Failed, 12, exact},
			{15, true, failing(15), Failed, 12, exact},
			{16, false, underWay(16), Failed, 12, exact},
			{18, true, succeeded(18), Ready, 0, exact},
			{20, true, underWay(20), Progressing, 20, exact},
		}},
		{"a message that moves the transition", source, []step{
			{5, false, failing(4), Failed, 4, bound},
			{10, true, failing(10), Failed, 4, bound},
			{15, false, failing(15), Failed, 4, bound},
		}},
		{"an attempt that was under way at the start", applier, []step{
			{5, false, underWay(4), Progressing, 4, bound},
			{8, true, failing(8), Failed, 8, bound},
			{9, true, succeeded(9), Ready, 0, exact},
			{12, true, failing(12), Failed, 12, exact},
		}},
		{"a success on record that was not seen", applier, []step{
			{5, true, failing(5), Failed, 5, exact},
			{30, false, attempts(underWay(29), succeededAt(20, 20)), Progressing, 29, bound},
		}},
		{"a failure with an entry after one without", applier, []step{
			{5, true, attempts(failing(5), succeededAt(0, 1)), Failed, 5, exact},
			{9, true, attempts(underWay(8), failedAt("HealthCheckFailed", 9, 9), succeededAt(0, 1)), Failed, 5, exact},
		}},
		{"a wait in between", applier, []step{
			{5, true, failing(5), Failed, 5, exact},
			{7, true, waits(7), DependencyNotReady, 7, exact},
			{9, true, failing(9), Failed, 5, exact},
		}},
		{"a wait with another dependency", applier, []step{
			{5, false, waits(4), DependencyNotReady, 4, bound},
			{9, true, waits(9), DependencyNotReady, 4, bound},
		}},
		{"tests that may fail", release, []step{
			{5, false, object(ready("True", "UpgradeSucceeded", 4), cond("TestSuccess", "False", "TestFailed", 3)), Ready, 0, exact},
			{7, true, object(ready("Unknown", "Progressing", 7), cond("TestSuccess", "False", "TestFailed", 3)), Progressing, 7, exact},
			{9, true, object(ready("False", "TestFailed", 9), cond("TestSuccess", "False", "TestFailed", 9)), Failed, 9, exact},
		}},
		{"another object of the name", applier, []step{
			{5, true, failing(5), Failed, 5, exact},
			{30, false, with(underWay(29), func(o *Object) { o.Created = at(20) }), Progressing, 29, bound},
		}},
		{"suspension keeps what was known", applier, []step{
			{5, true, failing(5), Failed, 5, exact},
			{8, true, suspended, Suspended, 8, exact},
			{9, true, suspended, Suspended, 8, exact},
		}},
		{"suspended at the start", applier, []step{
			{5, false, suspended, Suspended, 5, bound},
			{50, false, suspended, Suspended, 5, bound},
		}},
		{"an attempt before a gap is another one", applier, []step{
			{5, true, underWay(5), Progressing, 5, exact},
			{50, false, underWay(49), Progressing, 49, bound},
		}},
		{"transitions are kept", store, []step{
			{5, false, failing(4), Failed, 4, exact},
			{9, true, underWay(9), Failed, 4, exact},
		}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			var m Memory
			for i, s := range tc.steps {
				got := tc.kind.Evaluate(s.object, Observation{Now: at(s.minute), Live: s.live, Before: m})
				m = got.Memory
				if got.State != s.state {
					t.Fatalf("step %d: state is %s, want %s", i, got.State, s.state)
				}
				if s.state == Ready {
					continue
				}
				if !got.Onset.Time.Equal(at(s.onset)) || got.Onset.AtLeast != s.atLeast {
					t.Fatalf("step %d: onset is %s (at least: %t), want %s (at least: %t)", i, got.Onset.Time, got.Onset.AtLeast, at(s.onset), s.atLeast)
				}
			}
		})
	}
}

func TestReadyObjectsCostNoMemory(t *testing.T) {
	got := applier.Evaluate(object(ready("True", "Succeeded", 3)),
		Observation{Now: at(5), Live: true, Before: Memory{State: Failed, Since: 1, Failed: at(2).Unix(), Reason: "x"}})
	if got.Memory != (Memory{}) {
		t.Errorf("memory is %+v, want none", got.Memory)
	}
}

// TestFirstReason checks that the first reason stays the same from the first failure to the next success.
func TestFirstReason(t *testing.T) {
	failing := func(reason string, minute int) Object { return object(ready("False", reason, minute)) }
	var m Memory
	for i, s := range []struct {
		object Object
		want   string
	}{
		{failing("ArtifactFailed", 1), "ArtifactFailed"},
		{object(ready("Unknown", "Progressing", 2)), "ArtifactFailed"},
		{failing("DependencyNotReady", 3), "ArtifactFailed"},
		{failing("BuildFailed", 4), "ArtifactFailed"},
		{object(ready("True", "Succeeded", 5)), ""},
		{failing("BuildFailed", 6), "BuildFailed"},
		{attempts(failing("BuildFailed", 9), failedAt("HealthCheckFailed", 8, 8), failedAt("PruneFailed", 7, 7), succeededAt(5, 5)), "PruneFailed"},
		{attempts(failing("BuildFailed", 20), succeededAt(15, 15)), "BuildFailed"},
	} {
		got := applier.Evaluate(s.object, Observation{Now: at(30), Live: true, Before: m})
		if m = got.Memory; got.FirstReason != s.want {
			t.Errorf("step %d: %q, want %q", i, got.FirstReason, s.want)
		}
	}
}
