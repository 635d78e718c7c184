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
			return Collector{Backends: c.Backends()}, c.ExternalSecrets.Enabled
		},
		Metrics: []collectors.Section{{
			Title: "External Secrets",
			Text: "A healthy ExternalSecret has four series: `ready`, `info`, `last_sync` and `overdue`; a PushSecret has its stores " +
				"instead of `info`. Each further store adds one, and so does each further path where an OpenBao is configured. An object that is not ready has its onset, with the store that it follows from.",
			Prefixes: []string{"cobaltcore_eso_"},
		}},
	}
}
