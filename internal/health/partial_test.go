// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package health

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/prometheus/model/labels"

	"github.com/cobaltcore-dev/cobaltcore-exporter/alerts"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/exposition"
)

func TestSeparable(t *testing.T) {
	for expr, want := range map[string]bool{
		`a`:                              true,
		`time() - a > 60`:                true,
		`a == 1 unless b`:                true,
		`max by (cluster, name) (a)`:     true,
		`max by (cluster, kind) (a)`:     false,
		`max without (status) (a)`:       true,
		`max without (name) (a)`:         false,
		`count(a)`:                       false,
		`topk by (cluster, name) (1, a)`: false,
		`a * on (cluster, kind, name) group_left (x) b`:                              true,
		`a unless on (cluster, namespace) b`:                                         false,
		`a and ignoring (status) b`:                                                  true,
		`a and ignoring (cluster) b`:                                                 false,
		`label_replace(a, "reason", "$1", "status", "(.*)")`:                         true,
		`label_replace(a, "name", "$1", "status", "(.*)")`:                           false,
		`a unless on (cluster, name) label_join(b, "other", "", "name")`:             true,
		`a unless on (cluster, name) max by (cluster, name) (count by (cluster)(b))`: false,
		`absent(a)`:      false,
		`a > scalar(b)`:  false,
		`vector(1) or a`: false,
	} {
		parsed, err := alerts.Parse(expr)
		if err != nil {
			t.Fatal(err)
		}
		if got := separable(parsed); got != want {
			t.Errorf("%s: %t", expr, got)
		}
	}
}

// TestPartialEvaluation compares evaluations after random changes with the evaluations of a new
// evaluator.
func TestPartialEvaluation(t *testing.T) {
	rules := Rules{Groups: []alerts.Group{{Name: "test", Rules: []alerts.Rule{
		{
			Name: "FluxFailing", System: alerts.Flux, Severity: alerts.Warning, Summary: "{{ $labels.name }}: {{ $value }}",
			Expr: `(cobaltcore_flux_resource_status{status="failed"} == 1 unless on (cluster, name) cobaltcore_flux_resource_status{status="suspended"})
or on (cluster, name) time() - cobaltcore_flux_resource_ready_transition_timestamp_seconds > 600`,
			Object: alerts.Object{Name: "{{ $labels.name }}"},
			Since:  testSince.Name,
			Reason: `max by (cluster, name, reason) (label_join(cobaltcore_flux_resource_status, "reason", "", "status"))`,
		},
		{
			Name: "FluxMany", System: alerts.Flux, Severity: alerts.Warning, Summary: "{{ $value }}",
			Expr: `count by (cluster) (cobaltcore_flux_resource_status{status="failed"}) > 5`,
		},
	}}}}
	w := newWorld(t, exposition.Options{})
	random := rand.New(rand.NewPCG(1, 2))
	rows := cluster("a")
	first := len(rows)
	states := []string{"failed", "suspended", "ready", "stalled"}
	for i := range 20 {
		name := fmt.Sprintf("app-%d", i)
		rows = append(rows, flux("a", "a", name, "ready"), row{"a", testSince.Name, float64(start.Unix()), []string{"a", "Kustomization", "flux-system", name}})
	}
	w.show(rows...)
	kept := w.evaluator(rules, once)
	partial := 0
	for range 200 {
		for range 1 + random.IntN(3) {
			at := first + 2*random.IntN(20)
			name := rows[at].labels[3]
			rows[at] = flux("a", "a", name, states[random.IntN(len(states))])
			rows[at+1].value = float64(w.now.Add(time.Duration(1+random.IntN(600)) * -time.Second).Unix())
		}
		w.show(rows...)
		w.now = w.now.Add(time.Second)
		before := kept.results[kept.compiled.rules[0].expr.text]
		if err := kept.evaluate(t.Context(), 15*time.Second); err != nil {
			t.Fatal(err)
		}
		if now := kept.results[kept.compiled.rules[0].expr.text]; before != nil && now != before && now.at.Equal(before.at) {
			partial++
		}
		got, err := kept.Report(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(withoutAges(w.report(w.evaluator(rules, once))), withoutAges(got)); diff != "" {
			t.Fatalf("after %d partial evaluations (-all rows +changed rows):\n%s", partial, diff)
		}
	}
	if partial < 100 {
		t.Errorf("%d partial evaluations", partial)
	}
}

// withoutAges returns the ordered findings of a report without their values, which are ages.
func withoutAges(r Report) []string {
	out := []string{}
	for _, f := range r.Findings {
		if f.Object.Name == "" { // this age has the time of the first evaluation
			f.Since = time.Time{}
		}
		out = append(out, fmt.Sprint(f.Rule, " ", f.Object, " ", f.Reason, " ", f.Since))
	}
	slices.Sort(out)
	return out
}

// TestReplaceRows checks that rows keep their positions.
func TestReplaceRows(t *testing.T) {
	row := func(name, reason string, value float64) series {
		return newSeries(labels.FromStrings(clusterLabel, "c", "name", name, "reason", reason), value, nil)
	}
	before := []series{row("a", "x", 1), row("b", "x", 1), row("b", "y", 1), row("c", "x", 1)}
	got := replaceRows(before, map[uint64]bool{before[0].object: true, before[1].object: true}, []series{row("b", "z", 2), row("b", "y", 2), row("a", "x", 2)})
	text := ""
	for _, s := range got {
		text += fmt.Sprint(s.labels.Get("name"), s.labels.Get("reason"), s.value, " ")
	}
	if want := "ax2 by2 cx1 bz2 "; text != want {
		t.Errorf("%s, not %s", text, want)
	}
}
