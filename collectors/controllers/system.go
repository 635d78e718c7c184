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
				"and of every Helm release. If a controller is down, its objects stay ready: only these rows show the failure. Other workloads have no " +
				"rows. `cobaltcore_controller_pod*` and `cobaltcore_controller_scrape_*` are about the pods of the five systems: `name` is the pod. " +
				"Only pods that a Deployment, StatefulSet or DaemonSet of the system controls have rows. If `reason` of `scrape_failing` is " +
				"`forbidden`, the API server refuses `pods/proxy`; if it is `unauthorized`, the controller itself refuses the request.",
			Prefixes: []string{"cobaltcore_controller_"},
		}, {
			Title: "Metrics of controllers",
			Text: "The metrics of the controllers' pods, re-exported with the same names, values and labels. " +
				"The table has the default families; `collectors: {controllers: {allow: […]}}` replaces them. The labels " +
				"of the table come first. A label of the controller with the same name as one of these, or as a label that a scrape adds " +
				"(`namespace`, `pod`, `job`, `instance`, `container`, `service`, `endpoint`), gets the prefix `exported_`; a label " +
				"without a value is left out. Types change: a histogram or summary becomes a `summary` of `_sum` " +
				"and `_count` only, without buckets and quantiles; a histogram or summary of your own list becomes two " +
				"untyped families with these names. A pod has at most 10,000 series and 2,000 of one family; " +
				"`cobaltcore_controller_metrics_cut` counts the rest. The rows of a pod are from its last response. After a failed scrape, " +
				"there are no rows, and `cobaltcore_controller_scrape_failing` has the reason.",
			Open: true,
		}},
	}
}
