// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package watch

import (
	"errors"
	"log/slog"
	"testing"
	"time"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/failure"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/fleet"
)

// TestIdentities checks changes of the clusters behind names.
func TestIdentities(t *testing.T) {
	all, now := NewIdentities(), time.Date(2026, 11, 20, 9, 0, 0, 0, time.UTC)
	for i, step := range []struct {
		name, uid     string
		changed, last bool // last: the row is there
	}{
		{"a", "", false, false},
		{"a", "one", false, false},
		{"b", "two", false, false},
		{"a", "", false, false},
		{"a", "two", true, true},
		{"a", "two", false, true},
		{"a", "", false, true},
		{"a", "three", true, true},
		{"a", "one", false, false},
		{"a", "two", true, true},
	} {
		known, changed := all.observe(step.name, step.uid, now)
		if changed != step.changed || !known.changed.IsZero() != step.last {
			t.Errorf("step %d: %+v, changed %t", i, known, changed)
		}
	}
	all.Keep([]string{"b"})
	if known, changed := all.observe("a", "four", now); changed || known.first != "four" {
		t.Errorf("a name that left the fleet and returned: %+v", known)
	}
	if known, _ := all.observe("b", "five", now); known.first != "two" || known.changed != now {
		t.Errorf("a name that stayed: %+v", known)
	}
}

// outage returns a cluster with a test clock and without a connection.
func outage(t *testing.T) (c *Cluster, now *time.Time) {
	t.Helper()
	at := time.Date(2026, 11, 20, 9, 0, 0, 0, time.UTC)
	c = NewCluster(fleet.Cluster{Name: "c"}, nil, Options{
		Exposition: newExposition(t), Sets: testSets(), Log: slog.New(slog.DiscardHandler), Now: func() time.Time { return at },
		StaleAfter: 5 * time.Minute, ProbeInterval: 15 * time.Second,
	})
	return c, &at
}

// TestRecoveryWithdrawsNothing checks that a cluster that recovers shortly before its rows are stale has enough time to
// list them.
func TestRecoveryWithdrawsNothing(t *testing.T) {
	c, now := outage(t)
	s, k := &session{cluster: c, watches: map[*kind]*runningWatch{}}, c.kinds[0]
	c.recordProbe(nil)
	k.markSynced()
	c.recordProbe(errors.New("EOF"))
	k.noteFailure(t.Context(), errors.New("EOF"))
	*now = now.Add(5*time.Minute + time.Second)
	c.recordProbe(nil)
	if s.withdrawStale(t.Context()); !k.readState().synced {
		t.Error("the rows were withdrawn in the moment of the recovery")
	}
	*now = now.Add(time.Minute)
	if s.withdrawStale(t.Context()); k.readState().synced {
		t.Error("the rows of a kind that still fails a minute later were kept")
	}
}

// TestReasonThatAlternates checks that alternating reasons are reported as one reason, which is replaced if another
// reason persists.
func TestReasonThatAlternates(t *testing.T) {
	c, _ := outage(t)
	a, b := failure.Errorf(failure.ReasonTimeout, "a"), failure.Errorf(failure.ReasonRefused, "b")
	for i, step := range []struct {
		err  error
		want failure.Reason
	}{
		{a, "timeout"}, {b, "timeout"}, {a, "timeout"}, {b, "timeout"}, {b, "timeout"}, {a, "timeout"},
		{b, "timeout"}, {b, "timeout"}, {b, "refused"}, {a, "refused"}, {nil, ""}, {a, "timeout"},
	} {
		if c.recordProbe(step.err); c.state.failing.Reason != step.want {
			t.Errorf("step %d: %q, want %q", i, c.state.failing.Reason, step.want)
		}
	}
}
