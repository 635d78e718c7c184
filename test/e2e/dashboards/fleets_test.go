//go:build testbed

// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package dashboards

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/app"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/testing/ruletest"
	"github.com/cobaltcore-dev/cobaltcore-exporter/test/e2e/harness"
	"github.com/cobaltcore-dev/cobaltcore-exporter/test/testbed"
)

// shownFleet is a fleet with a Prometheus that evaluates the generated rules and scrapes the
// exporters of the fleet.
type shownFleet struct {
	*testbed.Prometheus

	name  string
	label string // what the rows call the label cluster
}

// The fleets.
const (
	faultsFleet = "faults"  // test/fleet, by two replicas of the exporter
	wellFleet   = "healthy" // that of alerts/tests, in which all is well
)

// startFleets starts fleets, each with a Prometheus, and waits until they have data.
func startFleets(t *testing.T, all ...shownFleet) []shownFleet {
	t.Helper()
	for i, s := range all {
		config := s.write(t)
		// The job of the exporter is configured here, the jobs of the operators' ServiceMonitors are not.
		var targets []testbed.ScrapeTarget
		for range map[string]int{faultsFleet: 2, wellFleet: 1}[s.name] {
			e := harness.StartExporter(t, "", func(o *app.Options) { o.ConfigFile = config })
			targets = append(targets, testbed.ScrapeTarget{Job: "cobaltcore-exporter", URL: e.URL + "/metrics"})
		}
		var err error
		all[i].Prometheus, err = testbed.StartPrometheus(harness.WithoutCancel(t), t.TempDir(), testbed.PrometheusOptions{
			Targets: targets, ScrapeInterval: 3 * time.Second,
			RuleFiles: []string{harness.ScaledRules(t, s.label)},
		})
		harness.Must(t, err)
		t.Cleanup(func() { harness.Stop(t, all[i].Stop) })
	}
	var waiting sync.WaitGroup
	for _, s := range all {
		waiting.Go(func() { s.wait(t) })
	}
	waiting.Wait()
	if t.Failed() {
		t.FailNow()
	}
	return all
}

// write writes the files of the fleet and returns its configuration.
func (s shownFleet) write(t *testing.T) string {
	t.Helper()
	root, err := testbed.RepoRoot()
	harness.Must(t, err)
	dir, recorded := t.TempDir(), filepath.Join(root, "test", "fleet")
	config := filepath.Join(dir, "fleet.yaml")
	if s.name == faultsFleet {
		harness.Must(t, os.CopyFS(dir, os.DirFS(recorded)))
	} else {
		_, err := ruletest.Healthy(dir)
		harness.Must(t, err)
		addControllers(t, filepath.Join(dir, "a"), filepath.Join(recorded, "management"))
	}
	text, err := os.ReadFile(config)
	harness.Must(t, err)
	harness.Must(t, os.WriteFile(config, fmt.Appendf(text, "clusterLabel: %s\n", s.label), 0o600))
	return config
}

// addControllers adds to a cluster the pods of another cluster that have metrics, and further pods. The fixtures of the
// rules have no such pods, because no rule uses them.
func addControllers(t *testing.T, to, from string) {
	t.Helper()
	metrics := os.DirFS(filepath.Join(from, "controllers"))
	harness.Must(t, os.CopyFS(filepath.Join(to, "controllers"), metrics))
	objects, err := testbed.LoadDir(from)
	harness.Must(t, err)
	list := unstructured.UnstructuredList{Object: map[string]any{"apiVersion": "v1", "kind": "List"}}
	for _, o := range objects {
		if _, err := fs.Stat(metrics, o.GetNamespace()+"/"+o.GetName()+".prom"); err == nil && o.GetKind() == "Pod" {
			list.Items = append(list.Items, *o)
		}
	}
	text, err := list.MarshalJSON()
	harness.Must(t, err)
	harness.Must(t, os.WriteFile(filepath.Join(to, "pods.json"), text, 0o600))
}

// wait waits until rates have two samples, recordings have samples, the metadata of secrets, which is read last, has
// rows, and findings exist.
func (s shownFleet) wait(t *testing.T) {
	conditions := []string{`min(count_over_time(up{job="cobaltcore-exporter"}[1m])) >= 3`, `cobaltcore:eso_objects:by_state`, `cobaltcore_secretflow_stored_version`}
	if s.name == faultsFleet {
		conditions = append(conditions, `count(ALERTS{alertstate="firing"}) > 50`)
	}
	err := testbed.Poll(t.Context(), 2*time.Minute, func(ctx context.Context) error {
		for _, expr := range conditions {
			if found, err := s.Query(ctx, expr); err != nil || len(found) == 0 {
				return fmt.Errorf("%s: nothing for %s: %w", s.name, expr, err)
			}
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}
