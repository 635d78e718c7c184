// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package aurora

import (
	"github.com/cobaltcore-dev/cobaltcore-exporter/collectors"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/config"
)

// System describes Aurora to the exporter.
func System() collectors.System {
	return collectors.System{
		Name: Name,
		New: func(c *config.Collectors) (collectors.Collector, bool) {
			return Collector{Instances: c.Aurora}, len(c.Aurora) > 0
		},
		Answers: Name,
		Metrics: []collectors.Section{{
			Title: "Aurora",
			Text: "`aurora` is the name of the dashboard in the configuration, `check` is csrf_token (`GET /csrf-token`), session " +
				"(the API, `auth.getCurrentUserSession`), page (`GET /`) or keystone (`keystoneURL`). They ask for what anybody may " +
				"ask for, without a session or cookies. `check_failing`, `tls_failing` and `probe_duration_seconds` have rows for " +
				"what is there only.",
			Prefixes: []string{"cobaltcore_aurora_"},
		}},
	}
}
