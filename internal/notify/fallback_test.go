// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package notify

import (
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/config"
)

// TestFallbackStartsAndStops checks that alerts are sent from fallbackAfter after the start until
// the next scrape.
func TestFallbackStartsAndStops(t *testing.T) {
	t.Parallel()
	c := newClock()
	am := newFakeAlertmanager(t, c, "", httptest.NewServer)
	e := newTestNotifier(c, func(a *config.Alertmanager) {
		a.ExternalLabels = map[string]string{"region": "eu-de-1", "severity": "info"}
		a.ExternalURL = "https://exporter.example.com"
	}, am.URL)
	e.firing = []Alert{alertOf("BaoDown", "management", c.now().Add(-time.Hour))}
	step := func(d time.Duration, want ...string) {
		t.Helper()
		c.move(d)
		e.Round(t.Context())
		if diff := cmp.Diff(append([]string{}, want...), am.firingAlerts()); diff != "" {
			t.Errorf("after %s (-want +got):\n%s", d, diff)
		}
	}
	const down = "alertname=BaoDown cluster=management region=eu-de-1 sent_by=cobaltcore-exporter severity=critical"
	step(0)
	step(9 * time.Minute)
	step(time.Minute, down+" | -1h10m0s .. 4m0s")
	e.firing[0].StartsAt = c.now() // does not count: it fires already
	step(time.Minute, down+" | -1h11m0s .. 4m0s")
	if a := am.alerts[down]; a.GeneratorURL != "https://exporter.example.com" || len(a.Annotations) != 1 {
		t.Errorf("%+v", a)
	}
	// The alert ends, and is sent for five minutes more.
	e.firing = nil
	posts := am.posts
	step(time.Minute)
	if end := am.alerts[down].EndsAt; !end.Equal(c.now()) {
		t.Errorf("it ends at %s, not %s", end, c.now())
	}
	for range 8 {
		step(time.Minute)
	}
	if n := am.posts - posts; n != 6 {
		t.Errorf("the end was sent %d times", n)
	}
	// It comes again, and a scrape follows.
	e.firing = []Alert{alertOf("BaoDown", "management", time.Time{})}
	step(time.Minute, down+" | 0s .. 4m0s")
	if !strings.Contains(e.scrape(t), "fallback_active 1") {
		t.Error(e.scrape(t))
	}
	e.scrapes.Record()
	posts = am.posts
	step(time.Minute)
	for range 8 {
		step(time.Minute)
	}
	if n := am.posts - posts; n != 6 {
		t.Errorf("the end was sent %d times", n)
	}
	if !strings.Contains(e.scrape(t), "fallback_active 0") {
		t.Error(e.scrape(t))
	}
	if n := strings.Count(e.log.String(), "\n"); n != 2 {
		t.Errorf("%d lines: %s", n, e.log)
	}
}

// TestRestartContinuesFallback checks that a restart does not end sent alerts, although there was no
// scrape since.
func TestRestartContinuesFallback(t *testing.T) {
	t.Parallel()
	c := newClock()
	am := newFakeAlertmanager(t, c, "", httptest.NewServer)
	since := c.now().Add(-time.Hour)
	first := newTestNotifier(c, nil, am.URL)
	first.firing = []Alert{alertOf("BaoDown", "management", since), alertOf("BaoSealed", "management", since)}
	c.move(10 * time.Minute)
	first.Round(t.Context())

	second := newTestNotifier(c, nil, am.URL)
	second.Round(t.Context()) // nothing is known yet
	c.move(time.Minute)
	second.firing = first.firing
	second.Round(t.Context())
	for id, a := range am.alerts {
		if got := a.EndsAt.Sub(c.now()); got != 4*time.Minute || !a.StartsAt.Equal(since) {
			t.Errorf("%s: from %s, %s to go", id, a.StartsAt, got)
		}
	}
	// Another shard does not continue with these alerts.
	third := newTestNotifier(c, nil, am.URL)
	third.firing = []Alert{alertOf("BaoDown", "storage", since)}
	for range 3 {
		third.Round(t.Context())
	}
	if n := len(am.firingAlerts()); n != 2 {
		t.Errorf("%d alerts", n)
	}
	// After a scrape, nothing is sent, whatever Alertmanager has.
	second.scrapes.Record()
	c.move(time.Minute)
	second.Round(t.Context())
	second.Round(t.Context())
	if got := am.firingAlerts(); len(got) != 0 {
		t.Errorf("%v fire still", got)
	}
}

// TestReloadKeepsSentAlerts checks that sent alerts survive a reload with other labels or one more
// peer.
func TestReloadKeepsSentAlerts(t *testing.T) {
	t.Parallel()
	c := newClock()
	one, two := newFakeAlertmanager(t, c, "", httptest.NewServer), newFakeAlertmanager(t, c, "", httptest.NewServer)
	old := newTestNotifier(c, nil, one.URL)
	old.firing = []Alert{alertOf("BaoDown", "management", c.now()), alertOf("BaoSealed", "management", c.now())}
	c.move(10 * time.Minute)
	old.Round(t.Context())

	next := newTestNotifier(c, func(a *config.Alertmanager) { a.ExternalLabels = map[string]string{"region": "r"} }, one.URL, two.URL)
	next.Notifier.options.Scrapes = old.scrapes
	next.Adopt(old.Notifier)
	next.firing = old.firing[:1]
	c.move(time.Minute)
	next.Round(t.Context())
	want := []string{"alertname=BaoDown cluster=management region=r sent_by=cobaltcore-exporter severity=critical | -11m0s .. 4m0s"}
	for i, am := range []*fakeAlertmanager{one, two} {
		if diff := cmp.Diff(want, am.firingAlerts()); diff != "" {
			t.Errorf("%d: %s", i, diff)
		}
	}
	if got := rowsOf(next.scrape(t), "pushed_alerts_total"); !strings.HasSuffix(got[0], " 5") || !strings.HasSuffix(got[1], " 3") {
		t.Error(got)
	}
	if strings.Contains(next.log.String(), "not scraped") {
		t.Error(next.log)
	}
}

func rowsOf(body, name string) (rows []string) {
	for line := range strings.SplitSeq(body, "\n") {
		if strings.HasPrefix(line, name) {
			rows = append(rows, line)
		}
	}
	return rows
}

// TestRejectedAlertEndsNoBatch checks that one rejected alert stops neither its batch nor the next
// ones.
func TestRejectedAlertEndsNoBatch(t *testing.T) {
	t.Parallel()
	c := newClock()
	am := newFakeAlertmanager(t, c, "", httptest.NewServer)
	e := newTestNotifier(c, nil, am.URL)
	for i := range 600 {
		e.firing = append(e.firing, alertOf("X"+strings.Repeat("x", i), "a", c.now()))
	}
	e.firing = append(e.firing, alertOf("Invalid", "a", c.now()))
	c.move(10 * time.Minute)
	e.Round(t.Context())
	if n := len(am.firingAlerts()); n != 600 || am.posts != 3 {
		t.Errorf("%d alerts in %d batches", n, am.posts)
	}
	for _, want := range []string{`errors_total{reason="rejected"} 1`, "pushed_alerts_total{alertmanager=\"" + am.Listener.Addr().String() + "\"} 345", "pushes_failed_total{alertmanager=\"" + am.Listener.Addr().String() + "\"} 1"} {
		if !strings.Contains(e.scrape(t), want) {
			t.Errorf("no %s in\n%s", want, e.scrape(t))
		}
	}
	if strings.Contains(e.log.String(), "secret") || strings.Contains(e.log.String(), "pair") {
		t.Errorf("the log has the answer: %s", e.log)
	}
}
