//go:build testbed

// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package chart

import (
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/yaml"

	"github.com/cobaltcore-dev/cobaltcore-exporter/alerts"
	"github.com/cobaltcore-dev/cobaltcore-exporter/test/e2e/harness"
	"github.com/cobaltcore-dev/cobaltcore-exporter/test/testbed"
)

// TestChartRules checks that promtool and pint accept the rules with each option, and that an option changes nothing
// else.
func TestChartRules(t *testing.T) {
	t.Parallel()
	root, err := testbed.RepoRoot()
	harness.Must(t, err)
	for set, label := range map[string]string{"defaults": "cluster", "all": "clusterName"} {
		t.Run(set, func(t *testing.T) {
			t.Parallel()
			got := chartRules(t, renderSet(t, set))
			file := filepath.Join(t.TempDir(), "rules.yaml")
			text, err := yaml.Marshal(got)
			harness.Must(t, err)
			harness.Must(t, os.WriteFile(file, text, 0o600))
			_, err = testbed.Promtool(t.Context(), nil, "check", "rules", file)
			harness.Must(t, err)
			_, err = testbed.Pint(t.Context(), "--no-color", "--offline", "--config", filepath.Join(root, ".pint.hcl"), "lint", "--fail-on=warning", file)
			harness.Must(t, err)

			text, err = os.ReadFile(filepath.Join(root, "alerts", "generated", label, "rules.yaml"))
			harness.Must(t, err)
			var want ruleFile
			harness.Must(t, yaml.Unmarshal(text, &want))
			if set == "all" {
				want = withoutChanges(want)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// TestChartOverrides checks that the same overrides result in the same rules, in the exporter and in Prometheus: every
// threshold, a cluster with its own overrides for every alert about clusters, and other jobs.
func TestChartOverrides(t *testing.T) {
	t.Parallel()
	changes, overrides := map[string]alerts.Change{}, map[string]any{}
	for _, r := range alerts.Rules() {
		var c alerts.Change
		own, override := map[string]any{"for": "7m", "labels": map[string]any{"hours": "working"}}, map[string]any{}
		lab := alerts.ClusterChange{Change: alerts.Change{For: 7 * time.Minute, Labels: map[string]string{"hours": "working"}}}
		if r.Threshold != nil {
			c.Threshold, lab.Threshold = 2.5*r.Threshold.Default, 3*r.Threshold.Default
			override["threshold"], own["threshold"] = c.Threshold, lab.Threshold
		}
		if alerts.DiffersByCluster(r.Name) {
			c.Clusters = map[string]alerts.ClusterChange{"lab.1": lab, "storage": {Disabled: true}}
			override["clusters"] = map[string]any{"lab.1": own, "storage": map[string]any{"disabled": true}}
		}
		if len(override) > 0 {
			changes[r.Name], overrides[r.Name] = c, override
		}
	}
	setup := alerts.Setup{ExporterJob: `cobalt\.exporter`, FleetJob: "kubelet", FleetLabel: "site"}
	scraped := map[string]any{"exporterJob": setup.ExporterJob, "fleet": map[string]any{"job": setup.FleetJob, "label": setup.FleetLabel}}
	text, err := alerts.RuleFile(alerts.Installation{Changes: changes}.Apply(alerts.CatalogueFor(setup)), "cluster")
	harness.Must(t, err)
	var want ruleFile
	harness.Must(t, yaml.Unmarshal(text, &want))
	config := map[string]any{"clusters": []any{
		map[string]any{"name": "lab.1", "kubeconfig": map[string]any{"path": "lab"}},
		map[string]any{"name": "storage", "kubeconfig": map[string]any{"path": "storage"}},
	}}
	for name, values := range map[string]any{
		"of the exporter": map[string]any{"config": with(config, "rules", with(scraped, "overrides", overrides))},
		"of Prometheus":   map[string]any{"config": with(config, "rules", scraped), "prometheusRules": map[string]any{"overrides": overrides}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			text, err := json.Marshal(values)
			harness.Must(t, err)
			objects := renderValues(t, string(text))
			// Where the lines of an expression end depends on the length of the number.
			words := cmp.Comparer(func(a, b expression) bool {
				return strings.Join(strings.Fields(string(a)), "") == strings.Join(strings.Fields(string(b)), "")
			})
			if diff := cmp.Diff(want, chartRules(t, objects), words); diff != "" {
				t.Error(diff)
			}
			if rules, _ := exporterConfig(t, objects)["rules"].(map[string]any); rules == nil || !cmp.Equal(overrides, rules["overrides"]) {
				t.Errorf("the exporter has the rules %v", rules)
			}
		})
	}
}

type ruleFile struct {
	Groups []struct {
		Name  string      `json:"name"`
		Rules []alertRule `json:"rules"`
	} `json:"groups"`
}

type alertRule struct {
	Record        string            `json:"record,omitempty"`
	Alert         string            `json:"alert,omitempty"`
	Expr          expression        `json:"expr"`
	For           string            `json:"for,omitempty"`
	KeepFiringFor string            `json:"keep_firing_for,omitempty"`
	Labels        map[string]string `json:"labels,omitempty"`
	Annotations   map[string]string `json:"annotations,omitempty"`
}

// expression is PromQL.
type expression string

func chartRules(t *testing.T, objects []*unstructured.Unstructured) ruleFile {
	t.Helper()
	found := selectKinds(objects, "PrometheusRule")
	if len(found) != 1 {
		t.Fatalf("%d PrometheusRules, want one", len(found))
	}
	text, err := yaml.Marshal(found[0].Object["spec"])
	harness.Must(t, err)
	var file ruleFile
	harness.Must(t, yaml.Unmarshal(text, &file))
	return file
}

func with(values map[string]any, key string, value any) map[string]any {
	values = maps.Clone(values)
	values[key] = value
	return values
}

// withoutChanges changes the rules as the values of all.yaml do, by independent code.
func withoutChanges(file ruleFile) ruleFile {
	groups := file.Groups[:0]
	for _, g := range file.Groups {
		if g.Name == "cobaltcore-aurora" {
			continue
		}
		g.Rules = slices.DeleteFunc(g.Rules, func(r alertRule) bool {
			return slices.Contains([]string{"FluxInstanceMissing", "CobaltCoreGreenhouseCatalogNotReady"}, r.Alert)
		})
		for i := range g.Rules {
			r := &g.Rules[i]
			if r.Alert == "" {
				continue
			}
			maps.Copy(r.Labels, map[string]string{"support_group": "platform", "organization": "example"})
			if book := r.Labels["playbook"]; book != "" {
				r.Labels["playbook"] = "https://example.com/alerts/playbooks/" + filepath.Base(book)
				r.Annotations["runbook_url"] = r.Labels["playbook"]
			}
			if dashboard := r.Annotations["dashboard"]; dashboard != "" {
				r.Annotations["dashboard"] = "https://perses.example.com/projects/cobaltcore/dashboards/" + dashboard
			}
			r.Annotations["documentation"] = "https://docs.example.com"
			switch r.Alert {
			case "FleetClusterDown":
				r.For, r.Labels["severity"], r.Labels["tier"] = "3m", "warning", "os"
				r.Annotations["summary"] = "{{ $labels.clusterName }} is gone"
			case "OpenBaoClockSkew":
				r.Expr = expression(strings.TrimSuffix(string(r.Expr), "30") + "60")
			case "OpenBaoQuorumAtRisk":
				r.Labels["hours"] = "working"
			}
		}
		groups = append(groups, g)
	}
	file.Groups = groups
	return file
}
