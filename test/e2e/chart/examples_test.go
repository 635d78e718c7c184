//go:build testbed

// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package chart

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"sigs.k8s.io/yaml"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/testing/testutil"
	"github.com/cobaltcore-dev/cobaltcore-exporter/test/e2e/harness"
	"github.com/cobaltcore-dev/cobaltcore-exporter/test/testbed"
)

// TestChartExamples renders the chart with the values of each example in docs/examples.
func TestChartExamples(t *testing.T) {
	t.Parallel()
	root, err := testbed.RepoRoot()
	harness.Must(t, err)
	for name, values := range testutil.ChartExamples(t, root) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			text, err := yaml.Marshal(values)
			harness.Must(t, err)
			objects := renderValues(t, string(text))
			for _, kind := range []string{"Deployment", "ServiceMonitor", "PrometheusRule"} {
				if len(selectKinds(objects, kind)) == 0 {
					t.Errorf("no %s", kind)
				}
			}
		})
	}
}

// TestRulesWithKustomize prints the rules of the example for Kustomize and builds it.
func TestRulesWithKustomize(t *testing.T) {
	t.Parallel()
	root, err := testbed.RepoRoot()
	harness.Must(t, err)
	kubectl, err := testbed.Tool(t.Context(), "kubectl")
	harness.Must(t, err)
	dir := t.TempDir()
	harness.Must(t, os.CopyFS(dir, os.DirFS(filepath.Join(root, "docs", "examples", "rules"))))
	program, err := testbed.BuildExporter(t.Context(), t.TempDir())
	harness.Must(t, err)
	printRules := exec.CommandContext(t.Context(), program, "rules", "--config", filepath.Join(dir, "exporter.yaml"), "--output", "prometheusrule")
	rules, err := printRules.Output()
	harness.Must(t, err)
	harness.Must(t, os.WriteFile(filepath.Join(dir, "rules.yaml"), rules, 0o600))
	built, err := exec.CommandContext(t.Context(), kubectl, "kustomize", dir).Output()
	harness.Must(t, err)
	objects := selectKinds(decodeObjects(t, built), "PrometheusRule")
	kustomization, err := os.ReadFile(filepath.Join(dir, "kustomization.yaml"))
	harness.Must(t, err)
	if len(objects) != 1 || len(objects[0].GetLabels()) == 0 {
		t.Fatalf("%d PrometheusRules", len(objects))
	}
	for name, value := range objects[0].GetLabels() {
		if !strings.Contains(string(kustomization), name+": "+value) && !strings.Contains(string(rules), name+": "+value) {
			t.Errorf("label %s=%s is in neither file", name, value)
		}
	}
}
