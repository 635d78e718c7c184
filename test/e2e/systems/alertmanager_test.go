//go:build testbed

// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package systems

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/cobaltcore-dev/cobaltcore-exporter/test/e2e/harness"
	"github.com/cobaltcore-dev/cobaltcore-exporter/test/testbed"
)

// TestAlertmanager checks that two real Alertmanagers get the alerts of an exporter that is not scraped, even if one of
// them was restarted, and that the next scrape resolves them.
func TestAlertmanager(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	start := func(o testbed.AlertmanagerOptions) *testbed.Alertmanager {
		a, err := testbed.StartAlertmanager(harness.WithoutCancel(t), dir, o)
		harness.Must(t, err)
		t.Cleanup(func() { harness.Stop(t, a.Stop) })
		return a
	}
	one := start(testbed.AlertmanagerOptions{Name: "one"})
	two := start(testbed.AlertmanagerOptions{Name: "two", Prefix: "/alerts", Peers: []*testbed.Alertmanager{one}})
	harness.Must(t, one.PostAlert(t.Context(), map[string]string{"alertname": "Watchdog", "cluster": "storage"}))
	_, err := two.Silence(t.Context(), map[string]string{"alertname": "BaoDown"}, time.Hour)
	harness.Must(t, err)
	root, err := testbed.RepoRoot()
	harness.Must(t, err)
	rules := filepath.Join(dir, "rules.yaml")
	harness.Must(t, os.WriteFile(rules, []byte(`groups: [{name: x, rules: [{alert: BaoDown, expr: 'cobaltcore_cluster_up{cluster="management"} == 1', labels: {severity: critical}}]}]`), 0o600))
	e := harness.StartExporter(t, fmt.Sprintf(`rules: {files: [%[4]s]}
clusters: [{name: storage, snapshot: {path: %[1]s}}, {name: management, snapshot: {path: %[1]s}}]
alertmanager: {urls: ['%[2]s', '%[3]s'], interval: 1s, fallbackAfter: 3s, externalLabels: {region: eu-de-1}, externalURL: 'https://exporter.example.com', watchdog: true}
`, filepath.Join(root, "test", "fleet", "storage"), one.URL, two.URL, rules))
	e.WaitReady(t)
	var ends time.Time
	for _, am := range []*testbed.Alertmanager{one, two} {
		sent := func() (testbed.AlertmanagerAlert, error) {
			alerts, err := am.Alerts(t.Context())
			if err != nil {
				return testbed.AlertmanagerAlert{}, err
			}
			for _, a := range alerts {
				if a.Labels["alertname"] == "BaoDown" {
					return a, nil
				}
			}
			return testbed.AlertmanagerAlert{}, fmt.Errorf("no alert among %d", len(alerts))
		}
		harness.Eventually(t, time.Minute, func() error {
			a, err := sent()
			if err == nil && a.Status.State != "suppressed" { // the silence is known to both
				err = fmt.Errorf("it is %s", a.Status.State)
			}
			ends = a.EndsAt
			return err
		})
		harness.Eventually(t, time.Minute, func() error {
			a, err := sent()
			if err == nil && !a.EndsAt.After(ends) {
				err = fmt.Errorf("it is not renewed: ends at %s", a.EndsAt)
			}
			want := map[string]string{"alertname": "BaoDown", "cluster": "management", "severity": "critical", "service": "custom", "region": "eu-de-1", "sent_by": "cobaltcore-exporter"}
			if diff := cmp.Diff(want, a.Labels); err == nil && diff != "" {
				t.Errorf("labels (-want +got):\n%s", diff)
			}
			if err == nil && a.GeneratorURL != "https://exporter.example.com" {
				t.Errorf("%+v", a)
			}
			return err
		})
	}
	harness.Must(t, one.Process.Stop())
	later := time.Now()
	harness.Eventually(t, time.Minute, func() error {
		alerts, err := two.Alerts(t.Context())
		if err == nil && (len(alerts) == 0 || alerts[0].EndsAt.Before(later.Add(4*time.Second))) {
			err = fmt.Errorf("alerts %+v", alerts)
		}
		return err
	})
	// The next scrape.
	e.Expect(t, 1, harness.Series{"": "cobaltcore_alertmanager_fallback_active", "=": "0"})
	harness.Eventually(t, time.Minute, func() error {
		alerts, err := two.Alerts(t.Context())
		if err == nil && len(alerts) > 0 {
			err = fmt.Errorf("alerts %+v", alerts)
		}
		return err
	})
}
