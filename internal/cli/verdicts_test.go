// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/health"
)

// conditions of a Kustomization and a SecretStore that make the verdicts of a snapshot.
const (
	readyTrue  = `[{type: Ready, status: "True", reason: Valid, lastTransitionTime: "2026-11-20T08:00:00Z"}]`
	readyFalse = `[{type: Ready, status: "False", reason: BuildFailed, lastTransitionTime: "2026-11-20T08:00:00Z"}]`
)

// TestVerdictTable runs a report with each verdict and each --fail-on, and compares the exit codes with the table in
// docs/operations.md.
func TestVerdictTable(t *testing.T) {
	page, err := os.ReadFile(filepath.Join("..", "..", "docs", "operations.md"))
	if err != nil {
		t.Fatal(err)
	}
	rows := regexp.MustCompile(`(?m)^\| (ok|degraded|unknown|down) \| .* \| (\d) \| (.*) \|$`).FindAllStringSubmatch(string(page), -1)
	if len(rows) != 4 {
		t.Fatalf("the table has %d verdicts", len(rows))
	}
	configs := verdictConfigs(t)
	for _, row := range rows {
		verdict, code, failing := row[1], row[2], row[3]
		for _, failOn := range failOnVerdicts() {
			want := "0"
			if strings.Contains(failing, "`"+failOn+"`") {
				want = code
			}
			var out, stderr strings.Builder
			got := Main(t.Context(), []string{"report", "--config", configs[verdict], "--timeout", "5s", "--fail-on", failOn}, Streams{Out: &out, Err: &stderr})
			if fmt.Sprint(got) != want || !strings.Contains(out.String(), "\nVerdict: "+verdict+",") {
				t.Errorf("%s with --fail-on %s: exit code %d, want %s\n%s%s", verdict, failOn, got, want, out.String(), stderr.String())
			}
		}
		if got := fmt.Sprint(health.Verdict(verdict).ExitCode()); got != code {
			t.Errorf("%s has the exit code %s, in the table %s", verdict, got, code)
		}
	}
}

// verdictConfigs returns a configuration for each verdict.
func verdictConfigs(t *testing.T) map[string]string {
	t.Helper()
	dir := t.TempDir()
	write := func(name, text string) string {
		t.Helper()
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	object := func(conditions string) string {
		return `{apiVersion: kustomize.toolkit.fluxcd.io/v1, kind: Kustomization,
metadata: {name: apps, namespace: flux-system, generation: 1, creationTimestamp: "2026-11-20T08:00:00Z"},
spec: {interval: 10m, path: apps, sourceRef: {kind: GitRepository, name: site}},
status: {observedGeneration: 1, conditions: ` + conditions + "}}\n---\n" + `{apiVersion: source.toolkit.fluxcd.io/v1, kind: GitRepositoryList, items: []}` + "\n"
	}
	write("snapshot.yaml", "takenAt: \"2026-11-20T09:00:00Z\"\n")
	write("ok/objects.yaml", object(readyTrue))
	write("degraded/objects.yaml", object(readyFalse))
	write("unknown/objects.yaml", object(readyTrue))
	write("unknown/snapshot.yaml", "takenAt: \"2026-11-20T09:00:00Z\"\nmissing: [{group: helm.toolkit.fluxcd.io, kind: HelmRelease, reason: forbidden}]\n")
	dead := write("dead.kubeconfig", "apiVersion: v1\nkind: Config\ncurrent-context: c\nclusters: [{name: c, cluster: {server: 'https://127.0.0.1:1'}}]\n"+
		"contexts: [{name: c, context: {cluster: c}}]\n")
	configs := map[string]string{"down": write("down.yaml", "clusters: [{name: a, kubeconfig: {path: "+dead+"}}]\n")}
	for _, verdict := range []string{"ok", "degraded", "unknown"} {
		configs[verdict] = write(verdict+".yaml", "clusters: [{name: a, snapshot: {path: "+verdict+"}}]\n")
	}
	return configs
}
