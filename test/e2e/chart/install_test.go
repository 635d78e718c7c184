//go:build testbed

// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package chart

import (
	"encoding/base64"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/cobaltcore-dev/cobaltcore-exporter/test/e2e/harness"
	"github.com/cobaltcore-dev/cobaltcore-exporter/test/testbed"
)

// TestChartOnAPIServer checks, for each set of values, that the API server accepts every object, and that Helm
// installs, upgrades, rolls back and removes all of them. Meanwhile the exporter runs with the token of its account,
// and none of its requests is refused.
func TestChartOnAPIServer(t *testing.T) {
	t.Parallel()
	requests := newAuditLog(t)
	c := harness.StartCluster(t, "management", requests.arguments...)
	program, err := testbed.BuildExporter(t.Context(), t.TempDir())
	harness.Must(t, err)
	t.Run("newcomer", func(t *testing.T) { newcomer(t, c, program) })
	seedCluster(t, c)
	t.Run("least privilege", func(t *testing.T) { checkLeastPrivilege(t, c, requests) })
	kubeconfig, err := os.ReadFile(c.Kubeconfig)
	harness.Must(t, err)
	harness.Must(t, c.Apply(t.Context(), webSecrets(t, kubeconfig)...))
	checkStrictly(t, c, renderSet(t, "all"))
	for _, set := range chartSets() {
		t.Run(set, func(t *testing.T) {
			objects := renderSet(t, set)
			dryRun(t, c, objects...)
			if set != "remote" { // Deployments have no pods here, and only pods are checked
				pod := testbed.NewObject("v1", "Pod", chartNamespace, "restricted")
				spec, _ := podTemplate(t, objects)
				pod.Object["spec"] = spec
				dryRun(t, c, pod)
			}
			args := []string{chartRelease, chartDir(t), "--namespace", chartNamespace, "--values", valuesFile(set)}
			notes, err := c.Helm(t.Context(), append([]string{"install"}, args...)...)
			harness.Must(t, err)
			checkNotes(t, set, string(notes))
			checkReleaseSize(t, c)
			checkRoles(t, c, chartName, objects)
			checkNoDrift(t, c, objects)
			if set == "remote" {
				runWithAccount(t, c, string(notes))
			} else {
				runAsPod(t, c, program, objects)
			}
			_, err = c.Helm(t.Context(), append([]string{"upgrade", "--set", "log.level=debug,config.staleAfter=7m"}, args...)...)
			harness.Must(t, err)
			upgraded, err := c.Helm(t.Context(), "get", "manifest", chartRelease, "--namespace", chartNamespace)
			harness.Must(t, err)
			if set != "remote" && exporterConfig(t, decodeObjects(t, upgraded))["staleAfter"] != "7m" {
				t.Error("the upgrade has not changed the configuration")
			}
			_, err = c.Helm(t.Context(), "rollback", chartRelease, "1", "--namespace", chartNamespace)
			harness.Must(t, err)
			checkNoDrift(t, c, objects)
			_, err = c.Helm(t.Context(), "uninstall", chartRelease, "--namespace", chartNamespace)
			harness.Must(t, err)
			for _, o := range objects {
				if _, err := c.Get(t.Context(), o); err == nil {
					t.Errorf("%s %s/%s outlives the release", o.GetKind(), o.GetNamespace(), o.GetName())
				}
			}
		})
	}
}

func dryRun(t *testing.T, c *testbed.Cluster, objects ...*unstructured.Unstructured) []*unstructured.Unstructured {
	t.Helper()
	answers, err := c.DryRun(t.Context(), objects...)
	harness.Must(t, err)
	return answers
}

// checkNoDrift checks that applying the objects again, as Flux does to detect drift, changes nothing.
func checkNoDrift(t *testing.T, c *testbed.Cluster, objects []*unstructured.Unstructured) {
	t.Helper()
	objects = slices.DeleteFunc(slices.Clone(objects), func(o *unstructured.Unstructured) bool { return o.GetAnnotations()["helm.sh/hook"] != "" })
	for _, again := range dryRun(t, c, objects...) {
		live, err := c.Get(t.Context(), again)
		harness.Must(t, err)
		live.SetManagedFields(nil)
		again.SetManagedFields(nil)
		if diff := cmp.Diff(live.Object, again.Object); diff != "" {
			t.Errorf("%s %s drifts:\n%s", again.GetKind(), again.GetName(), diff)
		}
	}
}

// strict makes the API server refuse unknown fields and privileged pods.
func checkStrictly(t *testing.T, c *testbed.Cluster, objects []*unstructured.Unstructured) {
	t.Helper()
	for _, kind := range []string{"ServiceMonitor", "ScrapeConfig", "PrometheusRule", "AlertmanagerConfig", "HTTPRoute", "NetworkPolicy"} {
		o := selectKinds(objects, kind)[0].DeepCopy()
		harness.Must(t, unstructured.SetNestedField(o.Object, true, "spec", "misspelled"))
		if _, err := c.DryRun(t.Context(), o); err == nil {
			t.Errorf("the API server takes any field of a %s", kind)
		}
	}
	pod := testbed.NewObject("v1", "Pod", chartNamespace, "privileged")
	pod.Object["spec"], _ = podTemplate(t, objects)
	harness.Must(t, unstructured.SetNestedField(pod.Object, true, "spec", "hostNetwork"))
	if _, err := c.DryRun(t.Context(), pod); err == nil {
		t.Error("the API server takes any pod")
	}
}

// checkNotes checks that the manual steps in the notes use the names of this release.
func checkNotes(t *testing.T, set, notes string) {
	t.Helper()
	says := map[string][]string{
		"defaults": {
			"port-forward service/" + chartName + " 9876", "http://localhost:9876/",
			"by labels, here plugin=kube-monitoring.", "set release to the name of its release",
		},
		"all": {
			"https://localhost:9876/", "bao policy write cobaltcore-exporter", "bao write auth/kubernetes/management/role/cobaltcore-exporter",
			"bound_service_account_names=" + chartName + " bound_service_account_namespaces=" + chartNamespace,
			"token_policies=cobaltcore-exporter token_no_default_policy=true token_type=batch token_ttl=30m",
			"bao write auth/kubernetes/{cluster}/role/cobaltcore-exporter-probe", "bound_service_account_names=login-probe",
		},
		"remote": {"get secret " + chartName + "-token", "config set-credentials exporter"},
	}
	policy, err := os.ReadFile(filepath.Join(chartDir(t), "..", "..", "docs", "openbao", "policy.hcl"))
	harness.Must(t, err)
	says["all"] = append(says["all"], strings.TrimSpace(strings.ReplaceAll("\n"+string(policy), "\n", "\n  ")))
	for _, text := range says[set] {
		if !strings.Contains(notes, text) {
			t.Errorf("the notes do not say %q:\n%s", text, notes)
		}
	}
	if set == "defaults" && strings.Contains(notes, "bao ") {
		t.Error("the notes speak of OpenBao, which is not configured")
	}
}

// checkReleaseSize checks the size of the Secret in which Helm keeps the chart and its rendered objects, at most 1 MiB.
func checkReleaseSize(t *testing.T, c *testbed.Cluster) {
	t.Helper()
	secret, err := c.Get(t.Context(), testbed.NewObject("v1", "Secret", chartNamespace, "sh.helm.release.v1."+chartRelease+".v1"))
	harness.Must(t, err)
	data, _, err := unstructured.NestedString(secret.Object, "data", "release")
	harness.Must(t, err)
	size := base64.StdEncoding.DecodedLen(len(data))
	t.Logf("the release is %d KiB", size>>10)
	if size > 900<<10 {
		t.Errorf("the release is %d bytes, and Kubernetes takes 1 MiB", size)
	}
}

// checkNothingRefused checks that the cluster is watched completely.
func checkNothingRefused(t *testing.T, cluster string, all []harness.Series) {
	t.Helper()
	if found := forbidden(all); len(found) > 0 {
		t.Errorf("the account may not do everything: %s", strings.Join(found, "\n"))
	}
	label := "cluster"
	if len(harness.Find(all, harness.Series{"": "cobaltcore_cluster_up", "clusterName": cluster})) > 0 {
		label = "clusterName"
	}
	if len(harness.Find(all, harness.Series{"": "cobaltcore_cluster_up", label: cluster, "=": "1"})) != 1 {
		t.Errorf("cluster %s is not up", cluster)
	}
	if missing := harness.Find(all, harness.Series{"": "cobaltcore_watch_synced", label: cluster, "=": "0"}); len(missing) > 0 {
		t.Errorf("not complete: %v", missing)
	}
	if n := len(harness.Find(all, harness.Series{"": "cobaltcore_watch_synced", label: cluster, "=": "1"})); n < 15 {
		t.Errorf("%d kinds are watched", n)
	}
}
