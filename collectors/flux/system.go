// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package flux

import (
	"github.com/cobaltcore-dev/cobaltcore-exporter/collectors"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/config"
)

// System describes Flux Operator and Flux to the exporter.
func System() collectors.System {
	return collectors.System{
		Name: Name,
		New: func(c *config.Collectors) (collectors.Collector, bool) {
			return Collector{OverdueAfter: c.Flux.OverdueAfter}, c.Flux.Enabled
		},
		Metrics: []collectors.Section{{
			Title: "Compatible with Flux Operator",
			Text: "The same names, label values and meaning as Flux Operator's own metrics, with `cluster` and more labels. They " +
				"differ in four points: a Receiver has no `url`, URLs lose user info and query, a suspended ArtifactGenerator is shown " +
				"as suspended, and `uid` is optional.",
			Prefixes: []string{"flux_"},
		}, {
			Title: "Flux",
			Text: "`cobaltcore_flux_resource_status` is the row to alert on: one row per object, and it changes only when the state " +
				"does.",
			Prefixes: []string{"cobaltcore_flux_"},
		}},
	}
}
