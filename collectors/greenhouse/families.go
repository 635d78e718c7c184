// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package greenhouse

import (
	"slices"
	"strings"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/exposition"
)

// gauge declares a family about one object.
func gauge(name, help string, labels ...string) *exposition.Family {
	return &exposition.Family{
		Name: "cobaltcore_greenhouse_" + name, Type: exposition.Gauge, Help: help, Labels: slices.Concat([]string{"cluster"}, labels),
	}
}

// kindFamilies are the families that each kind has.
type kindFamilies struct {
	prefix, what string
	labels       []string

	ready, condition, reason, transition *exposition.Family
	created, deleted, suspended          *exposition.Family
}

func newKindFamilies(prefix, what string, labels ...string) *kindFamilies {
	f := &kindFamilies{prefix: prefix, what: what, labels: labels}
	f.ready = f.gauge("ready", "Whether # is ready. There is no row while this is unknown.")
	f.condition = f.gauge("condition", "The status of each condition of #: True, False or Unknown.", "type", "status")
	f.reason = f.gauge("condition_reason_info", "The reason of each condition of # that has one.", "type", "reason")
	f.transition = f.gauge("condition_transition_timestamp_seconds", "When each condition of # last changed its status.", "type")
	f.created = f.gauge("created_timestamp_seconds", "When # was created.")
	f.deleted = f.gauge("deletion_timestamp_seconds", "When the deletion of # was requested; a finalizer holds the object.")
	f.suspended = f.gauge("suspended", "Whether # is suspended, by its annotation or its condition Suspended.")
	return f
}

// gauge declares a family about one object of the kind. # in help is replaced by the kind.
func (f *kindFamilies) gauge(name, help string, labels ...string) *exposition.Family {
	return gauge(f.prefix+"_"+name, strings.ReplaceAll(help, "#", f.what), slices.Concat(f.labels, labels)...)
}

// list returns the common families, then more.
func (f *kindFamilies) list(more ...*exposition.Family) []*exposition.Family {
	return append([]*exposition.Family{f.ready, f.condition, f.reason, f.transition, f.created, f.deleted, f.suspended}, more...)
}

var (
	clusterKind        = newKindFamilies("cluster", "the Cluster", "namespace", "name")
	clusterInfo        = clusterKind.gauge("info", "The cluster of this fleet that # is, how Greenhouse logs in to it (kubeconfig or oidc), and the team that owns it; owned_by is empty without the label.", "target_cluster", "connectivity", "owned_by")
	clusterVersion     = clusterKind.gauge("kubernetes_version_info", "The version of Kubernetes of #; unknown if Greenhouse cannot reach it.", "version")
	clusterMinor       = clusterKind.gauge("kubernetes_minor_version", "The minor version of Kubernetes of #: 36 of v1.36.2. There is no row if Greenhouse cannot reach the Cluster.")
	clusterNodes       = clusterKind.gauge("nodes", "Nodes of #.")
	clusterReadyNodes  = clusterKind.gauge("nodes_ready", "Nodes of # that are ready.")
	clusterUnready     = clusterKind.gauge("nodes_not_ready", "Nodes of # that are not ready. Ready of # does not cover them.")
	clusterTokenExpiry = clusterKind.gauge("token_expiry_timestamp_seconds", "Expiry of the token with which Greenhouse logs in to #.")
	clusterScheduled   = clusterKind.gauge("scheduled_deletion_timestamp_seconds", "When Greenhouse will delete #, according to its annotations.")

	pluginKind     = newKindFamilies("plugin", "the Plugin", "namespace", "name")
	pluginInfo     = pluginKind.gauge("info", "The definition that # installs and its target: version is the installed version of the definition; target_cluster, release_namespace and release_name locate its workload; preset is the PluginPreset that created it.", "definition_kind", "definition_namespace", "definition_name", "target_cluster", "release_namespace", "release_name", "version", "chart_name", "chart_version", "preset", "owned_by")
	pluginRelease  = pluginKind.gauge("helm_release_status", "The status of the Helm release of #: deployed, progressing, failed, suspended, pending-install, pending-upgrade or unknown.", "status")
	pluginDeployed = pluginKind.gauge("last_deployed_timestamp_seconds", "When the Helm release of # was last deployed.")
	pluginExposed  = pluginKind.gauge("exposed_services", "Services of # that Greenhouse exposes.")

	presetKind    = newKindFamilies("pluginpreset", "the PluginPreset", "namespace", "name")
	presetInfo    = presetKind.gauge("info", "The definition that # installs; version is the version of the definition that it uses.", "definition_kind", "definition_namespace", "definition_name", "version", "owned_by")
	presetPlugins = presetKind.gauge("plugins", "Plugins of #. There is no row before Greenhouse has processed it.")
	presetReady   = presetKind.gauge("plugins_ready", "Plugins of # that are ready.")
	presetFailed  = presetKind.gauge("plugins_failed", "Plugins of # that have failed.")
)

var (
	definitionKind = newKindFamilies("plugindefinition", "the PluginDefinition or ClusterPluginDefinition", "kind", "namespace", "name")
	definitionInfo = definitionKind.gauge("info", "The chart and version of #. A Plugin with another version in its info does not run this version yet.", "version", "chart_name", "chart_version", "catalog")

	catalogKind      = newKindFamilies("catalog", "the Catalog", "namespace", "name")
	catalogInfo      = catalogKind.gauge("info", "The team that owns #.", "owned_by")
	catalogInventory = catalogKind.gauge("inventory", "Objects of # by their Ready condition: True, False or Unknown. There is no row before Greenhouse has processed it.", "ready")
)

var (
	organizationKind = newKindFamilies("organization", "the Organization", "name")

	teamKind    = newKindFamilies("team", "the Team", "namespace", "name")
	teamSupport = teamKind.gauge("support_group", "Whether # is a support group, which may own objects.")
	teamMembers = teamKind.gauge("members", "Members of #. There is no row before Greenhouse has processed it.")

	bindingKind     = newKindFamilies("teamrolebinding", "the TeamRoleBinding", "namespace", "name")
	bindingInfo     = bindingKind.gauge("info", "The role that # grants.", "role", "owned_by")
	bindingTeam     = bindingKind.gauge("team_info", "The teams to which # grants its role.", "team")
	bindingClusters = bindingKind.gauge("clusters", "Clusters that # selects. There is no row before Greenhouse has processed it.")
	bindingFailed   = bindingKind.gauge("clusters_failed", "Clusters in which # could not grant its role.")
)

func clusterFamilies() []*exposition.Family {
	return clusterKind.list(clusterInfo, clusterVersion, clusterMinor, clusterNodes, clusterReadyNodes, clusterUnready, clusterTokenExpiry,
		clusterScheduled)
}

func pluginFamilies() []*exposition.Family {
	return pluginKind.list(pluginInfo, pluginRelease, pluginDeployed, pluginExposed)
}

func presetFamilies() []*exposition.Family {
	return presetKind.list(presetInfo, presetPlugins, presetReady, presetFailed)
}

// Families returns every family that the collector may export.
func Families() []*exposition.Family {
	return slices.Concat(
		clusterFamilies(), pluginFamilies(), presetFamilies(),
		definitionKind.list(definitionInfo), catalogKind.list(catalogInfo, catalogInventory),
		[]*exposition.Family{notReadySince, notReadyReason},
		organizationKind.list(), teamKind.list(teamSupport, teamMembers),
		bindingKind.list(bindingInfo, bindingTeam, bindingClusters, bindingFailed),
	)
}
