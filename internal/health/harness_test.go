// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package health

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/cobaltcore-dev/cobaltcore-exporter/alerts"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/exposition"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/status"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/watch"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// The families of the tests, in addition to the families about clusters.
var (
	testFlux = &exposition.Family{
		Name: "cobaltcore_flux_resource_status", Type: exposition.Gauge, Help: "A test.",
		Labels: []string{"cluster", "target_cluster", "kind", "exported_namespace", "name", "status"},
	}
	testSince = &exposition.Family{
		Name: "cobaltcore_flux_resource_ready_transition_timestamp_seconds", Type: exposition.Gauge, Help: "A test.",
		Labels: []string{"cluster", "target_cluster", "kind", "exported_namespace", "name"},
	}
	testNode = &exposition.Family{Name: "cobaltcore_openbao_node_up", Type: exposition.Gauge, Help: "A test.", Labels: []string{"cluster", "openbao", "node"}}
)

func testFamilies() []*exposition.Family {
	return append(append([]*exposition.Family{testFlux, testSince, testNode}, append(watch.Families(), status.Families()...)...),
		Families()...)
}

// row is a sample. labels does not include the cluster.
type row struct {
	cluster, family string
	value           float64
	labels          []string
}

// world is an exposition with the rows of a test and a clock that the test sets.
type world struct {
	t      testing.TB
	e      *exposition.Exposition
	groups map[string]*exposition.Group
	now    time.Time
}

// start is the time at which a test begins.
var start = time.Date(2026, 11, 20, 9, 0, 0, 0, time.UTC)

func newWorld(t testing.TB, o exposition.Options) *world {
	t.Helper()
	e, err := exposition.New(o, testFamilies()...)
	if err != nil {
		t.Fatal(err)
	}
	return &world{t: t, e: e, groups: map[string]*exposition.Group{}, now: start}
}

// show replaces all rows.
func (w *world) show(rows ...row) {
	w.t.Helper()
	byCluster := map[string][]row{}
	for c := range w.groups {
		byCluster[c] = nil
	}
	for _, r := range rows {
		byCluster[r.cluster] = append(byCluster[r.cluster], r)
	}
	for c, rows := range byCluster {
		g := w.groups[c]
		if g == nil {
			g = w.e.Group(exposition.Key{Cluster: c}, testFamilies())
			w.groups[c] = g
			w.e.Swap(nil, []*exposition.Group{g})
		}
		g.Set("", g.Rows(), func(out *exposition.Rows) {
			for _, r := range rows {
				i := slices.IndexFunc(testFamilies(), func(f *exposition.Family) bool { return f.Name == r.family })
				if i < 0 {
					w.t.Fatalf("no family %s", r.family)
				}
				out.Add(testFamilies()[i], r.value, r.labels...)
			}
		})
	}
}

// cluster returns the rows about a reachable cluster in which one kind of Flux is watched.
func cluster(name string) []row {
	return []row{
		{name, "cobaltcore_cluster_up", 1, nil},
		{name, "cobaltcore_cluster_info", 1, []string{"role of " + name, "", "", "kubeconfig", "v1.34.2", ""}},
		{name, "cobaltcore_collector_up", 1, []string{"flux"}},
		{name, "cobaltcore_watch_present", 1, []string{"flux", "g", "Kustomization", "v1"}},
		{name, "cobaltcore_watch_synced", 1, []string{"flux", "g", "Kustomization"}},
	}
}

// dead returns the rows about an unreachable cluster.
func dead(name string) []row {
	rows := cluster(name)
	for i, r := range rows {
		switch r.family {
		case "cobaltcore_cluster_up", "cobaltcore_collector_up", "cobaltcore_watch_synced":
			rows[i].value = 0
		}
	}
	return rows
}

// flux returns the row about a Kustomization.
func flux(cluster, target, name, status string) row {
	return row{cluster, testFlux.Name, 1, []string{target, "Kustomization", "flux-system", name, status}}
}

func all(rows ...[]row) []row { return slices.Concat(rows...) }

// testRules returns rules for a root cause and two steps of consequences, and a rule about nodes.
func testRules() Rules {
	status := func(s string) string {
		return `max by (cluster, target_cluster, kind, exported_namespace, name) (cobaltcore_flux_resource_status{status="` + s + `"})`
	}
	object := alerts.Object{Kind: "{{ $labels.kind }}", Namespace: "{{ $labels.exported_namespace }}", Name: "{{ $labels.name }}"}
	same := []string{"cluster"}
	return Rules{
		Groups: []alerts.Group{{Name: "test", Rules: []alerts.Rule{
			{
				Name: "FleetClusterDown", System: alerts.Fleet, Severity: alerts.Critical, Expr: `cobaltcore_cluster_up == 0`,
				Object: alerts.Object{Kind: "Cluster", Name: "{{ $labels.cluster }}"}, Summary: "{{ $labels.cluster }} is down",
			},
			{
				Name: "FluxFailing", System: alerts.Flux, Severity: alerts.Warning, Expr: status("failed"), Object: object,
				For: 5 * time.Minute, Bridge: 2 * time.Minute,
				Since:   `max by (cluster, target_cluster, kind, exported_namespace, name) (cobaltcore_flux_resource_ready_transition_timestamp_seconds)`,
				Summary: "{{ $labels.name }} fails", InhibitedBy: []alerts.Inhibition{{By: "FleetClusterDown", Equal: same}},
			},
			{
				Name: "FluxBlocked", System: alerts.Flux, Severity: alerts.Info, Expr: status("dependency_not_ready"), Object: object,
				InhibitedBy: []alerts.Inhibition{{By: "FluxFailing", Equal: []string{"cluster", "target_cluster"}}},
			},
			{
				Name: "OpenBaoNodeDown", System: alerts.OpenBao, Severity: alerts.Critical, Expr: `cobaltcore_openbao_node_up == 0`,
				Object: alerts.Object{Kind: "OpenBaoNode", Name: "{{ $labels.node }}"},
			},
			{Name: "ExporterWatchdog", System: alerts.Exporter, Severity: alerts.Info, Expr: `vector(1)`, PrometheusOnly: true},
		}}},
	}
}

func (w *world) evaluator(r Rules, change ...func(*Options)) *Evaluator {
	w.t.Helper()
	o := Options{Exposition: w.e, Rules: r, Log: slog.New(slog.DiscardHandler), Now: func() time.Time { return w.now }}
	for _, f := range change {
		f(&o)
	}
	e, err := New(o)
	if err != nil {
		w.t.Fatal(err)
	}
	return e
}

func once(o *Options) { o.Once = true }

// report evaluates the rules now and returns the report.
func (w *world) report(e *Evaluator) Report {
	w.t.Helper()
	if err := e.Evaluate(w.t.Context()); err != nil {
		w.t.Fatal(err)
	}
	r, err := e.Report(w.t.Context())
	if err != nil {
		w.t.Fatal(err)
	}
	return r
}

// shorten returns one line for each finding of a report. Pending findings are in brackets.
func shorten(r Report) []string {
	names := map[string]string{}
	for _, f := range r.Findings {
		names[f.ID] = f.Rule + " " + f.Object.Name
	}
	lines := []string{}
	for _, f := range r.Findings {
		s := f.Cluster + ": " + names[f.ID]
		if f.State == Pending {
			s = "(" + s + ")"
		}
		if f.RootCause != "" {
			s += " < " + names[f.RootCause]
		}
		if f.Stale {
			s += " stale"
		}
		if f.ResolvedAt != nil {
			s += " resolved"
		}
		lines = append(lines, s)
	}
	return lines
}

// matrix returns the verdicts that are not absent.
func matrix(r Report) map[string]string {
	out := map[string]string{"": string(r.Verdict)}
	for _, c := range r.Clusters {
		out[c.Name] = string(c.Verdict)
		for _, s := range c.Systems {
			if s.Verdict != Absent && s.Name != alerts.Exporter && s.Name != alerts.Fleet {
				out[c.Name+" "+string(s.Name)] = string(s.Verdict)
			}
		}
	}
	return out
}

// scrape returns the rows of the families about health.
func (w *world) scrape(name string) []string {
	w.t.Helper()
	rec := httptest.NewRecorder()
	(&exposition.Handler{Exposition: w.e}).ServeHTTP(rec, httptest.NewRequestWithContext(w.t.Context(), http.MethodGet, "/metrics", http.NoBody))
	lines := []string{}
	for line := range strings.Lines(rec.Body.String()) {
		if strings.HasPrefix(line, name) {
			lines = append(lines, strings.TrimSpace(line))
		}
	}
	return lines
}
