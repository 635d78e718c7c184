// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package alerts

// Expressions about the controllers of Flux. A FluxInstance installs its components into its own
// namespace. A FluxInstance without a list of components has the default ones, so an optional
// component such as source-watcher is missing only if it is requested.
const (
	// FluxControllerDown selects controllers of Flux without an available pod, whether scaled down
	// or failing, except while they are being recreated. Their objects keep their status.
	FluxControllerDown = `cobaltcore_controller_replicas_available{system="flux"} == 0
  unless on (cluster, namespace, name) cobaltcore_controller_recreating`

	// FluxComponentMissing selects components that a FluxInstance requests and that have no
	// Deployment, in clusters whose Deployments are known.
	FluxComponentMissing = fluxDesired + `
  unless on (cluster, namespace, component) cobaltcore_controller_info{system="flux"}
  and on (cluster) (cobaltcore_watch_synced{collector="controllers", kind="Deployment"} == 1)`

	// FluxComponentExtra selects Deployments of Flux that the FluxInstance in their namespace does
	// not request, such as leftovers of an earlier version.
	FluxComponentExtra = `cobaltcore_controller_info{system="flux", component!="flux-operator"}
  unless on (cluster, namespace, component) ` + fluxDesired + `
  and on (cluster, namespace) ` + fluxDesired

	// FluxImageDiffers selects Deployments of Flux whose image differs from the image that the
	// FluxInstance has rolled out.
	FluxImageDiffers = `cobaltcore_controller_info{system="flux"}
  unless on (cluster, namespace, component, image) ` + fluxRolledOut + `
  and on (cluster, namespace, component) ` + fluxRolledOut

	fluxDesired   = `max by (cluster, namespace, component) (label_replace(cobaltcore_flux_instance_component_desired` + byNamespace
	fluxRolledOut = `max by (cluster, namespace, component, image) (label_replace(cobaltcore_flux_instance_component_info` + byNamespace
	byNamespace   = `, "namespace", "$1", "exported_namespace", "(.*)"))`
)

// PluginWorkloadDown selects Plugins that are ready although one of their workloads has no
// available pod. A DaemonSet without a node to run on is not down. The label cluster is the cluster
// of the Plugin, target_cluster the cluster of its workload.
const PluginWorkloadDown = `cobaltcore_greenhouse_plugin_info
  and on (cluster, namespace, name) (cobaltcore_greenhouse_plugin_ready == 1)
  and on (target_cluster, release_namespace, release_name) label_replace(
    cobaltcore_controller_release_info
      and on (cluster, namespace, name, kind) (cobaltcore_controller_replicas_available == 0)
      unless on (cluster, namespace, name, kind) (cobaltcore_controller_replicas_desired{kind="DaemonSet"} == 0),
    "target_cluster", "$1", "cluster", "(.*)")`

// work lists the labels that identify a queue of a controller, in addition to name or controller.
const work = "cluster, system, component, controller_namespace"

// reexported selects the rows of a controller family that the exporter re-exports, because
// Prometheus may have other series of the same name.
func reexported(family, matchers string) string {
	return family + `{system!=""` + matchers + `}`
}

// errorRatio returns the share of errors in the events of a counter within a time range.
func errorRatio(by, errors, all, within string) string {
	return `sum by (` + by + `) (rate(` + errors + `[` + within + `])) / sum by (` + by + `) (rate(` + all + `[` + within + `]))`
}
