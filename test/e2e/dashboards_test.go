//go:build testbed

// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package e2e

import "testing"

// TestDashboards shows every dashboard of two fleets, with each label, as Perses and
// as Grafana would.
func TestDashboards(t *testing.T) {
	fleets := fleetsForDashboards(t)
	for _, f := range fleets {
		t.Run("queries/"+f.path(), func(t *testing.T) { t.Parallel(); testDashboardQueries(t, f) })
	}
	for _, f := range fleets {
		l, err := f.Query(t.Context(), "ALERTS")
		if f.name == wellFleet {
			t.Log(f.path(), l, err)
		}
	}
	t.Run("perses", func(t *testing.T) { testPersesDashboards(t, fleets) })
}
