// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package health

import (
	"testing"
	"time"
)

// TestPause: evaluating takes a tenth of a core, and the report is at most two intervals old.
func TestPause(t *testing.T) {
	const s = time.Second
	for name, tc := range map[string]struct{ took, cpu, want time.Duration }{
		"quick":                    {s / 10, s / 10, 149 * s / 10},
		"a tenth":                  {2 * s, 2 * s, 18 * s},
		"with others":              {2 * s, 20 * s, 18 * s},
		"stood still":              {10 * s, s / 10, 5 * s},
		"slow":                     {5 * s, 5 * s, 25 * s},
		"longer than the interval": {20 * s, 20 * s, 15 * s},
		"unknown CPU time":         {s, 0, 14 * s},
	} {
		if got := pause(15*s, tc.took, tc.cpu); got != tc.want {
			t.Errorf("%s: %v, want %v", name, got, tc.want)
		}
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
