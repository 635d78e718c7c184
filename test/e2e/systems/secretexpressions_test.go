//go:build testbed

// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package systems

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/cobaltcore-dev/cobaltcore-exporter/alerts"
	"github.com/cobaltcore-dev/cobaltcore-exporter/test/e2e/harness"
	"github.com/cobaltcore-dev/cobaltcore-exporter/test/testbed"
)

// TestSecretExpressions evaluates the expressions about External Secrets twenty minutes
// after objects of a real operator were recorded in all kinds of failures.
func TestSecretExpressions(t *testing.T) {
	t.Parallel()
	root, err := testbed.RepoRoot()
	harness.Must(t, err)
	dir := t.TempDir()
	objects, err := os.ReadFile(filepath.Join(root, "collectors", "externalsecrets", "testdata", "recorded", "control-plane-variants.json"))
	harness.Must(t, err)
	harness.Must(t, os.MkdirAll(filepath.Join(dir, "control-plane"), 0o700))
	harness.Must(t, os.WriteFile(filepath.Join(dir, "control-plane", "objects.json"), objects, 0o600))
	// The last of them was synchronized at 16:13:20.
	harness.Must(t, os.WriteFile(filepath.Join(dir, "snapshot.yaml"), []byte("takenAt: 2026-11-23T16:33:20Z\n"), 0o600))
	e := harness.StartExporter(t, fmt.Sprintf("clusters: [{name: control-plane, snapshot: {path: %s}}]\n", filepath.Join(dir, "control-plane")))
	prometheus, err := testbed.StartPrometheus(harness.WithoutCancel(t), t.TempDir(), testbed.PrometheusOptions{
		Targets: []testbed.ScrapeTarget{{Job: "exporter", URL: e.URL + "/metrics"}},
	})
	harness.Must(t, err)
	t.Cleanup(func() { harness.Stop(t, prometheus.Stop) })
	harness.Eventually(t, time.Minute, func() error {
		samples, err := prometheus.Query(t.Context(), "cobaltcore_eso_store_info")
		if err == nil && len(samples) == 0 {
			err = fmt.Errorf("nothing was scraped yet")
		}
		return err
	})
	const notReady = "cobaltcore_eso_object_not_ready_since_timestamp_seconds"
	const failedStores = notReady + `{kind=~"(Cluster)?SecretStore", status="failed"}`
	failing := []string{"store-account-missing", "store-unreachable", "store-wrong-role"}
	unprocessed := []string{"store-unserved"}
	for name, tc := range map[string]struct {
		expression string
		want       []string // names
	}{
		"missing":     {"cobaltcore_eso_externalsecret_store_missing", []string{"ces-store-missing", "store-missing"}},
		"not ready":   {notReady + `{kind="ExternalSecret"} and on (cluster, store) ` + failedStores, failing},
		"unprocessed": {notReady + `{kind="ExternalSecret", status="unprocessed"}`, unprocessed},
		"stale": {alerts.SecretStale, []string{
			"ces-conflict", "ces-good", "creation-none", "deletion-delete", "deletion-merge", "find", "find-nothing", "good",
			"good-path", "good-tenant", "label-trap", "source-refs", "store-referent",
		}},
	} {
		t.Run(name, func(t *testing.T) {
			samples, err := prometheus.Query(t.Context(), tc.expression)
			harness.Must(t, err)
			names := map[string]bool{}
			for _, s := range samples {
				names[s.Labels["name"]] = true
				if s.Labels["cluster"] != "control-plane" {
					t.Errorf("%v has lost its cluster", s.Labels)
				}
			}
			if diff := cmp.Diff(tc.want, slices.Sorted(maps.Keys(names))); diff != "" {
				t.Error(diff)
			}
		})
	}
	samples, err := prometheus.Query(t.Context(), `cobaltcore_eso_store_dependents{dependent_kind="ExternalSecret"}`)
	harness.Must(t, err)
	for _, s := range samples {
		if s.Labels["name"] == "tenant" && s.Value != 4 {
			t.Errorf("%v: %v ExternalSecrets, want 4", s.Labels, s.Value)
		}
	}
}
