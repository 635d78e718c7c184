// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package render

import (
	"bytes"
	"flag"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/net/html"

	"github.com/cobaltcore-dev/cobaltcore-exporter/alerts"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/health"
)

var update = flag.Bool("update", false, "write the golden files")

var now = time.Date(2026, 11, 20, 9, 0, 0, 0, time.UTC)

// sick returns a report with a root cause, many consequences and hostile names.
func sick() health.Report {
	cell := func(s alerts.System, v health.Verdict) health.SystemVerdict {
		return health.SystemVerdict{Name: s, Verdict: v}
	}
	r := health.Report{
		GeneratedAt: now, Verdict: health.Down, Partial: true,
		Systems: []health.SystemVerdict{cell("flux", "degraded"), cell("openbao", "down"), cell("aurora", "absent"), cell("externalsecrets", "unknown")},
		Clusters: []health.Cluster{
			{Name: "management", Role: "management", Verdict: "down", Systems: []health.SystemVerdict{cell("flux", "degraded"), cell("openbao", "down"), cell("aurora", "absent"), cell("externalsecrets", "ok")}},
			{Name: "sto\x1b[31mrage", Role: "storage", Verdict: "unknown", Systems: []health.SystemVerdict{cell("flux", "ok"), cell("openbao", "absent"), cell("aurora", "absent"), cell("externalsecrets", "unknown")}},
		},
		Findings: []health.Finding{
			{
				ID: "1", Rule: "OpenBaoDown", Severity: "critical", State: health.Firing, Cluster: "management", System: "openbao",
				Object: health.Object{Kind: "OpenBao", Name: "openbao"}, Summary: "OpenBao <b>openbao</b> is down | and [more](x)", Since: now.Add(-90 * time.Minute), Playbook: "https://playbooks.example.com/OpenBaoDown",
			},
			{
				ID: "2", Rule: "FluxSuspended", Severity: "info", State: health.Firing, Cluster: "", System: "flux", Silenced: true,
				Object: health.Object{Kind: "Kustomization", Namespace: "flux-system", Name: "na\r\nme\u202e"}, Since: now, Playbook: "javascript:alert(1)",
			},
			{ID: "3", Rule: "FluxFailing", Severity: "warning", State: health.Pending, Cluster: "management", System: "flux", Since: now.Add(-23*time.Hour - 59*time.Minute),
				SinceAtLeast: true, Summary: "it fails: BuildFailed", Reason: "BuildFailed"},
		},
		NotEvaluated: []health.NotEvaluated{{Rule: "ExporterDown", Reason: "needs Prometheus"}},
	}
	for i := range maxFollowing + 2 {
		r.Findings = append(r.Findings, health.Finding{
			ID: "c" + string(rune('a'+i)), Rule: "ESOStale", Severity: "warning", State: health.Firing, Cluster: "management", System: "externalsecrets", RootCause: "1",
			Object: health.Object{Kind: "ExternalSecret", Namespace: "n", Name: "secret-" + string(rune('a'+i))}, Since: now.Add(-time.Duration(i) * 25 * time.Hour),
			Summary: "ExternalSecret n/secret-" + string(rune('a'+i)) + " was not refreshed in time", Stale: i == 0,
		})
	}
	return r
}

func well() health.Report {
	return health.Report{
		GeneratedAt: now, Verdict: health.OK, Systems: []health.SystemVerdict{{Name: "flux", Verdict: health.OK}},
		Clusters: []health.Cluster{{Name: "a", Role: "a", Verdict: health.OK, Systems: []health.SystemVerdict{{Name: "flux", Verdict: health.OK}}}},
	}
}

func TestGolden(t *testing.T) {
	table := func(o TableOptions) func(io.Writer, health.Report) error {
		return func(w io.Writer, r health.Report) error { return Table(w, r, o) }
	}
	for name, tc := range map[string]struct {
		report health.Report
		write  func(io.Writer, health.Report) error
	}{
		"sick.txt":    {sick(), table(TableOptions{})},
		"colour.txt":  {sick(), table(TableOptions{Colour: true})},
		"narrow.txt":  {sick(), table(TableOptions{Width: 50})},
		"wide.txt":    {sick(), table(TableOptions{Wide: true})},
		"sick.xml":    {sick(), JUnit},
		"names.txt":   {sick(), Names},
		"diff.txt":    {sick(), func(w io.Writer, r health.Report) error { _, err := Diff(w, well(), r); return err }},
		"sick.md":     {sick(), Markdown},
		"sick.html":   {sick(), HTML},
		"well.txt":    {well(), table(TableOptions{})},
		"well.md":     {well(), Markdown},
		"well.html":   {well(), HTML},
		"nothing.txt": {health.Report{GeneratedAt: now, Verdict: health.Unknown}, table(TableOptions{})},
	} {
		var got bytes.Buffer
		if err := tc.write(&got, tc.report); err != nil {
			t.Fatal(err)
		}
		file := filepath.Join("testdata", name)
		if *update {
			if err := os.MkdirAll("testdata", 0o750); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(file, got.Bytes(), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(want), got.String()); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
		for _, bad := range []string{"\x1b[31mrage", "\r", "\u202e", "href=\"javascript:"} {
			if strings.Contains(got.String(), bad) {
				t.Errorf("%s has %q", name, bad)
			}
		}
		for line := range strings.Lines(got.String()) {
			if words := strings.Fields(line); name == "narrow.txt" && width(strings.TrimSuffix(line, "\n")) > 50 && len(words) > 1 {
				t.Errorf("too wide: %s", line)
			}
		}
		if strings.HasSuffix(name, ".html") {
			if _, err := html.Parse(&got); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
}
