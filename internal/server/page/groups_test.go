// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package page

import (
	"fmt"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/cobaltcore-dev/cobaltcore-exporter/alerts"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/health"
)

// TestGroups: outages come first, severe before new ones, and a cause has the severity of its worst
// consequence. Equal findings are one, and expiries and information are apart.
func TestGroups(t *testing.T) {
	now := time.Date(2026, 11, 20, 9, 0, 0, 0, time.UTC)
	in := func(d time.Duration) *time.Time { at := now.Add(d); return &at }
	at := func(ago time.Duration, f health.Finding) health.Finding {
		f.Since, f.State = now.Add(-ago), health.Firing
		return f
	}
	object := func(name string) health.Object { return health.Object{Kind: "Kustomization", Name: name} }
	r := health.Report{GeneratedAt: now, Findings: []health.Finding{
		at(9*time.Hour, health.Finding{ID: "cause", Rule: "A", Severity: alerts.Warning}),
		at(9*time.Hour, health.Finding{ID: "follows", Rule: "B", Severity: alerts.Critical, RootCause: "cause"}),
		at(8*time.Hour, health.Finding{ID: "old", Rule: "C", Severity: alerts.Warning}),
		at(time.Minute, health.Finding{ID: "new", Rule: "D", Severity: alerts.Warning}),
		at(time.Hour, health.Finding{ID: "same1", Rule: "Suspended", Severity: alerts.Info, Object: object("a")}),
		at(time.Hour, health.Finding{ID: "same2", Rule: "Suspended", Severity: alerts.Info, Object: object("b")}),
		at(time.Hour, health.Finding{ID: "late", Rule: "Expiring", Severity: alerts.Warning, EndsAt: in(60 * 24 * time.Hour)}),
		at(time.Hour, health.Finding{ID: "soon", Rule: "Expiring", Severity: alerts.Critical, EndsAt: in(15 * 24 * time.Hour)}),
		at(time.Hour, health.Finding{ID: "over", Rule: "Expiring", Severity: alerts.Critical, EndsAt: in(-time.Hour)}),
	}}
	link := func(alerts []map[string]string) string {
		return fmt.Sprint(len(alerts), " of ", alerts[0]["alertname"])
	}
	s, err := newSite(Options{SilenceLink: link})
	if err != nil {
		t.Fatal(err)
	}
	all, err := s.findingsOf(httptest.NewRequestWithContext(t.Context(), "GET", "/", nil), r, filter{})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, f := range all.Firing {
		got = append(got, fmt.Sprintf("%s %s new=%t open=%t", f.ID, f.Worst, f.Recent, f.Open))
	}
	for i, f := range all.Expiries.All {
		got = append(got, fmt.Sprintf("ends %s %d %s", f.ID, all.Expiries.Marks[i].X, all.Expiries.Marks[i].Text))
	}
	for _, f := range all.Info {
		got = append(got, fmt.Sprintf("info %s of %d: silence %s", f.ID, len(f.Equal), f.Silence))
	}
	want := []string{
		"cause critical new=false open=true", "new warning new=true open=false", "old warning new=false open=false",
		"ends over 0 1h0m ago", "ends soon 500 in 15d0h", "ends late 1000 in 60d0h", "info same1 of 2: silence 2 of Suspended",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
