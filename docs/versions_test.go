// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package docs_test

import (
	"regexp"
	"strings"
	"testing"
)

// find returns the first group of the expression in a file.
func find(t *testing.T, path, expression string) string {
	t.Helper()
	m := regexp.MustCompile(expression).FindStringSubmatch(read(t, path))
	if m == nil {
		t.Fatalf("%s does not match %s", path, expression)
	}
	return m[1]
}

// TestPinnedVersions compares the supported versions with those that the tools of the tests are pinned to.
func TestPinnedVersions(t *testing.T) {
	tools := "test/tools/"
	for system, pinned := range map[string]string{
		"Kubernetes":                find(t, tools+"kube-apiserver/go.mod", `\sk8s.io/kubernetes v(\d+\.\d+)\.`),
		"Flux Operator":             find(t, tools+"flux-operator/go.mod", `\s\S+/flux-operator v(\d+\.\d+)\.`),
		"Flux":                      find(t, "test/testbed/flux.go", `fluxVersion = "v(\d+\.\d+)\.`),
		"External Secrets Operator": find(t, tools+"external-secrets/go.mod", `\s\S+/external-secrets v(\d+\.\d+)\.`),
		"OpenBao":                   find(t, "test/testbed/openbao.go", `OpenBaoVersion = "(\d+\.\d+)\.`),
		"cert-manager":              find(t, tools+"cert-manager/go.mod", `\s\S+/cert-manager v(\d+\.\d+)\.`),
		"Prometheus":                strings.Replace(find(t, tools+"prometheus/go.mod", `\s\S+/prometheus/prometheus v0\.(\d+)\.`), "3", "3.", 1),
		"Alertmanager":              find(t, tools+"alertmanager/go.mod", `\s\S+/prometheus/alertmanager v(\d+\.\d+)\.`),
		"Perses":                    find(t, tools+"dashboards/go.mod", `\s\S+/perses/perses v(\d+\.\d+)\.`),
		"Grafana":                   find(t, tools+"grafana-data/package.json", `"@grafana/data": "(\d+\.\d+)\.`),
		"Helm":                      find(t, tools+"helm/go.mod", `\shelm.sh/helm/v3 v(\d+\.\d+)\.`),
		"kube-state-metrics":        find(t, tools+"kube-state-metrics/go.mod", `\s\S+/kube-state-metrics/v2 v(\d+\.\d+)\.`),
	} {
		got := find(t, "docs/versions.md", `(?m)^\| `+system+` \| (\d+\.\d+)\b`)
		if got != pinned {
			t.Errorf("docs/versions.md has %s %s, the tests %s", system, got, pinned)
		}
	}
}

// TestReleasedVersion compares the versions in README and examples with the chart, and statements
// about releases with the changelog.
func TestReleasedVersion(t *testing.T) {
	chart := find(t, "charts/cobaltcore-exporter/Chart.yaml", `(?m)^version: (\S+)$`)
	for path, expression := range map[string]string{
		"README.md":                      "`\\S+/cobaltcore-exporter:(\\d[^`]*)`",
		"docs/examples/application.yaml": `targetRevision: (\S+)`,
	} {
		if got := find(t, path, expression); got != chart {
			t.Errorf("%s has version %s, the chart %s", path, got, chart)
		}
	}
	minor := chart[:strings.LastIndex(chart, ".")]
	if got := find(t, "docs/examples/helmrelease.yaml", `semver: (\S+)\.x`); got != minor {
		t.Errorf("docs/examples/helmrelease.yaml has version %s, the chart %s", got, chart)
	}
	released := regexp.MustCompile(`(?m)^## \[\d[^\]]*\] - \d{4}-`).MatchString(read(t, "CHANGELOG.md"))
	for path, sentence := range map[string]string{"README.md": "No release is published yet", "docs/stability.md": "**No version is released yet**"} {
		if strings.Contains(read(t, path), sentence) == released {
			t.Errorf("%s: %q, and the changelog has a release: %v", path, sentence, released)
		}
	}
}
