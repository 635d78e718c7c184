// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package alerts

import "time"

// greenhouse is what all rules about objects of Greenhouse have in common.
func greenhouse(kind string, r Rule) Rule {
	r.System, r.KeepFiringFor = Greenhouse, 5*time.Minute
	if r.Object == (Object{}) {
		r.Object = Object{Kind: kind, Namespace: "{{ $labels.namespace }}", Name: "{{ $labels.name }}"}
	}
	r.InhibitedBy = append(r.InhibitedBy, inHouse())
	return r
}

// notReady is a rule about the Ready condition of a kind. What is being deleted or
// suspended need not be ready.
func notReady(name, kind, metric, more string, severity Severity) Rule {
	by, object := "cluster, namespace, name", Object{}
	if kind == "Organization" {
		by, object = "cluster, name", Object{Kind: kind, Name: "{{ $labels.name }}"}
	}
	return greenhouse(kind, Rule{
		Name: name, Severity: severity, For: 15 * time.Minute, Object: object,
		Expr: `max by (` + by + more + `) (` + metric + `_ready == 0) unless on (` + by + `) (` + metric + `_suspended == 1)
  unless on (` + by + `) ` + metric + `_deletion_timestamp_seconds`,
		Since:       `max by (` + by + more + `) (` + metric + `_condition_transition_timestamp_seconds{type="Ready"})`,
		Summary:     kind + " {{ $labels.name }} of {{ $labels.cluster }} is not ready",
		Description: "Greenhouse says that " + kind + " {{ $labels.name }} in cluster {{ $labels.cluster }} is not ready; cobaltcore_greenhouse_*_condition_reason_info has the reasons.",
	})
}

// withTarget adds where a Cluster or Plugin of Greenhouse is in this fleet: what is
// wrong with it there is the cause.
func withTarget(metric, expr string) string {
	return `(` + expr + `) * on (cluster, namespace, name) group_left (target_cluster) max by (cluster, namespace, name, target_cluster) (` + metric + `_info)`
}

func inTarget(r Rule, metric string) Rule {
	r.Expr = withTarget(metric, r.Expr)
	if r.Since != "" {
		r.Since = withTarget(metric, r.Since)
	}
	r.InhibitedBy = append(r.InhibitedBy, Inhibition{By: "FleetClusterDown", Equal: []string{"target_cluster"}})
	return r
}

const greenhouseText = "Ready covers neither the nodes of a Cluster nor the pods of a Plugin: these have alerts of their own."

// greenhouseGroup is about Greenhouse. Ready of its objects says little: a Cluster is
// ready without nodes, and a Plugin without a pod.
func greenhouseGroup() Group {
	const (
		cluster = "cobaltcore_greenhouse_cluster"
		plugin  = "cobaltcore_greenhouse_plugin"
	)
	byCluster := Inhibition{By: "GreenhouseClusterNotReady", Equal: []string{"target_cluster"}}
	ofCluster := func(r Rule) Rule { return inTarget(greenhouse("Cluster", r), cluster) }
	token, tokenSince := ending("cluster, namespace, name", cluster+"_token_expiry_timestamp_seconds")
	pluginNotReady := inTarget(notReady("GreenhousePluginNotReady", "Plugin", plugin, "", Warning), plugin)
	pluginNotReady.InhibitedBy = append(pluginNotReady.InhibitedBy, byCluster)
	return Group{Name: "greenhouse", Title: "Greenhouse", Text: greenhouseText, Rules: []Rule{
		inTarget(notReady("GreenhouseClusterNotReady", "Cluster", cluster, "", Critical), cluster),
		ofCluster(Rule{
			Name: "GreenhouseClusterUnknown", Severity: Warning, For: 15 * time.Minute,
			Expr:        `max by (cluster, namespace, name) (` + cluster + `_condition{type="Ready", status="Unknown"})`,
			Since:       `max by (cluster, namespace, name) (` + cluster + `_condition_transition_timestamp_seconds{type="Ready"})`,
			Summary:     "Greenhouse does not know whether Cluster {{ $labels.name }} is ready",
			Description: "The condition Ready of Cluster {{ $labels.name }} in cluster {{ $labels.cluster }} is Unknown: Greenhouse could not find out.",
		}),
		ofCluster(Rule{
			Name: "GreenhouseNodesNotReady", Severity: Warning, For: 15 * time.Minute,
			Expr:        `max by (cluster, namespace, name) (` + cluster + `_nodes_not_ready) > 0`,
			Since:       `max by (cluster, namespace, name) (` + cluster + `_condition_transition_timestamp_seconds{type="AllNodesReady"})`,
			Summary:     "{{ $value }} nodes of Cluster {{ $labels.name }} are not ready",
			Description: "Cluster {{ $labels.name }} of Greenhouse may say that it is ready: its nodes are not part of that.",
			InhibitedBy: []Inhibition{byCluster},
		}),
		ofCluster(Rule{
			Name: "GreenhouseClusterUnschedulable", Severity: Warning, For: 15 * time.Minute,
			Expr:        `max by (cluster, namespace, name) (` + cluster + `_condition{type="PayloadSchedulable", status="False"})`,
			Since:       `max by (cluster, namespace, name) (` + cluster + `_condition_transition_timestamp_seconds{type="PayloadSchedulable"})`,
			Summary:     "No payload can be scheduled in Cluster {{ $labels.name }}",
			Description: "Pods that Greenhouse wants to run in Cluster {{ $labels.name }} find no node.",
			InhibitedBy: []Inhibition{byCluster},
		}),
		ofCluster(Rule{
			Name: "GreenhouseTokenExpiring", Severity: Warning, For: 15 * time.Minute,
			Threshold: after(20*time.Hour, beforeTheEnd), Expr: token, Since: tokenSince,
			Summary:     "The token of Greenhouse for Cluster {{ $labels.name }} was not rotated",
			Description: "The token with which Greenhouse logs in to Cluster {{ $labels.name }} " + expires + "; it should have been rotated before that.",
			InhibitedBy: []Inhibition{byCluster},
		}),
		pluginNotReady,
		greenhouse("Plugin", Rule{
			Name: "GreenhousePluginWorkloadDown", Severity: Warning, For: 15 * time.Minute,
			Expr: `max by (cluster, namespace, name, target_cluster) (` + PluginWorkloadDown + `)`,
			// A Plugin that is not ready says so itself.
			Summary:     "Plugin {{ $labels.name }} is ready, but a workload of it in {{ $labels.target_cluster }} has no pod",
			Description: "Greenhouse says that Plugin {{ $labels.namespace }}/{{ $labels.name }} is ready: its release is. A workload of the release in cluster {{ $labels.target_cluster }} has no available pod.",
			InhibitedBy: []Inhibition{{By: "FleetClusterDown", Equal: []string{"target_cluster"}}, byCluster},
		}),
		greenhouse("Plugin", Rule{
			Name: "GreenhousePluginOutdated", Severity: Info, For: time.Hour,
			Expr: `max by (cluster, namespace, name, target_cluster, definition_kind, definition_namespace, definition_name, version) (` + plugin + `_info{version!=""})
  unless on (cluster, definition_kind, definition_namespace, definition_name, version) ` + definitions + `
  and on (cluster, definition_kind, definition_namespace, definition_name) ` + definitions,
			Summary:     "Plugin {{ $labels.name }} has not taken up the version of its definition",
			Description: "Plugin {{ $labels.namespace }}/{{ $labels.name }} runs version {{ $labels.version }} of {{ $labels.definition_name }}, whose definition says another one.",
			InhibitedBy: []Inhibition{{By: "GreenhousePluginNotReady", Equal: []string{clusterLabel, "namespace", "name"}}},
		}),
		greenhouse("PluginPreset", Rule{
			Name: "GreenhousePresetFailing", Severity: Warning, For: 15 * time.Minute,
			Expr:        `max by (cluster, namespace, name) (cobaltcore_greenhouse_pluginpreset_plugins_failed) > 0 or max by (cluster, namespace, name) (cobaltcore_greenhouse_pluginpreset_ready == 0)`,
			Summary:     "PluginPreset {{ $labels.name }} has plugins that fail",
			Description: "Plugins that PluginPreset {{ $labels.namespace }}/{{ $labels.name }} of cluster {{ $labels.cluster }} should make in its clusters have failed.",
		}),
		definitionNotReady(),
		notReady("GreenhouseCatalogNotReady", "Catalog", "cobaltcore_greenhouse_catalog", "", Warning),
		notReady("GreenhouseOrganizationNotReady", "Organization", "cobaltcore_greenhouse_organization", "", Warning),
		notReady("GreenhouseTeamRoleBindingNotReady", "TeamRoleBinding", "cobaltcore_greenhouse_teamrolebinding", "", Warning),
		greenhouse("Plugin", Rule{
			Name: "GreenhouseOwnerMissing", Severity: Info, For: time.Hour,
			Expr:        `max by (cluster, namespace, name) (cobaltcore_greenhouse_plugin_condition{type="OwnerLabelSet", status="False"})`,
			Since:       `max by (cluster, namespace, name) (` + plugin + `_condition_transition_timestamp_seconds{type="OwnerLabelSet"})`,
			Summary:     "Plugin {{ $labels.name }} belongs to nobody",
			Description: "Plugin {{ $labels.namespace }}/{{ $labels.name }} in cluster {{ $labels.cluster }} has no label greenhouse.sap/owned-by: alerts about it reach no team.",
		}),
		deletionStuck("GreenhouseDeletionStuck", Greenhouse, "greenhouse.sap"),
	}}
}

const definitions = `label_replace(label_replace(label_replace(cobaltcore_greenhouse_plugindefinition_info,
    "definition_kind", "$1", "kind", "(.*)"), "definition_namespace", "$1", "namespace", "(.*)"), "definition_name", "$1", "name", "(.*)")`

func definitionNotReady() Rule {
	const metric = "cobaltcore_greenhouse_plugindefinition"
	return greenhouse("{{ $labels.kind }}", Rule{
		Name: "GreenhouseDefinitionNotReady", Severity: Warning, For: 15 * time.Minute,
		Expr:        `max by (cluster, kind, namespace, name) (` + metric + `_ready == 0) unless on (cluster, kind, namespace, name) ` + metric + `_deletion_timestamp_seconds`,
		Since:       `max by (cluster, kind, namespace, name) (` + metric + `_condition_transition_timestamp_seconds{type="Ready"})`,
		Summary:     "{{ $labels.kind }} {{ $labels.name }} of {{ $labels.cluster }} is not ready",
		Description: "The chart of {{ $labels.kind }} {{ $labels.name }} in cluster {{ $labels.cluster }} cannot be fetched or replicated. Plugins that use it cannot be installed or upgraded.",
	})
}

// greenhouseSystem describes Greenhouse.
func greenhouseSystem() Description {
	return Description{
		System: Greenhouse, Title: "Greenhouse", Key: "greenhouse", Prefixes: []string{"Greenhouse"}, Page: "cobaltcore-greenhouse-aurora",
		Watches: "Greenhouse", Groups: groups(greenhouseGroup),
	}
}
