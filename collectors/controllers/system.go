// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package controllers

import (
	"github.com/cobaltcore-dev/cobaltcore-exporter/collectors"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/changes"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/config"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/objects"
)

// System describes the workloads of the other systems to the exporter.
func System() collectors.System {
	return collectors.System{
		Name: Name,
		New: func(c *config.Collectors) (collectors.Collector, bool) {
			return New(c.Controllers), c.Controllers.Enabled
		},
		Objects: objects.Declaration{
			Desired: "cobaltcore_controller_replicas_desired", Available: "cobaltcore_controller_replicas_available",
			Info: []string{"cobaltcore_controller_info", "cobaltcore_controller_release_info"},
		},
		Changes: []changes.Source{
			{Family: "cobaltcore_controller_info", Type: changes.Version, Label: "version"},
			{Family: "leader_election_master_status", Type: changes.Leader, Kind: "Pod", Name: "controller_pod"},
		},
		Metrics: []collectors.Section{{
			Title: "Controllers and their workloads",
			Text: "The Deployments, StatefulSets and DaemonSets of Flux, External Secrets Operator, OpenBao, Greenhouse and Aurora, " +
				"and of every Helm release. A dead controller leaves its objects ready: these rows show that it is dead. Others have no " +
				"rows. `cobaltcore_controller_pod*` and `cobaltcore_controller_scrape_*` are about the pods of the five systems " +
				"themselves: `name` is the pod, which counts if a Deployment, StatefulSet or DaemonSet of its system controls it. Where `reason` of `scrape_failing` is `forbidden`, the API server refuses " +
				"`pods/proxy`; `unauthorized` is the answer of the controller itself.",
			Prefixes: []string{"cobaltcore_controller_"},
		}, {
			Title: "Metrics of controllers",
			Text: "The metrics of the controllers' own pods, exported again under their own names, with values and labels as they " +
				"are. The table has the default families; `collectors: {controllers: {allow: […]}}` replaces them. The labels " +
				"of the table come first. A label of the controller whose name is taken, or one that a scrape adds itself " +
				"(`namespace`, `pod`, `job`, `instance`, `container`, `service`, `endpoint`), gets `exported_` in front; one " +
				"without a value is left out. Types are not kept: a histogram or summary becomes a `summary` of `_sum` " +
				"and `_count` only, without buckets and quantiles; a histogram or summary of your own list becomes two " +
				"untyped families with these names. A pod has at most 10,000 series and 2,000 of one family; " +
				"`cobaltcore_controller_metrics_cut` counts the rest. The rows of a pod are those of its last answer; without one " +
				"there are none, and `cobaltcore_controller_scrape_failing` has the reason.",
			Open: true,
		}},
	}
}
