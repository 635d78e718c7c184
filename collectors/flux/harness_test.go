// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package flux

import (
	"testing"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/exposition"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/testing/collectortest"
)

// suite is the collector with the objects of testdata. edge-17, which some of them are
// about, is no cluster of the fleet.
func suite() collectortest.Suite {
	return collectortest.Suite{
		Collector: Collector{}, Options: exposition.Options{OmitLabels: []string{"uid"}, Detail: true}, Targets: collectortest.Targets(),
		Files: []string{"*/*.yaml"}, Golden: ".prom",
		Kinds: 19, Check: checkFile,
	}
}

// object is that of a file of testdata, <kind>/<case>.
func object(tb testing.TB, name string) collectortest.Object {
	tb.Helper()
	return collectortest.Find(tb, name+".yaml", "", "")
}

// render is the exposition of one object.
func render(tb testing.TB, kind, raw string) string {
	tb.Helper()
	return suite().Render(tb, collectortest.Management, collectortest.Object{Kind: kind, Raw: []byte(raw)})
}
