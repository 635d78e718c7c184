// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/config"
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

// TestConfigurationIsValid reads the configuration like the exporter.
func TestConfigurationIsValid(t *testing.T) {
	text := slices.Concat(
		exporterConfig([]*testbed.Cluster{{Name: "management", Kubeconfig: "/tmp/kubeconfig"}}),
		openBaoConfig("management", []string{"http://127.0.0.1:20000"}, "/tmp/token"),
		auroraConfig("management", &testbed.Aurora{URL: "https://127.0.0.1:20001", KeystoneURL: "https://127.0.0.1:20002/v3", CAFile: "/tmp/ca.crt"}),
	)
	c, err := config.Parse(text, "exporter.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if len(c.Collectors.OpenBao) != 1 || len(c.Collectors.Aurora) != 1 {
		t.Errorf("%+v", c.Collectors)
	}
}
