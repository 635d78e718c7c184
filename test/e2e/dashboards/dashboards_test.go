//go:build testbed

// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package dashboards

import (
	"testing"

	"github.com/cobaltcore-dev/cobaltcore-exporter/test/e2e/harness"
)

// TestDashboards runs the queries of every dashboard and renders the dashboards like Perses and Grafana, with and
// without the faults of test/fleet, and for both names of the label cluster.
func TestDashboards(t *testing.T) {
	if *screenshots != "" {
		fleets := startFleets(t, shownFleet{name: faultsFleet, label: "cluster"})
		takeScreenshots(t, startPersesSite(t, fleets), startBrowser(t), fleets[0])
		return
	}
	fleets := startFleets(t, shownFleet{name: faultsFleet, label: "cluster"}, shownFleet{name: wellFleet, label: "cluster"},
		shownFleet{name: faultsFleet, label: "clusterName"}, shownFleet{name: wellFleet, label: "clusterName"})
	// The queries are tested for both labels: with the other label a page is the same picture.
	pictured := []shownFleet{fleets[0], fleets[3]}
	for i, f := range fleets {
		t.Run("queries/"+f.path(), func(t *testing.T) { testDashboardQueries(t, f) })
		t.Run("grafana/"+f.path(), func(t *testing.T) { testGrafanaPanels(t, f) })
		if i != 0 && i != 3 {
			harness.Must(t, f.Stop()) // it would evaluate all rules until the end
		}
	}
	t.Run("perses", func(t *testing.T) {
		site, b := startPersesSite(t, pictured), startBrowser(t)
		for _, f := range pictured {
			t.Run(f.path(), func(t *testing.T) {
				t.Parallel()
				testPersesDashboards(t, b, site, f)
			})
		}
	})
}
