// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package controllers

import (
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/config"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/testing/collectortest"
)

// workloadSuite returns the test suite of the collector with the workloads of testdata.
func workloadSuite(c config.Controllers) collectortest.Suite {
	return collectortest.Suite{
		Collector: New(c), Files: []string{"workloads/*.yaml"}, Golden: ".golden",
		Kinds: 4, Families: deploymentFamilies(), Prefix: "cobaltcore_controller_", Labels: `namespace="`,
	}
}
