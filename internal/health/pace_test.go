// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package health

import (
	"context"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

// TestRest checks that a report is at most two intervals old.
func TestRest(t *testing.T) {
	const ms = time.Millisecond
	for name, tc := range map[string]struct{ took, wait, want time.Duration }{
		"nothing owed":             {ms, 0, 500 * ms},
		"many changes":             {20 * ms, 0, 1000 * ms},
		"a busy machine":           {100 * ms, 0, 1500 * ms},
		"something owed":           {100 * ms, 4900 * ms, 4900 * ms},
		"slow":                     {2000 * ms, 100_000 * ms, 28_000 * ms},
		"longer than the interval": {20_000 * ms, 1_000_000 * ms, 15_000 * ms},
	} {
		if got := restAfter(15*time.Second, tc.took, tc.wait); got != tc.want {
			t.Errorf("%s: %v, want %v", name, got, tc.want)
		}
	}
}

// TestBudget checks that evaluations may use 2 % of the time, and half a second without delay.
func TestBudget(t *testing.T) {
	const ms = time.Millisecond
	var b budget
	started := time.Now()
	for _, step := range []struct{ at, cost, credit, wait time.Duration }{
		{0, 100 * ms, -100 * ms, 5000 * ms},
		{3 * time.Second, 0, -40 * ms, 2000 * ms},
		{5 * time.Second, 0, 0, 0},
		{10 * time.Second, 40 * ms, 60 * ms, 0},
		{time.Hour, 0, 500 * ms, 0},
		{time.Hour, 400 * ms, 100 * ms, 0},
		{time.Hour, 400 * ms, -300 * ms, 15_000 * ms},
	} {
		now := started.Add(step.at)
		b.charge(now, step.cost)
		if wait := b.wait(now); b.credit != step.credit || wait != step.wait {
			t.Errorf("after %s at %s: a credit of %s and %s to wait, want %s and %s", step.cost, step.at, b.credit, wait, step.credit, step.wait)
		}
	}
	if wait := b.wait(started.Add(time.Hour + 5*time.Second)); wait != 10*time.Second {
		t.Errorf("five seconds later it has to wait for %s", wait)
	}
}

// TestPace checks the start times of evaluations for given times of changes. An evaluation takes 10
// ms, and the pause is 500 ms.
func TestPace(t *testing.T) {
	const ms = time.Millisecond
	seconds := func(all ...float64) (out []time.Duration) {
		for _, s := range all {
			out = append(out, time.Duration(s*1000)*ms)
		}
		return out
	}
	for name, tc := range map[string]struct{ changes, others, quiet, want []time.Duration }{
		"the interval":                 {nil, nil, nil, seconds(0, 15, 30)},
		"a change":                     {seconds(4), nil, nil, seconds(0, 4.2, 19.2, 34.2)},
		"changes that follow":          {seconds(4, 4.05, 4.19), nil, nil, seconds(0, 4.2, 19.2, 34.2)},
		"changes one by one":           {seconds(4, 6, 8), nil, nil, seconds(0, 4.2, 6.2, 8.2, 23.2)},
		"a change during the rest":     {seconds(4, 4.3), nil, nil, seconds(0, 4.2, 4.91, 19.91, 34.91)},
		"a change that is not for us":  {nil, seconds(4, 4.1, 9), nil, seconds(0, 15, 30)},
		"a change after such a one":    {seconds(4.3), seconds(4), nil, seconds(0, 4.5, 19.5, 34.5)},
		"a change without signal":      {nil, nil, seconds(4), seconds(0, 4.51, 19.51, 34.51)},
		"a change shortly before due":  {seconds(14.9), nil, nil, seconds(0, 15.1, 30.1)},
		"another shortly before it is": {nil, seconds(14.9), nil, seconds(0, 15.1, 30.1)},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				started := time.Now()
				var mu sync.Mutex
				signal, outdated := make(chan struct{}), false
				at := func(times []time.Duration, change, raise bool) {
					for _, after := range times {
						time.AfterFunc(after, func() {
							mu.Lock()
							defer mu.Unlock()
							if outdated = outdated || change; raise {
								close(signal)
								signal = make(chan struct{})
							}
						})
					}
				}
				at(tc.changes, true, true)
				at(tc.others, false, true)
				at(tc.quiet, true, false)
				locked := func(do func()) { mu.Lock(); defer mu.Unlock(); do() }
				ctx, cancel := context.WithTimeout(t.Context(), 35*time.Second)
				defer cancel()
				var got []time.Duration
				pacer{
					interval:   15 * time.Second,
					changed:    func() (c <-chan struct{}) { locked(func() { c = signal }); return },
					isOutdated: func() (is bool) { locked(func() { is = outdated }); return },
					evaluate: func() {
						locked(func() { outdated = false })
						got = append(got, time.Since(started))
						<-time.After(10 * ms)
					},
				}.run(ctx)
				if diff := cmp.Diff(tc.want, got); diff != "" {
					t.Errorf("evaluations (-want +got):\n%s", diff)
				}
			})
		})
	}
}

// TestCPUTime checks that the CPU time increases while the process works.
func TestCPUTime(t *testing.T) {
	before, deadline := cpuTime(), time.Now().Add(10*time.Second)
	for cpuTime() == before && time.Now().Before(deadline) {
	}
	if cpuTime() <= before {
		t.Errorf("%v after %v", cpuTime(), before)
	}
}

func TestPausesAreShortAndRare(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var p pauses
		begin := time.Now()
		for range 100 {
			p.pause()
		}
		if took := time.Since(begin); took != time.Microsecond {
			t.Errorf("100 pauses took %s, want one of a microsecond", took)
		}
		sleep(t.Context(), time.Millisecond)
		if p.pause(); time.Since(begin) != time.Millisecond+2*time.Microsecond {
			t.Errorf("no pause after a millisecond: %s", time.Since(begin))
		}
	})
}
