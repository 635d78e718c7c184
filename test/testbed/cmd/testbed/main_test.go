// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/cobaltcore-dev/cobaltcore-exporter/test/testbed"
)

func TestExporterConfig(t *testing.T) {
	got := exporterConfig([]*testbed.Cluster{
		{Name: "management", Kubeconfig: "/tmp/a b/kubeconfig"},
		{Name: "storage", Kubeconfig: "/tmp/storage/kubeconfig"},
	})
	want := `clusters:
  - {name: "management", kubeconfig: {path: "/tmp/a b/kubeconfig"}}
  - {name: "storage", kubeconfig: {path: "/tmp/storage/kubeconfig"}}
`
	if diff := cmp.Diff(want, string(got)); diff != "" {
		t.Error(diff)
	}
}
