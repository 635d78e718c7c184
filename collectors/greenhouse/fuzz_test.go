// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package greenhouse

import (
	"testing"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/testing/collectortest"
)

func FuzzRows(f *testing.F) {
	suite().Fuzz(f, suite().Objects(f), []string{
		`{"status":"oops"}`,
		`{"metadata":{"name":"a\nb\"c\\d","namespace":"\ud800"},"status":{"statusConditions":{"conditions":[{"type":"Ready","reason":"\u0000"},null]}}}`,
		`{"metadata":{"name":"` + "\xff\xfe" + `","labels":{"greenhouse.sap/owned-by":5}},"status":{"nodes":{"total":9223372036854775808,"notReady":{}}}}`,
		`{"metadata":{"name":"a","labels":[],"annotations":{"greenhouse.sap/delete-cluster":"","greenhouse.sap/deletion-schedule":"0000-00-00 00:00:00"}}}`,
		`{"metadata":{"name":"a"},"spec":{"pluginDefinitionRef":[],"teamRefs":["a","a",null,5]},"status":{"inventory":{"a":[null,{}],"a":[{"ready":5}]},"clusters":[{"condition":[]},null]}}`,
		`{"metadata":{"name":"a","name":"b","creationTimestamp":"9999-12-31T23:59:59Z"},"status":{"helmReleaseStatus":{"status":"a b"},"members":{"a":1},"exposedServices":[[[]]]}}`,
	})
}

func TestInvalidDocumentReturnsError(t *testing.T) {
	suite().CheckBroken(t, collectortest.Find(t, "cluster.yaml", "Cluster", "management"), "owned-by")
}
