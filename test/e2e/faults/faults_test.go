//go:build testbed

// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package faults

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/cobaltcore-dev/cobaltcore-exporter/test/e2e/harness"
	"github.com/cobaltcore-dev/cobaltcore-exporter/test/testbed"
)

// fault is a failure with its expected alerts.
type fault struct {
	name   string
	always bool // also without -thorough
	inject func(t *testing.T, f *faultyFleet)
	heal   func(t *testing.T, f *faultyFleet)
	// roots are the alerts that Alertmanager sends, and consequences are the alerts that it inhibits because of them.
	// Other consequences may fire as long as they are not sent.
	roots, consequences []alert
	// also maps names of alerts that are sent although they are not roots to the reason.
	also map[string]string
}

// worseThanCause marks an alert that is more severe than its cause: Alertmanager sends both.
func worseThanCause(name string) map[string]string {
	return map[string]string{name: "worse than its cause"}
}

// system is a monitored system and its faults.
type system struct {
	name   string
	faults []fault
}

// TestFaults causes one failure after the other in a real fleet with real Prometheus and Alertmanager:
// the right alert is sent without its consequences, and after the repair no alert is left. Harmless
// events follow, which must cause no alert.
func TestFaults(t *testing.T) {
	f := startFaultyFleet(t)
	harness.Eventually(t, 2*time.Minute, func() error { return errors.Join(f.checkQuiet(t.Context()), f.checkHealthy(t.Context())) })
	for _, s := range []system{
		{"aurora", auroraFaults()},
		{"controllers", controllerFaults()},
		{"fleet", fleetFaults()},
		{"flux", fluxFaults()},
		{"greenhouse", greenhouseFaults()},
		{"openbao", openBaoFaults()},
		{"secrets", secretFaults()},
	} {
		t.Run(s.name, func(t *testing.T) {
			if !slices.ContainsFunc(s.faults, func(x fault) bool { return x.always }) {
				t.Error("no fault of this system is brought about always")
			}
			for _, want := range s.faults {
				if want.always || *harness.Thorough {
					t.Run(want.name, func(t *testing.T) { f.testFault(t, &want) })
				}
			}
		})
	}
	f.checkMedian(t)
	t.Run("benign", f.testBenignEvents)
	t.Run("without Prometheus", f.withoutPrometheus)
}

// withoutPrometheus checks that the exporter itself sends critical alerts when Prometheus is down.
func (f *faultyFleet) withoutPrometheus(t *testing.T) {
	for _, p := range []*testbed.Prometheus{f.prometheus, f.patient} {
		harness.Must(t, p.Stop())
	}
	begin := time.Now()
	harness.Must(t, f.aurora.Set(testbed.AuroraExpired))
	var took time.Duration
	harness.Eventually(t, time.Minute, func() error {
		now, err := f.readAlerts(t.Context())
		if took = time.Since(begin); err != nil || !slices.ContainsFunc(now.sent, alert{"alertname": "AuroraDown", "sent_by": "cobaltcore-exporter"}.is) {
			return errors.Join(errors.New("the exporter has not sent it"), err)
		}
		return nil
	})
	t.Logf("sent by the exporter %s after Prometheus was gone, which it waits for %s", took.Round(time.Second), fallbackAfter)
}

// testFault causes a fault and waits for exactly the expected alerts, then for their resolution.
func (f *faultyFleet) testFault(t *testing.T, want *fault) {
	well := func() error { return errors.Join(f.checkQuiet(t.Context()), f.checkHealthy(t.Context())) }
	harness.Eventually(t, time.Minute, well)
	defer func() { // not a cleanup: the context of the test is over then
		healed := time.Now()
		want.heal(t, f)
		harness.Eventually(t, 2*time.Minute, func() error { return f.checkQuiet(t.Context()) })
		t.Logf("calm %s after the fault was gone", time.Since(healed).Round(time.Second))
		f.forgetAlerts(t)
		harness.Eventually(t, time.Minute, well)
	}()
	begin, noticed := time.Now(), f.watchNotice(t.Context(), want)
	want.inject(t, f)
	shown := func() error { return f.checkShown(t.Context(), want) }
	harness.Eventually(t, 2*time.Minute, shown)
	t.Logf("all is said %s after the fault", time.Since(begin).Round(time.Second))
	f.rounds(t, f.prometheus, 3, func(context.Context) error { return nil })
	harness.Eventually(t, time.Minute, shown)
	if took, ok := <-noticed; ok {
		t.Logf("noticed %s after the fault", took.Round(time.Millisecond))
		f.noticed = append(f.noticed, took)
	}
}

// updateObject applies an object after f has changed it.
func updateObject(t *testing.T, c *testbed.Cluster, o *unstructured.Unstructured, f func(o map[string]any)) {
	t.Helper()
	got, err := c.Get(t.Context(), o)
	harness.Must(t, err)
	f(got.Object)
	harness.Must(t, c.Apply(t.Context(), got))
}

// setField changes a field in an object.
func setField(t *testing.T, o map[string]any, value any, fields ...string) {
	t.Helper()
	harness.Must(t, unstructured.SetNestedField(o, value, fields...))
}

// makeHealthy restores the objects of both clusters.
func makeHealthy(t *testing.T, f *faultyFleet) {
	t.Helper()
	for _, c := range f.clusters() {
		harness.Must(t, c.Apply(t.Context(), healthyObjects(t, c.Name)...))
	}
}

// ago returns a past time in the format of objects.
func ago(d time.Duration) string { return time.Now().Add(-d).UTC().Format(time.RFC3339) }

// condition returns a condition that has just changed.
func condition(name, status, reason string) map[string]any {
	return map[string]any{"type": name, "status": status, "reason": reason, "message": "", "observedGeneration": int64(1), "lastTransitionTime": ago(0)}
}

func ready(status, reason string) map[string]any { return condition("Ready", status, reason) }
