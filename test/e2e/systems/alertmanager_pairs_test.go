//go:build testbed

// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package systems

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/prometheus/model/labels"

	"github.com/cobaltcore-dev/cobaltcore-exporter/alerts"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/testing/ruletest"
	"github.com/cobaltcore-dev/cobaltcore-exporter/test/e2e/harness"
	"github.com/cobaltcore-dev/cobaltcore-exporter/test/testbed"
)

// TestIndependentFaultsAreSent posts pairs of faults that happen at the same time in the same
// cluster, without a common cause, to a real Alertmanager with the generated inhibitions: both
// alerts of a pair are sent. The consequence of a declared pair is not.
func TestIndependentFaultsAreSent(t *testing.T) {
	t.Parallel()
	inhibitions, err := alerts.InhibitRules()
	harness.Must(t, err)
	am, err := testbed.StartAlertmanager(harness.WithoutCancel(t), t.TempDir(), testbed.AlertmanagerOptions{
		Config: "route: {receiver: none, group_wait: 1s}\nreceivers: [{name: none}]\n" + string(inhibitions),
	})
	harness.Must(t, err)
	t.Cleanup(func() { harness.Stop(t, am.Stop) })
	pairs := [][2]string{
		{"OpenBaoDown", "FluxSourceFailing"},
		{"OpenBaoClusterSealed", "FluxControllerDown"},
		{"OpenBaoNodeSealed", "OpenBaoAuthMountMissing"},
		{"FleetClusterDown", "OpenBaoNodeSealed"},
		{"FluxControllerDown", "ESOStoreNotReady"},
		{"ESOWebhookDown", "OpenBaoMountMissing"},
		{"CobaltCoreGreenhouseClusterNotReady", "CertManagerCertificateExpired"},
		{"AuroraKeystoneDown", "OpenBaoNoLeader"},
		{"CertManagerIssuerNotReady", "FluxStalled"},
		{"ControllerCrashLooping", "ESOPushSecretFailing"},
		{"GreenhouseControllerDown", "FluxInstanceFailing"},
		{"ESOControllerDown", "ESOExternalSecretStale"}, // declared, and posted last
	}
	declared := len(pairs) - 1
	for i, pair := range pairs {
		for _, rule := range pair {
			harness.Must(t, am.PostAlert(t.Context(), inCluster(fixtureAlert(t, rule), fmt.Sprintf("c%d", i))))
		}
	}
	harness.Eventually(t, time.Minute, func() error {
		found, err := am.Alerts(t.Context())
		if err != nil {
			return err
		}
		var suppressed []string
		for _, a := range found {
			if len(a.Status.InhibitedBy) > 0 {
				suppressed = append(suppressed, a.Labels["alertname"]+" in "+a.Labels["cluster"])
			}
		}
		consequence := fmt.Sprintf("%s in c%d", pairs[declared][1], declared)
		if len(found) != 2*len(pairs) || !slices.Contains(suppressed, consequence) {
			return fmt.Errorf("%d of %d alerts, suppressed: %v", len(found), 2*len(pairs), suppressed)
		}
		// Alerts that were posted before the declared pair have been processed by the inhibitor, too.
		if len(suppressed) > 1 {
			t.Errorf("independent faults are suppressed: %v", suppressed)
		}
		return nil
	})
}

// fixtureAlert returns the labels of an alert in cluster a of the fixture of its rule.
func fixtureAlert(t *testing.T, rule string) map[string]string {
	t.Helper()
	cases, err := ruletest.Cases()
	harness.Must(t, err)
	for _, c := range cases {
		if c.Rule != rule {
			continue
		}
		if got, ok, err := c.WantLabels(rule); err != nil || ok && got.Get("cluster") == "a" {
			harness.Must(t, err)
			return got.Map()
		}
	}
	t.Fatalf("no fixture of %s has an alert in cluster a", rule)
	return nil
}

// inCluster returns the labels of an alert in cluster a with another name of the cluster, also
// in the names of what belongs to it.
func inCluster(alert map[string]string, cluster string) map[string]string {
	b := labels.NewBuilder(labels.FromMap(alert))
	for name, value := range alert {
		if value == "a" {
			b.Set(name, cluster)
		} else if rest, ok := strings.CutPrefix(value, "a/"); ok {
			b.Set(name, cluster+"/"+rest)
		}
	}
	return b.Labels().Map()
}
