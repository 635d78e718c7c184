//go:build testbed

// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package systems

import (
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/cobaltcore-dev/cobaltcore-exporter/alerts"
	"github.com/cobaltcore-dev/cobaltcore-exporter/test/e2e/harness"
	"github.com/cobaltcore-dev/cobaltcore-exporter/test/testbed"
)

// fluxExpressions are the expressions about Flux's controllers.
var fluxExpressions = map[string]string{
	"down": alerts.FluxControllerDown, "missing": alerts.FluxComponentMissing, "extra": alerts.FluxComponentExtra, "differs": alerts.FluxImageDiffers,
}

// TestFluxControllers scales, deletes, adds and changes the Deployments that a real
// Flux Operator created for a FluxInstance. Meanwhile the FluxInstance and the objects of
// these controllers stay ready.
func TestFluxControllers(t *testing.T) {
	t.Parallel()
	cluster := harness.StartCluster(t, "management")
	harness.Must(t, cluster.ApplyCRDs(t.Context(), harness.FluxCRDs(t)...))
	operator := harness.StartFluxOperator(t, cluster)
	harness.Must(t, operator.ApplyFluxInstance(t.Context(), cluster))
	harness.Must(t, operator.Stop()) // it would put everything back
	apps := testbed.NewObject("kustomize.toolkit.fluxcd.io/v1", "Kustomization", "flux-system", "apps")
	apps.Object["spec"] = map[string]any{"interval": "10m", "prune": true, "sourceRef": map[string]any{"kind": "GitRepository", "name": "fleet"}}
	apps.Object["status"] = map[string]any{"observedGeneration": int64(1), "conditions": []any{map[string]any{
		"type": "Ready", "status": "True", "reason": "ReconciliationSucceeded", "message": "", "lastTransitionTime": "2026-11-20T08:00:00Z",
	}}}
	harness.Must(t, cluster.Apply(t.Context(), apps))
	for _, name := range []string{"source-controller", "kustomize-controller", "helm-controller", "notification-controller"} {
		harness.Must(t, cluster.Apply(t.Context(), newDeployment(name, 1)))
	}
	e := harness.StartExporter(t, harness.ConfigFor("", cluster))
	e.WaitReady(t)
	prometheus := prometheusOf(t, e.URL+"/metrics", e.URL+"/metrics")

	// source-watcher does not exist and is not expected.
	expectComponents(t, prometheus, map[string][]string{})

	harness.Must(t, cluster.Apply(t.Context(), newDeployment("kustomize-controller", 0)))
	e.Expect(t, 1, harness.Series{"": "cobaltcore_controller_replicas_available", "system": "flux", "component": "kustomize-controller", "=": "0"})
	e.Expect(t, 1, harness.Series{"": "cobaltcore_controller_replicas_desired", "system": "flux", "component": "kustomize-controller", "=": "0"})
	expectComponents(t, prometheus, map[string][]string{"down": {"kustomize-controller"}})
	e.Expect(t, 1, harness.Series{"": "cobaltcore_flux_resource_status", "kind": "Kustomization", "name": "apps", "status": "ready"})
	e.Expect(t, 1, harness.Series{"": "cobaltcore_flux_resource_status", "kind": "FluxInstance", "name": "flux", "status": "ready"})

	harness.Must(t, cluster.Delete(t.Context(), newDeployment("helm-controller", 0)))
	harness.Must(t, cluster.Apply(t.Context(), watcher()))
	harness.Must(t, cluster.Apply(t.Context(), other("source-controller")))
	expectComponents(t, prometheus, map[string][]string{
		"down": {"kustomize-controller"}, "missing": {"helm-controller"}, "extra": {"source-watcher"}, "differs": {"source-controller"},
	})

	// The FluxInstance requests it now.
	instance := testbed.FluxInstance()
	spec := instance.Object["spec"].(map[string]any)
	spec["components"] = append(spec["components"].([]any), "source-watcher", "image-reflector-controller")
	harness.Must(t, cluster.Apply(t.Context(), instance))
	expectComponents(t, prometheus, map[string][]string{
		"down": {"kustomize-controller"}, "missing": {"helm-controller", "image-reflector-controller"}, "differs": {"source-controller"},
	})
}

// newDeployment returns a Deployment of Flux whose pods are all available.
func newDeployment(name string, replicas int64) *unstructured.Unstructured {
	o := testbed.NewObject("apps/v1", "Deployment", "flux-system", name)
	o.Object["spec"] = map[string]any{"replicas": replicas}
	status := map[string]any{"observedGeneration": int64(100)}
	if replicas > 0 {
		for _, number := range []string{"replicas", "updatedReplicas", "readyReplicas", "availableReplicas"} {
			status[number] = replicas
		}
	}
	o.Object["status"] = status
	return o
}

// watcher returns a source-watcher that does not belong to a FluxInstance.
func watcher() *unstructured.Unstructured {
	o := newDeployment("source-watcher", 1)
	labels := map[string]any{"app.kubernetes.io/part-of": "flux", "app.kubernetes.io/component": "source-watcher"}
	o.Object["spec"] = map[string]any{
		"selector": map[string]any{"matchLabels": labels},
		"template": map[string]any{
			"metadata": map[string]any{"labels": labels},
			"spec":     map[string]any{"containers": []any{map[string]any{"name": "manager", "image": "registry.example.com/fluxcd/source-watcher:v2.2.4"}}},
		},
	}
	return o
}

// other sets an image that differs from that of the FluxInstance.
func other(name string) *unstructured.Unstructured {
	o := newDeployment(name, 1)
	o.Object["spec"] = map[string]any{"replicas": int64(1), "template": map[string]any{"spec": map[string]any{"containers": []any{
		map[string]any{"name": "manager", "image": "registry.example.com/hotfix/" + name + ":v0"},
	}}}}
	return o
}

// prometheusOf starts a Prometheus and waits until it has scraped the targets once.
func prometheusOf(t *testing.T, urls ...string) *testbed.Prometheus {
	t.Helper()
	var o testbed.PrometheusOptions
	for i, url := range urls {
		o.Targets = append(o.Targets, testbed.ScrapeTarget{Job: fmt.Sprintf("target-%d", i), URL: url})
	}
	p, err := testbed.StartPrometheus(harness.WithoutCancel(t), t.TempDir(), o)
	harness.Must(t, err)
	t.Cleanup(func() { harness.Stop(t, p.Stop) })
	harness.Eventually(t, time.Minute, func() error {
		up, err := p.Query(t.Context(), "sum(up)")
		if err == nil && (len(up) != 1 || up[0].Value != float64(len(urls))) {
			err = fmt.Errorf("up: %v", up)
		}
		return err
	})
	return p
}

// expectComponents waits until each of fluxExpressions returns exactly these components,
// each of them once, although two replicas are scraped.
func expectComponents(t *testing.T, p *testbed.Prometheus, want map[string][]string) {
	t.Helper()
	harness.Eventually(t, time.Minute, func() error {
		got := map[string][]string{}
		for name, expression := range fluxExpressions {
			samples, err := p.Query(t.Context(), forReplicas(t, expression))
			if err != nil {
				return err
			}
			for _, s := range samples {
				if s.Labels["cluster"] != "management" || s.Labels["job"] != "" {
					t.Fatalf("%s has lost its cluster, or says who was scraped: %v", name, s.Labels)
				}
				got[name] = append(got[name], s.Labels["component"])
			}
			slices.Sort(got[name])
		}
		if diff := cmp.Diff(want, got); diff != "" {
			return fmt.Errorf("components (-want +got):\n%s", diff)
		}
		return nil
	})
}

// TestControllersOfTheFleet evaluates the expressions over the snapshot fleet.
func TestControllersOfTheFleet(t *testing.T) {
	t.Parallel()
	root, err := testbed.RepoRoot()
	harness.Must(t, err)
	config := "clusters:\n"
	for _, name := range []string{"management", "control-plane", "hypervisor", "storage"} {
		config += fmt.Sprintf("  - {name: %s, snapshot: {path: %s}}\n", name, filepath.Join(root, "test", "fleet", name))
	}
	e := harness.StartExporter(t, config)
	e.WaitReady(t)
	prometheus := prometheusOf(t, e.URL+"/metrics", e.URL+"/metrics")
	expectComponents(t, prometheus, map[string][]string{})

	samples, err := prometheus.Query(t.Context(), forReplicas(t, alerts.PluginWorkloadDown))
	harness.Must(t, err)
	got := map[string]string{}
	for _, s := range samples {
		got[s.Labels["name"]] = s.Labels["cluster"] + " " + s.Labels["target_cluster"]
	}
	if diff := cmp.Diff(map[string]string{"kube-monitoring-hypervisor": "management hypervisor"}, got); diff != "" || len(samples) != 1 {
		t.Errorf("plugins with a workload that is down: %v, -want +got:\n%s", samples, diff)
	}

	// Workloads of the fleet that are down, with the numbers of desired pods.
	samples, err = prometheus.Query(t.Context(), `max by (cluster, kind, name) (cobaltcore_controller_replicas_desired) and on (cluster, kind, name) (cobaltcore_controller_replicas_available == 0)`)
	harness.Must(t, err)
	down := map[string]float64{}
	for _, s := range samples {
		down[s.Labels["cluster"]+" "+s.Labels["kind"]+" "+s.Labels["name"]] = s.Value
	}
	if diff := cmp.Diff(map[string]float64{
		"management Deployment aurora-dashboard": 2, "control-plane Deployment mariadb-operator": 0, "hypervisor StatefulSet prometheus-kube-monitoring": 1,
	}, down); diff != "" {
		t.Errorf("%v\n%s", slices.Sorted(maps.Keys(down)), diff)
	}
}

// TestWorkloadsOnARealServer creates the workloads and pods of the snapshot fleet in a
// real API server, and checks that the rows equal those of the snapshot.
func TestWorkloadsOnARealServer(t *testing.T) {
	t.Parallel()
	root, err := testbed.RepoRoot()
	harness.Must(t, err)
	dir := filepath.Join(root, "test", "fleet", "hypervisor")
	objects, err := testbed.LoadDir(dir)
	harness.Must(t, err)
	objects = slices.DeleteFunc(objects, func(o *unstructured.Unstructured) bool {
		group := o.GroupVersionKind().Group
		return group != "apps" && group != ""
	})
	cluster := harness.StartCluster(t, "real")
	harness.Must(t, cluster.Apply(t.Context(), objects...))
	e := harness.StartExporter(t, harness.ConfigFor(fmt.Sprintf("  - {name: snapshot, snapshot: {path: %s}}\n", dir), cluster))
	e.WaitReady(t)
	harness.Eventually(t, time.Minute, func() error {
		all, err := e.Scrape(t.Context())
		if err != nil {
			return err
		}
		rows := map[string][]string{}
		for _, s := range all {
			name, cluster := s[""], s["cluster"]
			if strings.HasPrefix(name, "cobaltcore_controller_") && s["kind"] != "" && !strings.HasSuffix(name, "_timestamp_seconds") {
				delete(s, "cluster")
				rows[cluster] = append(rows[cluster], fmt.Sprint(s))
			}
		}
		slices.Sort(rows["real"])
		slices.Sort(rows["snapshot"])
		if diff := cmp.Diff(rows["snapshot"], rows["real"]); diff != "" || len(rows["real"]) < 100 {
			return fmt.Errorf("%d rows (-snapshot +real):\n%s", len(rows["real"]), diff)
		}
		return nil
	})
	e.Expect(t, 1, harness.Series{"": "cobaltcore_watch_objects", "cluster": "real", "kind": "Deployment", "=": "10"})
}

// forReplicas returns an expression as it is in a rule, which is correct for two replicas of the exporter.
func forReplicas(t *testing.T, expr string) string {
	t.Helper()
	expr, err := alerts.ExprFor(expr, "cluster")
	harness.Must(t, err)
	return expr
}
