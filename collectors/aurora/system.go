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
				"(the API, `auth.getCurrentUserSession`), page (`GET /`) or keystone (`keystoneURL`). The checks are requests that any visitor may " +
				"make, without a session or cookies. `check_failing` and `tls_failing` have rows only for checks that fail, " +
				"`probe_duration_seconds` only for checks that run.",
			Prefixes: []string{"cobaltcore_aurora_"},
		}},
	}
}
