// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package greenhouse

import (
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/testing/collectortest"
)

// suite returns the test suite of the collector with the objects of testdata.
func suite() collectortest.Suite {
	return collectortest.Suite{
		Collector: Collector{}, Targets: collectortest.Targets(), Files: []string{"*.yaml"}, Golden: ".golden",
		Kinds: 9, Prefix: "cobaltcore_greenhouse_",
	}
}
