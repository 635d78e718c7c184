// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package dashboards

import "slices"

// fluxTable returns a table of Flux objects. The first query selects the objects.
func fluxTable(title, description string, columns []Column, sort Sort, queries ...string) Panel {
	p := Panel{Kind: Table, Title: title, Description: description, Width: 24, Height: 6, Columns: columns, Sort: sort}
	for _, q := range queries {
		p.Queries = append(p.Queries, Query{Expr: q})
	}
	return p
}

// fluxColumns returns the columns that identify an object, and the given columns.
func fluxColumns(more ...Column) []Column {
	return slices.Concat([]Column{
		withWidth(clusterColumn(), 110), withWidth(labelColumn("target_cluster", "Applied to"), 110), withWidth(labelColumn("kind", "Kind"), 160),
		withWidth(labelColumn("exported_namespace", "Namespace"), 125), fluxNameColumn(),
	}, more)
}

// withState adds the labels status and reason to the results of an expression about objects, and
// keeps only objects in some states. If two replicas of the exporter disagree about the state of an
// object, one of the states is used.
func withState(expr, states string) string {
	status := `topk by (` + fluxObject + `) (1, ` + fluxStatus(states) + `)`
	return `(` + expr + `)
  * on (` + fluxObject + `) group_left (status) ` + status + `
  * on (` + fluxObject + `) group_left (reason) (
    topk by (` + fluxObject + `) (1, ` + fluxResources("cobaltcore_flux_resource_reason_info") + `)
    or on (` + fluxObject + `) max by (` + fluxObject + `) (` + fluxStatus(states) + `)
  )`
}

// fluxTables returns tables of objects that are not ready, by the action that they need.
func fluxTables() []Panel {
	age := func(metric string) string {
		return `time() - max by (` + fluxObject + `) (` + fluxResources(metric) + `)`
	}
	state := func(height int, title, description, states string) Panel {
		return withHeight(height, fluxTable(title, description, fluxColumns(
			statusColumn(), withWidth(labelColumn("reason", "Reason"), 160), withWidth(ageColumn(0, "For"), 75),
			withWidth(ageColumn(1, "Last success", Threshold{Color: Good}, Threshold{From: hour, Color: Warning}, Threshold{From: day, Color: Bad}), 125),
		), oldestFirst("For"),
			withFallbackRow(withState(age(fluxNotReady), states), "name", "none"),
			withState(age("cobaltcore_flux_resource_last_success_timestamp_seconds"), states)))
	}
	return []Panel{
		state(9, "Failed", "Objects whose last attempt failed. None is good. Begin with sources: objects of a failing source stay at an old revision. "+
			"The state does not change during further attempts. Kinds without a history have no last success. The name links to the object.", "failed"),
		state(5, "Stalled", "Objects that are not retried: a wrong specification, or no attempts left. None is good. Correct them, or run flux reconcile with --force or --reset.", "stalled"),
		state(6, "Waiting for dependencies", "Objects that wait for dependencies. None for a long time is good. The name links to the dependencies.", "dependency_not_ready"),
		state(8, "Suspended", "Objects that were suspended by hand, and for how long. Resume forgotten ones.", "suspended"),
		state(5, "Not processed", "Objects that no controller has processed, or whose newest generation no controller has processed. None is good; otherwise a controller is down, or no controller serves the shard.", "unprocessed"),
		state(4, "Being deleted", "Objects whose deletion was requested and is held by a finalizer. None for a long time is good.", "deleting"),
	}
}

// shortRevisions shortens the digests in labels with revisions: refs/heads/main@sha1:1a2b… becomes main@1a2b….
func shortRevisions(expr string, labels ...string) string {
	for _, l := range labels {
		expr = `label_replace(` + expr + `, "` + l + `", "$2$4", "` + l + `", "(refs/heads/)?(.*@)?sha(1|256):([0-9a-f]{12}).*")`
	}
	return expr
}

// fluxBehind selects the objects whose attempted revision differs from the applied one.
func fluxBehind() string {
	return `max by (` + fluxObject + `, attempted, applied) (` + fluxResources("cobaltcore_flux_resource_revision_pending_info") + `)`
}

func fluxRevisions() []Panel {
	sources := `kind=~"GitRepository|OCIRepository|Bucket|HelmRepository|HelmChart|ExternalArtifact"`
	appliers := `kind=~"Kustomization|HelmRelease"`
	return []Panel{
		fluxTable("Attempted, not applied", "Objects whose last attempted revision differs from the applied revision. None is good. Failed objects stay at the old revision until they are repaired; the attempts of all others are running.",
			fluxColumns(labelColumn("attempted", "Attempted"), labelColumn("applied", "Applied")), Sort{Column: "Cluster"},
			withFallbackRow(shortRevisions(fluxBehind(), "attempted", "applied"), "name", "none")),
		fluxTable("Applied revisions", "The applied revision of each object by name and cluster. If two clusters have different revisions under the same name, one is behind, possibly on purpose. source is the source of the object.",
			fluxColumns(withWidth(labelColumn("applied_revision", "Applied"), 190), withWidth(labelColumn("source_kind", "Source"), 110), labelColumn("source_name", "Name of the source"), labelColumn("path", "Path")), Sort{Column: "Name"},
			shortRevisions(`max by (`+fluxObject+`, applied_revision, source_kind, source_name, path) (`+fluxResources("flux_resource_info", appliers, `applied_revision!=""`)+`
  or `+selectOperator("flux_instance_info")+`
  or `+selectOperator("flux_resourceset_info")+`)`, "applied_revision")),
		fluxTable("Revisions of sources", "The revision of each source, and when its artifact last changed. A failing source keeps its last artifact, and its objects stay Ready.",
			fluxColumns(withWidth(labelColumn("revision", "Revision"), 190), withWidth(labelColumn("ref", "Reference"), 110), withWidth(labelColumn("url", "URL"), 300),
				withWidth(ageColumn(0, "Artifact changed"), 140)), Sort{Column: "Name"},
			withFallbackRow(shortRevisions(`(time() - max by (`+fluxObject+`) (`+fluxResources("cobaltcore_flux_resource_artifact_timestamp_seconds")+`))
  * on (`+fluxObject+`) group_left (revision, ref, url) topk by (`+fluxObject+`) (1, `+fluxResources("flux_resource_info", sources)+`)`, "revision"), "name", "no source has an artifact")),
		fluxTable("Charts in several versions", "HelmReleases of charts that the chosen clusters have in more than one version. None is good, unless a new version is being rolled out cluster by cluster.",
			fluxColumns(labelColumn("chart_name", "Chart"), withWidth(labelColumn("chart_version", "Version"), 100),
				withWidth(labelColumn("app_version", "Application"), 100), withWidth(labelColumn("release_status", "Release"), 90)), Sort{Column: "Chart"},
			withFallbackRow(`max by (`+fluxObject+`, chart_name, chart_version, app_version, release_status) (`+fluxResources("cobaltcore_flux_helmrelease_info")+`)
  and on (chart_name) (count by (chart_name) (count by (chart_name, chart_version) (`+fluxResources("cobaltcore_flux_helmrelease_info")+`)) > 1)`, "name", "none")),
		fluxVersions(),
		fluxOperators(),
	}
}

func fluxVersions() Panel {
	p := fluxTable("Version of Flux", "What each FluxInstance asks for, has attempted and has applied. The same applied version everywhere is good; another one attempted than applied is an upgrade that is under way or fails.",
		[]Column{
			clusterColumn(), fluxNameColumn(), labelColumn("desired", "Asked for"), labelColumn("attempted", "Attempted"), labelColumn("applied", "Applied"),
		}, Sort{Column: "Cluster"},
		withFallbackRow(shortRevisions(`max by (`+fluxObject+`, desired, attempted, applied) (`+selector("cobaltcore_flux_instance_version_info")+`)`, "attempted", "applied"), "name", "no FluxInstance"))
	p.Width = 14
	return p
}

func fluxOperators() Panel {
	p := fluxTable("Version of Flux Operator", "The Flux Operator of each cluster, and the distribution that it reports. The same version everywhere is good.",
		[]Column{clusterColumn(), labelColumn("version", "Version"), labelColumn("platform", "Platform")}, Sort{Column: "Cluster"},
		withFallbackRow(`max by (cluster, version, platform) (`+selector("flux_operator_info")+`)`, "version", "no Flux Operator"))
	p.Width = 10
	return p
}

// selectOperator selects rows of kinds of Flux Operator. They have only an applied revision, and
// apply to their own cluster.
func selectOperator(metric string, matchers ...string) string {
	return `label_replace(label_replace(` + selector(metric, matchers...) + `, "target_cluster", "$1", "cluster", "(.*)"), "applied_revision", "$1", "revision", "(.*)")`
}
