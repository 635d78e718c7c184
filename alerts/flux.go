// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package alerts

import (
	"strings"
	"time"
)

// What names a Flux object, and the kinds by what they do.
const (
	fluxObject = "cluster, target_cluster, kind, exported_namespace, name"

	appliers = "Kustomization|HelmRelease|ResourceSet"
	// origins bring what is applied. What they have is made from nothing else of Flux.
	origins = "GitRepository|OCIRepository|Bucket|HelmRepository"
	// derived are made from an origin.
	derived = "HelmChart|ExternalArtifact|ArtifactGenerator"
)

func fluxRecordings() []Recording {
	return []Recording{
		// The source of an object in one label. A HelmRelease with a chart template has a
		// HelmChart made for it.
		{RecordedFluxSource, `label_join(max by (` + fluxObject + `, source_kind, source_namespace, source_name) (
  flux_resource_info{source_name!="", kind!="HelmRelease"} or flux_resource_info{kind="HelmRelease", source_kind=~"OCIRepository|HelmChart|ExternalArtifact"}
), "source", "/", "source_kind", "source_namespace", "source_name")
or label_join(label_join(label_replace(max by (` + fluxObject + `, source_kind, source_namespace, source_name) (
  flux_resource_info{kind="HelmRelease", source_kind=~"HelmRepository|GitRepository|Bucket"}
), "chart_kind", "HelmChart", "", ""), "chart", "-", "exported_namespace", "name"), "source", "/", "chart_kind", "source_namespace", "chart")`},
		// Whom an object waits for: one of its own kind. dependency has the form of source.
		{RecordedFluxWaitsFor, `label_join(max by (` + fluxObject + `, dependency_namespace, dependency_name) (cobaltcore_flux_resource_depends_on),
  "dependency", "/", "kind", "dependency_namespace", "dependency_name")`},
		{RecordedFluxLastGood, `max by (` + fluxObject + `) (cobaltcore_flux_resource_last_success_timestamp_seconds)
or max by (` + fluxObject + `) (cobaltcore_flux_resource_created_timestamp_seconds)`},
		{RecordedFluxOverdue, `(time() - max by (` + fluxObject + `) (cobaltcore_flux_resource_last_reconcile_timestamp_seconds))
  / on (` + fluxObject + `) (max by (` + fluxObject + `) (cobaltcore_flux_resource_interval_seconds) > 0)`},
	}
}

// What thresholds about Flux objects mean.
const (
	sinceSuccess    = "how old the last success is"
	sinceTransition = "how long it has been like this"
)

// of is the objects of some kinds in some states, with the labels that do not churn.
func of(kinds, states string) string {
	return `max by (` + fluxObject + `) (cobaltcore_flux_resource_status{` + matcher("kind", kinds) + `, ` + matcher("status", states) + `})`
}

// in is the objects of all kinds in some states.
func in(states string) string {
	return `max by (` + fluxObject + `) (cobaltcore_flux_resource_status{` + matcher("status", states) + `})`
}

// matcher selects one value, or one of several.
func matcher(label, values string) string {
	if strings.Contains(values, "|") {
		return label + `=~"` + values + `"`
	}
	return label + `="` + values + `"`
}

// flux is what all rules about Flux objects have in common. They name the cluster in
// which the object lives and the one to which it is applied.
func flux(r Rule) Rule {
	r.System = Flux
	if r.Object == (Object{}) {
		r.Object = objectOfFlux()
	}
	r.InhibitedBy = append(r.InhibitedBy, inHouse(), Inhibition{By: "FleetClusterDown", Equal: []string{"target_cluster"}})
	if r.Name != "FluxInstanceFailing" && r.Name != "FluxInstanceMissing" {
		r.InhibitedBy = append(r.InhibitedBy, Inhibition{By: "FluxInstanceFailing", Equal: []string{clusterLabel}})
	}
	return r
}

// failingSince are those that have been like this for as long as the threshold says:
// what cannot be fetched for a moment is tried again soon.
func failingSince(expr string) string {
	return `(` + expr + `
  and on (` + fluxObject + `) (time() - max by (` + fluxObject + `) (cobaltcore_flux_resource_ready_transition_timestamp_seconds) > ` + threshold + `))`
}

// itself names an object in one label, by which others follow from it.
func itself(label, expr string) string {
	return `label_join(` + expr + `, "` + label + `", "/", "kind", "exported_namespace", "name")`
}

// withSource adds the source of an object; one without has no such label.
func withSource(label, expr string) string {
	if label != "source" {
		return `label_replace(` + withSource("source", expr) + `, "` + label + `", "$1", "source", "(.+)")`
	}
	return `(` + expr + ` * on (` + fluxObject + `) group_left (source) ` + RecordedFluxSource + `
  or ` + expr + ` unless on (` + fluxObject + `) ` + RecordedFluxSource + `)`
}

// byController adds the controller that should reconcile an object: if it is down, that
// is why nobody does.
func byController(expr string) string {
	for _, c := range [][2]string{
		{"FluxInstance|ResourceSet", "flux-operator"}, {"Kustomization", "kustomize-controller"},
		{"ImageRepository", "image-reflector-controller"}, {"ImageUpdateAutomation", "image-automation-controller"},
	} {
		expr = `label_replace(` + expr + `, "component", "` + c[1] + `", "kind", "` + c[0] + `")`
	}
	return expr
}

const fluxText = "What is suspended, under way or waiting has not failed. *source*, *upstream* and *dependency* have the form kind/namespace/name."

// fluxGroup is about the objects of Flux. What is suspended, under way or waiting has
// not failed. A controller makes Ready unknown at each attempt, so a failing object is
// not failing all the time: it has failed if its last success is old, and
// KeepFiringFor bridges the attempts.
func fluxGroup() Group {
	bySource := []Inhibition{{By: "FluxSourceFailing", Equal: []string{clusterLabel, "source"}}, {By: "FluxChartFailing", Equal: []string{clusterLabel, "source"}}}
	byDependency := []Inhibition{{By: "FluxApplyFailing", Equal: []string{clusterLabel, "dependency"}}, {By: "FluxStalled", Equal: []string{clusterLabel, "dependency"}}}
	return Group{Name: "flux", Title: "Flux", Text: fluxText, Recordings: fluxRecordings(), Rules: []Rule{
		flux(Rule{
			Name: "FluxInstanceFailing", Severity: Critical, For: 2 * time.Minute, KeepFiringFor: 10 * time.Minute,
			Threshold: after(10*time.Minute, sinceSuccess),
			Expr: of("FluxInstance", "failed|stalled") + `
  and on (` + fluxObject + `) (time() - ` + RecordedFluxLastGood + ` > ` + threshold + `)`,
			Since:       RecordedFluxLastGood,
			Summary:     "Flux of {{ $labels.cluster }} cannot be installed or upgraded",
			Description: "FluxInstance {{ $labels.exported_namespace }}/{{ $labels.name }} in cluster {{ $labels.cluster }} fails. What runs is the version before, or a part of the new one.",
		}),
		flux(Rule{
			Name: "FluxInstanceMissing", Severity: Warning, For: 15 * time.Minute,
			Expr:        `max by (cluster) (cobaltcore_watch_synced{collector="flux", kind="FluxInstance"} == 1) unless on (cluster) flux_instance_info`,
			Object:      Object{Kind: "FluxInstance", Name: "flux"},
			Summary:     "There is no FluxInstance in {{ $labels.cluster }}",
			Description: "Cluster {{ $labels.cluster }} has the kinds of Flux Operator and no FluxInstance: nobody keeps Flux installed there.",
		}),
		flux(Rule{
			Name: "FluxSourceFailing", Severity: Warning, For: 2 * time.Minute, KeepFiringFor: 5 * time.Minute,
			Threshold:   after(10*time.Minute, sinceTransition),
			Expr:        itself("source", itself("upstream", failingSince(of(origins, "failed|stalled")))),
			Since:       `max by (` + fluxObject + `) (cobaltcore_flux_resource_ready_transition_timestamp_seconds)`,
			Summary:     "{{ $labels.kind }} {{ $labels.exported_namespace }}/{{ $labels.name }} of {{ $labels.cluster }} cannot be fetched",
			Description: "{{ $labels.kind }} {{ $labels.exported_namespace }}/{{ $labels.name }} in cluster {{ $labels.cluster }} keeps its last artifact. What is made from it stays at an old revision and may well say that it is ready.",
		}),
		flux(Rule{
			Name: "FluxChartFailing", Severity: Warning, For: 2 * time.Minute, KeepFiringFor: 5 * time.Minute,
			Threshold:   after(10*time.Minute, sinceTransition),
			Expr:        itself("source", withSource("upstream", failingSince(of(derived, "failed|stalled")))),
			Since:       `max by (` + fluxObject + `) (cobaltcore_flux_resource_ready_transition_timestamp_seconds)`,
			Summary:     "{{ $labels.kind }} {{ $labels.exported_namespace }}/{{ $labels.name }} of {{ $labels.cluster }} cannot be made",
			Description: "{{ $labels.kind }} {{ $labels.exported_namespace }}/{{ $labels.name }} in cluster {{ $labels.cluster }} keeps its last artifact, or has none. What is made from it stays as it is.",
			InhibitedBy: []Inhibition{{By: "FluxSourceFailing", Equal: []string{clusterLabel, "upstream"}}},
		}),
		flux(Rule{
			Name: "FluxApplyFailing", Severity: Warning, For: 2 * time.Minute, KeepFiringFor: 10 * time.Minute,
			Threshold: after(10*time.Minute, sinceSuccess),
			Expr: itself("dependency", withSource("source", `(`+of(appliers, "failed")+`
  and on (`+fluxObject+`) (time() - `+RecordedFluxLastGood+` > `+threshold+`))`)),
			Since:       RecordedFluxLastGood,
			Summary:     "{{ $labels.kind }} {{ $labels.exported_namespace }}/{{ $labels.name }} of {{ $labels.cluster }} fails",
			Description: "{{ $labels.kind }} {{ $labels.exported_namespace }}/{{ $labels.name }} in cluster {{ $labels.cluster }} cannot be applied to cluster {{ $labels.target_cluster }}. What is there is the last revision that could, or a part of the new one.",
			InhibitedBy: bySource,
		}),
		flux(Rule{
			Name: "FluxStalled", Severity: Warning, For: 5 * time.Minute, KeepFiringFor: 5 * time.Minute,
			Expr:        itself("dependency", withSource("source", of(appliers, "stalled"))),
			Since:       RecordedFluxLastGood,
			Summary:     "{{ $labels.kind }} {{ $labels.exported_namespace }}/{{ $labels.name }} of {{ $labels.cluster }} has given up",
			Description: "{{ $labels.kind }} {{ $labels.exported_namespace }}/{{ $labels.name }} in cluster {{ $labels.cluster }} is stalled: it is not tried again before somebody changes it or asks for it.",
			InhibitedBy: bySource,
		}),
		flux(Rule{
			Name: "FluxDependencyBlocked", Severity: Warning, For: 10 * time.Minute, KeepFiringFor: 5 * time.Minute,
			Expr: `max by (` + fluxObject + `, dependency) (` + RecordedFluxWaitsFor + ` and on (` + fluxObject + `) ` + of(appliers, "dependency_not_ready") + `)
  and on (cluster, dependency) ` + itself("dependency", of(appliers, "failed|stalled|suspended")),
			Summary:     "{{ $labels.kind }} {{ $labels.exported_namespace }}/{{ $labels.name }} of {{ $labels.cluster }} waits for what is broken",
			Description: "{{ $labels.kind }} {{ $labels.exported_namespace }}/{{ $labels.name }} in cluster {{ $labels.cluster }} is not applied before {{ $labels.dependency }} is ready, which has failed or is suspended.",
			InhibitedBy: byDependency,
		}),
		flux(Rule{
			Name: "FluxWaitingTooLong", Severity: Warning, For: 10 * time.Minute, KeepFiringFor: 5 * time.Minute,
			Threshold: after(2*time.Hour, sinceSuccess),
			// The last success of a HelmRelease is its last change. Its condition does not
			// blink while it waits, as that of a Kustomization does.
			Expr: of(appliers, "dependency_not_ready") + `
  and on (` + fluxObject + `) (time() - ` + RecordedFluxLastGood + ` > ` + threshold + `)
  unless on (` + fluxObject + `) (time() - max by (` + fluxObject + `) (cobaltcore_flux_resource_ready_transition_timestamp_seconds{kind="HelmRelease"}) < ` + threshold + `)`,
			Since:       RecordedFluxLastGood,
			Summary:     "{{ $labels.kind }} {{ $labels.exported_namespace }}/{{ $labels.name }} of {{ $labels.cluster }} has waited for hours",
			Description: "{{ $labels.kind }} {{ $labels.exported_namespace }}/{{ $labels.name }} in cluster {{ $labels.cluster }} waits for its dependencies; its last success is more than $threshold old.",
			// Dependencies may be many steps away.
			InhibitedBy: []Inhibition{
				{By: "FluxDependencyBlocked", Equal: []string{clusterLabel, "kind", "exported_namespace", "name"}},
				{By: "FluxApplyFailing", Equal: []string{clusterLabel, "target_cluster", "kind"}},
				{By: "FluxStalled", Equal: []string{clusterLabel, "target_cluster", "kind"}},
			},
		}),
		flux(Rule{
			Name: "FluxProgressingTooLong", Severity: Warning, For: 5 * time.Minute, KeepFiringFor: 5 * time.Minute,
			Threshold: after(time.Hour, sinceTransition),
			Expr: in("progressing") + `
  and on (` + fluxObject + `) (time() - max by (` + fluxObject + `) (cobaltcore_flux_resource_ready_transition_timestamp_seconds) > ` + threshold + `)`,
			Since:       `max by (` + fluxObject + `) (cobaltcore_flux_resource_ready_transition_timestamp_seconds)`,
			Summary:     "{{ $labels.kind }} {{ $labels.exported_namespace }}/{{ $labels.name }} of {{ $labels.cluster }} does not get ready",
			Description: "{{ $labels.kind }} {{ $labels.exported_namespace }}/{{ $labels.name }} in cluster {{ $labels.cluster }} has been under way for more than $threshold.",
		}),
		flux(Rule{
			Name: "FluxResourceFailing", Severity: Warning, For: 15 * time.Minute, KeepFiringFor: 5 * time.Minute,
			Expr:        withSource("source", `max by (`+fluxObject+`) (cobaltcore_flux_resource_status{kind!~"FluxInstance|`+appliers+`|`+origins+`|`+derived+`", status=~"failed|stalled"})`),
			Since:       `max by (` + fluxObject + `) (cobaltcore_flux_resource_ready_transition_timestamp_seconds)`,
			Summary:     "{{ $labels.kind }} {{ $labels.exported_namespace }}/{{ $labels.name }} of {{ $labels.cluster }} fails",
			Description: "{{ $labels.kind }} {{ $labels.exported_namespace }}/{{ $labels.name }} in cluster {{ $labels.cluster }} does not do its work: images are not found, commits are not pushed, or events are not sent.",
			InhibitedBy: bySource,
		}),
		flux(Rule{
			Name: "FluxResourceStale", Severity: Warning, For: 5 * time.Minute, KeepFiringFor: 5 * time.Minute,
			Threshold: &Threshold{Default: 3, Unit: Intervals, Meaning: "how long ago it was reconciled last; at least half an hour"},
			Expr: byController(`(` + RecordedFluxOverdue + ` > ` + threshold + ` and on (` + fluxObject + `) ` + of("FluxInstance|Kustomization|ResourceSet|ImageRepository|ImageUpdateAutomation", "ready") + `)
  and on (` + fluxObject + `) (time() - max by (` + fluxObject + `) (cobaltcore_flux_resource_last_reconcile_timestamp_seconds) > 1800)`),
			Since:       `max by (` + fluxObject + `) (cobaltcore_flux_resource_last_reconcile_timestamp_seconds)`,
			Summary:     "Nobody reconciles {{ $labels.kind }} {{ $labels.exported_namespace }}/{{ $labels.name }} of {{ $labels.cluster }}",
			Description: "{{ $labels.kind }} {{ $labels.exported_namespace }}/{{ $labels.name }} in cluster {{ $labels.cluster }} says that it is ready and was last reconciled {{ $value }} intervals ago: its controller is dead, or of another shard.",
			InhibitedBy: []Inhibition{{By: "FluxControllerDown", Equal: []string{clusterLabel, "component"}}, {By: "FluxComponentMissing", Equal: []string{clusterLabel, "component"}}},
		}),
		flux(Rule{
			Name: "FluxDrifted", Severity: Warning, For: 15 * time.Minute, KeepFiringFor: 5 * time.Minute,
			Expr:        `max by (` + fluxObject + `) (cobaltcore_flux_helmrelease_drifted) == 1`,
			Summary:     "HelmRelease {{ $labels.exported_namespace }}/{{ $labels.name }} of {{ $labels.cluster }} was changed by hand",
			Description: "Objects in cluster {{ $labels.target_cluster }} differ from HelmRelease {{ $labels.exported_namespace }}/{{ $labels.name }} in cluster {{ $labels.cluster }}, and drift is not corrected.",
		}),
		flux(Rule{
			Name: "FluxHelmTestFailing", Severity: Warning, For: 15 * time.Minute, KeepFiringFor: 5 * time.Minute,
			Expr:        `max by (` + fluxObject + `) (cobaltcore_flux_helmrelease_test_success) == 0`,
			Since:       `max by (` + fluxObject + `) (cobaltcore_flux_helmrelease_last_deployed_timestamp_seconds)`,
			Summary:     "The tests of HelmRelease {{ $labels.exported_namespace }}/{{ $labels.name }} of {{ $labels.cluster }} fail",
			Description: "The Helm tests of HelmRelease {{ $labels.exported_namespace }}/{{ $labels.name }} in cluster {{ $labels.cluster }} failed after its last release.",
			InhibitedBy: []Inhibition{{By: "FluxApplyFailing", Equal: []string{clusterLabel, "kind", "exported_namespace", "name"}}},
		}),
		flux(Rule{
			Name: "FluxSuspended", Severity: Info, For: day,
			Expr:        in("suspended"),
			Summary:     "{{ $labels.kind }} {{ $labels.exported_namespace }}/{{ $labels.name }} of {{ $labels.cluster }} is suspended",
			Description: "{{ $labels.kind }} {{ $labels.exported_namespace }}/{{ $labels.name }} in cluster {{ $labels.cluster }} is suspended: it may have been forgotten.",
		}),
		flux(Rule{
			Name: "FluxVersionSkew", Severity: Info, For: time.Hour,
			// Those that do not run what most run. The version ends where the digest begins.
			Expr: fluxVersion + `
  unless on (version) (count by (version) (` + fluxVersion + `) == scalar(max(count by (version) (` + fluxVersion + `))))`,
			Object:      Object{Kind: "FluxInstance", Name: "flux"},
			Summary:     "Flux of {{ $labels.cluster }} is of another version than that of most clusters",
			Description: "Cluster {{ $labels.cluster }} runs Flux {{ $labels.version }}, most clusters run another one.",
		}),
		flux(Rule{
			Name: "FluxReportComponentNotReady", Severity: Warning, For: 15 * time.Minute, KeepFiringFor: 5 * time.Minute,
			Expr:        `max by (cluster, component) (cobaltcore_flux_report_component_ready) == 0`,
			Object:      Object{Kind: "Deployment", Name: "{{ $labels.component }}"},
			Summary:     "Flux Operator says that {{ $labels.component }} of {{ $labels.cluster }} is not ready",
			Description: "According to the FluxReport of cluster {{ $labels.cluster }}, {{ $labels.component }} is not ready. Objects keep the status that it gave them.",
			InhibitedBy: []Inhibition{{By: "FluxControllerDown", Equal: []string{clusterLabel, "component"}}},
		}),
	}}
}

const fluxVersion = `max by (cluster, version) (label_replace(cobaltcore_flux_instance_version_info{applied!=""}, "version", "$1", "applied", "([^@]+).*"))`

// objectOfFlux is the object that the labels of a flux_* row name.
func objectOfFlux() Object {
	return Object{Kind: "{{ $labels.kind }}", Namespace: "{{ $labels.exported_namespace }}", Name: "{{ $labels.name }}"}
}

// fluxSystem describes Flux Operator and Flux.
func fluxSystem() Description {
	return Description{
		System: Flux, Title: "Flux", Key: "flux", Prefixes: []string{"Flux"}, Page: "cobaltcore-flux", Watches: "Flux", Groups: groups(fluxGroup),
	}
}
