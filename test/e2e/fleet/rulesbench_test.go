//go:build testbed

// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package fleet

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/testing/loadobject"
	"github.com/cobaltcore-dev/cobaltcore-exporter/test/e2e/harness"
	"github.com/cobaltcore-dev/cobaltcore-exporter/test/testbed"
)

// BenchmarkRulesInPrometheus measures the time in which a real Prometheus evaluates all rules over the rows of 10,000
// Flux objects, of which 2 % are not ready.
func BenchmarkRulesInPrometheus(b *testing.B) {
	const objects = 10_000
	url := serve(b, recordedFlux(b, objects))
	root, err := testbed.RepoRoot()
	harness.Must(b, err)
	p, err := testbed.StartPrometheus(context.WithoutCancel(b.Context()), b.TempDir(), testbed.PrometheusOptions{
		Targets:        []testbed.ScrapeTarget{{Job: "cobaltcore-exporter", URL: url + "/metrics"}},
		ScrapeInterval: 5 * time.Second, RuleFiles: []string{filepath.Join(root, "alerts", "generated", "cluster", "rules.yaml")},
	})
	harness.Must(b, err)
	b.Cleanup(func() { harness.Stop(b, p.Stop) })
	var series float64
	harness.Must(b, testbed.Poll(b.Context(), 2*time.Minute, func(ctx context.Context) error {
		samples, err := p.Query(ctx, `count({__name__=~"(cobaltcore_)?flux_.+"})`)
		if err != nil || len(samples) == 0 || samples[0].Value < 2*objects {
			return fmt.Errorf("rows of %d objects are not there: %v, %w", objects, samples, err)
		}
		series = samples[0].Value
		return nil
	}))
	var all []float64
	for b.Loop() {
		seconds, err := nextEvaluation(b.Context(), p)
		harness.Must(b, err)
		all = append(all, seconds)
	}
	slices.Sort(all)
	b.ReportMetric(series, "series")
	b.ReportMetric(all[0], "s/fastest")
	b.ReportMetric(all[len(all)/2], "s/median")
}

// nextEvaluation waits until every group was evaluated again, and returns how long all of
// them took together.
func nextEvaluation(ctx context.Context, p *testbed.Prometheus) (seconds float64, err error) {
	before, _, err := evaluations(ctx, p)
	if err != nil {
		return 0, err
	}
	return seconds, testbed.Poll(ctx, time.Minute, func(ctx context.Context) error {
		now, took, err := evaluations(ctx, p)
		for group, at := range now {
			if at == before[group] {
				err = errors.Join(err, fmt.Errorf("%s was not evaluated again", group))
			}
		}
		seconds = took
		return err
	})
}

// evaluations returns when each group was evaluated last, and how long that took in all.
func evaluations(ctx context.Context, p *testbed.Prometheus) (at map[string]string, seconds float64, err error) {
	const last = "prometheus_rule_group_last_evaluation_timestamp_seconds"
	e := &harness.Exporter{URL: p.URL}
	rows, err := e.Scrape(ctx, last, "prometheus_rule_group_last_duration_seconds")
	at = map[string]string{}
	for _, s := range rows {
		if s[""] == last {
			at[s["rule_group"]] = s["="]
			continue
		}
		took, err := strconv.ParseFloat(s["="], 64)
		if err != nil {
			return nil, 0, err
		}
		seconds += took
	}
	if err == nil && len(at) == 0 {
		err = errors.New("Prometheus has no rules")
	}
	return at, seconds, err
}

// recordedFlux writes a snapshot of one cluster and returns the file of its configuration.
func recordedFlux(b *testing.B, objects int) string {
	b.Helper()
	dir := b.TempDir()
	items := make([]any, objects)
	for i := range items {
		items[i] = loadobject.Flux(i).Object
	}
	text, err := json.Marshal(map[string]any{"apiVersion": "v1", "kind": "List", "items": items})
	harness.Must(b, err)
	file := filepath.Join(dir, "fleet.yaml")
	harness.Must(b, os.Mkdir(filepath.Join(dir, "management"), 0o700))
	harness.Must(b, os.WriteFile(filepath.Join(dir, "management", "objects.json"), text, 0o600))
	harness.Must(b, os.WriteFile(file, []byte("clusters: [{name: management, snapshot: {path: management}}]\n"), 0o600))
	return file
}
