//go:build testbed

// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package chart

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/yaml"

	"github.com/cobaltcore-dev/cobaltcore-exporter/test/e2e/harness"
	"github.com/cobaltcore-dev/cobaltcore-exporter/test/testbed"
)

var update = flag.Bool("update", false, "write the golden files of the chart")

// TestChartRenders checks that Helm's linter accepts each set of values, and that it always renders to the same
// objects.
func TestChartRenders(t *testing.T) {
	t.Parallel()
	for _, set := range append(chartSets(), "extras") {
		t.Run(set, func(t *testing.T) {
			t.Parallel()
			_, err := testbed.Helm(t.Context(), t.TempDir(), "lint", "--strict", chartDir(t), "--values", valuesFile(set))
			harness.Must(t, err)
			text, err := renderChart(t, "--values", valuesFile(set))
			harness.Must(t, err)
			again, err := renderChart(t, "--values", valuesFile(set))
			harness.Must(t, err)
			if !bytes.Equal(text, again) {
				t.Error("it renders to something else each time, which Flux takes for drift")
			}
			objects := decodeObjects(t, text)
			for _, o := range objects {
				labels := o.GetLabels()
				for _, want := range []string{"app.kubernetes.io/managed-by", "helm.sh/chart", "plugin", "plugindefinition"} {
					if labels[want] == "" {
						t.Errorf("%s %s has no label %s", o.GetKind(), o.GetName(), want)
					}
				}
			}
			compareGolden(t, set, summary(t, objects))
		})
	}
}

// summary is the relevant part of the rendered objects: without common labels, and without rules and dashboards, which
// have their own tests.
func summary(t *testing.T, objects []*unstructured.Unstructured) []byte {
	t.Helper()
	var b bytes.Buffer
	for _, o := range objects {
		o = o.DeepCopy()
		labels := o.GetLabels()
		for name := range labels {
			if strings.HasPrefix(name, "app.kubernetes.io/") || slices.Contains([]string{"helm.sh/chart", "plugindefinition"}, name) {
				delete(labels, name)
			}
		}
		o.SetLabels(labels)
		unstructured.RemoveNestedField(o.Object, "spec", "template", "metadata", "labels")
		unstructured.RemoveNestedField(o.Object, "spec", "template", "metadata", "annotations", "checksum/config")
		switch {
		case slices.Contains([]string{"PrometheusRule", "AlertmanagerConfig"}, o.GetKind()):
			delete(o.Object, "spec")
		case isDashboard(o):
			continue
		}
		text, err := yaml.Marshal(o.Object)
		harness.Must(t, err)
		b.WriteString("---\n")
		b.Write(text)
	}
	return b.Bytes()
}

func isDashboard(o *unstructured.Unstructured) bool {
	labels := o.GetLabels()
	return labels["perses.dev/resource"] != "" || labels["grafana_dashboard"] != ""
}

func compareGolden(t *testing.T, set string, got []byte) {
	t.Helper()
	file := filepath.Join("testdata", "chart", "golden", set+".yaml")
	if *update {
		harness.Must(t, os.MkdirAll(filepath.Dir(file), 0o755))
		harness.Must(t, os.WriteFile(file, got, 0o600))
	}
	want, err := os.ReadFile(file)
	harness.Must(t, err)
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("the chart renders differently; look at it and run the test with -update:\n%s", diff)
	}
}

// TestChartRefuses checks that invalid values are refused with a remedy before anything is installed.
func TestChartRefuses(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ set, says string }{
		"an unknown option":               {`{"serviceMonitor":{"intervall":"30s"}}`, "intervall"},
		"an unknown key of the exporter":  {`{"config":{"colectors":{}}}`, "colectors"},
		"a bad value of the exporter":     {`{"config":{"collectors":{"controllers":{"via":"tunnel"}}}}`, "/config/collectors/controllers/via"},
		"a duration that is none":         {`{"config":{"staleAfter":"soon"}}`, "/config/staleAfter"},
		"Secrets without names":           {`{"config":{"discover":[{"fluxSecrets":{"cluster":"management"}}]}}`, "rbac.secretNames: list the Secrets of namespace flux-system"},
		"no cluster":                      {`{"localCluster":{"enabled":false}}`, "there is no cluster to watch"},
		"the same cluster twice":          {`{"config":{"clusters":[{"name":"here","inCluster":true}]}}`, "localCluster adds already"},
		"two clusters of one name":        {`{"config":{"clusters":[{"name":"management","kubeconfig":{"path":"x"}}]}}`, "set localCluster.name"},
		"replicas of shards":              {`{"replicas":2,"shards":2}`, "use one of the two"},
		"an alert that is none":           {`{"prometheusRules":{"disabled":{"FluxStaled":true}}}`, "there is no FluxStaled"},
		"a group that is none":            {`{"prometheusRules":{"ruleGroups":{"cobaltcore-gitops":false}}}`, "there is no cobaltcore-gitops"},
		"a cluster label without rules":   {`{"config":{"clusterLabel":"k8s_cluster"}}`, "config.clusterLabel"},
		"an account without a name":       {`{"serviceAccount":{"create":false}}`, "serviceAccount.name"},
		"a memory limit in parts":         {`{"resources":{"limits":{"memory":"500000000m"}}}`, "resources.limits.memory"},
		"an ingress without a host":       {`{"ingress":{"enabled":true},"networkPolicy":{"create":false}}`, "ingress.host"},
		"a route without a gateway":       {`{"httpRoute":{"enabled":true},"networkPolicy":{"create":false}}`, "httpRoute.parentRefs"},
		"another severity for all":        {`{"prometheusRules":{"additionalRuleLabels":{"severity":"info"}}}`, "invalid propertyName 'severity'"},
		"a probe with our own account":    {`{"config":{"collectors":{"openbao":[{"name":"o","cluster":"management","nodes":["https://o:8200"],"loginProbe":{"enabled":true,"serviceAccount":{"name":"exporter-cobaltcore-exporter"}}}]}}}`, "is the account of the exporter"},
		"OpenBao in no cluster":           {`{"config":{"collectors":{"openbao":[{"name":"o","cluster":"storage","nodes":["https://o:8200"]}]}}}`, "storage of o is none of the configuration, which has management"},
		"OpenBao at no address":           {`{"config":{"collectors":{"openbao":[{"name":"o","cluster":"management"}]}}}`, "o has neither nodes nor service"},
		"discovery in no cluster":         {`{"config":{"discover":[{"greenhouse":{"cluster":"storage","namespace":"o"}}]},"rbac":{"secretNames":{"o":["*"]}}}`, "config.discover[0].greenhouse: the cluster storage is none of the configuration, which has management"},
		"a scrape longer than its turn":   {`{"serviceMonitor":{"interval":"1m","scrapeTimeout":"61s"}}`, "serviceMonitor.scrapeTimeout: 61s is longer than the interval 1m"},
		"a long name":                     {`{"fullnameOverride":"` + strings.Repeat("a", 51) + `"}`, "/fullnameOverride"},
		"a name that becomes long":        {`{"nameOverride":"` + strings.Repeat("a", 42) + `"}`, "fullnameOverride: the name exporter-" + strings.Repeat("a", 42) + " has 51 characters"},
		"a file in a ScrapeConfig":        {`{"scrapeConfig":{"create":true},"web":{"kubernetesAuth":{"enabled":true}}}`, "set serviceMonitor.authorization"},
		"a rule that is none":             {`{"config":{"rules":{"disabled":["FluxStaled"]}}}`, "config.rules.disabled: there is no FluxStaled"},
		"a change of a rule that is none": {`{"config":{"rules":{"overrides":{"FluxStaled":{"for":"5m"}}}}}`, "config.rules.overrides: there is no FluxStaled"},
		"a threshold of nothing":          {`{"prometheusRules":{"overrides":{"FluxStalled":{"threshold":5}}}}`, "FluxStalled has no threshold"},
		"one port for two":                {`{"web":{"tlsSecretName":"tls","probePort":9876}}`, "web.probePort"},
		"a rate limit in two places":      {`{"web":{"configSecretName":"web","rateLimit":{"interval":"1s"}}}`, "web.rateLimit"},
		"a password and a token":          {`{"web":{"kubernetesAuth":{"enabled":true}},"serviceMonitor":{"basicAuth":{"username":{"name":"s","key":"u"}}}}`, "serviceMonitor.basicAuth"},
		"an ingress that is kept out":     {`{"ingress":{"enabled":true,"host":"h"}}`, "networkPolicy.ingressFrom"},
		"a page that is kept out":         {`{"service":{"expose":true}}`, "networkPolicy.ingressFrom"},
		"a node port that is kept out":    {`{"service":{"type":"NodePort"}}`, "networkPolicy.ingressFrom"},
		"a bad digest":                    {`{"image":{"digest":"latest"}}`, "/image/digest"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			file := filepath.Join(t.TempDir(), "values.yaml")
			harness.Must(t, os.WriteFile(file, []byte(c.set), 0o600))
			_, err := renderChart(t, "--values", file)
			if err == nil || !strings.Contains(err.Error(), c.says) {
				t.Errorf("want an error with %q, got %v", c.says, err)
			}
		})
	}
}

// TestChartWithoutDefaults checks that an option that is null counts as absent.
func TestChartWithoutDefaults(t *testing.T) {
	t.Parallel()
	objects := renderSet(t, "nothing")
	if diff := cmp.Diff(map[string]any{"clusters": []any{map[string]any{"name": "management", "inCluster": true}}}, exporterConfig(t, objects)); diff != "" {
		t.Error(diff)
	}
	_, container := podTemplate(t, objects)
	for _, field := range []string{"env", "resources", "securityContext"} {
		if container[field] != nil {
			t.Errorf("%s is %v", field, container[field])
		}
	}
	for _, g := range chartRules(t, objects).Groups {
		for _, r := range g.Rules {
			if r.Labels["severity"] == "critical" && !strings.HasPrefix(r.Labels["playbook"], "https://") {
				t.Errorf("%s has the playbook %q", r.Alert, r.Labels["playbook"])
			}
		}
	}
}

// TestChartWithoutCRDs checks that objects of the Prometheus Operator are not rendered for a cluster without its kinds,
// and that they can be forced for rendering without a cluster.
func TestChartWithoutCRDs(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]int{"true": 0, "false": 4} {
		text, err := testbed.Helm(t.Context(), t.TempDir(), "template", chartRelease, chartDir(t),
			"--values", valuesFile("all"), "--set", "requireMonitoringCRDs="+name)
		harness.Must(t, err)
		if got := len(selectKinds(decodeObjects(t, text), "ServiceMonitor", "ScrapeConfig", "PrometheusRule", "AlertmanagerConfig")); got != want {
			t.Errorf("requireMonitoringCRDs=%s: %d objects of the Prometheus Operator, want %d", name, got, want)
		}
	}
}

// TestChartGreenhouse checks that values that Greenhouse adds are used in names, labels and alerts.
func TestChartGreenhouse(t *testing.T) {
	t.Parallel()
	objects := renderSet(t, "greenhouse")
	for _, o := range objects {
		if got := o.GetLabels()["greenhouse.sap/owned-by"]; got != "platform" {
			t.Errorf("%s %s: owned by %q", o.GetKind(), o.GetName(), got)
		}
	}
	want := []any{map[string]any{"name": "mgmt-eu-1", "inCluster": true, "owner": "platform", "region": "eu-de-1"}}
	if diff := cmp.Diff(want, exporterConfig(t, objects)["clusters"]); diff != "" {
		t.Error(diff)
	}
	for _, g := range chartRules(t, objects).Groups {
		for _, r := range g.Rules {
			if r.Alert != "" && (r.Labels["support_group"] != "storage" || r.Labels["organization"] != "my-organization") {
				t.Errorf("%s: support_group %q and organization %q, want that of global.commonLabels and that of Greenhouse", r.Alert, r.Labels["support_group"], r.Labels["organization"])
			}
		}
	}
	text, err := renderChart(t, "--set", "global.greenhouse.ownedBy=platform,global.greenhouse.organizationName=o,global.commonLabels.service=hub,global.commonLabels.severity=info,prometheusRules.additionalRuleLabels.organization=mine")
	harness.Must(t, err)
	info := true
	for _, g := range chartRules(t, decodeObjects(t, text)).Groups {
		for _, r := range g.Rules {
			if r.Alert != "" && (r.Labels["support_group"] != "platform" || r.Labels["service"] != "hub" || r.Labels["organization"] != "mine") {
				t.Errorf("%s: labels %v, want the owner and what the user says", r.Alert, r.Labels)
			}
			info = info && (r.Alert == "" || r.Labels["severity"] == "info")
		}
	}
	if info {
		t.Error("a common label has replaced the severity of alerts")
	}
}

// TestChartDashboards checks that each dashboard is in its own ConfigMap, under a unique key, and small enough for
// Kubernetes.
func TestChartDashboards(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob(filepath.Join(chartDir(t), "files", "dashboards", "*", "*.json"))
	harness.Must(t, err)
	keys := map[string]bool{}
	var n int
	for _, o := range renderSet(t, "all") {
		if !isDashboard(o) {
			continue
		}
		n++
		data, _, err := unstructured.NestedStringMap(o.Object, "data")
		harness.Must(t, err)
		for key, text := range data {
			if keys[fmt.Sprint(o.GetLabels()["grafana_dashboard"], key)] || !strings.Contains(key, chartName) {
				t.Errorf("%s: the key %s is taken, or could be", o.GetName(), key)
			}
			keys[fmt.Sprint(o.GetLabels()["grafana_dashboard"], key)] = true
			if len(text) > 900<<10 {
				t.Errorf("%s: %d bytes", o.GetName(), len(text))
			}
			var dashboard map[string]any
			harness.Must(t, json.Unmarshal([]byte(text), &dashboard))
		}
	}
	if n != len(files) {
		t.Errorf("%d ConfigMaps for %d dashboards", n, len(files))
	}
}
