//go:build testbed

// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package systems

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/app"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/testing/ruletest"
	"github.com/cobaltcore-dev/cobaltcore-exporter/test/e2e/harness"
	"github.com/cobaltcore-dev/cobaltcore-exporter/test/testbed"
)

// TestRulesByPromtool tests the generated rules by promtool with the fixtures of
// alerts/tests: the alerts, their times, and how they continue when their rows are withdrawn.
func TestRulesByPromtool(t *testing.T) {
	t.Parallel()
	root, err := testbed.RepoRoot()
	harness.Must(t, err)
	fixtures, err := ruletest.Fixtures(t.Context(), t.TempDir(), regexp.MustCompile(""))
	harness.Must(t, err)
	for _, label := range []string{"cluster", "clusterName"} {
		t.Run(label, func(t *testing.T) {
			rules := filepath.Join(root, "alerts", "generated", label, "rules.yaml")
			_, err := testbed.Promtool(t.Context(), nil, "check", "rules", rules)
			harness.Must(t, err)
			all, cut := harness.ReadRules(t, rules), map[string]string{}
			dir, args := t.TempDir(), []string{"test", "rules"}
			e := ruletest.NewEvaluator(label)
			for _, f := range fixtures {
				if label != "cluster" && f.Name != f.Rule {
					continue // one of each rule shows that the label is renamed everywhere
				}
				if cut[f.Rule] == "" { // promtool evaluates all rules of a file at each step
					names, err := e.RulesFor(f.Rule)
					harness.Must(t, err)
					cut[f.Rule] = all.Only(names).Write(t)
				}
				text, err := ruletest.PromtoolTest(t.Context(), e, f, cut[f.Rule])
				harness.Must(t, err)
				file := filepath.Join(dir, strings.ReplaceAll(f.Name, "/", "-")+".yaml")
				harness.Must(t, os.WriteFile(file, text, 0o600))
				args = append(args, file)
			}
			output, err := testbed.Promtool(t.Context(), nil, args...)
			for test := range strings.SplitSeq(string(output), "\n\n") {
				if err != nil && !strings.Contains(test, "SUCCESS") {
					t.Errorf("promtool: %s", test)
				}
			}
		})
	}
}

// TestRulesByPint checks the generated rules with pint: off line, where warnings are errors, and with a Prometheus that
// scrapes the snapshot fleet, where failing queries and unknown metrics are errors.
func TestRulesByPint(t *testing.T) {
	t.Parallel()
	root, err := testbed.RepoRoot()
	harness.Must(t, err)
	rules := filepath.Join(root, "alerts", "generated")
	offline := []string{"--no-color", "--offline", "--config", filepath.Join(root, ".pint.hcl"), "lint", "--fail-on=warning"}
	_, err = testbed.Pint(t.Context(), append(offline, filepath.Join(rules, "cluster"), filepath.Join(rules, "clusterName"))...)
	harness.Must(t, err)

	fleet, err := os.ReadFile(filepath.Join(root, "test", "fleet", "fleet.yaml"))
	harness.Must(t, err)
	directory := filepath.Join(root, "test", "fleet") + string(filepath.Separator)
	e := harness.StartExporter(t, strings.ReplaceAll(string(fleet), "snapshot: {path: ", "snapshot: {path: "+directory))
	file := filepath.Join(rules, "cluster", "rules.yaml")
	p, err := testbed.StartPrometheus(harness.WithoutCancel(t), t.TempDir(), testbed.PrometheusOptions{
		Targets: []testbed.ScrapeTarget{{Job: "cobaltcore-exporter", URL: e.URL + "/metrics"}}, ScrapeInterval: 5 * time.Second, RuleFiles: []string{file},
	})
	harness.Must(t, err)
	t.Cleanup(func() { harness.Stop(t, p.Stop) })
	// The last of the recordings, which are evaluated one after the other.
	harness.Eventually(t, 2*time.Minute, func() error {
		recorded, err := p.Query(t.Context(), `cobaltcore:eso_objects:by_state`)
		if err != nil || len(recorded) == 0 {
			return fmt.Errorf("recordings: %v %w", recorded, err)
		}
		return nil
	})
	config, err := os.ReadFile(filepath.Join(root, ".pint.hcl"))
	harness.Must(t, err)
	config = fmt.Appendf(config, "\nprometheus \"testbed\" {\n  uri = %q\n  timeout = \"1m\"\n  required = true\n}\n", p.URL)
	config = fmt.Appendf(config, "\ncheck \"promql/series\" {\n  ignoreMetrics = [%s]\n}\n", declaredFamilies())
	online := filepath.Join(t.TempDir(), "pint.hcl")
	harness.Must(t, os.WriteFile(online, config, 0o600))
	// A declared metric without series is a warning, any other metric a bug.
	output, err := testbed.Pint(t.Context(), "--no-color", "--config", online, "lint", "--fail-on=bug", file)
	if err != nil {
		t.Fatalf("pint: %s", output) // the error has its end only
	}
}

// declaredFamilies returns the metrics that rules may use, as the elements of a list in
// HCL: those of the exporter, its recordings, and OpenBao's own. Which of their rows exist
// depends on the state of the fleet.
func declaredFamilies() string {
	declared := []string{`"cobaltcore:.+"`, `"vault_.+"`, `"kubelet_volume_stats_.+"`}
	for _, f := range app.Families() {
		declared = append(declared, strconv.Quote(f.Name))
	}
	for _, name := range app.SelfFamilies() {
		declared = append(declared, strconv.Quote(name))
	}
	return strings.Join(declared, ", ")
}
