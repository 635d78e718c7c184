// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package app

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/testing/testutil"
)

// TestAlertsAreSentWithoutScrapes checks that the notifier starts with its generation, that sent alerts survive a
// reload, and that a scrape resolves them.
func TestAlertsAreSentWithoutScrapes(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	last := ""
	am := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		if r.Method == http.MethodPost {
			body, _ := io.ReadAll(r.Body)
			mu.Lock()
			last = string(body)
			mu.Unlock()
			return
		}
		_, _ = io.WriteString(w, "[]")
	}))
	defer am.Close()
	sees := func(what string, is func(alerts string) bool) {
		t.Helper()
		testutil.Eventually(t, func() (bool, string) {
			mu.Lock()
			defer mu.Unlock()
			return is(last), what + ": " + last
		})
	}
	s := newSite(t)
	s.objects("a/objects.yaml", "x")
	s.write("rules.yaml", `groups: [{name: x, rules: [{alert: BaoDown, expr: 'cobaltcore_cluster_up{cluster="a"} == 1', labels: {severity: critical}}]}]`)
	settings := func(more string) string {
		return fmt.Sprintf("rules: {files: [rules.yaml], disabled: [ExporterWatchdogMissing]}\nalertmanager: {urls: ['%s'], interval: 50ms, fallbackAfter: 1s%s}\n", am.URL, more)
	}
	s.configure(settings(""), "a")
	e := s.run()
	sees("not sent", func(alerts string) bool { return strings.Contains(alerts, "BaoDown") })
	s.configure(settings(", watchdog: true, externalLabels: {region: r}"), "a")
	if code, body := e.ask(http.MethodPost, "/-/reload"); code != http.StatusOK {
		t.Fatalf("%d %s", code, body)
	}
	sees("the old one is not ended", func(alerts string) bool {
		return strings.Count(alerts, "BaoDown") == 2 && strings.Count(alerts, `"region":"r"`) == 1
	})
	for _, path := range []string{"/-/ready", "/-/healthy", "/api/v1/secretflow"} {
		if code, _ := e.ask(http.MethodGet, path); code != http.StatusOK {
			t.Errorf("%s: %d", path, code)
		}
	}
	if code, body := e.ask(http.MethodGet, "/metrics"); code != http.StatusOK || !strings.Contains(body, "cobaltcore_alertmanager_fallback_active 1") {
		t.Errorf("%d %s", code, body)
	}
	e.wantLine("cobaltcore_alertmanager_fallback_active 0")
	e.wantLine(`cobaltcore_alertmanager_watchdog_missing{cluster="a"} 1`)
	if code, body := e.ask(http.MethodGet, "/metrics?cluster[]="); code != http.StatusBadRequest || strings.Contains(body, "of ,") {
		t.Errorf("%d %s", code, body)
	}
}
