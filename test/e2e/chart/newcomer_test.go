//go:build testbed

// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package chart

import (
	"encoding/json"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/yaml"

	"github.com/cobaltcore-dev/cobaltcore-exporter/test/e2e/harness"
	"github.com/cobaltcore-dev/cobaltcore-exporter/test/testbed"
)

const umbrella = `apiVersion: v2
name: umbrella
version: 0.1.0
dependencies:
  - {name: cobaltcore-exporter, version: ">=0.0.0-0", repository: "file://CHART", condition: cobaltcore-exporter.enabled}
`

const umbrellaValues = `global: {imageRegistry: mirror.example.com, team: platform}
sibling: {replicas: 3}
cobaltcore-exporter: {enabled: true, log: {level: debug}}
`

// newcomer continues the test in test/newcomer in an empty cluster: a report from a kubeconfig, the
// chart without values, as a dependency, and as a plugin. The log has the durations.
func newcomer(t *testing.T, c *testbed.Cluster, program string) {
	t.Helper()
	start := time.Now()
	since := func(what string) { t.Logf("%.1fs: %s", time.Since(start).Seconds(), what) }
	cmd := exec.CommandContext(t.Context(), program, "report", "-o", "json")
	cmd.Env = append(os.Environ(), "KUBECONFIG="+c.Kubeconfig)
	out, err := cmd.Output()
	var report struct{ Verdict string }
	if json.Unmarshal(out, &report) != nil || report.Verdict == "" {
		t.Fatalf("report: %v\n%s", err, out)
	}
	since("verdict from a kubeconfig: " + report.Verdict)

	install := func(release, chart string) {
		t.Helper()
		_, err := c.Helm(t.Context(), "install", release, chart, "--namespace", chartNamespace, "--create-namespace")
		harness.Must(t, err)
		since("installed: " + release)
	}
	install(chartRelease, chartDir(t))
	manifest, err := c.Helm(t.Context(), "get", "manifest", chartRelease, "--namespace", chartNamespace)
	harness.Must(t, err)
	firstMetrics(t, c, decodeObjects(t, manifest), since)
	_, err = c.Helm(t.Context(), "uninstall", chartRelease, "--namespace", chartNamespace)
	harness.Must(t, err)

	dir := t.TempDir()
	harness.Must(t, os.WriteFile(filepath.Join(dir, "Chart.yaml"), []byte(strings.ReplaceAll(umbrella, "CHART", chartDir(t))), 0o600))
	harness.Must(t, os.WriteFile(filepath.Join(dir, "values.yaml"), []byte(umbrellaValues), 0o600))
	_, err = c.Helm(t.Context(), "dependency", "build", dir)
	harness.Must(t, err)
	install("umbrella", dir)
	without, err := c.Helm(t.Context(), "template", "umbrella", dir, "--set", "cobaltcore-exporter.enabled=false")
	harness.Must(t, err)
	if objects := decodeObjects(t, without); len(objects) > 0 {
		t.Errorf("%d objects of a dependency that is switched off", len(objects))
	}
	_, err = c.Helm(t.Context(), "uninstall", "umbrella", "--namespace", chartNamespace)
	harness.Must(t, err)

	for name, in := range readPlugin(t, filepath.Join("examples", "management.yaml")).installations() {
		var args []string
		for _, o := range mergeOptions(in.options, in.greenhouse) {
			value, err := json.Marshal(o.Value)
			harness.Must(t, err)
			args = append(args, "--set-json", o.Name+"="+string(value))
		}
		_, err := c.Helm(t.Context(), append([]string{"install", "--dry-run=server", name, chartDir(t), "--namespace", chartNamespace}, args...)...)
		harness.Must(t, err)
		since("accepted: plugin " + name)
	}
}

// firstMetrics runs the exporter with the configuration and the account of a release.
func firstMetrics(t *testing.T, c *testbed.Cluster, objects []*unstructured.Unstructured, since func(string)) {
	t.Helper()
	token, err := c.ServiceAccountToken(t.Context(), chartNamespace, chartName, time.Hour)
	harness.Must(t, err)
	config := exporterConfig(t, objects)
	runOutsidePod(config, kubeconfigFor(t, c, token))
	text, err := yaml.Marshal(config)
	harness.Must(t, err)
	e := harness.StartExporter(t, string(text))
	e.WaitReady(t)
	if code, _, err := e.Get(t.Context(), "/metrics"); err != nil || code != http.StatusOK {
		t.Errorf("metrics: status %d, %v", code, err)
	}
	since("first metrics of the release")
	var report struct{ Verdict string }
	_, body, err := e.Get(t.Context(), "/api/v1/report")
	harness.Must(t, err)
	harness.Must(t, json.Unmarshal(body, &report))
	since("first verdict of the release: " + report.Verdict)
	e.Stop(t)
}
