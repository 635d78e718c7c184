//go:build testbed

// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package dashboards

import (
	"testing"
)

// TestDashboards has the queries of every page asked, and the pages shown, as Perses
// and as Grafana would: with the faults of test/fleet and with none, for both names of
// the label cluster.
func TestDashboards(t *testing.T) {
	fleets := fleetsForDashboards(t)
	if *screenshots != "" {
		takeScreenshots(t, startPersesSite(t, fleets), startBrowser(t), fleets[0])
		return
	}
	for _, f := range fleets {
		t.Run("queries/"+f.path(), func(t *testing.T) { testDashboardQueries(t, f) })
		t.Run("grafana/"+f.path(), func(t *testing.T) { testGrafanaPanels(t, f) })
	}
	t.Run("perses", func(t *testing.T) {
		site, b := startPersesSite(t, fleets), startBrowser(t)
		// Its queries are tested: with the other label a page is the same picture.
		for _, f := range []shown{fleets[0], fleets[3]} {
			t.Run(f.path(), func(t *testing.T) {
				t.Parallel()
				testPersesDashboards(t, b, site, f)
			})
		}
	})
}
