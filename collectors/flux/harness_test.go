// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package flux

import (
	"testing"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/exposition"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/testing/collectortest"
)

// suite returns the test suite of the collector with the objects of testdata. Some of them refer to edge-17,
// which is not a cluster of the fleet.
func suite() collectortest.Suite {
	return collectortest.Suite{
		Collector: Collector{}, Options: exposition.Options{OmitLabels: []string{"uid"}, Detail: true}, Targets: collectortest.Targets(),
		Files: []string{"*/*.yaml"}, Golden: ".prom",
		Kinds: 19, Check: checkFile,
	}
}

// object returns the object in a file of testdata, <kind>/<case>.
func object(tb testing.TB, name string) collectortest.Object {
	tb.Helper()
	return collectortest.Find(tb, name+".yaml", "", "")
}

// render returns the exposition of one object.
func render(tb testing.TB, kind, raw string) string {
	tb.Helper()
	return suite().Render(tb, collectortest.Management, collectortest.Object{Kind: kind, Raw: []byte(raw)})
}
