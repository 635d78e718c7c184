// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package externalsecrets

import (
	"github.com/cobaltcore-dev/cobaltcore-exporter/collectors"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/config"
)

// System describes External Secrets Operator to the exporter.
func System() collectors.System {
	return collectors.System{
		Name: Name,
		New: func(c *config.Collectors) (collectors.Collector, bool) {
			return Collector{}, c.ExternalSecrets.Enabled
		},
		Metrics: []collectors.Section{{
			Title: "External Secrets",
			Text: "Each row shows what the status of its object says. What follows from several objects (a missing store, a stale " +
				"secret, how many secrets hang on a store) is PromQL over them.",
			Prefixes: []string{"cobaltcore_eso_"},
		}},
	}
}
