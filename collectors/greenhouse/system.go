// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package greenhouse

import (
	"github.com/cobaltcore-dev/cobaltcore-exporter/collectors"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/config"
)

// System describes Greenhouse to the exporter.
func System() collectors.System {
	return collectors.System{
		Name: Name,
		New: func(c *config.Collectors) (collectors.Collector, bool) {
			return Collector{}, c.Greenhouse.Enabled
		},
		Metrics: []collectors.Section{{
			Title: "Greenhouse",
			Text: "A namespace is an organization. Each condition has a row of its own, since Ready of a Cluster covers neither its " +
				"nodes nor whether pods can be scheduled, and Ready of a Plugin does not cover its pods. What a Plugin runs is " +
				"found by `target_cluster`, `release_namespace` and `release_name` of its info; whether it has the version that its " +
				"definition offers, by `definition_kind`, `definition_namespace` and `definition_name`. Members of teams are " +
				"counted, never named.",
			Prefixes: []string{"cobaltcore_greenhouse_"},
		}},
	}
}
