// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package health

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/cobaltcore-dev/cobaltcore-exporter/alerts"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/exposition"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/testing/testutil"
)

func writeRules(t *testing.T, text string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "rules.yaml")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

func readRules(t *testing.T, text string) []UserGroup {
	t.Helper()
	groups, err := ReadRules(t.Context(), writeRules(t, text))
	if err != nil {
		t.Fatal(err)
	}
	return groups
}

func TestReadRulesNamesFileAndLine(t *testing.T) {
	for name, tc := range map[string]struct{ text, want string }{
		"no YAML":      {"groups: [", "rules.yaml:1: "},
		"unknown key":  {"groups:\n- name: a\n  rules:\n  - alert: A\n    expression: up\n", `rules.yaml:5: field expression not found`},
		"no PromQL":    {"groups:\n- name: a\n  rules:\n  - alert: A\n    expr: sum(\n", `rules.yaml:5: group "a", rule 1, "A": could not parse expression`},
		"no template":  {"groups:\n- name: a\n  rules:\n  - alert: A\n    expr: up\n    annotations: {summary: '{{ $nothing }}'}\n", `rules.yaml:4: group "a", rule 1, "A": `},
		"no name":      {"groups:\n- rules: []\n", "rules.yaml:1: Groupname must not be empty"},
		"75 GB":        {"groups: []\n" + testutil.ManyAliases(), "rules.yaml:1: aliases"},
		"2,001 rules":  {"groups:\n- name: a\n  rules:\n" + strings.Repeat("  - {alert: A, expr: up}\n", maxUserRules+1), "rules.yaml: 2001 rules: at most 2000 are evaluated"},
		"bad duration": {"groups:\n- name: a\n  rules:\n  - {alert: A, expr: up, for: soon}\n", "rules.yaml:"},
	} {
		file := writeRules(t, tc.text)
		_, err := ReadRules(t.Context(), file)
		if err == nil || !strings.HasPrefix(err.Error(), filepath.Dir(file)+"/"+tc.want) || strings.Contains(err.Error(), "rulefmt") {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := ReadRules(t.Context(), filepath.Join(t.TempDir(), "none.yaml")); err == nil || !strings.Contains(err.Error(), "none.yaml: no such file") {
		t.Errorf("%v", err)
	}
}

// TestUserRules checks that user rules are part of the findings, the verdicts and the root causes.
func TestUserRules(t *testing.T) {
	w := newWorld(t, exposition.Options{})
	w.show(all(cluster("a"), []row{flux("a", "a", "apps", "failed"), flux("a", "a", "db", "ready")})...)
	rules := testRules()
	rules.User = readRules(t, `groups:
- name: mine
  labels: {team: storage}
  rules:
  - record: site:failed:count
    expr: count by (cluster) (cobaltcore_flux_resource_status{status="failed"})
    labels: {by: site}
  - alert: SiteTooManyFail
    expr: site:failed:count{by="site"} > 0
    for: 1m
    labels: {severity: critical, system: flux, where: '{{ $labels.cluster }}'}
    annotations: {summary: '{{ $value }} fail in {{ $labels.cluster }}', runbook_url: 'https://wiki.example.com/fail'}
  - {alert: SiteCustom, expr: 'cobaltcore_flux_resource_status{name="db"}'}
  - {alert: SiteRate, expr: 'rate(cobaltcore_collector_errors_total[5m]) > 0'}
  - {alert: SiteOffset, expr: 'cobaltcore_cluster_up offset 1h == 0'}
  - {alert: SiteAt, expr: 'cobaltcore_cluster_up @ start() == 0'}
  - {alert: SiteSubquery, expr: 'max_over_time(cobaltcore_cluster_up[1h:1m]) == 0'}
  - {alert: SiteForeign, expr: 'node_load1 > 4'}
  - {alert: SitePattern, expr: '{__name__=~"cobaltcore_.*"} > 4'}
`)
	rules.Installation.Disabled = []string{"FluxBlocked"}
	rules.Installation.Changes = map[string]alerts.Change{"FluxFailing": {For: time.Hour, Severity: alerts.Info}}
	e := w.evaluator(rules)
	w.report(e)
	w.now = start.Add(10 * time.Minute)
	r := w.report(e)
	want(t, "findings", []string{"a: SiteTooManyFail ", "a: SiteCustom db", "(a: FluxFailing apps)"}, shorten(r))
	want(t, "verdicts", map[string]string{"": "down", "a": "down", "a flux": "down", "a custom": "degraded"}, matrix(r))
	f := r.Findings[0]
	want(t, "labels", map[string]string{
		"cluster": "a", "severity": "critical", "system": "flux", "where": "a", "team": "storage", "by": "site",
	}, f.Labels)
	if f.Summary != "1 fail in a" || f.Playbook != "https://wiki.example.com/fail" || f.Severity != alerts.Critical || r.Findings[2].Severity != alerts.Info {
		t.Errorf("%+v", f)
	}
	reasons := map[string]string{}
	for _, n := range r.NotEvaluated {
		reasons[n.Rule] = n.Reason
	}
	want(t, "not evaluated", map[string]string{
		"ExporterWatchdog": "needs metrics or a history that only Prometheus has",
		"FluxBlocked":      "disabled in the configuration",
		"SiteRate":         "needs a history: it has a range",
		"SiteSubquery":     "needs a history: it has a range",
		"SiteOffset":       "needs a history: it has an offset or a fixed time",
		"SiteAt":           "needs a history: it has an offset or a fixed time",
		"SiteForeign":      "the exporter does not have the metric node_load1, or metrics.include leaves it out",
		"SitePattern":      "selects metrics by a pattern of their names",
	}, reasons)
}

// TestThresholds checks that a configured threshold applies to the expression and to the onset.
func TestThresholds(t *testing.T) {
	w := newWorld(t, exposition.Options{})
	w.show(all(cluster("a"), []row{{"a", testSince.Name, float64(start.Add(-2 * time.Hour).Unix()), []string{"a", "Kustomization", "flux-system", "apps"}}})...)
	const since = `max by (cluster, name) (cobaltcore_flux_resource_ready_transition_timestamp_seconds)`
	rules := Rules{Groups: []alerts.Group{{Name: "test", Rules: []alerts.Rule{{
		Name: "FluxSlow", System: alerts.Flux, Severity: alerts.Warning, For: time.Minute,
		Threshold: &alerts.Threshold{Default: 3600, Unit: alerts.Seconds},
		Expr:      `time() - ` + since + ` > $threshold`, Since: since + ` + $threshold`, Description: "for more than $threshold",
	}}}}}
	for _, c := range []struct {
		threshold float64
		want      string
	}{{9000, ""}, {5400, "for more than 1h30m, 2026-11-20T08:30:00Z"}} {
		rules.Installation.Changes = map[string]alerts.Change{"FluxSlow": {Threshold: c.threshold}}
		got := ""
		for _, f := range w.report(w.evaluator(rules)).Findings {
			got = f.Description + ", " + f.Since.Format(time.RFC3339)
		}
		if got != c.want {
			t.Errorf("threshold %v: got %q, want %q", c.threshold, got, c.want)
		}
	}
}

// TestIncludeLeavesRulesOut checks that Flux is not ok if metrics.include excludes the metrics of
// all of its rules. The rows that verdicts need are kept, although they are not exported.
func TestIncludeLeavesRulesOut(t *testing.T) {
	w := newWorld(t, exposition.Options{Include: []string{"cobaltcore_cluster_up"}, Keep: StateFamilies()})
	w.show(all(cluster("a"), []row{flux("a", "a", "apps", "failed")})...)
	r := w.report(w.evaluator(testRules(), once))
	want(t, "findings", []string{}, shorten(r))
	want(t, "verdicts", map[string]string{"": "unknown", "a": "unknown", "a flux": "unknown"}, matrix(r))
	if len(r.NotEvaluated) != 4 {
		t.Errorf("%v", r.NotEvaluated)
	}
	want(t, "not written", []string{}, w.scrape("cobaltcore_watch_present"))
	want(t, "written", []string{`cobaltcore_cluster_up{cluster="a"} 1`}, w.scrape("cobaltcore_cluster_up"))
}
