// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package tests_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/testing/ruletest"
)

// TestCrashLoop checks that a pod that is ready for 30 to 60 seconds between pauses of five minutes
// has one continuous alert until some time after the loop ends, and that a single restart has none.
func TestCrashLoop(t *testing.T) {
	t.Parallel()
	const pod = `{cluster="a",namespace="ns",name="p",system="flux",component="c"} `
	for _, running := range []time.Duration{30 * time.Second, time.Minute} {
		for name, crashes := range map[string]int{"loop": 20, "once": 1} {
			begin := ruletest.TakenAt()
			w := newWatcher(t, "Kustomization", begin, loop{every: 30 * time.Second}, "ControllerCrashLooping")
			period := 5*time.Minute + running
			restarts, ended := 0, begin.Add(-24*time.Hour)
			if crashes == 1 {
				restarts = 50 // long ago
			}
			for ; w.now.Before(begin.Add(3 * time.Hour)); w.now = w.now.Add(w.every) {
				n := int(w.now.Sub(begin) / period)
				text := ""
				if n < crashes {
					ended = begin.Add(time.Duration(n) * period)
					if w.now.Sub(ended) < 5*time.Minute {
						text = `cobaltcore_controller_pod_waiting{cluster="a",namespace="ns",name="p",system="flux",component="c",reason="CrashLoopBackOff"} 1` + "\n"
					}
				}
				text += fmt.Sprintf("cobaltcore_controller_pod_restarts%s%d\n", pod, restarts+min(n, crashes))
				text += fmt.Sprintf("cobaltcore_controller_pod_last_restart_timestamp_seconds%s%d\n", pod, ended.Unix())
				rows, err := ruletest.ParseRows(text)
				if err != nil {
					t.Fatal(err)
				}
				w.evaluate(rows)
			}
			if want := min(crashes-1, 1); len(w.fired) != want || len(w.resolved) != want {
				t.Errorf("%s, %v: fires at %v, resolved at %v, want %d", name, running, w.fired, w.resolved, want)
			} else if want == 1 && (w.fired[0].After(begin.Add(35*time.Minute)) || w.resolved[0].Before(begin.Add(20*period))) {
				t.Errorf("%s, %v: fires at %v, resolved at %v", name, running, w.fired, w.resolved)
			}
		}
	}
}
