//go:build testbed

// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package chart

import (
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
