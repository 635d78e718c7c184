// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package externalsecrets

import (
	"strings"

	"github.com/cobaltcore-dev/cobaltcore-exporter/collectors"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/changes"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/config"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/exposition"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/objects"
)

// System describes External Secrets Operator to the exporter.
func System() collectors.System {
	return collectors.System{
		Name: Name,
		New: func(c *config.Collectors) (collectors.Collector, bool) {
			return Collector{Backends: c.Backends()}, c.ExternalSecrets.Enabled
		},
		Objects: objects.Declaration{
			Ready: []string{
				"cobaltcore_eso_externalsecret_ready", "cobaltcore_eso_pushsecret_ready", "cobaltcore_eso_store_ready",
				"cobaltcore_eso_clusterexternalsecret_ready", "cobaltcore_eso_clusterpushsecret_ready",
			},
			Info: []string{
				"cobaltcore_eso_externalsecret_status", "cobaltcore_eso_pushsecret_status", "cobaltcore_eso_store_status",
				"cobaltcore_eso_clusterexternalsecret_status", "cobaltcore_eso_clusterpushsecret_status",
				"cobaltcore_eso_externalsecret_info", "cobaltcore_eso_pushsecret_store_ref", "cobaltcore_eso_store_info",
			},
			Asides: []objects.Aside{{Kind: "secretstores", Separator: " ", NotReady: "cobaltcore_eso_object_not_ready_since_timestamp_seconds"}},
			Edges: []objects.Edge{
				{Family: "cobaltcore_eso_externalsecret_info", Label: "store", Kinds: storeKinds(), Other: objects.ByReference},
				{Family: "cobaltcore_eso_externalsecret_store_ref", Label: "store_name", Kinds: storeKinds(), Other: storeOf},
				{Family: "cobaltcore_eso_pushsecret_store_ref", Label: "store_name", Kinds: storeKinds(), Other: storeOf},
				{Family: "cobaltcore_eso_store_info", Label: "backend", Kinds: []string{objects.KindOpenBao}, Other: backendOf},
			},
		},
		Changes: []changes.Source{{
			Family: "cobaltcore_eso_object_not_ready_since_timestamp_seconds", Type: changes.State, Label: "status", Problems: true,
			Aside: "secretstores",
		}},
		Metrics: []collectors.Section{{
			Title: "External Secrets",
			Text: "A healthy ExternalSecret has four series: `ready`, `info`, `last_sync` and `overdue`; a PushSecret has its stores " +
				"instead of `info`. Each further store adds a series, and so does each further path if an OpenBao is configured. An object that is not ready also has " +
				"its onset, with the store that may be the cause.",
			Prefixes: []string{"cobaltcore_eso_"},
		}},
	}
}

func storeKinds() []string { return []string{"SecretStore", "ClusterSecretStore"} }

// storeOf returns the store in the labels of a row.
func storeOf(self objects.Node, name string, line []byte) objects.Node {
	n := objects.Node{Cluster: self.Cluster, Kind: exposition.RowLabel(line, "store_kind"), Namespace: self.Namespace, Name: name}
	if n.Kind == "ClusterSecretStore" {
		n.Namespace = ""
	}
	return n
}

// backendOf returns the OpenBao of a store, if it is configured: cluster/name.
func backendOf(_ objects.Node, backend string, _ []byte) objects.Node {
	cluster, name, ok := strings.Cut(backend, "/")
	if !ok {
		return objects.Node{}
	}
	return objects.Node{Cluster: cluster, Kind: objects.KindOpenBao, Name: name}
}
