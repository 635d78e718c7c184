// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package health

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/cobaltcore-dev/cobaltcore-exporter/alerts"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/exposition"
)

// TestAgesMayBeOld checks that an evaluation after a change may have the ages of the previous
// evaluation, that alerts that become due are found, and that changed rows are evaluated at once.
func TestAgesMayBeOld(t *testing.T) {
	w := newWorld(t, exposition.Options{})
	transition := func(name string, ago time.Duration) row {
		return row{"a", testSince.Name, float64(start.Add(-ago).Unix()), []string{"a", "Kustomization", "flux-system", name}}
	}
	w.show(all(cluster("a"), []row{transition("x", 2*time.Minute), transition("y", 50*time.Second)})...)
	e := w.evaluator(Rules{Groups: []alerts.Group{{Name: "test", Rules: []alerts.Rule{{
		Name: "FluxOld", System: alerts.Flux, Severity: alerts.Warning, Expr: `time() - ` + testSince.Name + ` > 60`,
		Object: alerts.Object{Name: "{{ $labels.name }}"}, Summary: "{{ $labels.name }} is {{ $value | humanizeDuration }} old",
	}}}}})
	for _, step := range []struct {
		after, maxAge time.Duration
		change        bool
		want          []string
	}{
		{0, 15 * time.Second, false, []string{"x is 2m 0s old"}},
		{5 * time.Second, 15 * time.Second, false, []string{"x is 2m 0s old"}},
		{10 * time.Second, 0, false, []string{"x is 2m 10s old"}},
		{11 * time.Second, 15 * time.Second, false, []string{"x is 2m 10s old", "y is 1m 1s old"}},
		{12 * time.Second, 15 * time.Second, true, []string{"x is 1m 12s old", "y is 1m 1s old"}},
		{27 * time.Second, 15 * time.Second, false, []string{"x is 1m 27s old", "y is 1m 17s old"}},
	} {
		w.now = start.Add(step.after)
		if step.change {
			w.show(all(cluster("a"), []row{transition("x", time.Minute), transition("y", 50*time.Second)})...)
		}
		if err := e.evaluate(t.Context(), step.maxAge); err != nil {
			t.Fatal(err)
		}
		r, err := e.Report(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		got := []string{}
		for _, f := range r.Findings {
			got = append(got, f.Summary)
		}
		if diff := cmp.Diff(step.want, got); diff != "" {
			t.Errorf("after %s (-want +got):\n%s", step.after, diff)
		}
	}
}
