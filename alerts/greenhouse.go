// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package alerts

import "time"

// greenhouseNotReady has a row for each object of Greenhouse that is not ready. Its value is the
// onset.
const greenhouseNotReady = "cobaltcore_greenhouse_object_not_ready_since_timestamp_seconds"

// greenhouseLasting selects objects that have been in a state for longer than the threshold; see
// [lastingProblems].
func greenhouseLasting(matchers string) string {
	return lastingProblemsIn(greenhouseNotReady, "condition, onset, status, tolerated", matchers)
}

// greenhouse completes a rule about objects of Greenhouse.
func greenhouse(kind string, r Rule) Rule {
	r.System, r.KeepFiringFor = Greenhouse, 5*time.Minute
	if r.Object == (Object{}) {
		r.Object = Object{Kind: kind, Namespace: "{{ $labels.namespace }}", Name: "{{ $labels.name }}"}
	}
	r.InhibitedBy = append(r.InhibitedBy, followsFromOutage())
	return r
}

// greenhouseState declares a rule about the state of objects. Objects that are deleting or suspended
// need not be ready.
func greenhouseState(r Rule) Rule {
	r.For = max(r.For, time.Minute)
	r.Since = `min without (condition, status, tolerated) (` + greenhouseNotReady + `)`
	r.Reason = `max by (cluster, kind, namespace, name, reason) (cobaltcore_greenhouse_object_reason_info)`
	return greenhouse("{{ $labels.kind }}", r)
}

// greenhouseFailing returns a rule about objects of one or several kinds whose Ready condition is
// False. more contains additional matchers.
func greenhouseFailing(name, kinds, more, consequence string, severity Severity) Rule {
	return greenhouseState(Rule{
		Name: name, Severity: severity, Threshold: secondsThreshold(15*time.Minute, sinceOnset),
		Expr:        greenhouseLasting(matcher("kind", kinds) + `, status="failed"` + more),
		Summary:     "{{ $labels.kind }} {{ $labels.name }} in cluster {{ $labels.cluster }} is not ready",
		Description: "It has not been ready for more than $threshold. " + consequence + " Read its conditions.",
	})
}

// withTarget adds the cluster of this fleet that a Cluster object of Greenhouse represents.
func withTarget(metric, expr string) string {
	return `(` + expr + `) * on (cluster, namespace, name) group_left (target_cluster) max by (cluster, namespace, name, target_cluster) (` + metric + `_info)`
}

// followsFromCluster declares a finding as a consequence of a failure of the cluster that the object refers to.
func followsFromCluster(r Rule) Rule {
	r.InhibitedBy = append(r.InhibitedBy, Inhibition{By: "FleetClusterDown", Equal: []string{"target_cluster"}})
	return r
}

// withoutDeleting excludes objects that are being deleted, because deletion has a separate rule.
func withoutDeleting(kind, expr string) string {
	return `(` + expr + `) unless on (cluster, namespace, name) ` + greenhouseNotReady + `{kind="` + kind + `", status="deleting"}`
}

// ofCluster declares a rule about other aspects of a Cluster than its state.
func ofCluster(r Rule) Rule {
	r.Expr = withTarget(greenhouseCluster, withoutDeleting("Cluster", r.Expr))
	if r.Since != "" {
		r.Since = withTarget(greenhouseCluster, r.Since)
	}
	return followsFromCluster(greenhouse("Cluster", r))
}

// sameObject declares a finding as a consequence of another finding about the same object.
func sameObject(by string) Inhibition {
	return Inhibition{By: by, Equal: []string{clusterLabel, "namespace", "name"}}
}

const (
	greenhouseCluster = "cobaltcore_greenhouse_cluster"
	greenhousePlugin  = "cobaltcore_greenhouse_plugin"
	greenhousePreset  = "cobaltcore_greenhouse_pluginpreset"
)

const greenhouseText = "Ready does not cover the nodes of a Cluster and the pods of a Plugin, which have their own alerts."

// greenhouseGroup returns the rules about Greenhouse. The Ready condition of its objects is not
// sufficient: a Cluster is ready without nodes, and a Plugin without a pod.
func greenhouseGroup() Group {
	rules := append(greenhouseClusters(), greenhousePlugins()...)
	return Group{Name: "greenhouse", Title: "Greenhouse", Text: greenhouseText, Recordings: []Recording{recordAge(greenhouseNotReady)},
		Rules: append(append(rules, greenhousePresets()...), greenhouseOthers()...)}
}

func greenhouseClusters() []Rule {
	condition := func(name, status string) string {
		return `max by (cluster, namespace, name) (` + greenhouseCluster + `_condition{type="` + name + `", status="` + status + `"})`
	}
	transition := func(name string) string {
		return `max by (cluster, namespace, name) (` + greenhouseCluster + `_condition_transition_timestamp_seconds{type="` + name + `"})`
	}
	byCluster := []Inhibition{sameObject("CobaltCoreGreenhouseClusterNotReady")}
	token, tokenSince := ending("cluster, namespace, name", greenhouseCluster+"_token_expiry_timestamp_seconds")
	return []Rule{
		followsFromCluster(greenhouseFailing("CobaltCoreGreenhouseClusterNotReady", "Cluster", "", "Greenhouse cannot log in, or lacks permissions. Its Plugins are neither installed nor upgraded.", Critical)),
		followsFromCluster(greenhouseState(Rule{
			Name: "GreenhouseClusterUnknown", Severity: Warning, Threshold: secondsThreshold(15*time.Minute, sinceOnset),
			Expr:        greenhouseLasting(`kind="Cluster", status=~"unknown|progressing"`),
			Summary:     "Cluster {{ $labels.name }} in cluster {{ $labels.cluster }} has an unknown state",
			Description: "Its Ready condition has been Unknown for more than $threshold: Greenhouse could not determine it. Check its controller manager and the network to the cluster.",
		})),
		ofCluster(Rule{
			Name: "GreenhouseNodesNotReady", Severity: Warning, For: 15 * time.Minute,
			Expr:        `max by (cluster, namespace, name) (` + greenhouseCluster + `_nodes_not_ready) > 0 or ` + condition("AllNodesReady", "False"),
			Since:       transition("AllNodesReady"),
			Summary:     "Cluster {{ $labels.name }} in cluster {{ $labels.cluster }} has nodes that are not ready",
			Description: "Nodes that are not ready: at least {{ $value }}. The Cluster may still be Ready. Read the conditions of the nodes.",
			InhibitedBy: byCluster,
		}),
		ofCluster(Rule{
			Name: "GreenhouseClusterUnschedulable", Severity: Warning, For: 15 * time.Minute,
			Expr: condition("PayloadSchedulable", "False"), Since: transition("PayloadSchedulable"),
			Summary:     "Cluster {{ $labels.name }} in cluster {{ $labels.cluster }} cannot schedule pods",
			Description: "No node accepts pods of Greenhouse. Check for nodes that are cordoned, tainted or full.",
			InhibitedBy: byCluster,
		}),
		ofCluster(Rule{
			Name: "GreenhouseTokenExpiring", Severity: Warning, For: 15 * time.Minute,
			Threshold: secondsThreshold(20*time.Hour, beforeTheEnd), Expr: token, Since: tokenSince,
			Summary:     "Token of Greenhouse for Cluster {{ $labels.name }} in cluster {{ $labels.cluster }} was not rotated",
			Description: "It " + expires + "; it is usually rotated earlier. Read the log of the controller manager of Greenhouse.",
			InhibitedBy: byCluster,
		}),
		ofCluster(Rule{
			Name: "GreenhouseKubernetesUnmaintained", Severity: Info, For: time.Hour,
			Threshold: &Threshold{Default: 35, Unit: Minor, Meaning: "the oldest that gets patches"},
			Expr:      `max by (cluster, namespace, name) (` + greenhouseCluster + `_kubernetes_minor_version) < ` + threshold,
			Summary:   "Cluster {{ $labels.name }} in cluster {{ $labels.cluster }} runs Kubernetes 1.{{ $value }}, which gets no patches",
			Description: "The Kubernetes project maintains versions from 1.$threshold on, so security fixes do not arrive. " +
				"Plan its upgrade. Where a vendor maintains older versions, set the threshold in rules.overrides.",
		}),
		ofCluster(Rule{
			Name: "GreenhouseClusterDeletionScheduled", Severity: Info, For: 5 * time.Minute,
			Expr:    `max by (cluster, namespace, name) (` + greenhouseCluster + `_scheduled_deletion_timestamp_seconds) - time()`,
			Summary: "Cluster {{ $labels.name }} in cluster {{ $labels.cluster }} is scheduled for deletion",
			Description: "It is marked for deletion, due " +
				"{{ if ge $value 0.0 }}in " + rounded + "{{ else }}now{{ end }}. " +
				"Greenhouse then removes its Plugins. Remove the annotation greenhouse.sap/delete-cluster to keep it.",
		}),
	}
}

func greenhousePlugins() []Rule {
	notReady := followsFromCluster(greenhouseFailing("CobaltCoreGreenhousePluginNotReady", "Plugin", "", "Its release is not installed or not upgraded.", Warning))
	notReady.InhibitedBy = append(notReady.InhibitedBy, Inhibition{By: "CobaltCoreGreenhouseClusterNotReady", Equal: []string{clusterLabel, "namespace", "cluster_name"}})
	// Greenhouse installs a Plugin by a HelmRelease of the same namespace and name.
	notReady.Expr = `label_replace(label_join(` + notReady.Expr + `, "dependency", "/", "namespace", "name"), "dependency", "HelmRelease/$1", "dependency", "(.+)")`
	for _, by := range []string{"FluxApplyFailing", "FluxStalled"} {
		notReady.InhibitedBy = append(notReady.InhibitedBy, Inhibition{By: by, Equal: []string{clusterLabel, "dependency"}})
	}
	return []Rule{
		notReady,
		greenhouse("Plugin", Rule{
			Name: "GreenhousePluginWorkloadDown", Severity: Warning, For: 15 * time.Minute,
			Expr: withoutDeleting("Plugin", `max by (cluster, namespace, name, target_cluster) (`+PluginWorkloadDown+`)`),
			// A Plugin that is not ready has a separate alert.
			Summary:     "Plugin {{ $labels.name }} in cluster {{ $labels.cluster }} is Ready, but a workload of it in cluster {{ $labels.target_cluster }} has no pod",
			Description: "Greenhouse checks only its release. Read the events of the pods of the workload.",
			InhibitedBy: []Inhibition{{By: "FleetClusterDown", Equal: []string{"target_cluster"}}},
		}),
		greenhouse("Plugin", Rule{
			Name: "GreenhousePluginOutdated", Severity: Info, For: time.Hour,
			Expr: withoutDeleting("Plugin", `max by (cluster, namespace, name, target_cluster, definition_kind, definition_namespace, definition_name, version) (`+greenhousePlugin+`_info{version!=""})
  unless on (cluster, definition_kind, definition_namespace, definition_name, version) `+definitions+`
  and on (cluster, definition_kind, definition_namespace, definition_name) `+definitions),
			Summary:     "Plugin {{ $labels.name }} in cluster {{ $labels.cluster }} does not run the version of its definition",
			Description: "It runs version {{ $labels.version }} of {{ $labels.definition_name }}, whose definition has another one. Read the conditions of its HelmRelease.",
			InhibitedBy: []Inhibition{sameObject("CobaltCoreGreenhousePluginNotReady")},
		}),
		greenhouse("Plugin", Rule{
			Name: "GreenhouseOwnerMissing", Severity: Info, For: time.Hour,
			Expr:        withoutDeleting("Plugin", `max by (cluster, namespace, name) (`+greenhousePlugin+`_condition{type="OwnerLabelSet", status="False"})`),
			Since:       `max by (cluster, namespace, name) (` + greenhousePlugin + `_condition_transition_timestamp_seconds{type="OwnerLabelSet"})`,
			Summary:     "Plugin {{ $labels.name }} in cluster {{ $labels.cluster }} has no owner",
			Description: "It has no label greenhouse.sap/owned-by: alerts about it reach no team. Set the label.",
		}),
	}
}

// greenhousePresets returns a rule for each condition of a PluginPreset that can indicate a problem.
func greenhousePresets() []Rule {
	const preset = "PluginPreset {{ $labels.namespace }}/{{ $labels.name }}"
	const active = ` unless on (cluster, namespace, name) ` + greenhouseNotReady + `{kind="PluginPreset", status=~"suspended|deleting"}`
	rule := func(name, condition, summary, description string, severity Severity) Rule {
		return greenhouse("PluginPreset", Rule{
			Name: name, Severity: severity, For: 15 * time.Minute,
			Expr:        `max by (cluster, namespace, name) (` + greenhousePreset + `_condition{type="` + condition + `", status="True"})` + active,
			Since:       `max by (cluster, namespace, name) (` + greenhousePreset + `_condition_transition_timestamp_seconds{type="` + condition + `"})`,
			Summary:     preset + " in cluster {{ $labels.cluster }} " + summary,
			Description: "It " + description,
		})
	}
	failing := greenhouse("PluginPreset", Rule{
		Name: "GreenhousePresetFailing", Severity: Warning, For: 15 * time.Minute,
		Expr: `max by (cluster, namespace, name, preset) (label_replace(
  ` + greenhousePreset + `_plugins_failed - on (cluster, namespace, name) (` + pluginsExcused + ` or 0 * ` + greenhousePreset + `_plugins_failed) > 0
  or ` + greenhousePreset + `_condition{type="PluginFailed", status="True"}, "preset", "$1", "name", "(.*)"))` + active,
		Since:       `min by (cluster, namespace, name, onset) (` + greenhouseNotReady + `{kind="PluginPreset", status="failed"})`,
		Reason:      `max by (cluster, namespace, name, reason) (cobaltcore_greenhouse_object_reason_info{kind="PluginPreset"})`,
		Summary:     preset + " in cluster {{ $labels.cluster }} has plugins that fail",
		Description: "They are not ready, or could not be created; suspended ones and those being deleted do not count. Read status.pluginStatuses.",
		InhibitedBy: []Inhibition{
			{By: "CobaltCoreGreenhousePluginNotReady", Equal: []string{clusterLabel, "namespace", "preset"}},
			{By: "GreenhousePluginUnprocessed", Equal: []string{clusterLabel, "namespace", "preset"}},
		},
	})
	missing := rule("GreenhousePresetDefinitionMissing", "PluginDefinitionNotFound", "names a definition that does not exist",
		"names a PluginDefinition or ClusterPluginDefinition that does not exist. Its Plugins are neither created nor updated.", Warning)
	missing.Reason = `max by (cluster, namespace, name, reason) (label_join(` + greenhousePreset + `_info, "reason", "/", "definition_kind", "definition_name"))`
	return []Rule{
		failing, missing,
		greenhouseFailing("GreenhousePresetNotReady", "PluginPreset", `, condition=""`, "No condition of it explains why: look at the controller of Greenhouse.", Warning),
		rule("GreenhousePresetSkipped", "PluginSkipped", "skips plugins that exist already",
			"does not change existing Plugins with its names, which were created by hand or by another preset. Rename or remove one.", Warning),
		rule("GreenhousePresetNoCluster", "ClusterListEmpty", "selects no cluster",
			"selects no Cluster, so it has no Plugins. Compare spec.clusterSelector with the labels of the Clusters.", Info),
	}
}

// pluginsExcused counts for each PluginPreset the Plugins that the preset counts as failed although
// they are suspended or being deleted.
const pluginsExcused = `sum by (cluster, namespace, name) (label_replace(count by (cluster, namespace, preset) (
    ` + greenhouseNotReady + `{kind="Plugin", status=~"suspended|deleting"} unless on (cluster, namespace, name) (cobaltcore_greenhouse_plugin_ready == 1)),
    "name", "$1", "preset", "(.+)"))`

func greenhouseOthers() []Rule {
	unprocessed := func(name, kinds string) Rule {
		return greenhouseState(Rule{
			Name: name, Severity: Warning, For: 5 * time.Minute, Threshold: secondsThreshold(15*time.Minute, sinceOnset),
			Expr:        greenhouseLasting(kinds),
			Summary:     "{{ $labels.kind }} {{ $labels.name }} in cluster {{ $labels.cluster }} is not processed",
			Description: "Its Ready condition has been missing or Unknown for more than $threshold. Check the controller manager of Greenhouse.",
		})
	}
	plugin := followsFromCluster(unprocessed("GreenhousePluginUnprocessed", `kind="Plugin", status=~"unprocessed|unknown|progressing"`))
	plugin.InhibitedBy = append(plugin.InhibitedBy, Inhibition{By: "CobaltCoreGreenhouseClusterNotReady", Equal: []string{clusterLabel, "namespace", "cluster_name"}})
	other := unprocessed("GreenhouseObjectUnprocessed", `kind!="Plugin", status="unprocessed"`)
	other.Expr += `
  or ` + greenhouseLasting(`kind!~"Plugin|Cluster", status=~"unknown|progressing"`)
	return []Rule{
		operated("GreenhouseControllerDown", plugin), operated("GreenhouseControllerDown", other),
		greenhouseFailing("GreenhouseDefinitionNotReady", "PluginDefinition|ClusterPluginDefinition", "",
			"Its chart cannot be fetched or replicated. Plugins that use it cannot be installed or upgraded.", Warning),
		greenhouseFailing("CobaltCoreGreenhouseCatalogNotReady", "Catalog", "", "Its definitions keep their versions.", Warning),
		greenhouseFailing("CobaltCoreGreenhouseOrganizationNotReady", "Organization", "", "Its namespace, its admins or its login may be incomplete.", Warning),
		teamMembersMissing(),
		greenhouseFailing("GreenhouseTeamNotReady", "Team", "", "Its members cannot be read, or are not all valid.", Warning),
		greenhouseFailing("CobaltCoreGreenhouseTeamRoleBindingNotReady", "TeamRoleBinding", "", "Its teams may lack access in some clusters.", Warning),
		deletionStuck("GreenhouseDeletionStuck", Greenhouse, "greenhouse.sap"),
	}
}

// teamMembersMissing returns the rule about many members who lose access at once: teams were
// removed, or the identity provider returns only a part of the members.
func teamMembersMissing() Rule {
	const members, before = `sum by (cluster, namespace) (cobaltcore_greenhouse_team_members)`, `sum by (cluster, namespace) (cobaltcore_greenhouse_team_members offset 1h)`
	r := greenhouse("Organization", Rule{
		Name: "GreenhouseTeamMembersMissing", Severity: Warning, For: 5 * time.Minute, PrometheusOnly: true,
		Threshold: &Threshold{Default: 0.2, Unit: Ratio, Meaning: "how many of them may be gone within an hour"},
		Expr: `1 - (` + members + ` or 0 * ` + before + `) / ` + before + ` > ` + threshold + `
  and on (cluster) (cobaltcore_watch_synced{collector="greenhouse", kind="Team"} == 1)`,
		Summary: "Teams of organization {{ $labels.namespace }} in cluster {{ $labels.cluster }} have lost {{ $value | humanizePercentage }} of their members",
		Description: "{{ $value | humanizePercentage }} disappeared within an hour: Teams were deleted, or the identity provider returned only some of them. " +
			"Compare them with the groups of the identity provider.",
	})
	r.Object = Object{Kind: "Organization", Name: "{{ $labels.namespace }}"}
	return r
}

const definitions = `label_replace(label_replace(label_replace(cobaltcore_greenhouse_plugindefinition_info,
    "definition_kind", "$1", "kind", "(.*)"), "definition_namespace", "$1", "namespace", "(.*)"), "definition_name", "$1", "name", "(.*)")`

// greenhouseSystem describes Greenhouse.
func greenhouseSystem() Description {
	return Description{
		System: Greenhouse, Title: "Greenhouse", Key: "greenhouse", Prefixes: []string{"CobaltCoreGreenhouse", "Greenhouse"}, Page: "cobaltcore-greenhouse-aurora",
		Watches: "Greenhouse", Why: greenhouseWhy, Groups: groups(greenhouseGroup),
	}
}

// greenhouseWhy returns the reasons for the severities of the alerts about Greenhouse.
func greenhouseWhy() map[string]string {
	return map[string]string{
		"CobaltCoreGreenhouseClusterNotReady":         "its token expires within hours or days, and Greenhouse loses the cluster with its Plugins",
		"GreenhouseClusterUnknown":                    "whether Greenhouse can use the cluster is unknown",
		"GreenhouseNodesNotReady":                     "workloads move to other nodes",
		"GreenhouseClusterUnschedulable":              "new Plugins do not start; others run",
		"GreenhouseTokenExpiring":                     "hours are left, and the loss of the cluster has another alert",
		"GreenhouseClusterDeletionScheduled":          "it was intended, and can still be cancelled",
		"CobaltCoreGreenhousePluginNotReady":          "the previous release usually runs",
		"GreenhousePluginWorkloadDown":                "one Plugin does not work",
		"GreenhousePluginOutdated":                    "the previous version runs",
		"GreenhouseOwnerMissing":                      "only alerts are affected",
		"GreenhousePresetFailing":                     "some of its Plugins do not change",
		"GreenhousePresetDefinitionMissing":           "its Plugins do not change",
		"GreenhousePresetNotReady":                    "its Plugins do not change",
		"GreenhousePresetSkipped":                     "the Plugins of the same names run",
		"GreenhousePresetNoCluster":                   "it has no effect, which may be intended",
		"GreenhousePluginUnprocessed":                 "a change does not arrive",
		"GreenhouseObjectUnprocessed":                 "a change does not arrive",
		"GreenhouseDefinitionNotReady":                "Plugins cannot be installed or upgraded; existing Plugins keep running",
		"CobaltCoreGreenhouseCatalogNotReady":         "definitions keep their versions",
		"CobaltCoreGreenhouseOrganizationNotReady":    "a part of the organization may not be set up",
		"GreenhouseTeamNotReady":                      "members of one team may be missing",
		"CobaltCoreGreenhouseTeamRoleBindingNotReady": "one team may lack access",
		"GreenhouseDeletionStuck":                     "an object that should be deleted still exists",
		"GreenhouseControllerDown":                    "users cannot log in or open services now, or tokens of clusters expire within a day",
		"GreenhouseWebhookDown":                       "running workloads are not affected; objects cannot be changed",
		"GreenhouseKubernetesUnmaintained":            "it works; security fixes do not arrive",
		"GreenhouseTeamMembersMissing":                "some users may have lost their access",
	}
}
