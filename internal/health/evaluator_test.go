// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package health

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/cobaltcore-dev/cobaltcore-exporter/alerts"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/exposition"
)

func want(t *testing.T, what string, want, got any) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

// TestPendingAndFiring follows an alert from its onset to its end.
func TestPendingAndFiring(t *testing.T) {
	w := newWorld(t, exposition.Options{})
	e := w.evaluator(testRules())
	failing := all(cluster("a"), []row{flux("a", "a", "apps", "failed")})
	for _, step := range []struct {
		after time.Duration
		rows  []row
		want  []string
		flux  string
	}{
		{0, cluster("a"), []string{}, "ok"},
		{time.Minute, failing, []string{"(a: FluxFailing apps)"}, "ok"},
		{5 * time.Minute, failing, []string{"(a: FluxFailing apps)"}, "ok"},
		{6 * time.Minute, failing, []string{"a: FluxFailing apps"}, "degraded"},
		{7 * time.Minute, cluster("a"), []string{"a: FluxFailing apps resolved"}, "ok"}, // keep firing
		{8 * time.Minute, failing, []string{"a: FluxFailing apps"}, "degraded"},
		{9 * time.Minute, cluster("a"), []string{"a: FluxFailing apps resolved"}, "ok"},
		{11 * time.Minute, cluster("a"), []string{}, "ok"},
		{12 * time.Minute, failing, []string{"(a: FluxFailing apps)"}, "ok"},
		{13 * time.Minute, cluster("a"), []string{}, "ok"}, // an alert that has not fired is not kept
	} {
		w.now = start.Add(step.after)
		w.show(step.rows...)
		r := w.report(e)
		want(t, step.after.String(), step.want, shorten(r))
		want(t, step.after.String(), step.flux, matrix(r)["a flux"])
		for _, f := range r.Findings {
			if f.ResolvedAt != nil && (!f.ResolvedAt.Equal(w.now) || !f.KeptUntil.After(w.now) || !strings.Contains(f.Summary, "resolved 0s ago, kept until ")) {
				t.Errorf("%s: resolved at %s, kept until %s: %s", step.after, f.ResolvedAt, f.KeptUntil, f.Summary)
			}
			if step.after < 10*time.Minute && !f.Since.Equal(start.Add(time.Minute)) {
				t.Errorf("%s: since %s", step.after, f.Since)
			}
		}
	}
}

// TestSinceCounts checks that a failure with an old onset fires at once, also after a restart.
func TestSinceCounts(t *testing.T) {
	w := newWorld(t, exposition.Options{})
	since := func(name string, ago time.Duration) row {
		return row{"a", testSince.Name, float64(start.Add(-ago).Unix()), []string{"a", "Kustomization", "flux-system", name}}
	}
	w.show(all(cluster("a"), []row{
		flux("a", "a", "long", "failed"), since("long", time.Hour),
		flux("a", "a", "short", "failed"), since("short", time.Minute),
		flux("a", "a", "future", "failed"), since("future", -time.Minute),
	})...)
	r := w.report(w.evaluator(testRules()))
	want(t, "findings", []string{"a: FluxFailing long", "(a: FluxFailing short)", "(a: FluxFailing future)"}, shorten(r))
	want(t, "since", []time.Time{start.Add(-time.Hour), start.Add(-time.Minute), start},
		[]time.Time{r.Findings[0].Since, r.Findings[1].Since, r.Findings[2].Since})
}

// TestSinceWithFewerLabels checks an alert that has more labels than its onset.
func TestSinceWithFewerLabels(t *testing.T) {
	w := newWorld(t, exposition.Options{})
	w.show(all(cluster("a"), []row{
		flux("a", "x", "apps", "failed"), flux("a", "y", "apps", "failed"), flux("a", "y", "db", "failed"),
		{"a", testSince.Name, 100, []string{"", "Kustomization", "flux-system", "apps"}},
		{"a", testSince.Name, 200, []string{"y", "Kustomization", "flux-system", "apps"}},
	})...)
	got := map[string]int64{}
	for _, f := range w.report(w.evaluator(testRules())).Findings {
		got[f.Cluster+f.Object.Name] = f.Since.Unix()
	}
	want(t, "since", map[string]int64{"xapps": 100, "yapps": 200, "ydb": start.Unix()}, got)
}

// TestOnceAndSnapshotsDoNotWait checks that alerts of a single evaluation and of snapshots fire at once.
func TestOnceAndSnapshotsDoNotWait(t *testing.T) {
	for name, change := range map[string]func(*Options){"once": once, "snapshot": func(*Options) {}} {
		w := newWorld(t, exposition.Options{})
		rows := all(cluster("a"), []row{flux("a", "a", "apps", "failed")})
		if name == "snapshot" {
			rows[1].labels[3] = "snapshot"
		}
		w.show(rows...)
		want(t, name, []string{"a: FluxFailing apps"}, shorten(w.report(w.evaluator(testRules(), change))))
	}
}

// TestRootCauses checks that each consequence refers to its root cause.
func TestRootCauses(t *testing.T) {
	w := newWorld(t, exposition.Options{})
	w.show(all(dead("a"), cluster("b"), []row{
		flux("a", "a", "apps", "failed"), flux("a", "a", "late", "dependency_not_ready"),
		flux("b", "b", "apps", "failed"), flux("b", "b", "late", "dependency_not_ready"), flux("b", "c", "other", "dependency_not_ready"),
	})...)
	r := w.report(w.evaluator(testRules(), once))
	want(t, "findings", []string{
		"a: FleetClusterDown a", "b: FluxFailing apps", "c: FluxBlocked other",
		"a: FluxFailing apps < FleetClusterDown a", "a: FluxBlocked late < FleetClusterDown a", "b: FluxBlocked late < FluxFailing apps",
	}, shorten(r))
	if f := r.Findings[1]; f.Severity != alerts.Warning || !strings.HasSuffix(f.Playbook, "/FluxFailing.md") || f.Summary != "apps fails" ||
		f.Object != (Object{"Kustomization", "flux-system", "apps"}) || f.System != alerts.Flux {
		t.Errorf("%+v", f)
	}
	// The result is the same in another run and in another order of evaluation.
	again := w.report(w.evaluator(testRules(), once))
	want(t, "again", r, again)
}

// TestPendingCause checks that a consequence of a pending cause is not a root cause.
func TestPendingCause(t *testing.T) {
	w := newWorld(t, exposition.Options{})
	e := w.evaluator(testRules())
	late := row{"a", testSince.Name, float64(start.Add(-time.Hour).Unix()), []string{"a", "Kustomization", "flux-system", "late"}}
	w.show(all(cluster("a"), []row{flux("a", "a", "apps", "failed"), flux("a", "a", "late", "dependency_not_ready"), late})...)
	want(t, "findings", []string{"(a: FluxFailing apps)", "a: FluxBlocked late < FluxFailing apps"}, shorten(w.report(e)))
}

// TestInhibitionsHaveNoCycle checks the inhibitions of the catalogue.
func TestInhibitionsHaveNoCycle(t *testing.T) {
	by := map[string][]string{}
	for _, r := range alerts.Rules() {
		for _, in := range r.InhibitedBy {
			by[r.Name] = append(by[r.Name], in.By)
		}
	}
	var walk func(from string, path []string)
	walk = func(from string, path []string) {
		for i, p := range path {
			if p == from {
				t.Fatalf("%s follows from itself: %v", from, path[i:])
			}
		}
		for _, next := range by[from] {
			walk(next, append(path, from))
		}
	}
	for name := range by {
		walk(name, nil)
	}
}

// TestVerdicts checks that the verdict of an unknown system is not ok, and that systems that do not exist are absent.
func TestVerdicts(t *testing.T) {
	absent := cluster("a")
	absent[3].value = 0
	unsynced := cluster("a")
	unsynced[2].value, unsynced[4].value = 0, 0
	node := func(up float64) row { return row{"a", testNode.Name, up, []string{"openbao", "openbao-0"}} }
	probed := func(up float64) row { return row{"a", "cobaltcore_collector_up", up, []string{"openbao"}} }
	for name, tc := range map[string]struct {
		rows []row
		want map[string]string
	}{
		"nothing":      {nil, map[string]string{"": "unknown"}},
		"ok":           {cluster("a"), map[string]string{"": "ok", "a": "ok", "a flux": "ok"}},
		"kinds absent": {absent, map[string]string{"": "ok", "a": "ok"}},
		"target of another": {
			all(absent, cluster("hub"), []row{flux("hub", "a", "apps", "ready")}),
			map[string]string{"": "ok", "a": "ok", "a flux": "ok", "hub": "ok", "hub flux": "ok"},
		},
		"failing for another": {
			all(absent, cluster("hub"), []row{flux("hub", "a", "apps", "failed")}),
			map[string]string{"": "degraded", "a": "degraded", "a flux": "degraded", "hub": "ok", "hub flux": "ok"},
		},
		"failing for an unknown cluster": {
			all(cluster("hub"), []row{flux("hub", "x", "apps", "failed")}),
			map[string]string{"": "degraded", "hub": "degraded", "hub flux": "degraded"},
		},
		"not complete": {unsynced, map[string]string{"": "unknown", "a": "unknown", "a flux": "unknown"}},
		"not reached":  {dead("a"), map[string]string{"": "down", "a": "down", "a flux": "unknown"}},
		"not reached, with what it had": {
			all(dead("a"), []row{flux("a", "a", "apps", "failed")}),
			map[string]string{"": "down", "a": "down", "a flux": "unknown"},
		},
		"one is down, another unknown": {
			all(cluster("a"), dead("b"), []row{probed(1), node(0)}),
			map[string]string{"": "down", "a": "down", "a flux": "ok", "a openbao": "down", "b": "down", "b flux": "unknown"},
		},
		"probe ok":                 {all(cluster("a"), []row{probed(1), node(1)}), map[string]string{"": "ok", "a": "ok", "a flux": "ok", "a openbao": "ok"}},
		"probe has no answer":      {all(cluster("a"), []row{probed(0)}), map[string]string{"": "unknown", "a": "unknown", "a flux": "ok", "a openbao": "unknown"}},
		"probe says why":           {all(cluster("a"), []row{probed(0), node(0)}), map[string]string{"": "down", "a": "down", "a flux": "ok", "a openbao": "down"}},
		"probe of a dead cluster":  {all(dead("a"), []row{probed(0)}), map[string]string{"": "down", "a": "down", "a flux": "unknown", "a openbao": "unknown"}},
		"info is no reason to act": {all(cluster("a"), []row{flux("a", "a", "x", "dependency_not_ready")}), map[string]string{"": "ok", "a": "ok", "a flux": "ok"}},
	} {
		w := newWorld(t, exposition.Options{})
		w.show(tc.rows...)
		want(t, name, tc.want, matrix(w.report(w.evaluator(testRules(), once))))
	}
}

// TestWithdrawnRows checks that the last findings of a cluster are kept and marked as stale until the cluster is
// reachable again.
func TestWithdrawnRows(t *testing.T) {
	w := newWorld(t, exposition.Options{})
	e := w.evaluator(testRules())
	w.show(all(cluster("a"), []row{flux("a", "a", "apps", "failed")})...)
	w.report(e)
	w.now = start.Add(10 * time.Minute)
	want(t, "before", []string{"a: FluxFailing apps"}, shorten(w.report(e)))
	w.show(dead("a")...)
	for _, after := range []time.Duration{20 * time.Minute, 10 * time.Hour} {
		w.now = start.Add(after)
		r := w.report(e)
		want(t, "withdrawn", []string{"a: FleetClusterDown a", "a: FluxFailing apps < FleetClusterDown a stale"}, shorten(r))
		want(t, "withdrawn", "unknown", matrix(r)["a flux"])
	}
	w.show(cluster("a")...)
	w.now = w.now.Add(time.Minute)
	w.report(e) // keep_firing_for begins when the state is known again
	w.now = w.now.Add(3 * time.Minute)
	want(t, "back", []string{}, shorten(w.report(e)))
	w.show(all(cluster("a"), []row{flux("a", "a", "apps", "failed")})...)
	w.report(e)
	w.show() // the cluster was removed from the fleet
	w.now = w.now.Add(time.Hour)
	want(t, "left", []string{}, shorten(w.report(e)))
}

// TestClusterLabel checks that reports use the label cluster, whatever the name of the cluster label in the rows.
func TestClusterLabel(t *testing.T) {
	reports := map[string]Report{}
	for _, label := range []string{"cluster", "clusterName"} {
		w := newWorld(t, exposition.Options{ClusterLabel: label})
		w.show(all(dead("b"), cluster("a"), []row{flux("a", "a", "apps", "failed")})...)
		rules := testRules()
		rules.User = readRules(t, `groups: [{name: mine, rules: [{alert: Mine, expr: 'sum by (`+label+`) (cobaltcore_cluster_up) == 0',
  annotations: {summary: 'down: {{ $labels.`+label+` }}'}}]}]`)
		reports[label] = w.report(w.evaluator(rules, once))
	}
	want(t, "clusterName", reports["cluster"], reports["clusterName"])
	if r := reports["cluster"]; len(r.Findings) != 3 || r.Findings[2].Summary != "down: b" {
		t.Errorf("%v", shorten(r))
	}
}

// TestExprForHasTheSameResults checks that the expressions for Prometheus have the same results.
func TestExprForHasTheSameResults(t *testing.T) {
	w := newWorld(t, exposition.Options{})
	w.show(all(cluster("a"), dead("b"), []row{flux("a", "b", "apps", "failed"), flux("a", "a", "late", "dependency_not_ready")})...)
	rules := testRules()
	plain := w.report(w.evaluator(rules, once))
	for i, r := range rules.Groups[0].Rules {
		expr, err := alerts.ExprFor(r.Expr, "cluster")
		if err != nil {
			t.Fatal(err)
		}
		rules.Groups[0].Rules[i].Expr = expr
	}
	want(t, "report", plain, w.report(w.evaluator(rules, once)))
	if len(plain.Findings) != 3 {
		t.Errorf("%v", shorten(plain))
	}
}

// TestUnchangedRowsAreNotEvaluatedAgain checks that an expression is evaluated again only if its rows have changed.
func TestUnchangedRowsAreNotEvaluatedAgain(t *testing.T) {
	w := newWorld(t, exposition.Options{})
	e := w.evaluator(testRules(), once)
	rows := all(cluster("a"), []row{flux("a", "a", "apps", "failed")})
	w.show(rows...)
	w.report(e)
	before := len(e.results)
	kept := e.results[e.compiled.rules[1].expr.text].rows
	w.show(append(rows, flux("a", "a", "more", "ready"))...)
	w.report(e)
	if now := e.results[e.compiled.rules[1].expr.text].rows; len(e.results) != before || &now[0] != &kept[0] {
		t.Error("evaluated although nothing that it selects has changed")
	}
	w.show(append(rows, flux("a", "a", "more", "failed"))...)
	want(t, "changed", []string{"a: FluxFailing apps", "a: FluxFailing more"}, shorten(w.report(e)))
}

// TestManyRows checks that a selector with more series than are kept has the same result.
func TestManyRows(t *testing.T) {
	w := newWorld(t, exposition.Options{})
	rows := cluster("a")
	for i := range maxKept + 1 {
		rows = append(rows, flux("a", "a", "app-"+strings.Repeat("x", i%7)+string(rune('a'+i%26))+time.Duration(i).String(), "failed"))
	}
	w.show(rows...)
	e := w.evaluator(testRules(), once)
	if got := len(w.report(e).Findings); got != maxKept+1 {
		t.Errorf("%d findings", got)
	}
	if _, series := e.Size(); series > maxKept {
		t.Errorf("%d series are kept", series)
	}
	w.show(rows[:len(rows)-1]...)
	w.now = start.Add(time.Hour)
	w.report(e)
	w.now = start.Add(2 * time.Hour)
	if got := len(w.report(e).Findings); got != maxKept {
		t.Errorf("%d findings", got)
	}
}

// TestFailingRule checks that the error names a failing rule, and that its findings are kept.
func TestFailingRule(t *testing.T) {
	w := newWorld(t, exposition.Options{})
	rules := testRules()
	rules.Groups[0].Rules = append(rules.Groups[0].Rules, alerts.Rule{
		Name: "FluxTwins", System: alerts.Flux, Severity: alerts.Warning,
		Expr: `label_replace(cobaltcore_flux_resource_status, "status", "", "", "") * on (cluster) group_left () cobaltcore_cluster_up`,
	})
	e := w.evaluator(rules)
	w.e.Swap(nil, e.Groups())
	w.show(all(cluster("a"), []row{flux("a", "a", "apps", "ready")})...)
	if r := w.report(e); len(r.Findings) != 1 || len(r.NotEvaluated) != 1 {
		t.Fatalf("%v %v", shorten(r), r.NotEvaluated)
	}
	w.show(all(cluster("a"), []row{flux("a", "a", "apps", "ready"), flux("a", "a", "apps", "failed")})...)
	if err := e.Evaluate(t.Context()); err == nil || !strings.Contains(err.Error(), "rule FluxTwins: ") {
		t.Errorf("%v", err)
	}
	r, err := e.Report(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if n := r.NotEvaluated; len(n) != 2 || n[1].Rule != "FluxTwins" || !strings.HasPrefix(n[1].Reason, "failed: ") {
		t.Errorf("%v", n)
	}
	want(t, "findings", []string{"a: FluxTwins ", "(a: FluxFailing apps)"}, shorten(r))
	want(t, "failures", []string{`cobaltcore_health_evaluation_failures_total{rule="FluxTwins"} 1`}, w.scrape("cobaltcore_health_evaluation_failures_total"))
}
