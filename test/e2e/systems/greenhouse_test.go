//go:build testbed

// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package systems

import (
	"context"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/cobaltcore-dev/cobaltcore-exporter/test/e2e/harness"
	"github.com/cobaltcore-dev/cobaltcore-exporter/test/testbed"
)

const greenhouseV2 = "greenhouse.sap/v1alpha2"

// TestGreenhouseFleet creates the Greenhouse objects of the snapshot fleet in a real cluster. It starts
// before the CRDs exist, and ends with the deletion of a CRD.
func TestGreenhouseFleet(t *testing.T) {
	t.Parallel()
	c := harness.StartCluster(t, "management")
	e := harness.StartExporter(t, harness.ConfigFor("collectors: {flux: {enabled: false}, externalSecrets: {enabled: false}}\n", c))
	e.WaitReady(t)
	e.Expect(t, 9, harness.Series{"": "cobaltcore_watch_present", "collector": "greenhouse", "=": "0"})
	e.Expect(t, 1, harness.Series{"": "cobaltcore_collector_up", "collector": "greenhouse", "=": "1"})

	crds, err := testbed.GreenhouseCRDs()
	harness.Must(t, err)
	harness.Must(t, c.ApplyCRDs(t.Context(), crds...))
	e.Expect(t, 9, harness.Series{"": "cobaltcore_watch_synced", "collector": "greenhouse", "=": "1"})

	root, err := testbed.RepoRoot()
	harness.Must(t, err)
	fleet := filepath.Join(root, "test", "fleet", "management")
	objects, err := testbed.Load(filepath.Join(fleet, "greenhouse.yaml"))
	harness.Must(t, err)
	harness.Must(t, c.Apply(t.Context(), objects...))
	recorded := harness.StartExporter(t, fmt.Sprintf("clusters: [{name: management, snapshot: {path: %s, shiftTime: false}}]\n", fleet))
	recorded.WaitReady(t)
	want, err := greenhouseRows(t.Context(), recorded)
	harness.Must(t, err)
	if len(want) < 300 {
		t.Fatalf("the snapshot has only %d rows", len(want))
	}
	expectGreenhouseRows(t, e, want)

	// The Cluster stays Ready.
	nodes := testbed.NewObject(harness.GreenhouseV1, "Cluster", harness.Organization, "control-plane")
	e.Expect(t, 1, condition("cluster", "control-plane", "AllNodesReady", "True"))
	setConditions(t, c, nodes, "Ready", "True", "AllNodesReady", "False")
	e.Expect(t, 1, condition("cluster", "control-plane", "AllNodesReady", "False"))
	e.Expect(t, 0, condition("cluster", "control-plane", "AllNodesReady", "True"))
	e.Expect(t, 1, harness.Series{"": "cobaltcore_greenhouse_cluster_ready", "name": "control-plane", "=": "1"})

	plugin := testbed.NewObject(harness.GreenhouseV1, "Plugin", harness.Organization, "kube-monitoring-storage")
	suspended := harness.Series{"": "cobaltcore_greenhouse_plugin_suspended", "name": plugin.GetName()}
	e.Expect(t, 1, withValue(suspended, "0"))
	annotated, err := c.Get(t.Context(), plugin)
	harness.Must(t, err)
	annotated.SetAnnotations(map[string]string{"greenhouse.sap/suspend": "true"})
	harness.Must(t, c.Apply(t.Context(), annotated))
	e.Expect(t, 1, withValue(suspended, "1"))
	harness.Must(t, c.Delete(t.Context(), plugin)) // terminates, as the finalizer stays
	e.Expect(t, 1, harness.Series{"": "cobaltcore_greenhouse_plugin_deletion_timestamp_seconds", "name": plugin.GetName()})

	bindings := testbed.NewObject("apiextensions.k8s.io/v1", "CustomResourceDefinition", "", "teamrolebindings.greenhouse.sap")
	e.Expect(t, 2, harness.Series{"": "cobaltcore_greenhouse_teamrolebinding_info"})
	for _, o := range objects {
		if o.GetKind() == "TeamRoleBinding" {
			o.SetFinalizers(nil)
			harness.Must(t, c.Apply(t.Context(), o))
		}
	}
	harness.Must(t, c.Delete(t.Context(), bindings))
	e.Expect(t, 0, harness.Series{"": "cobaltcore_greenhouse_teamrolebinding_info"})
	e.Expect(t, 1, harness.Series{"": "cobaltcore_watch_present", "kind": "TeamRoleBinding", "=": "0"})
	e.Expect(t, 8, harness.Series{"": "cobaltcore_watch_synced", "collector": "greenhouse", "=": "1"})
}

// greenhouseConditions are the conditions of each kind in addition to Ready.
var greenhouseConditions = map[string][]string{
	"Cluster":                 {"KubeConfigValid", "PermissionsVerified", "ManagedResourcesDeployed", "AllNodesReady", "PayloadSchedulable", "OwnerLabelSet"},
	"Plugin":                  {"HelmReleaseCreated", "HelmReleaseDeployed", "ExposedServicesSynced", "OwnerLabelSet", "Suspended"},
	"PluginPreset":            {"PluginSkipped", "PluginFailed", "AllPluginsReady", "PluginDefinitionNotFound", "ClusterListEmpty"},
	"PluginDefinition":        {"HelmChartReady", "OCIReplicationReady"},
	"ClusterPluginDefinition": {"HelmChartReady"},
	"Catalog":                 {"Suspended"},
	"Organization":            {"SCIMAPIAvailable"},
	"Team":                    {"SCIMAccessReady", "SCIMAllMembersValid"},
	"TeamRoleBinding":         {"RBACReady"},
}

// TestGreenhouseConditions creates an object for each combination of the states of Ready and another
// condition in a real cluster.
func TestGreenhouseConditions(t *testing.T) {
	t.Parallel()
	c := harness.StartCluster(t, "management")
	crds, err := testbed.GreenhouseCRDs()
	harness.Must(t, err)
	harness.Must(t, c.ApplyCRDs(t.Context(), crds...))
	e := harness.StartExporter(t, harness.ConfigFor("collectors: {flux: {enabled: false}, externalSecrets: {enabled: false}}\n", c))
	e.WaitReady(t)
	var want []string
	objects := 0
	statuses := []string{"", "True", "False", "Unknown"} // none is absent
	for kind, others := range greenhouseConditions {
		version, namespace := harness.GreenhouseV1, "combinations"
		switch kind {
		case "Organization", "ClusterPluginDefinition":
			namespace = ""
		case "TeamRoleBinding":
			version = greenhouseV2
		}
		family := strings.ToLower(strings.TrimPrefix(kind, "ClusterPlugin"))
		if kind == "ClusterPluginDefinition" {
			family = "plugindefinition"
		}
		for i, other := range others {
			for n := range 16 {
				ready, status := statuses[n/4], statuses[n%4]
				o := testbed.NewObject(version, kind, namespace, fmt.Sprintf("combination-%d-%d", i, n))
				o.Object["spec"] = map[string]any{}
				setConditions(t, c, o, "Ready", ready, other, status)
				objects++
				object := fmt.Sprintf("%s %s ", family, o.GetName())
				if kind == "ClusterPluginDefinition" {
					object = "cluster" + object
				}
				if v := map[string]string{"True": "1", "False": "0"}[ready]; v != "" {
					want = append(want, object+"ready "+v)
				}
				for _, c := range [][2]string{{"Ready", ready}, {other, status}} {
					if c[1] != "" {
						want = append(want, object+c[0]+" "+c[1])
					}
				}
			}
		}
	}
	slices.Sort(want)
	t.Logf("%d objects, %d rows", objects, len(want))
	harness.Eventually(t, time.Minute, func() error {
		rows, err := greenhouseRows(t.Context(), e)
		if err != nil {
			return err
		}
		var got []string
		for _, s := range rows {
			family := strings.TrimPrefix(s[""], "cobaltcore_greenhouse_")
			kind, family, _ := strings.Cut(family, "_")
			if s["kind"] == "ClusterPluginDefinition" {
				kind = "cluster" + kind
			}
			switch family {
			case "ready":
				got = append(got, fmt.Sprintf("%s %s ready %s", kind, s["name"], s["="]))
			case "condition":
				got = append(got, fmt.Sprintf("%s %s %s %s", kind, s["name"], s["type"], s["status"]))
			}
		}
		slices.Sort(got)
		if diff := cmp.Diff(want, got); diff != "" {
			return fmt.Errorf("rows of conditions (-want +got):\n%.4000s", diff)
		}
		return nil
	})
}

func condition(kind, name, conditionType, status string) harness.Series {
	return harness.Series{"": "cobaltcore_greenhouse_" + kind + "_condition", "name": name, "type": conditionType, "status": status, "=": "1"}
}

// setConditions applies an object with pairs of type and status as its conditions; those
// without a status are left out.
func setConditions(t *testing.T, c *testbed.Cluster, o *unstructured.Unstructured, pairs ...string) {
	t.Helper()
	if got, err := c.Get(t.Context(), o); err == nil {
		o = got
	}
	conditions := []any{}
	for i := 0; i < len(pairs); i += 2 {
		if pairs[i+1] != "" {
			conditions = append(conditions, map[string]any{
				"type": pairs[i], "status": pairs[i+1], "message": "s3cr3t", "lastTransitionTime": "2026-11-20T09:00:00Z",
			})
		}
	}
	o.Object["status"] = map[string]any{"statusConditions": map[string]any{"conditions": conditions}}
	harness.Must(t, c.Apply(t.Context(), o))
}

// greenhouseRows returns all rows about objects of Greenhouse, without the rows that differ between
// a server and a snapshot: times of creation, of deletion, and of onsets.
func greenhouseRows(ctx context.Context, e *harness.Exporter) ([]harness.Series, error) {
	rows, err := e.Scrape(ctx)
	for _, s := range rows {
		if s[""] == "cobaltcore_greenhouse_object_not_ready_since_timestamp_seconds" {
			maps.Copy(s, harness.Series{"onset": "", "tolerated": "", "=": ""})
		}
	}
	return slices.DeleteFunc(rows, func(s harness.Series) bool {
		return !strings.HasPrefix(s[""], "cobaltcore_greenhouse_") || strings.HasSuffix(s[""], "_created_timestamp_seconds") ||
			strings.HasSuffix(s[""], "_deletion_timestamp_seconds")
	}), err
}

// expectGreenhouseRows waits until the rows of Greenhouse are the given ones.
func expectGreenhouseRows(t *testing.T, e *harness.Exporter, want []harness.Series) {
	t.Helper()
	order := func(rows []harness.Series) []string {
		var lines []string
		for _, s := range rows {
			lines = append(lines, line(s))
		}
		slices.Sort(lines)
		return lines
	}
	harness.Eventually(t, time.Minute, func() error {
		got, err := greenhouseRows(t.Context(), e)
		if err != nil {
			return err
		}
		if diff := cmp.Diff(order(want), order(got)); diff != "" {
			return fmt.Errorf("rows of Greenhouse (-snapshot +cluster):\n%.4000s", diff)
		}
		return nil
	})
}
