// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package tests_test

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql"

	"github.com/cobaltcore-dev/cobaltcore-exporter/alerts"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/app"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/testing/collectortest"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/testing/ruletest"
)

// TestTwoReplicas checks that two exporters with equal rows count as one.
func TestTwoReplicas(t *testing.T) {
	t.Parallel()
	for _, f := range allFixtures(t) {
		both := slices.Concat(ruletest.Scraped(f.Rows, "exporter-0"), ruletest.Scraped(f.Rows, "exporter-1"))
		f.Series = slices.Concat(ofReplica(f.Series, "exporter-0"), ofReplica(f.Series, "exporter-1"))
		if diff := gocmp.Diff(f.Want, ruletest.Strings(evaluate(t, f, "cluster", both)), cmpEmpty); diff != "" {
			t.Errorf("%s: alerts of two replicas (-want +got):\n%s", f.Name, diff)
		}
	}
}

// ofReplica returns series with the labels of one replica. Series of other exporters are not duplicated.
func ofReplica(series []ruletest.Series, replica string) []ruletest.Series {
	var all []ruletest.Series
	for _, s := range series {
		if alerts.Foreign(s.Labels.Get(labels.MetricName)) {
			if replica == "exporter-0" {
				all = append(all, s)
			}
			continue
		}
		s.Labels = labels.NewBuilder(s.Labels).Set("instance", replica+":9876").Set("pod", replica).Labels()
		all = append(all, s)
	}
	return all
}

// TestOneReplicaFails checks that a replica that failed to load its configuration is reported
// although another replica succeeded.
func TestOneReplicaFails(t *testing.T) {
	t.Parallel()
	rows := func(text, replica string) []ruletest.Row {
		parsed, err := ruletest.ParseRows(text)
		if err != nil {
			t.Fatal(err)
		}
		return ruletest.Scraped(parsed, replica)
	}
	const metric = "cobaltcore_config_last_reload_successful"
	both := slices.Concat(rows(metric+" 1", "exporter-0"), rows(metric+" 0", "exporter-1"))
	got := ruletest.Strings(evaluate(t, ruletest.Fixture{}, "cluster", both))
	if want := []string{"ExporterReloadFailed{}"}; !slices.Equal(got, want) {
		t.Errorf("alerts %v, want %v", got, want)
	}
}

// TestClusterName checks that alerts also have the label cluster if the cluster label of the rows has another name.
func TestClusterName(t *testing.T) {
	t.Parallel()
	for _, f := range allFixtures(t) {
		var got []string
		for _, a := range evaluate(t, f, "clusterName", ruletest.Renamed(f.Rows, "clusterName")) {
			name := a.Labels.Get("clusterName")
			if hasCluster := a.Labels.Get("cluster"); hasCluster != name {
				t.Errorf("%s: %s has the cluster %q", f.Name, a, hasCluster)
			}
			a.Labels = labels.NewBuilder(a.Labels).Del("clusterName").Labels()
			got = append(got, a.String())
			if strings.Contains(a.Summary+a.Description, "cluster  ") || strings.Contains(a.Summary+a.Description, "<no value>") {
				t.Errorf("%s: a label is missing in: %s %s", f.Name, a.Summary, a.Description)
			}
		}
		slices.Sort(got)
		if diff := gocmp.Diff(f.Want, got, cmpEmpty); diff != "" {
			t.Errorf("%s: alerts (-want +got):\n%s", f.Name, diff)
		}
	}
}

// TestSince checks that an expression for the onset has only labels of the alert, so that it can be
// matched with the alert.
func TestSince(t *testing.T) {
	t.Parallel()
	e := evaluators()["cluster"]
	found := map[string]bool{}
	for _, f := range allFixtures(t) {
		m, err := e.Moment(t.Context(), f.Rows, f.Series, ruletest.TakenAt())
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range alerts.Rules() {
			if r.Since == "" || r.Name != f.Rule {
				continue
			}
			fired, err := e.Query(t.Context(), m, r.Expr)
			if err != nil {
				t.Fatal(err)
			}
			since, err := e.Query(t.Context(), m, r.Since)
			if err != nil {
				t.Fatalf("%s: %v", r.Name, err)
			}
			for _, s := range fired {
				at := begun(s.Metric, since)
				found[r.Name] = found[r.Name] || at > 0
				if at > float64(ruletest.TakenAt().Unix()) {
					t.Errorf("%s: %s since %v", f.Name, s.Metric, at)
				}
			}
		}
	}
	for _, r := range alerts.Rules() {
		if r.Since != "" && !found[r.Name] {
			t.Errorf("%s: Since has no value for any alert of the rule in any fixture: its labels differ from those of Expr", r.Name)
		}
	}
}

// begun returns the value of the sample whose labels are all among l, or 0. The label onset
// qualifies the value.
func begun(l labels.Labels, since promql.Vector) float64 {
	for _, s := range since {
		all := true
		s.Metric.Range(func(w labels.Label) {
			all = all && (w.Name == labels.MetricName || w.Name == "onset" || l.Get(w.Name) == w.Value)
		})
		if all {
			return s.F
		}
	}
	return 0
}

// TestRowsAreDeclared checks that rows that fixtures add have the names and labels of declared
// families.
func TestRowsAreDeclared(t *testing.T) {
	t.Parallel()
	declared := map[string][]string{}
	open := map[string]bool{} // with labels of the controllers
	for _, f := range app.Families() {
		declared[f.Name], open[f.Name] = f.Labels, f.Open
	}
	own, err := app.SelfMetrics().Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range own {
		for _, l := range f.GetMetric()[0].GetLabel() {
			declared[f.GetName()] = append(declared[f.GetName()], l.GetName())
		}
	}
	for _, f := range allFixtures(t) {
		for _, r := range f.Rows {
			names, ok := declared[r.Name()]
			if !ok && !strings.HasPrefix(r.Name(), "cobaltcore_config_") {
				t.Errorf("%s: no collector exports %s: it is not in Families of any collector", f.Name, r.Name())
			}
			r.Labels.Range(func(l labels.Label) {
				if l.Name != labels.MetricName && !slices.Contains(names, l.Name) && !open[r.Name()] {
					t.Errorf("%s: %s has no label %s", f.Name, r.Name(), l.Name)
				}
			})
		}
	}
}

// TestQuietFleets checks that systems that do not exist have no alerts.
func TestQuietFleets(t *testing.T) {
	t.Parallel()
	kinds := func(systems ...string) func(ruletest.Row) bool {
		return func(r ruletest.Row) bool {
			return slices.ContainsFunc(systems, func(s string) bool {
				return strings.Contains(r.Name(), s+"_") || r.Labels.Get("system") == s || r.Labels.Get("collector") == s
			})
		}
	}
	healthy := healthyRows(t)
	for name, without := range map[string]func(ruletest.Row) bool{
		"all is well":        func(ruletest.Row) bool { return false },
		"an empty fleet":     func(ruletest.Row) bool { return true },
		"without OpenBao":    kinds("openbao", "secretflow"),
		"without Greenhouse": kinds("greenhouse"),
		"without Aurora":     kinds("aurora"),
		"without Flux":       kinds("flux"),
		"all in one":         func(r ruletest.Row) bool { return r.Labels.Get("cluster") == "b" },
	} {
		rows := slices.DeleteFunc(slices.Clone(healthy), without)
		if found := evaluate(t, ruletest.Fixture{}, "cluster", rows); len(found) > 0 {
			t.Errorf("%s: %s", name, ruletest.Strings(found))
		}
	}
	// Clusters without any of the watched kinds.
	rows, err := ruletest.Bare(t.Context(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	if found := evaluate(t, ruletest.Fixture{}, "cluster", rows); len(rows) == 0 || len(found) > 0 {
		t.Errorf("clusters with nothing in them, %d rows: %s", len(rows), ruletest.Strings(found))
	}
}

func healthyRows(t *testing.T) []ruletest.Row {
	t.Helper()
	for _, f := range allFixtures(t) {
		if f.Name == "ExporterWatchdog" {
			return f.Rows
		}
	}
	t.Fatal("no healthy fleet")
	return nil
}

// TestTheSnapshotFleet compares the alerts of test/fleet with those in its README.
func TestTheSnapshotFleet(t *testing.T) {
	t.Parallel()
	rows, err := ruletest.SnapshotFleet(t.Context(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	got := strings.Join(ruletest.Strings(evaluate(t, ruletest.Fixture{}, "cluster", rows)), "\n") + "\n"
	compare(t, "snapshotfleet", got)
}

// TestEqualNames checks that objects with equal names in different clusters and namespaces are not confused.
func TestEqualNames(t *testing.T) {
	t.Parallel()
	// Only the objects of the alerts are compared; other tests compare the labels.
	names := map[string][]string{}
	for _, a := range evaluate(t, crowd(t), "cluster", crowd(t).Rows) {
		where := a.Rule.Name + " " + a.Labels.Get("cluster") + "/" + cmp.Or(a.Labels.Get("exported_namespace"), a.Labels.Get("namespace"))
		names[where] = append(names[where], cmp.Or(a.Labels.Get("name"), a.Labels.Get("store")))
	}
	var got strings.Builder
	for _, where := range slices.Sorted(maps.Keys(names)) {
		slices.Sort(names[where])
		fmt.Fprintf(&got, "%s: %s\n", where, strings.Join(names[where], " "))
	}
	compare(t, "crowd", got.String())
}

var crowdFixture = sync.OnceValues(func() (ruletest.Fixture, error) {
	dir, err := os.MkdirTemp("", "crowd-")
	if err != nil {
		return ruletest.Fixture{}, err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	return ruletest.Crowd(context.Background(), dir)
})

func crowd(t *testing.T) ruletest.Fixture {
	t.Helper()
	f, err := crowdFixture()
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func compare(t *testing.T, name, got string) {
	t.Helper()
	golden := filepath.Join("testdata", name+".golden")
	if collectortest.Update() {
		if err := os.WriteFile(golden, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if diff := gocmp.Diff(string(want), got); diff != "" {
		t.Errorf("alerts differ from %s (-want +got); run go test with -update if this is intended:\n%s", golden, diff)
	}
}
