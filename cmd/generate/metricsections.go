// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"cmp"
	"slices"
	"strings"

	"github.com/cobaltcore-dev/cobaltcore-exporter/alerts"
	"github.com/cobaltcore-dev/cobaltcore-exporter/collectors"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/app"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/fleet"
)

// metricSections returns the sections of docs/metrics.md: the sections of the systems in the order
// of the alert catalogue, then the others.
func metricSections() []collectors.Section {
	order := alerts.Systems()
	position := func(s collectors.System) int { return slices.Index(order, alerts.System(s.Name)) }
	systems := app.Systems()
	slices.SortFunc(systems, func(a, b collectors.System) int { return cmp.Compare(position(a), position(b)) })
	var sections []collectors.Section
	for _, s := range systems {
		sections = append(sections, s.Metrics...)
	}
	return append(sections, otherSections()...)
}

// otherSections returns the sections of docs/metrics.md that belong to no system.
func otherSections() []collectors.Section {
	return []collectors.Section{
		{
			Title: "Secret flow",
			Text: "The writers, the storage and the readers of each secret. `backend` is the OpenBao and `path_id` a hash of the path. Both are the same in the rows " +
				"of OpenBao and of all clusters, and in `/api/v1/secretflow`. The first path of an object is in its `cobaltcore_eso_*_last_sync_timestamp_seconds`.",
			Prefixes: []string{"cobaltcore_secretflow_"},
		},
		{
			Title: "Health",
			Text: "The report of `/api/v1/report` as metrics: the rules of the exporter evaluated over its own rows, after changes and every 15 s. " +
				"`cluster` is the affected cluster, for objects of Flux their target.",
			Prefixes: []string{"cobaltcore_health_"},
		},
		{
			Title: "Clusters, watches and collectors",
			Text: "The connections of the exporter, and the completeness of its data. `reason` is one of `timeout`, `refused`, `dns`, `tls`, " +
				"`unauthorized`, `forbidden`, `not_found`, `throttled`, `expired`, `server`, `decode`, `config`, `credentials`, `closed`, `watchlist` and `network`; for " +
				"requests to other systems than API servers, also `sealed`, `no_leader`, `too_large`, `http`, `content`, `redirect_loop` " +
				"and `redirect_elsewhere`.",
			Prefixes: []string{"cobaltcore_cluster_", "cobaltcore_watch_", "cobaltcore_collector_"},
		},
		{
			Title: "Annotations and labels about alerts",
			Text: "These rows exist for objects of all watched kinds. `kind`, `namespace` and `name` identify the object. The " +
				"annotation and `ownership` are explained in [alerts.md](alerts.md#annotations-and-labels-of-objects).",
			Prefixes: []string{"cobaltcore_object_"},
		},
		{
			Title: "Alertmanager",
			Text: "These rows exist only with `alertmanager` in the configuration. Only `watchdog_missing` is about a cluster. `alertmanager` is the " +
				"host and port of the URL, with the path if it has one. `reason` is one of `timeout`, `tls`, `forbidden`, " +
				"`not_found`, `http`, `decode`, `rejected` (some alerts were rejected) and `credentials` (the password " +
				"cannot be read). Values read five intervals ago are dropped.",
			Prefixes: []string{"cobaltcore_alertmanager_"},
		},
		{
			Title:    "Discovery",
			Text:     "`cluster` is the host cluster in which clusters are discovered, `source` is `flux-secret`, `greenhouse` or `secret`. " + discoveryReasons(),
			Prefixes: []string{"cobaltcore_discovery_"},
		},
	}
}

// discoveryReasons lists the values of a closed set.
func discoveryReasons() string {
	reasons := fleet.Reasons()
	names := make([]string, len(reasons))
	for i, r := range reasons {
		names[i] = "`" + string(r) + "`"
	}
	return "`reason` is one of " + strings.Join(names[:len(names)-1], ", ") + " and " + names[len(names)-1] + "; [operations](operations.md#discovery) explains how to fix each."
}
