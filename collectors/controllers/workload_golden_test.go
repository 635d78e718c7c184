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

func TestGoldenFiles(t *testing.T) { workloadSuite(config.Controllers{}).Run(t) }

// TestFleetGoldenFiles compares the rows of the workloads in the snapshot fleet.
func TestFleetGoldenFiles(t *testing.T) {
	t.Parallel()
	for _, cluster := range []string{"management", "control-plane", "hypervisor", "storage"} {
		t.Run(cluster, func(t *testing.T) {
			t.Parallel()
			file := filepath.Join("..", "..", "test", "fleet", cluster, "controllers.yaml")
			workloadSuite(config.Controllers{}).CheckCase(t, collectortest.Case{
				File: file, Golden: filepath.Join("testdata", "fleet", cluster+".golden"), Cluster: cluster,
				Objects: slices.DeleteFunc(collectortest.Read(t, file), func(o collectortest.Object) bool { return o.Kind == "Pod" }),
			})
		})
	}
}
