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
			Text: "Who writes which secret, where it is stored, who reads it. `backend` stands for the OpenBao and `path_id` for the path: the same in the rows " +
				"of OpenBao and of every cluster, and in `/api/v1/secretflow`. The first path of an object is in its `cobaltcore_eso_*_last_sync_timestamp_seconds`.",
			Prefixes: []string{"cobaltcore_secretflow_"},
		},
		{
			Title: "Health",
			Text: "The report of `/api/v1/report` as metrics: the rules of the exporter evaluated over its own rows, after changes and every 15 s. " +
				"`cluster` is the one that is affected, the target of what Flux applies.",
			Prefixes: []string{"cobaltcore_health_"},
		},
		{
			Title: "Clusters, watches and collectors",
			Text: "What the exporter knows, and what it does not know. `reason` is one of `timeout`, `refused`, `dns`, `tls`, " +
				"`unauthorized`, `forbidden`, `not_found`, `throttled`, `expired`, `server`, `decode`, `config`, `credentials`, `closed`, `watchlist` and `network`; of " +
				"requests outside the API servers, also `sealed`, `no_leader`, `too_large`, `http`, `content`, `redirect_loop` " +
				"and `redirect_elsewhere`.",
			Prefixes: []string{"cobaltcore_cluster_", "cobaltcore_watch_", "cobaltcore_collector_"},
		},
		{
			Title: "Annotations and labels about alerts",
			Text: "Of any kind that is watched, with its collector. `kind`, `namespace` and `name` are those of the object; what the " +
				"annotation and `ownership` do is in [alerts.md](alerts.md#annotations-and-labels-of-objects).",
			Prefixes: []string{"cobaltcore_object_"},
		},
		{
			Title: "Alertmanager",
			Text: "With `alertmanager` in the configuration only, and about no cluster but `watchdog_missing`. `alertmanager` is the " +
				"host and port of the URL, with the path if it has one. `reason` is one of `timeout`, `tls`, `forbidden`, " +
				"`not_found`, `http`, `decode`, `rejected` (some alerts were rejected) and `credentials` (the password " +
				"cannot be read). Values read five intervals ago are dropped.",
			Prefixes: []string{"cobaltcore_alertmanager_"},
		},
		{
			Title:    "Discovery",
			Text:     "`cluster` is the one that is searched, `source` is `flux-secret`, `greenhouse` or `secret`. " + discoveryReasons(),
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
	return "`reason` is one of " + strings.Join(names[:len(names)-1], ", ") + " and " + names[len(names)-1] + "; [operations](operations.md#discovery) has the remedies."
}
