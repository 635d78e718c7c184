// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package controllers

import (
	"path/filepath"
	"slices"
	"testing"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/config"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/testing/collectortest"
)

// TestWorkloadsBecomeTheRowsOfTheirGoldenFile renders the objects of each file of
// testdata and compares the whole exposition with the file beside it.
func TestWorkloadsBecomeTheRowsOfTheirGoldenFile(t *testing.T) {
	t.Parallel()
	for _, c := range workloadSuite(config.Controllers{}).Cases(t) {
		t.Run("testdata/"+c.File, func(t *testing.T) {
			t.Parallel()
			checkWorkloads(t, c)
		})
	}
}

// TestTheFleetBecomesTheRowsOfItsGoldenFiles does the same with the workloads of the
// snapshot fleet.
func TestTheFleetBecomesTheRowsOfItsGoldenFiles(t *testing.T) {
	t.Parallel()
	for _, cluster := range []string{"management", "control-plane", "hypervisor", "storage"} {
		t.Run(cluster, func(t *testing.T) {
			t.Parallel()
			file := filepath.Join("..", "..", "test", "fleet", cluster, "controllers.yaml")
			checkWorkloads(t, collectortest.Case{
				File: file, Golden: filepath.Join("testdata", "fleet", cluster+".golden"), Cluster: cluster,
				Objects: slices.DeleteFunc(collectortest.Read(t, file), func(o collectortest.Object) bool { return o.Kind == "Pod" }),
			})
		})
	}
}

func checkWorkloads(t *testing.T, c collectortest.Case) {
	t.Helper()
	s := workloadSuite(config.Controllers{})
	s.CheckWhole(t, c)
	collectortest.Lint(t, s.CheckGolden(t, c))
}

func TestEveryWorkloadFamilyHasAGoldenRow(t *testing.T) {
	t.Parallel()
	s := workloadSuite(config.Controllers{})
	s.CheckComplete(t, 3, deploymentFamilies())
	s.CheckFirst(t, "cobaltcore_controller_", `namespace="`)
}

func TestEveryGoldenFileHasWorkloads(t *testing.T) {
	t.Parallel()
	workloadSuite(config.Controllers{}).CheckLeftovers(t)
}
