// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package health

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

// TestRest: evaluating takes at most 2 % of a core, and the report is at most two intervals old.
func TestRest(t *testing.T) {
	const ms = time.Millisecond
	for name, tc := range map[string]struct{ took, cpu, want time.Duration }{
		"quick":                    {ms, ms, 500 * ms},
		"two percent":              {100 * ms, 100 * ms, 4900 * ms},
		"with others":              {100 * ms, 2000 * ms, 4900 * ms},
		"stood still":              {10_000 * ms, 10 * ms, 500 * ms},
		"slow":                     {2000 * ms, 2000 * ms, 28_000 * ms},
		"longer than the interval": {20_000 * ms, 20_000 * ms, 15_000 * ms},
		"unknown CPU time":         {1000 * ms, 0, 500 * ms},
	} {
		if got := rest(15*time.Second, tc.took, tc.cpu); got != tc.want {
			t.Errorf("%s: %v, want %v", name, got, tc.want)
		}
	}
}

// TestPace lists when evaluations begin. The changes and the changes without a signal are
// given by their times; an evaluation takes 10 ms, and its rest is 500 ms.
func TestPace(t *testing.T) {
	const ms = time.Millisecond
	seconds := func(all ...float64) (out []time.Duration) {
		for _, s := range all {
			out = append(out, time.Duration(s*1000)*ms)
		}
		return out
	}
	for name, tc := range map[string]struct{ changes, quiet, want []time.Duration }{
		"the interval":             {nil, nil, seconds(0, 15, 30)},
		"a change":                 {seconds(4), nil, seconds(0, 4.2, 19.2, 34.2)},
		"changes that follow":      {seconds(4, 4.05, 4.19), nil, seconds(0, 4.2, 19.2, 34.2)},
		"changes one by one":       {seconds(4, 6, 8), nil, seconds(0, 4.2, 6.2, 8.2, 23.2)},
		"a change during the rest": {seconds(4, 4.3), nil, seconds(0, 4.2, 4.71, 19.71, 34.71)},
		"a change without signal":  {nil, seconds(4), seconds(0, 4.51, 19.51, 34.51)},
		"shortly before the end":   {seconds(14.9), nil, seconds(0, 15.1, 30.1)},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				started := time.Now()
				signal, quiet := make(chan struct{}), false
				for _, at := range tc.changes {
					time.AfterFunc(at, func() { close(signal); signal = make(chan struct{}) })
				}
				for _, at := range tc.quiet {
					time.AfterFunc(at, func() { quiet = true })
				}
				ctx, cancel := context.WithTimeout(t.Context(), 35*time.Second)
				defer cancel()
				var got []time.Duration
				pacer{
					interval: 15 * time.Second,
					changed:  func() <-chan struct{} { return signal },
					outdated: func() bool { return quiet },
					evaluate: func() (took, cpu time.Duration) {
						got, quiet = append(got, time.Since(started)), false
						time.Sleep(10 * ms)
						return 10 * ms, 10 * ms
					},
				}.run(ctx)
				if diff := cmp.Diff(tc.want, got); diff != "" {
					t.Errorf("evaluations (-want +got):\n%s", diff)
				}
			})
		})
	}
}

// TestCPUTime: it goes on while the process works.
func TestCPUTime(t *testing.T) {
	before, deadline := cpuTime(), time.Now().Add(10*time.Second)
	for cpuTime() == before && time.Now().Before(deadline) {
	}
	if cpuTime() <= before {
		t.Errorf("%v after %v", cpuTime(), before)
	}
}
