// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package page

import (
	"context"
	"fmt"
	"net/http/httptest"
	"strings"
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
	for _, f := range all.Expiries.All {
		got = append(got, fmt.Sprintf("%s of %d %s", f.ID, f.Count, f.Ends))
	}
	for _, m := range all.Expiries.Marks {
		got = append(got, fmt.Sprintf("mark %s %d %s", m.ID, m.X, m.Text))
	}
	for _, f := range all.Info {
		got = append(got, fmt.Sprintf("info %s of %d: silence %s", f.ID, len(f.Equal), f.Silence))
	}
	want := []string{
		"cause critical new=false open=true", "new warning new=true open=false", "old warning new=false open=false",
		"over of 2 expired 1h0m ago", "late of 0 expires in 60d0h",
		"mark over 0 expired 1h0m ago", "mark soon 500 expires in 15d0h", "mark late 1000 expires in 60d0h",
		"info same1 of 2: silence 2 of Suspended",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestInformationOfAllPages: the number of root causes for information does not depend on the page.
func TestInformationOfAllPages(t *testing.T) {
	r := health.Report{GeneratedAt: time.Date(2026, 11, 20, 9, 0, 0, 0, time.UTC)}
	for i := range maxCauses + 3 {
		f := health.Finding{ID: fmt.Sprint(i), Rule: fmt.Sprint("R", i), Severity: alerts.Warning, State: health.Firing, Since: r.GeneratedAt}
		if i >= maxCauses {
			f.Severity = alerts.Info
		}
		r.Findings = append(r.Findings, f)
	}
	o := testOptions(t)
	o.Report = func(context.Context) (health.Report, error) { return r, nil }
	h := newHandler(t, o)
	for path, want := range map[string]string{
		"/":               `<a href="?severity=info#findings">information</a>`,
		"/?next=39":       "<summary>For information: 3</summary>",
		"/?severity=info": `<a href="#info">information</a>`,
	} {
		if body := getPage(h, path).Body.String(); !strings.Contains(body, want) {
			t.Errorf("%s has no %s", path, want)
		}
	}
}

// TestEqualCauses: a fleet in which all clusters are down has one card with the consequences of all, which leads to each of them.
func TestEqualCauses(t *testing.T) {
	o := testOptions(t)
	long := strings.Repeat("n", 60)
	r := health.Report{GeneratedAt: time.Date(2026, 11, 20, 9, 0, 0, 0, time.UTC)}
	add := func(id, rule, reason, cause string, severity alerts.Severity) {
		cluster := long + strings.TrimLeft(id, "ab")
		r.Findings = append(r.Findings, health.Finding{
			ID: id, Rule: rule, Severity: severity, State: health.Firing, Cluster: cluster, Reason: reason, RootCause: cause,
			Summary: id + " " + long,
			Object:  health.Object{Kind: "Kustomization", Namespace: long, Name: cluster}, Labels: map[string]string{"cluster": cluster},
		})
	}
	for i := range 500 {
		cause := fmt.Sprint("a", i)
		add(cause, "ClusterDown", []string{"timeout", "refused"}[i/450], "", alerts.Warning)
		add(fmt.Sprint("b", i), "Follows", "", cause, []alerts.Severity{alerts.Warning, alerts.Critical}[i/499])
	}
	o.Report = func(context.Context) (health.Report, error) { return r, nil }
	h := newHandler(t, o)
	for path, want := range map[string][]string{
		"/": {
			"<p>1000 findings", `<li id="finding-a499" class="card critical">`, "and 49 more", ">: 50<",
			`<li id="finding-b499" class="card critical">`,
			`<li id="finding-a0" class="card warning">`, "and 449 more", ">: 450<", `<a href="?cause=a1#findings">followed by 1</a>`,
		},
		"/?cause=a1":  {"<p>2 of 1000", `<li id="finding-a1" class="card warning">`, ">: 1<", `name="cause" value="a1"`},
		"/?q=Follows": {"<p>500 of 1000", "and 449 more", "only its consequences match"},
	} {
		body := getPage(h, path).Body.String()
		for _, s := range want {
			if !strings.Contains(body, s) {
				t.Errorf("%s: no %s", path, s)
			}
		}
		if strings.Contains(body, "next pages") || len(body) > maxPage {
			t.Errorf("%s has several pages, or %d bytes", path, len(body))
		}
	}
}
