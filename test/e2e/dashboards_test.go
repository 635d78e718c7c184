//go:build testbed

// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package e2e

import "testing"

// TestDashboards shows every dashboard of two fleets, with each label, as Perses and
// as Grafana would.
func TestDashboards(t *testing.T) {
	fleets := fleetsForDashboards(t)
	t.Run("perses", func(t *testing.T) { testPersesDashboards(t, fleets) })
}
