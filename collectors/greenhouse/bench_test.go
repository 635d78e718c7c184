// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package greenhouse

import (
	"testing"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/testing/collectortest"
)

func BenchmarkRender(b *testing.B) {
	for _, o := range []collectortest.Object{
		collectortest.Find(b, "cluster-conditions.yaml", "Cluster", "hypervisor"),
		collectortest.Find(b, "plugin.yaml", "Plugin", "kube-monitoring-control-plane"),
		collectortest.Find(b, "plugindefinition.yaml", "PluginDefinition", "kube-monitoring"),
		collectortest.Find(b, "organization.yaml", "Team", "infra"),
	} {
		b.Run(o.Kind, func(b *testing.B) { suite().Bench(b, o.Compact(b)) })
	}
}
