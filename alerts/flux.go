// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package alerts

import (
	"strings"
	"time"
)

// The labels that identify a Flux object, and the kinds by function.
const (
	fluxObject = "cluster, target_cluster, kind, exported_namespace, name"

	appliers = "Kustomization|HelmRelease|ResourceSet"
	// origins are the sources that do not depend on other Flux objects.
	origins = "GitRepository|OCIRepository|Bucket|HelmRepository"
	// derived are the sources that are built from an origin.
	derived = "HelmChart|ExternalArtifact|ArtifactGenerator"
	// others are all other kinds except FluxInstance.
	others = "Alert|Provider|Receiver|Image.+|.+InputProvider|FluxReport"
)

// Rows about Flux objects that are not ready. The value is the onset.
const (
	fluxNotReady = "cobaltcore_flux_resource_not_ready_since_timestamp_seconds"
	fluxWaiting  = "cobaltcore_flux_resource_waiting_since_timestamp_seconds"
	// releaseTrouble has a row for each condition of a HelmRelease that indicates a problem.
	releaseTrouble = "cobaltcore_flux_helmrelease_trouble_since_timestamp_seconds"
)

// Meanings of the thresholds about Flux objects.
const sinceOnset = "how long it has been like this"

// matcher returns a matcher for one or several values.
func matcher(label, values string) string {
	if strings.ContainsAny(values, "|.") {
		return label + `=~"` + values + `"`
	}
	return label + `="` + values + `"`
}

// lastingProblems selects objects that have been in a state for longer than the threshold, and
// objects that rules report at once because their onset is unknown.
func lastingProblems(matchers string) string {
	return lastingProblemsIn(fluxNotReady, "onset, status, tolerated", matchers)
}

// lastingProblemsIn returns [lastingProblems] for the rows of any system, without some of their labels.
func lastingProblemsIn(metric, without, matchers string) string {
	return `max without (` + without + `) (time() - ` + metric + `{` + matchers + `} > ` + threshold + `
  or time() - ` + metric + `{` + matchers + `, tolerated="false"})`
}

// failing selects failed objects like [lastingProblems]. For retried health checks, a third of the
// threshold is enough, so that the second attempt of a retry loop is reported.
func failing(kinds string) string {
	return `max without (onset, status, tolerated) (time() - ` + fluxNotReady + `{` + matcher("kind", kinds) + `, status="failed"}
  unless (time() - ` + fluxNotReady + `{tolerated="true"} <= ` + threshold + `
    or time() - ` + fluxNotReady + `{tolerated="briefly"} <= ` + threshold + ` / 3))`
}

// certainProblems selects objects that have certainly been in a state for longer than the
// threshold.
func certainProblems(matchers string) string {
	return `max without (onset, status, tolerated) (time() - ` + fluxNotReady + `{` + matchers + `} > ` + threshold + `)`
}

// waitingObjects selects objects whose dependency has one of the problems.
func waitingObjects(chain string) string {
	m := `chain="` + chain + `", problem=~"missing|circular|stalled|failed|suspended|deleting|unprocessed"`
	return `max without (chain, onset, problem) (time() - ` + fluxWaiting + `{` + m + `} > ` + threshold + `
  or time() - ` + fluxWaiting + `{` + m + `, onset="undated"})`
}

func fluxRecordings() []Recording {
	return []Recording{recordFluxDisabled(), recordAge(fluxNotReady), recordAge(fluxWaiting), recordReason(fluxReason),
		recordReason(fluxWaitsFor)}
}

// flux completes a rule about Flux objects. The alerts have the cluster that contains the object
// and the cluster to which it is applied.
func flux(r Rule) Rule {
	r.System = Flux
	if r.Object == (Object{}) {
		r.Object = objectOfFlux()
	}
	switch {
	case strings.Contains(r.Expr, fluxWaiting):
		r.Since = `min without (chain, problem) (` + fluxWaiting + `)`
		r.Reason = fluxWaitsFor
	case strings.Contains(r.Expr, fluxNotReady) && !strings.Contains(r.Expr, "unless"):
		r.Since = fluxSince
		r.Reason = fluxReason
	}
	r.InhibitedBy = append(r.InhibitedBy, followsFromOutage(), Inhibition{By: "FleetClusterDown", Equal: []string{"target_cluster"}})
	return r
}

// fluxReason adds the source to the reason of an object whose source does not exist.
const fluxReason = `max by (` + fluxObject + `, reason) (label_join(label_replace(cobaltcore_flux_resource_source_missing,
  "source", "$1 is missing", "source", "(.+)"), "reason", ", ", "reason", "source"))
or on (` + fluxObject + `) max by (` + fluxObject + `, reason) (cobaltcore_flux_resource_reason_info)`

// fluxSince selects the onset with the label onset, which shows whether the onset is exact.
const fluxSince = `min without (status, tolerated) (` + fluxNotReady + `)`

// fluxWaitsFor selects the dependency and its problem. At the end of a chain of dependencies, the
// problem is a failure.
const fluxWaitsFor = `max by (` + fluxObject + `, reason) (label_replace(label_join(` + fluxWaiting + `{chain="direct"}, "reason", " ", "dependency", "problem"), "reason", "$1", "reason", " ?(.*?) ?")
  or label_replace(` + fluxWaiting + `{chain="indirect"}, "reason", "$1 waits itself", "dependency", "(.+)"))`

// releaseSince selects the onset of a problem that a condition of a HelmRelease indicates.
func releaseSince(conditions string) string {
	return `min by (` + fluxObject + `, onset) (` + releaseTrouble + `{` + matcher("condition", conditions) + `})`
}

// releaseReason selects the reason of such a condition.
func releaseReason(conditions string) string {
	return `max by (` + fluxObject + `, reason) (` + releaseTrouble + `{` + matcher("condition", conditions) + `})`
}

const fluxText = "Objects that are suspended, in progress or waiting have not failed. *source*, *upstream*, *dependency* and *blocked* have the form kind/namespace/name."

// fluxGroup returns the rules about the objects of Flux. Objects that are suspended, in progress or
// waiting have not failed. The state of an object does not change during retries, so `for` only
// dampens failures that recover at once.
func fluxGroup() Group {
	self := []string{clusterLabel, "kind", "exported_namespace", "name"}
	bySource := []Inhibition{{By: "FluxSourceFailing", Equal: []string{clusterLabel, "source"}}, {By: "FluxChartFailing", Equal: []string{clusterLabel, "source"}}}
	byController := []Inhibition{{By: "FluxControllerDown", Equal: []string{clusterLabel, "component"}}, {By: "FluxComponentMissing", Equal: []string{clusterLabel, "component"}}}
	var byDependency []Inhibition
	for _, name := range []string{
		"FluxApplyFailing", "FluxStalled", "FluxSourceFailing", "FluxChartFailing", "FluxResourceFailing", "FluxInstanceFailing", "FluxUnprocessed", "FluxSuspended",
		"FluxProgressingTooLong", "FluxResourceUnknown", "FluxDeletionStuck",
	} {
		byDependency = append(byDependency, Inhibition{By: name, Equal: []string{clusterLabel, "dependency"}})
	}
	return Group{Name: "flux", Title: "Flux", Text: fluxText, Recordings: fluxRecordings(), Rules: []Rule{
		flux(Rule{
			Name: "FluxInstanceFailing", Severity: Warning, For: time.Minute, KeepFiringFor: 2 * time.Minute,
			Threshold:   secondsThreshold(10*time.Minute, sinceOnset),
			Expr:        lastingProblems(`kind="FluxInstance", status=~"failed|stalled"`),
			Summary:     "Flux in cluster {{ $labels.cluster }} cannot be installed or upgraded",
			Description: "The previous version is running, or a part of the new one. Read its conditions and the log of flux-operator.",
		}),
		flux(Rule{
			Name: "FluxInstanceMissing", Severity: Warning, For: 15 * time.Minute,
			Expr:        `max by (cluster) (cobaltcore_watch_synced{collector="flux", kind="FluxInstance"} == 1) unless on (cluster) flux_instance_info`,
			Object:      Object{Kind: "FluxInstance", Name: "flux"},
			Summary:     "Cluster {{ $labels.cluster }} has no FluxInstance",
			Description: "It has the kinds of Flux Operator, but nothing keeps Flux installed. Apply it from Git, or remove Flux Operator and its kinds.",
		}),
		flux(Rule{
			Name: "FluxSourceFailing", Severity: Warning, For: time.Minute, KeepFiringFor: 2 * time.Minute,
			Threshold:   secondsThreshold(10*time.Minute, sinceOnset),
			Expr:        lastingProblems(matcher("kind", origins) + `, status=~"failed|stalled"`),
			Summary:     "{{ $labels.kind }} {{ $labels.exported_namespace }}/{{ $labels.name }} in cluster {{ $labels.cluster }} cannot be fetched",
			Description: "It keeps its last artifact. Objects that use it stay at an old revision and may be Ready. Read its Ready condition: credentials, reference or network.",
		}),
		flux(Rule{
			Name: "FluxChartFailing", Severity: Warning, For: time.Minute, KeepFiringFor: 2 * time.Minute,
			Threshold:   secondsThreshold(10*time.Minute, sinceOnset),
			Expr:        lastingProblems(matcher("kind", derived) + `, status=~"failed|stalled"`),
			Summary:     "{{ $labels.kind }} {{ $labels.exported_namespace }}/{{ $labels.name }} in cluster {{ $labels.cluster }} cannot be built",
			Description: "It keeps its last artifact, or has none. Releases that use it stay at their version. Read its Ready condition: version range, chart name or source.",
			InhibitedBy: []Inhibition{{By: "FluxSourceFailing", Equal: []string{clusterLabel, "upstream"}}},
		}),
		flux(Rule{
			Name: "FluxApplyFailing", Severity: Warning, For: time.Minute, KeepFiringFor: 2 * time.Minute,
			Threshold:   secondsThreshold(10*time.Minute, sinceOnset+"; for failed health checks a third of it, after a second attempt has begun"),
			Expr:        failing(appliers),
			Since:       fluxSince,
			Reason:      fluxReason,
			Summary:     "{{ $labels.kind }} {{ $labels.exported_namespace }}/{{ $labels.name }} in cluster {{ $labels.cluster }} fails",
			Description: "It cannot be applied to cluster {{ $labels.target_cluster }}. The cluster has the previous revision, or part of the new one. Read its Ready condition; after a failed health check, look at the pods of the target.",
			InhibitedBy: bySource,
		}),
		flux(Rule{
			Name: "FluxStalled", Severity: Warning, For: 5 * time.Minute, KeepFiringFor: 2 * time.Minute,
			Expr:        `max without (onset, status, tolerated) (time() - ` + fluxNotReady + `{` + matcher("kind", appliers) + `, status="stalled"})`,
			Summary:     "{{ $labels.kind }} {{ $labels.exported_namespace }}/{{ $labels.name }} in cluster {{ $labels.cluster }} is stalled",
			Description: "It is retried only when its spec, its source or its inputs change, or on request. Fix the cause, then reconcile it; a HelmRelease with --reset.",
			InhibitedBy: bySource,
		}),
		flux(Rule{
			Name: "FluxDependencyBlocked", Severity: Warning, For: 5 * time.Minute, KeepFiringFor: 2 * time.Minute,
			Threshold:   secondsThreshold(10*time.Minute, sinceOnset),
			Expr:        waitingObjects("direct"),
			Summary:     "{{ $labels.kind }} {{ $labels.exported_namespace }}/{{ $labels.name }} in cluster {{ $labels.cluster }} waits for a broken dependency",
			Description: "It is not applied before {{ $labels.dependency }} is ready, which is missing, has failed, is suspended, or waits for it. Fix the dependency first.",
			InhibitedBy: byDependency,
		}),
		flux(Rule{
			Name: "FluxDependencyChainBlocked", Severity: Warning, For: 5 * time.Minute, KeepFiringFor: 2 * time.Minute,
			Threshold:   secondsThreshold(10*time.Minute, sinceOnset),
			Expr:        waitingObjects("indirect"),
			Summary:     "{{ $labels.kind }} {{ $labels.exported_namespace }}/{{ $labels.name }} in cluster {{ $labels.cluster }} waits for a dependency that is blocked",
			Description: "At the end of the chain, {{ $labels.blocked }} waits for a broken dependency. Fix that one.",
			InhibitedBy: []Inhibition{{By: "FluxDependencyBlocked", Equal: []string{clusterLabel, "blocked"}}},
		}),
		flux(Rule{
			Name: "FluxWaitingTooLong", Severity: Warning, For: 5 * time.Minute, KeepFiringFor: 2 * time.Minute,
			Threshold:   secondsThreshold(2*time.Hour, sinceOnset),
			Expr:        `max without (chain, onset, problem) (time() - ` + fluxWaiting + `{problem=~"progressing|revision|expression|empty|ready|unwatched|unknown"} > ` + threshold + `)`,
			Summary:     "{{ $labels.kind }} {{ $labels.exported_namespace }}/{{ $labels.name }} in cluster {{ $labels.cluster }} has waited for hours",
			Description: "It has waited for a dependency for more than $threshold. The dependency has not failed, or it is not watched. Follow it to the first object that does not wait.",
			InhibitedBy: byDependency,
		}),
		flux(Rule{
			Name: "FluxProgressingTooLong", Severity: Warning, For: time.Minute, KeepFiringFor: 2 * time.Minute,
			Threshold:   secondsThreshold(time.Hour, sinceOnset),
			Expr:        certainProblems(`status="progressing"`),
			Summary:     "{{ $labels.kind }} {{ $labels.exported_namespace }}/{{ $labels.name }} in cluster {{ $labels.cluster }} does not become ready",
			Description: "It has been progressing for more than $threshold. Look at its pods in cluster {{ $labels.target_cluster }}; reconcile it if its controller was restarted.",
		}),
		flux(Rule{
			Name: "FluxUnprocessed", Severity: Warning, For: 5 * time.Minute, KeepFiringFor: 2 * time.Minute,
			Threshold:   secondsThreshold(15*time.Minute, sinceOnset),
			Expr:        lastingProblems(`status="unprocessed"`),
			Summary:     "{{ $labels.kind }} {{ $labels.exported_namespace }}/{{ $labels.name }} in cluster {{ $labels.cluster }} is not processed",
			Description: "No controller has processed it, or its newest generation, for more than $threshold: {{ $labels.component }} is down, or serves another shard. Check its Deployment.",
			InhibitedBy: byController,
		}),
		flux(Rule{
			Name: "FluxResourceUnknown", Severity: Warning, For: 5 * time.Minute, KeepFiringFor: 2 * time.Minute,
			Threshold:   secondsThreshold(15*time.Minute, sinceOnset),
			Expr:        lastingProblems(`status="unknown"`),
			Summary:     "{{ $labels.kind }} {{ $labels.exported_namespace }}/{{ $labels.name }} in cluster {{ $labels.cluster }} has an unknown state",
			Description: "Its Ready condition has been Unknown or missing for more than $threshold. {{ $labels.component }} may have stopped during an attempt. Check its pods, then request a reconciliation.",
			InhibitedBy: byController,
		}),
		flux(Rule{
			Name: "FluxResourceFailing", Severity: Warning, For: time.Minute, KeepFiringFor: 2 * time.Minute,
			Threshold:   secondsThreshold(15*time.Minute, sinceOnset),
			Expr:        lastingProblems(matcher("kind", others) + `, status=~"failed|stalled"`),
			Summary:     "{{ $labels.kind }} {{ $labels.exported_namespace }}/{{ $labels.name }} in cluster {{ $labels.cluster }} fails",
			Description: "Images are not found, commits are not pushed, or events are not sent. Read its Ready condition: credentials, rights or its source.",
			InhibitedBy: bySource,
		}),
		flux(Rule{
			Name: "FluxResourceStale", Severity: Warning, For: 5 * time.Minute, KeepFiringFor: 2 * time.Minute,
			Expr:        `time() - max by (` + fluxObject + `, component) (cobaltcore_flux_resource_overdue_timestamp_seconds) > 0`,
			Since:       `max by (` + fluxObject + `, component) (cobaltcore_flux_resource_overdue_timestamp_seconds) < time()`,
			Summary:     "{{ $labels.kind }} {{ $labels.exported_namespace }}/{{ $labels.name }} in cluster {{ $labels.cluster }} is not being reconciled",
			Description: "It is ready and has been overdue for " + rounded + ": {{ $labels.component }} is down, does not keep up, or serves another shard. Check its Deployment.",
			InhibitedBy: byController,
		}),
		flux(Rule{
			Name: "FluxDrifted", Severity: Warning, For: 15 * time.Minute, KeepFiringFor: 5 * time.Minute,
			Expr:        `max by (` + fluxObject + `) (cobaltcore_flux_helmrelease_drifted) == 1`,
			Since:       releaseSince(`Drifted`),
			Reason:      releaseReason(`Drifted`),
			Summary:     "HelmRelease {{ $labels.exported_namespace }}/{{ $labels.name }} in cluster {{ $labels.cluster }} has drifted",
			Description: "Objects in cluster {{ $labels.target_cluster }} differ from it, and drift is not corrected. Commit the change to its values, or revert it with flux reconcile helmrelease --force.",
		}),
		flux(Rule{
			Name: "FluxHelmTestFailing", Severity: Warning, For: 15 * time.Minute, KeepFiringFor: 5 * time.Minute,
			Expr:        `max by (` + fluxObject + `) (cobaltcore_flux_helmrelease_test_success) == 0`,
			Since:       releaseSince(`TestSuccess`),
			Reason:      releaseReason(`TestSuccess`),
			Summary:     "HelmRelease {{ $labels.exported_namespace }}/{{ $labels.name }} in cluster {{ $labels.cluster }} fails its tests",
			Description: "Its Helm tests failed after its last release. Read the log of the test pod in cluster {{ $labels.target_cluster }}.",
			InhibitedBy: []Inhibition{{By: "FluxApplyFailing", Equal: self}, {By: "FluxStalled", Equal: self}},
		}),
		flux(Rule{
			Name: "FluxReleaseRemediated", Severity: Warning, For: 15 * time.Minute, KeepFiringFor: 5 * time.Minute,
			Expr: `(max by (` + fluxObject + `) (cobaltcore_flux_helmrelease_remediated) == 1
  or max by (` + fluxObject + `) (cobaltcore_flux_helmrelease_released) == 0) unless on (` + fluxObject + `) ` + fluxNotReady,
			Since:       releaseSince(`Released|Remediated`),
			Reason:      releaseReason(`Released|Remediated`),
			Summary:     "HelmRelease {{ $labels.exported_namespace }}/{{ $labels.name }} in cluster {{ $labels.cluster }} is ready with a release that failed",
			Description: "It is ready, but its last release failed or was remediated: the previous version is running. Read its events, then fix the chart or its values.",
		}),
		flux(Rule{
			Name: "FluxSuspended", Severity: Info, For: time.Minute,
			Threshold:   secondsThreshold(day, sinceOnset),
			Expr:        lastingProblems(`status="suspended"`),
			Summary:     "{{ $labels.kind }} {{ $labels.exported_namespace }}/{{ $labels.name }} in cluster {{ $labels.cluster }} is suspended",
			Description: "It has been suspended for more than $threshold: it may have been forgotten. Find out why it was suspended, and resume it.",
		}),
		fluxDeletionStuck(),
		flux(Rule{
			Name: "FluxVersionSkew", Severity: Info, For: time.Hour,
			// Versions that at most half of the clusters run; in a tie, both versions. The digest
			// is not part of the version.
			Expr: fluxVersion + `
  unless on (version) (2 * count by (version) (` + fluxVersion + `) > scalar(count(` + fluxVersion + `)))`,
			Object:      Object{Kind: "FluxInstance", Name: "flux"},
			Summary:     "Flux in cluster {{ $labels.cluster }} is {{ $labels.version }}, unlike most clusters",
			Description: "At least half of the clusters run another version. Compare spec.distribution.version of their FluxInstances.",
		}),
		flux(Rule{
			Name: "FluxReportComponentNotReady", Severity: Warning, For: 15 * time.Minute, KeepFiringFor: 5 * time.Minute,
			Expr:        `max by (cluster, component) (cobaltcore_flux_report_component_ready) == 0`,
			Object:      Object{Kind: "Deployment", Name: "{{ $labels.component }}"},
			Summary:     "{{ $labels.component }} of Flux in cluster {{ $labels.cluster }} is not ready, according to the FluxReport",
			Description: "Its objects keep their last status. Check its Deployment and the events of its pods.",
			InhibitedBy: []Inhibition{{By: "FluxControllerDown", Equal: []string{clusterLabel, "component"}}},
		}),
	}}
}

// fluxDeletionStuck adds labels that identify the object as in alerts about objects that depend on it.
func fluxDeletionStuck() Rule {
	r := deletionStuck("FluxDeletionStuck", Flux, ".*fluxcd.*")
	r.Expr = `label_join(` + r.Expr + `, "dependency", "/", "kind", "namespace", "name")`
	return r
}

const fluxVersion = `max by (cluster, version) (label_replace(cobaltcore_flux_instance_version_info{applied!=""}, "version", "$1", "applied", "([^@]+).*"))`

// objectOfFlux returns the object that the labels of a flux_* row identify.
func objectOfFlux() Object {
	return Object{Kind: "{{ $labels.kind }}", Namespace: "{{ $labels.exported_namespace }}", Name: "{{ $labels.name }}"}
}

// fluxSystem describes Flux Operator and Flux.
func fluxSystem() Description {
	return Description{
		System: Flux, Title: "Flux", Key: "flux", Prefixes: []string{"Flux"}, Page: "cobaltcore-flux", Watches: "Flux",
		Why: fluxWhy, Groups: groups(fluxGroup, fluxInstanceGroup),
	}
}
