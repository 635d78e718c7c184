//go:build testbed

// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package chart

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"
	"sigs.k8s.io/yaml"

	"github.com/cobaltcore-dev/cobaltcore-exporter/test/e2e/harness"
	"github.com/cobaltcore-dev/cobaltcore-exporter/test/testbed"
)

const (
	chartRelease   = "exporter"
	chartNamespace = "cobaltcore-exporter"
	chartName      = chartRelease + "-cobaltcore-exporter" // of the objects
)

// chartSets are the sets of values that all tests of the chart use.
func chartSets() []string {
	return []string{"defaults", "all", "sharded", "minimal", "greenhouse", "access", "remote"}
}

func chartDir(t *testing.T) string {
	t.Helper()
	root, err := testbed.RepoRoot()
	harness.Must(t, err)
	return filepath.Join(root, "charts", "cobaltcore-exporter")
}

func valuesFile(set string) string { return filepath.Join("testdata", "chart", set+".yaml") }

// renderChart renders the chart as it would be in a cluster with all CRDs.
func renderChart(t *testing.T, args ...string) ([]byte, error) {
	t.Helper()
	return testbed.Helm(t.Context(), t.TempDir(), slices.Concat([]string{
		"template", chartRelease, chartDir(t), "--namespace", chartNamespace,
		"--api-versions", "monitoring.coreos.com/v1", "--api-versions", "monitoring.coreos.com/v1alpha1",
	}, args)...)
}

// renderSet returns the objects of a set of values.
func renderSet(t *testing.T, set string, args ...string) []*unstructured.Unstructured {
	t.Helper()
	text, err := renderChart(t, append([]string{"--values", valuesFile(set)}, args...)...)
	harness.Must(t, err)
	return decodeObjects(t, text)
}

func decodeObjects(t *testing.T, text []byte) []*unstructured.Unstructured {
	t.Helper()
	objects, err := testbed.Decode(text)
	harness.Must(t, err)
	return objects
}

// selectKinds returns the objects of the given kinds.
func selectKinds(objects []*unstructured.Unstructured, kinds ...string) []*unstructured.Unstructured {
	var found []*unstructured.Unstructured
	for _, o := range objects {
		if slices.Contains(kinds, o.GetKind()) {
			found = append(found, o)
		}
	}
	return found
}

// exporterConfig returns the exporter's configuration in the ConfigMap.
func exporterConfig(t *testing.T, objects []*unstructured.Unstructured) map[string]any {
	t.Helper()
	for _, o := range selectKinds(objects, "ConfigMap") {
		text, ok, err := unstructured.NestedString(o.Object, "data", "exporter.yaml")
		harness.Must(t, err)
		if ok {
			var config map[string]any
			harness.Must(t, yaml.Unmarshal([]byte(text), &config))
			return config
		}
	}
	t.Fatal("no ConfigMap has exporter.yaml")
	return nil
}

// runOutsidePod changes a configuration for a pod so that a process outside the cluster can use it: a kubeconfig
// replaces the in-cluster configuration.
func runOutsidePod(config map[string]any, kubeconfig string) {
	clusters, _ := config["clusters"].([]any)
	for _, c := range clusters {
		if c, ok := c.(map[string]any); ok && c["inCluster"] == true {
			delete(c, "inCluster")
			c["kubeconfig"] = map[string]any{"path": kubeconfig}
		}
	}
}

// kubeconfigFor returns the content of a kubeconfig with a token.
func kubeconfigFor(t *testing.T, c *testbed.Cluster, token string) string {
	t.Helper()
	config := clientcmdapi.NewConfig()
	config.Clusters["c"] = &clientcmdapi.Cluster{Server: c.URL, CertificateAuthorityData: c.Config.CAData}
	config.AuthInfos["c"] = &clientcmdapi.AuthInfo{Token: token}
	config.Contexts["c"] = &clientcmdapi.Context{Cluster: "c", AuthInfo: "c"}
	config.CurrentContext = "c"
	file := filepath.Join(t.TempDir(), "kubeconfig")
	harness.Must(t, clientcmd.WriteToFile(*config, file))
	return file
}

// podTemplate returns the pod template of the Deployment or StatefulSet.
func podTemplate(t *testing.T, objects []*unstructured.Unstructured) (spec map[string]any, container map[string]any) {
	t.Helper()
	workloads := selectKinds(objects, "Deployment", "StatefulSet")
	if len(workloads) != 1 {
		t.Fatalf("%d workloads, want one", len(workloads))
	}
	spec, _, err := unstructured.NestedMap(workloads[0].Object, "spec", "template", "spec")
	harness.Must(t, err)
	containers, _, err := unstructured.NestedSlice(spec, "containers")
	harness.Must(t, err)
	container, _ = containers[0].(map[string]any)
	return spec, container
}

// stringsOf returns the strings in a list.
func stringsOf(list any) []string {
	var out []string
	values, _ := list.([]any)
	for _, v := range values {
		s, _ := v.(string)
		out = append(out, s)
	}
	return out
}

// forbidden returns the permissions that the exporter lacks, by /metrics. The tests of the chart
// expect an empty list.
func forbidden(all []harness.Series) []string {
	var found []string
	for _, s := range all {
		switch {
		case s["reason"] == "forbidden" && s["="] != "0":
			found = append(found, strings.Join([]string{s[""], s["cluster"], s["kind"], s["endpoint"], s["namespace"], s["name"], s["source"]}, " "))
		case s[""] == "cobaltcore_cluster_info" && s["cluster_uid"] == "":
			found = append(found, "no cluster_uid of "+s["cluster"])
		}
	}
	slices.Sort(found)
	return found
}
