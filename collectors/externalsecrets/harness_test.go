// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package externalsecrets

import (
	"path"
	"strings"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/config"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/exposition"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/testing/collectortest"
)

// suite returns the test suite of the collector with the objects of testdata, which are written by hand or recorded
// in real clusters.
func suite() collectortest.Suite {
	bao := config.OpenBao{Name: "openbao", Cluster: collectortest.Management, Addresses: []string{"https://openbao.example.com:8200"}}
	return collectortest.Suite{
		Collector: Collector{Backends: (&config.Collectors{OpenBao: []config.OpenBao{bao}}).Backends()},
		Options:   exposition.Options{Detail: true}, Files: []string{"*.yaml", "recorded/*.json"}, Golden: ".golden", ClusterOf: clusterOf,
		Kinds: 6, Prefix: "cobaltcore_eso_",
	}
}

// clusterOf returns the cluster of the objects in a file.
func clusterOf(file string) string {
	for _, cluster := range []string{"control-plane", "hypervisor", "storage"} {
		if strings.HasPrefix(path.Base(file), cluster) {
			return cluster
		}
	}
	return collectortest.Management
}
