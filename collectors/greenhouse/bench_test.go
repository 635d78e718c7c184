// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package greenhouse

import (
	"bytes"
	"encoding/json"
	"testing"
)

// BenchmarkRender decodes one object and renders its rows, which is what an event
// costs before it is stored.
func BenchmarkRender(b *testing.B) {
	for _, o := range []object{
		objectOf(b, "cluster-conditions.yaml", "Cluster", "hypervisor"),
		objectOf(b, "plugin.yaml", "Plugin", "kube-monitoring-control-plane"),
		objectOf(b, "plugindefinition.yaml", "PluginDefinition", "kube-monitoring"),
		objectOf(b, "organization.yaml", "Team", "infra"),
	} {
		b.Run(o.Kind, func(b *testing.B) {
			var compact bytes.Buffer
			if err := json.Compact(&compact, o.raw); err != nil {
				b.Fatal(err)
			}
			h := newHarness(b, "management")
			k := h.kinds[o.Kind]
			b.ReportAllocs()
			b.SetBytes(int64(compact.Len()))
			for b.Loop() {
				if _, _, err := k.resource.Render(h.view, compact.Bytes(), k.rows); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
