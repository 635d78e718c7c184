// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package alerts

// Expressions about the controllers of Flux. A FluxInstance installs its components
// into its own namespace. Those of a FluxInstance that lists none are the default
// ones, so an optional component such as source-watcher is missed only where it is
// asked for.
const (
	// FluxControllerDown are controllers of Flux without an available pod, scaled down
	// or broken, and not because they are being recreated. Their objects stay as they were.
	FluxControllerDown = `cobaltcore_controller_replicas_available{system="flux"} == 0
  unless on (cluster, namespace, name) cobaltcore_controller_recreating`

	// FluxComponentMissing are components that a FluxInstance asks for and that have no
	// Deployment, in clusters whose Deployments are known.
	FluxComponentMissing = fluxDesired + `
  unless on (cluster, namespace, component) cobaltcore_controller_info{system="flux"}
  and on (cluster) (cobaltcore_watch_synced{collector="controllers", kind="Deployment"} == 1)`

	// FluxComponentExtra are Deployments of Flux beside a FluxInstance that does not ask
	// for them: what an older one has left behind.
	FluxComponentExtra = `cobaltcore_controller_info{system="flux", component!="flux-operator"}
  unless on (cluster, namespace, component) ` + fluxDesired + `
  and on (cluster, namespace) ` + fluxDesired

	// FluxImageDiffers are Deployments of Flux with another image than the FluxInstance
	// has rolled out.
	FluxImageDiffers = `cobaltcore_controller_info{system="flux"}
  unless on (cluster, namespace, component, image) ` + fluxRolledOut + `
  and on (cluster, namespace, component) ` + fluxRolledOut

	fluxDesired   = `max by (cluster, namespace, component) (label_replace(cobaltcore_flux_instance_component_desired` + byNamespace
	fluxRolledOut = `max by (cluster, namespace, component, image) (label_replace(cobaltcore_flux_instance_component_info` + byNamespace
	byNamespace   = `, "namespace", "$1", "exported_namespace", "(.*)"))`
)

// PluginWorkloadDown are Plugins that are ready although a workload of theirs has no
// available pod. A DaemonSet without a node to run on is not down. The Plugin lives in
// cluster, its workload in target_cluster.
const PluginWorkloadDown = `cobaltcore_greenhouse_plugin_info
  and on (cluster, namespace, name) (cobaltcore_greenhouse_plugin_ready == 1)
  and on (target_cluster, release_namespace, release_name) label_replace(
    cobaltcore_controller_release_info
      and on (cluster, namespace, name, kind) (cobaltcore_controller_replicas_available == 0)
      unless on (cluster, namespace, name, kind) (cobaltcore_controller_replicas_desired{kind="DaemonSet"} == 0),
    "target_cluster", "$1", "cluster", "(.*)")`

// work names a queue of a controller, beside its label name or controller.
const work = "cluster, system, component, controller_namespace"

// reexported selects the rows of a family of the controllers that the exporter has exported
// again: Prometheus may have others of the same name.
func reexported(family, matchers string) string {
	return family + `{system!=""` + matchers + `}`
}

// errorRatio is how many of the events of a counter within a time were errors.
func errorRatio(by, errors, all, within string) string {
	return `sum by (` + by + `) (rate(` + errors + `[` + within + `])) / sum by (` + by + `) (rate(` + all + `[` + within + `]))`
}
