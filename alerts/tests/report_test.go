// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package tests_test

import (
	"log/slog"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/prometheus/model/labels"

	"github.com/cobaltcore-dev/cobaltcore-exporter/alerts"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/app"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/exposition"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/health"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/testing/ruletest"
)

// TestReportMatchesAlerts checks that the health report has the same findings as Prometheus in
// every fixture, with the same summaries and reasons, except for the rules that only Prometheus
// evaluates.
func TestReportMatchesAlerts(t *testing.T) {
	t.Parallel()
	only := map[string]bool{}
	for _, r := range alerts.Rules() {
		only[r.Name] = r.PrometheusOnly
	}
	for _, f := range append(slices.Clone(allFixtures(t)), crowd(t), states()) {
		var want, got []string
		for _, a := range evaluate(t, f, "cluster", f.Rows) {
			if !only[a.Rule.Name] {
				want = append(want, a.String()+" "+a.Summary)
			}
		}
		for _, found := range report(t, f).Findings {
			got = append(got, found.Rule+labels.FromMap(found.Labels).String()+" "+found.Summary)
		}
		slices.Sort(want)
		slices.Sort(got)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: findings (-alerts +report):\n%s", f.Name, diff)
		}
	}
}

func report(t *testing.T, f ruletest.Fixture) health.Report {
	t.Helper()
	_, _, r := evaluated(t, f)
	return r
}

// evaluated evaluates the rules once over the rows of a fixture.
func evaluated(t *testing.T, f ruletest.Fixture) (*exposition.Exposition, *health.Evaluator, health.Report) {
	t.Helper()
	e, self := exposed(t, f.Rows)
	evaluator, err := health.New(health.Options{
		Exposition: e, Self: self, Rules: health.Rules{Groups: alerts.Catalogue()}, Log: slog.New(slog.DiscardHandler), Once: true,
		Now: func() time.Time { return ruletest.TakenAt() },
	})
	if err != nil {
		t.Fatal(err)
	}
	r, err := evaluator.Report(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return e, evaluator, r
}

// exposed returns the rows of an exposition: the rows about clusters, and the exporter's own rows.
func exposed(t *testing.T, rows []ruletest.Row) (*exposition.Exposition, prometheus.Gatherer) {
	t.Helper()
	all := app.Families() // those that are exported again are made each time
	e, err := exposition.New(exposition.Options{}, all...)
	if err != nil {
		t.Fatal(err)
	}
	families := map[string]*exposition.Family{}
	for _, f := range all {
		families[f.Name] = f
	}
	self := prometheus.NewRegistry()
	byCluster := map[string][]ruletest.Row{}
	for _, r := range rows {
		if families[r.Name()] != nil {
			c := r.Labels.Get("cluster")
			byCluster[c] = append(byCluster[c], r)
			continue
		}
		own := r.Labels.DropReserved(func(n string) bool { return n == labels.MetricName })
		g := prometheus.NewGauge(prometheus.GaugeOpts{Name: r.Name(), Help: "A test.", ConstLabels: own.Map()})
		g.Set(r.Value)
		self.MustRegister(g)
	}
	for cluster, rows := range byCluster {
		g := e.Group(exposition.Key{Cluster: cluster}, all)
		g.Set("", g.Rows(), func(out *exposition.Rows) {
			for _, r := range rows {
				f := families[r.Name()]
				var values []string
				for _, name := range f.Labels {
					if name != exposition.ClusterLabel {
						values = append(values, r.Labels.Get(name))
					}
				}
				if !f.Open {
					out.Add(f, r.Value, values...)
					continue
				}
				var more []exposition.Label // those of the controllers
				r.Labels.Range(func(l labels.Label) {
					if l.Name != labels.MetricName && !slices.Contains(f.Labels, l.Name) {
						more = append(more, exposition.Label{Name: l.Name, Value: l.Value})
					}
				})
				out.AddOpen(f, "", r.Value, values, more)
			}
		})
		e.Swap(nil, []*exposition.Group{g})
	}
	return e, self
}
