// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package alerts

import "time"

// Rows about a FluxInstance and the settings that it requests.
const (
	fluxMismatch = "cobaltcore_flux_instance_mismatch_info"
	fluxUpgrade  = "cobaltcore_flux_instance_upgrade_pending_since_timestamp_seconds"
	// fluxShardLabel is the label that assigns an object to a shard.
	fluxShardLabel = "sharding.fluxcd.io/key"

	// fluxOperatorRuns selects clusters in which Flux Operator has an available pod or reconciles
	// on time.
	fluxOperatorRuns = `(cobaltcore_controller_replicas_available{component="flux-operator"} > 0
  or cobaltcore_flux_resource_overdue_timestamp_seconds{component="flux-operator"} > time())`
)

// shardsAs returns the shards that have a Deployment, as a label. The name of a Deployment ends in
// the name of its shard.
func shardsAs(label string) string {
	return `label_replace(cobaltcore_controller_info{system="flux"}, "` + label + `", "$1", "name", "(?:.+-controller|source-watcher)-(.+)")`
}

// mismatched returns a rule about objects that differ from the settings of a FluxInstance.
func mismatched(aspect, separator string, r Rule) Rule {
	rows := fluxMismatch + `{aspect="` + aspect + `"}`
	r.Expr = `max by (` + fluxObject + `, object) (` + rows + `)` + r.Expr
	r.Reason = `max by (` + fluxObject + `, object, reason) (label_join(` + rows + `, "reason", "` + separator + `", "actual", "desired"))`
	if aspect != "shard" { // of which there is no record
		r.Since = `min by (` + fluxObject + `, object, onset) (cobaltcore_flux_instance_mismatch_since_timestamp_seconds{aspect="` + aspect + `"})`
	}
	r.Severity, r.For, r.KeepFiringFor = Warning, 15*time.Minute, 5*time.Minute
	return flux(r)
}

const fluxInstanceText = "Differences between a FluxInstance that is ready and the cluster. *object* is the object that differs."

// fluxInstanceGroup returns the rules about the objects that a FluxInstance installs, and about its FluxReport.
func fluxInstanceGroup() Group {
	byInstance := []Inhibition{{By: "FluxInstanceFailing", Equal: []string{clusterLabel, "exported_namespace", "name"}}}
	byOperator := []Inhibition{{By: "FluxControllerDown", Equal: []string{clusterLabel, "component"}}}
	return Group{Name: "flux-instance", Title: "FluxInstance", Text: fluxInstanceText, Rules: []Rule{
		flux(Rule{
			Name: "FluxUpgradeNotApplied", Severity: Warning, For: time.Minute, KeepFiringFor: 2 * time.Minute,
			Threshold: secondsThreshold(30*time.Minute, "how long the revision has been attempted"),
			Expr: `max by (` + fluxObject + `) (time() - ` + fluxUpgrade + ` > ` + threshold + `
  or time() - ` + fluxUpgrade + `{onset="undated"})`,
			Since: `min by (` + fluxObject + `, onset) (` + fluxUpgrade + `)`,
			Reason: `max by (` + fluxObject + `, reason) (label_replace(label_join(` + fluxUpgrade + `, "reason", " runs instead of ", "applied", "attempted"),
  "reason", "$1$2$3", "reason", "([^@]*)(?:@[^ ]*)?( runs instead of )([^@]*).*"))`,
			Summary:     "Flux in cluster {{ $labels.cluster }} is not upgraded",
			Description: "It has attempted a revision for more than $threshold, and another one is applied. The previous version is running, or a part of the new one. Read its conditions and the log of flux-operator.",
			InhibitedBy: byInstance,
		}),
		flux(Rule{
			Name: "FluxVersionOutOfRange", Severity: Warning, For: 5 * time.Minute, KeepFiringFor: 2 * time.Minute,
			Threshold: secondsThreshold(30*time.Minute, "how long an upgrade may take"),
			Expr: `max by (` + fluxObject + `) (cobaltcore_flux_instance_version_in_range) == 0
  unless on (` + fluxObject + `) (time() - ` + fluxNotReady + `{status!="suspended"} < ` + threshold + `)`,
			Since: `min by (` + fluxObject + `, onset) (cobaltcore_flux_instance_version_out_of_range_since_timestamp_seconds)`,
			Reason: `max by (` + fluxObject + `, reason) (label_replace(label_join(cobaltcore_flux_instance_version_info, "reason", " is not in ", "applied", "desired"),
  "reason", "$1$2", "reason", "([^@]*)(?:@[^ ]*)?( is not in .*)"))`,
			Summary:     "Flux in cluster {{ $labels.cluster }} has a version outside the range of its FluxInstance",
			Description: "The applied version is not in the declared range: the upgrade fails, or the FluxInstance is suspended. Read its conditions, or correct spec.distribution.version.",
			InhibitedBy: append(byInstance, Inhibition{By: "FluxUpgradeNotApplied", Equal: []string{clusterLabel, "exported_namespace", "name"}}),
		}),
		flux(Rule{
			Name: "FluxNetworkPolicyMissing", Severity: Warning, For: 15 * time.Minute, KeepFiringFor: 5 * time.Minute,
			Expr:        `max by (` + fluxObject + `, policy) (cobaltcore_flux_instance_network_policy_present) == 0`,
			Summary:     "NetworkPolicy {{ $labels.policy }} of Flux in cluster {{ $labels.cluster }} is missing",
			Description: "NetworkPolicy {{ $labels.policy }}, which it declares, does not exist: other namespaces can reach the controllers. Request a reconciliation.",
		}),
		mismatched("sync", " instead of ", Rule{
			Name:        "FluxSyncDiffers",
			Summary:     "{{ $labels.object }} in cluster {{ $labels.cluster }} differs from its FluxInstance",
			Description: "{{ $labels.object }} is missing or has another URL, reference, path or source: the cluster follows another source, or none. Request a reconciliation, or correct spec.sync.",
		}),
		mismatched("registry", " instead of ", Rule{
			Name:        "FluxRegistryDiffers",
			Summary:     "{{ $labels.object }} in cluster {{ $labels.cluster }} has an image of another registry",
			Description: "The image of {{ $labels.object }} is from another registry: a Deployment was changed by hand, or by a patch of the FluxInstance. Request a reconciliation, or correct the registry.",
		}),
		mismatched("distribution", " instead of ", Rule{
			Name:        "FluxDistributionDiffers",
			Summary:     "Flux in cluster {{ $labels.cluster }} is not the one that its FluxInstance has applied",
			Description: "According to {{ $labels.object }}, Flux has another version than the FluxInstance has applied, or another manager, such as flux bootstrap. Both overwrite each other: remove one.",
		}),
		mismatched("shard", ", shards with controllers: ", Rule{
			Name: "FluxShardNotServed",
			Expr: `
  unless on (cluster, object) ` + shardsAs("object"),
			Summary:     "Shard {{ $labels.object }} of Flux in cluster {{ $labels.cluster }} is not served",
			Description: "Objects have the label " + fluxShardLabel + "={{ $labels.object }}, and the FluxInstance has no controllers of that shard: they are not reconciled. Add the shard to spec.sharding.shards, or change the label.",
		}),
		flux(Rule{
			Name: "FluxShardMissing", Severity: Warning, For: 15 * time.Minute, KeepFiringFor: 5 * time.Minute,
			Expr: `max by (` + fluxObject + `, shard) (cobaltcore_flux_instance_shard_info) unless on (cluster, shard) ` + shardsAs("shard") + `
  and on (cluster) (cobaltcore_watch_synced{collector="controllers", kind="Deployment"} == 1)`,
			Summary:     "Shard {{ $labels.shard }} of Flux in cluster {{ $labels.cluster }} has no controllers",
			Description: "Shard {{ $labels.shard }}, which it declares, has no Deployment. The objects of the shard are not reconciled. Request a reconciliation.",
		}),
		flux(Rule{
			Name: "FluxKindMissing", Severity: Critical, For: 5 * time.Minute, KeepFiringFor: 5 * time.Minute,
			Expr: `max by (` + fluxObject + `, component, served_kind) (cobaltcore_flux_instance_kind_desired)
  and on (cluster, served_kind) label_replace(cobaltcore_watch_present{collector="flux"} == 0
    unless on (cluster, kind) cobaltcore_watch_unsupported_versions, "served_kind", "$1", "kind", "(.*)")
  and on (cluster) cobaltcore_cluster_kinds_known == 1`,
			Summary:     "{{ $labels.served_kind }} is missing in cluster {{ $labels.cluster }}: its CustomResourceDefinition was deleted",
			Description: "It lists {{ $labels.component }}, but {{ $labels.served_kind }} is not served: its CustomResourceDefinition was deleted, and its objects with it. Request a reconciliation, then apply the objects from Git.",
			InhibitedBy: []Inhibition{{By: "FluxComponentMissing", Equal: []string{clusterLabel, "component"}}},
		}),
		flux(Rule{
			Name: "FluxReportStale", Severity: Warning, For: 15 * time.Minute,
			Threshold: secondsThreshold(6*time.Hour, "how old the report is"),
			Expr: `max by (` + fluxObject + `) (time() - cobaltcore_flux_report_timestamp_seconds > ` + threshold + `)
  and on (cluster) ` + fluxOperatorRuns,
			Since:       `max by (` + fluxObject + `) (cobaltcore_flux_report_timestamp_seconds)`,
			Summary:     "FluxReport {{ $labels.exported_namespace }}/{{ $labels.name }} in cluster {{ $labels.cluster }} is not updated",
			Description: "Flux Operator seems to run, and its FluxReport is older than $threshold: its content may be outdated. Read the log of flux-operator.",
			InhibitedBy: byOperator,
		}),
		flux(Rule{
			Name: "FluxReportMissing", Severity: Warning, For: 15 * time.Minute,
			Expr: `max by (cluster, component) (label_replace(cobaltcore_watch_synced{kind="FluxReport"} == 1, "component", "flux-operator", "", ""))
  unless on (cluster) cobaltcore_flux_report_info and on (cluster) flux_instance_info and on (cluster) ` + fluxOperatorRuns,
			Object:      Object{Kind: "FluxReport", Name: "flux"},
			Summary:     "Cluster {{ $labels.cluster }} has no FluxReport",
			Description: "Flux Operator seems to run and has written no FluxReport. Read its log for errors about the report, then restart it.",
			InhibitedBy: byOperator,
		}),
	}}
}

// fluxWhy returns the reasons for the severities of the alerts about Flux.
func fluxWhy() map[string]string {
	return map[string]string{
		"FluxInstanceFailing":         "the old controllers keep running; the loss of a controller has another alert",
		"FluxInstanceMissing":         "nothing keeps Flux installed; running workloads are not affected",
		"FluxSourceFailing":           "the last artifact stays in use; new commits do not arrive",
		"FluxChartFailing":            "the last artifact stays in use; new versions do not arrive",
		"FluxApplyFailing":            "the last good revision usually stays; a change does not arrive",
		"FluxStalled":                 "the last good revision usually stays; the object has to be corrected by hand",
		"FluxDependencyBlocked":       "a change does not arrive; running workloads are not affected",
		"FluxDependencyChainBlocked":  "a change does not arrive; running workloads are not affected",
		"FluxWaitingTooLong":          "a change does not arrive; running workloads are not affected",
		"FluxProgressingTooLong":      "a change arrives late or only partially",
		"FluxUnprocessed":             "a change does not arrive; running workloads are not affected",
		"FluxResourceUnknown":         "whether the object works is unknown",
		"FluxResourceFailing":         "images, commits or notifications are late; running workloads are not affected",
		"FluxResourceStale":           "changes and corrections of drift do not arrive",
		"FluxDrifted":                 "the workload differs from its declaration, on purpose",
		"FluxHelmTestFailing":         "the release runs, but may not work",
		"FluxReleaseRemediated":       "the previous version runs",
		"FluxSuspended":               "it was intended, and may have been forgotten",
		"FluxDeletionStuck":           "an object that should be deleted still exists",
		"FluxVersionSkew":             "all versions in use work; the upgrade can wait for a maintenance window",
		"FluxReportComponentNotReady": "changes of one component do not arrive",
		"FluxUpgradeNotApplied":       "the old version runs",
		"FluxVersionOutOfRange":       "the current version works, but is not the declared one",
		"FluxNetworkPolicyMissing":    "a protection is missing; nothing is interrupted",
		"FluxSyncDiffers":             "the cluster follows another source than declared",
		"FluxRegistryDiffers":         "images from another registry are running",
		"FluxDistributionDiffers":     "another distribution runs than declared",
		"FluxShardNotServed":          "objects of one shard are not reconciled; running workloads are not affected",
		"FluxShardMissing":            "objects of one shard are not reconciled; running workloads are not affected",
		"FluxKindMissing":             "all objects of the kind were deleted with it, and pruning may now remove the objects that they applied",
		"FluxReportStale":             "only the report is old",
		"FluxReportMissing":           "only the report is missing",
		"FluxControllerDown":          "running workloads are not affected; changes wait, even urgent ones",
		"FluxComponentMissing":        "running workloads are not affected; changes wait, even urgent ones",
		"FluxComponentExtra":          "it has no effect",
		"FluxImageDiffers":            "it runs with an image that was set by hand",
	}
}
