// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package app

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/cobaltcore-dev/cobaltcore-exporter/alerts"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/health"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/testing/testutil"
)

// wantReport waits for a report that satisfies the condition, and returns its text.
func (e *exporter) wantReport(ok func(health.Report) bool) string {
	e.t.Helper()
	text := ""
	testutil.Eventually(e.t, func() (bool, string) {
		var code int
		code, text = e.ask(http.MethodGet, "/api/v1/report")
		var r health.Report
		err := json.Unmarshal([]byte(text), &r)
		return code == http.StatusOK && err == nil && ok(r), text
	})
	return text
}

func has(rule string) func(health.Report) bool {
	return func(r health.Report) bool {
		for _, f := range r.Findings {
			if f.Rule == rule {
				return true
			}
		}
		return false
	}
}

// exporterOf runs an exporter with an existing configuration file.
func exporterOf(t *testing.T, file string) *exporter {
	t.Helper()
	s := newSite(t)
	return s.run(func(o *Options) { o.ConfigFile = file })
}

// TestSnapshotFleet checks that serve and report have the same findings with the same ages.
func TestSnapshotFleet(t *testing.T) {
	t.Parallel()
	r, err := Report(t.Context(), ReportOptions{
		Options: Options{Log: slog.New(slog.DiscardHandler)}, Snapshot: "../../test/fleet", Timeout: testutil.Deadline, Progress: io.Discard,
	})
	if err != nil {
		t.Fatal(err)
	}
	if r.Verdict != health.Down || !r.GeneratedAt.Equal(r.GeneratedAt.UTC()) || r.GeneratedAt.Format("2006-01-02T15:04:05Z07:00") != "2026-11-20T09:00:00Z" {
		t.Errorf("%s at %s", r.Verdict, r.GeneratedAt)
	}
	cells := map[string]health.Verdict{}
	for _, c := range r.Clusters {
		for _, s := range []alerts.System{alerts.Flux, alerts.OpenBao, alerts.Greenhouse} {
			cells[c.Name+" "+string(s)] = c.VerdictOf(s)
		}
	}
	want := map[string]health.Verdict{
		"management flux": "degraded", "management openbao": "down", "management greenhouse": "degraded",
		"control-plane flux": "degraded", "control-plane openbao": "absent", "control-plane greenhouse": "degraded",
		"hypervisor flux": "ok", "hypervisor openbao": "absent", "hypervisor greenhouse": "degraded",
		"storage flux": "ok", "storage openbao": "absent", "storage greenhouse": "degraded",
	}
	if diff := cmp.Diff(want, cells); diff != "" {
		t.Errorf("cells (-want +got):\n%s", diff)
	}
	ids := func(r health.Report) map[string]string {
		out := map[string]string{}
		for _, f := range r.Findings {
			out[f.ID] = f.Rule + " " + f.Object.String() + " " + string(f.State)
		}
		return out
	}
	e := exporterOf(t, "../../test/fleet/fleet.yaml")
	var served health.Report
	text := e.wantReport(func(health.Report) bool { return true })
	if err := json.Unmarshal([]byte(text), &served); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(ids(r), ids(served)); diff != "" {
		t.Errorf("served (-report +serve):\n%s", diff)
	}
	e.wantLine(`cobaltcore_health_status{cluster="management",system="openbao"} 2`)
	e.wantLine(`cobaltcore_health_status{cluster="storage",system="flux"} 0`)
}

// TestRuleFilesAreFollowed checks that a changed file of rules is applied like a changed configuration, and that an
// invalid file changes nothing.
func TestRuleFilesAreFollowed(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.objects("a/objects.yaml", "x")
	rule := func(name, expr string) string {
		return "groups: [{name: site, rules: [{alert: " + name + ", expr: '" + expr + "'}]}]\n"
	}
	s.write("rules.yaml", rule("SiteOne", "cobaltcore_cluster_up == 1"))
	s.configure("rules: {files: [rules.yaml]}\n", "a")
	e := s.run()
	e.wantReport(has("SiteOne"))
	s.write("rules.yaml", rule("SiteTwo", "cobaltcore_cluster_up == 1"))
	e.wantReport(has("SiteTwo"))
	s.write("rules.yaml", rule("SiteThree", "sum("))
	e.wantLine("cobaltcore_config_last_reload_successful 0")
	code, body := e.ask(http.MethodPost, "/-/reload")
	if code != http.StatusInternalServerError || !strings.Contains(body, "rules.yaml:1: ") {
		t.Errorf("%d %s", code, body)
	}
	e.wantReport(has("SiteTwo"))
}

// TestDeadClusterIsDown checks that a cluster that does not respond is reported as down, with the reason, when the
// timeout ends.
func TestDeadClusterIsDown(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.objects("alive/objects.yaml", "x")
	s.write("dead.kubeconfig", `{apiVersion: v1, kind: Config, current-context: c, users: [],
  clusters: [{name: c, cluster: {server: 'http://`+blackhole(t)+`'}}], contexts: [{name: c, context: {cluster: c}}]}`)
	s.write("fleet.yaml", "clusters:\n- {name: alive, snapshot: {path: alive}}\n- {name: dead, kubeconfig: {path: dead.kubeconfig}}\n")
	var progress bytes.Buffer
	r, err := Report(context.Background(), ReportOptions{
		Options: Options{ConfigFile: s.file("fleet.yaml"), Log: slog.New(slog.DiscardHandler)}, Timeout: 1500 * time.Millisecond, Progress: &progress,
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range r.Clusters {
		if want := map[string]health.Verdict{"alive": health.OK, "dead": health.Down}[c.Name]; c.Verdict != want {
			t.Errorf("%s is %s, not %s", c.Name, c.Verdict, want)
		}
	}
	if r.Verdict != health.Down || !strings.Contains(progress.String(), "1 of 2 clusters are complete, waiting for dead\n") ||
		!strings.Contains(progress.String(), "cluster dead is not complete within the timeout") {
		t.Errorf("%s\n%s", r.Verdict, progress.String())
	}
}
