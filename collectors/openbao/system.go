// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package openbao

import (
	"github.com/cobaltcore-dev/cobaltcore-exporter/collectors"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/changes"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/config"
)

// System describes OpenBao to the exporter.
func System() collectors.System {
	return collectors.System{
		Name: Name,
		New: func(c *config.Collectors) (collectors.Collector, bool) {
			return Collector{Instances: c.OpenBao, Flow: c.SecretFlow}, len(c.OpenBao) > 0
		},
		Answers: Name,
		Changes: []changes.Source{
			{Family: "cobaltcore_openbao_node_info", Type: changes.Version, Label: "version", Kind: "OpenBaoNode", Name: "node"},
			{Family: "cobaltcore_openbao_leader_info", Type: changes.Leader, Label: "leader_address", Kind: "OpenBao", Name: "openbao"},
		},
		Metrics: []collectors.Section{{
			Title: "OpenBao",
			Text: "`openbao` is the name of the OpenBao cluster in the configuration. `cluster` is the cluster in which it runs; for `auth_probe_*` " +
				"it is the cluster that logs in. `node` is the pod if nodes are discovered, otherwise the host and port of the URL. While requests to " +
				"an endpoint fail, its rows are missing, and `cobaltcore_openbao_endpoint_failing` has the reason. Its `node` is " +
				"empty for requests to the active node. Other values of `endpoint` are `endpointslices` (discovery of the " +
				"nodes), `tokenFile` and `snapshot`.",
			Prefixes: []string{"cobaltcore_openbao_"},
		}},
	}
}
