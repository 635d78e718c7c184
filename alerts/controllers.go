// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package alerts

import (
	"cmp"
	"time"
)

// workload identifies a workload in rules.
const workload = "cluster, namespace, name, kind, component"

// controllerDown returns a rule about a controller without an available pod. The objects of the
// controller keep their status and stay Ready. During a rollout, the old or the new pod is
// available.
func controllerDown(r Rule, system System, selector string) Rule {
	if r.Expr == "" {
		r.Expr = `max by (` + workload + `) (cobaltcore_controller_replicas_available{system="` + string(system) + `"` + selector + `}) == 0`
		r.Since = `max by (` + workload + `) (cobaltcore_controller_condition_transition_timestamp_seconds{system="` + string(system) + `"` + selector + `, type="Available"})`
	}
	r.System, r.For, r.KeepFiringFor = system, cmp.Or(r.For, 5*time.Minute), 2*time.Minute
	if r.Object == (Object{}) {
		r.Object = Object{Kind: "{{ $labels.kind }}", Namespace: "{{ $labels.namespace }}", Name: "{{ $labels.name }}"}
	}
	r.InhibitedBy = append(r.InhibitedBy, followsFromOutage())
	return r
}

// operator is the label that links findings about objects to the controller that reconciles them.
// An alert about a controller has this label only if its cluster has exactly one such controller;
// otherwise, the controller of the objects is unknown.
const operator = "operator"

// operatorDown returns [controllerDown] for the workloads that reconcile the objects of a system.
func operatorDown(r Rule, system System, selector string) Rule {
	r = controllerDown(r, system, selector)
	one := `count by (cluster) (cobaltcore_controller_replicas_available{system="` + string(system) + `"` + selector + `}) == 1`
	r.Expr = `(` + r.Expr + `) * on (cluster) group_left (` + operator + `) (` + operatedBy(system, one) + `
  or on (cluster) group by (cluster, ` + operator + `) (cobaltcore_controller_replicas_available))` // which has no label operator
	return r
}

// greenhouseDown returns the rule about all workloads of Greenhouse except the webhook. The manager
// reconciles the objects.
func greenhouseDown(r Rule) Rule {
	const manager = `".*manager"`
	others := controllerDown(r, Greenhouse, `, name!~".*(manager|webhook)"`)
	r = operatorDown(r, Greenhouse, `, name=~`+manager)
	r.Expr += `
or ` + others.Expr
	r.Since = controllerDown(Rule{}, Greenhouse, `, name!~".*webhook"`).Since
	return r
}

// operatedBy adds the label operator to findings about objects.
func operatedBy(system System, expr string) string {
	return `label_replace(` + expr + `, "` + operator + `", "` + string(system) + `", "", "")`
}

// operated declares that a rule about objects is a consequence of a controller that is down,
// because the status of the objects is then not written or not updated.
func operated(by string, r Rule) Rule {
	r.Expr = operatedBy(r.System, r.Expr)
	r.InhibitedBy = append(r.InhibitedBy, Inhibition{By: by, Equal: []string{clusterLabel, operator}})
	return r
}

// controller declares a rule about workloads of any system.
func controller(r Rule) Rule {
	r.System = Controllers
	if r.Object == (Object{}) {
		r.Object = Object{Kind: "{{ $labels.kind }}", Namespace: "{{ $labels.namespace }}", Name: "{{ $labels.name }}"}
	}
	r.InhibitedBy = append(r.InhibitedBy, followsFromOutage())
	return r
}

func controllersGroup() Group {
	// A DaemonSet without a node to run on is not down.
	const short = `(max by (` + workload + `, system) (cobaltcore_controller_replicas_available{system!=""})
  < max by (` + workload + `, system) (cobaltcore_controller_replicas_desired))`
	var down, podless []Inhibition // same workload, and same pods
	for _, name := range []string{
		"FluxControllerDown", "ESOControllerDown", "ESOWebhookDown", "GreenhouseControllerDown", "GreenhouseWebhookDown", "AuroraControllerDown",
	} {
		down = append(down, Inhibition{By: name, Equal: []string{clusterLabel, "namespace", "name"}})
		podless = append(podless, Inhibition{By: name, Equal: []string{clusterLabel, "namespace", "component"}})
	}
	return Group{Name: "controllers", Title: "Controllers", Text: "If a controller is down, its objects stay Ready, so controllers have their own alerts.", Rules: []Rule{
		controllerDown(Rule{
			Name: "FluxControllerDown", Severity: Warning, Expr: `max by (` + workload + `) (` + FluxControllerDown + `)`,
			Since:       `max by (` + workload + `) (cobaltcore_controller_condition_transition_timestamp_seconds{system="flux", type="Available"})`,
			Summary:     "{{ $labels.name }} of Flux in cluster {{ $labels.cluster }} does not run",
			Description: "It has no available pod. Its objects keep their last status, so Ready is out of date. Check events and logs of its pods.",
		}, Flux, ""),
		controllerDown(Rule{
			Name: "FluxComponentMissing", Severity: Warning, Expr: FluxComponentMissing,
			Object:      Object{Kind: "Deployment", Namespace: "{{ $labels.namespace }}", Name: "{{ $labels.component }}"},
			Summary:     "{{ $labels.component }} of Flux in cluster {{ $labels.cluster }} does not exist",
			Description: "The FluxInstance lists it, but it has no Deployment. Request a reconciliation of the FluxInstance.",
		}, Flux, ""),
		controllerDown(Rule{
			Name: "FluxComponentExtra", Severity: Info, Expr: `max by (` + workload + `) (` + FluxComponentExtra + `)`,
			Summary:     "{{ $labels.name }} of Flux in cluster {{ $labels.cluster }} is left over",
			Description: "The FluxInstance does not list this controller of Flux. Delete it, or add it to spec.components.",
		}, Flux, ""),
		controllerDown(Rule{
			Name: "FluxImageDiffers", Severity: Info, Expr: `max by (` + workload + `) (` + FluxImageDiffers + `)`,
			Summary:     "{{ $labels.name }} of Flux in cluster {{ $labels.cluster }} runs another image than its FluxInstance has",
			Description: "It has another image than the FluxInstance has rolled out: it was changed by hand. Request a reconciliation of the FluxInstance.",
		}, Flux, ""),
		operatorDown(Rule{
			Name: "ESOControllerDown", Severity: Critical,
			Summary:     "External Secrets Operator in cluster {{ $labels.cluster }} does not run",
			Description: "{{ $labels.kind }} {{ $labels.namespace }}/{{ $labels.name }} has no available pod. No secret is refreshed; ExternalSecrets stay Ready. Check events and logs of its pods.",
		}, ExternalSecrets, `, name!~".*(webhook|cert-controller).*"`),
		controllerDown(Rule{
			Name: "ESOWebhookDown", Severity: Warning,
			Summary:     "{{ $labels.name }} of External Secrets in cluster {{ $labels.cluster }} does not run",
			Description: "It has no available pod: objects of External Secrets cannot be created or changed. Check events and logs of its pods.",
		}, ExternalSecrets, `, name=~".*(webhook|cert-controller).*"`),
		greenhouseDown(Rule{
			Name: "GreenhouseControllerDown", Severity: Critical,
			Summary:     "{{ $labels.name }} of Greenhouse in cluster {{ $labels.cluster }} does not run",
			Description: "It has no available pod. Its objects keep their status. Check events and logs of its pods.",
		}),
		controllerDown(Rule{
			Name: "GreenhouseWebhookDown", Severity: Warning,
			Summary:     "{{ $labels.name }} of Greenhouse in cluster {{ $labels.cluster }} does not run",
			Description: "It has no available pod: objects of Greenhouse cannot be created or changed. Check events and logs of its pods.",
		}, Greenhouse, `, name=~".*webhook"`),
		requireSingleAurora(controllerDown(Rule{
			Name: "AuroraControllerDown", Severity: Critical,
			Summary:     "{{ $labels.name }} of Aurora in cluster {{ $labels.cluster }} does not run",
			Description: "It has no available pod: users cannot open the dashboard. Check events and logs of its pods.",
		}, Aurora, "")),
		controller(Rule{
			Name: "ControllerReplicasMissing", Severity: Warning, For: 15 * time.Minute, KeepFiringFor: 5 * time.Minute,
			Expr:        short,
			Summary:     "{{ $labels.kind }} {{ $labels.namespace }}/{{ $labels.name }} in cluster {{ $labels.cluster }} has too few pods",
			Description: "It has " + count("available pod") + ", fewer than desired. Read the events of the missing ones.",
			InhibitedBy: down,
		}),
		controller(Rule{
			Name: "ControllerRolloutStuck", Severity: Warning, For: 5 * time.Minute, KeepFiringFor: 5 * time.Minute,
			Expr:        `max by (` + workload + `, system) (cobaltcore_controller_progress_deadline_exceeded{system!=""}) == 1`,
			Since:       `max by (` + workload + `, system) (cobaltcore_controller_condition_transition_timestamp_seconds{type="Progressing"})`,
			Summary:     "Rollout of Deployment {{ $labels.namespace }}/{{ $labels.name }} in cluster {{ $labels.cluster }} is stuck",
			Description: "It has made no progress within its deadline: its new pods do not become ready. Read their events and logs, or go back to the previous version.",
			InhibitedBy: down,
		}),
		controller(Rule{
			// This is longer than the threshold, so that a single restart does not count.
			Name: "ControllerCrashLooping", Severity: Warning, For: 15 * time.Minute, KeepFiringFor: 10 * time.Minute,
			Threshold: secondsThreshold(10*time.Minute, "how long ago a container, restarted more than twice, ended last"),
			// The kubelet alternates between the two reasons about images. Between two back-off pauses
			// of up to five minutes, a container runs and may be ready.
			Expr: `max by (cluster, namespace, name, system, component, reason) (label_replace(
  cobaltcore_controller_pod_waiting{reason=~"CrashLoopBackOff|ImagePullBackOff|ErrImagePull|CreateContainerConfigError"},
  "reason", "ImagePullBackOff", "reason", "ErrImagePull")
  or label_replace(cobaltcore_controller_pod_restarts > 2
    and on (cluster, namespace, name) (time() - cobaltcore_controller_pod_last_restart_timestamp_seconds < ` + threshold + `),
  "reason", "CrashLoopBackOff", "", ""))`,
			Object:      Object{Kind: "Pod", Namespace: "{{ $labels.namespace }}", Name: "{{ $labels.name }}"},
			Summary:     "Pod {{ $labels.name }} in cluster {{ $labels.cluster }} does not start: {{ $labels.reason }}",
			Description: "A container of {{ $labels.component }} restarts repeatedly, cannot be configured, or its image cannot be pulled. Read its events and its last log (kubectl logs --previous).",
			InhibitedBy: append(podless, Inhibition{By: "ControllerOutOfMemory", Equal: []string{clusterLabel, "namespace", "name"}}),
		}),
		controller(Rule{
			Name: "ControllerMetricsFailing", Severity: Info, For: 15 * time.Minute,
			Expr:        metricsFailing("cluster, system"),
			Reason:      metricsFailing("cluster, system, reason"),
			Object:      Object{Kind: "Pods", Namespace: "{{ $labels.system }}", Name: "*"},
			Summary:     "Metrics of controllers of {{ $labels.system }} in cluster {{ $labels.cluster }} cannot be read",
			Description: "Queues and errors of these controllers are unknown. Check the rights of the exporter and the NetworkPolicies of the metrics ports.",
		}),
		controller(Rule{
			Name: "ControllerMetricsCut", Severity: Info, For: 15 * time.Minute,
			Expr:        `sum by (cluster, system) (cobaltcore_controller_metrics_cut) > 0`,
			Object:      Object{Kind: "Pods", Namespace: "{{ $labels.system }}", Name: "*"},
			Summary:     "Controllers of {{ $labels.system }} in cluster {{ $labels.cluster }}: {{ $value | printf \"%.0f\" }} series left out",
			Description: "Their pods have {{ $value | printf \"%.0f\" }} series more than are exported again: shorten collectors.controllers.allow.",
		}),
		controller(Rule{
			Name: "ControllerOutOfMemory", Severity: Warning, For: 5 * time.Minute,
			Threshold: secondsThreshold(time.Hour, "how long ago it may have been"),
			Expr: `max by (cluster, namespace, name, system, component) (cobaltcore_controller_pod_last_restart_reason{reason="OOMKilled"})
  and on (cluster, namespace, name) (time() - max by (cluster, namespace, name) (cobaltcore_controller_pod_last_restart_timestamp_seconds) < ` + threshold + `)`,
			Since:       `max by (cluster, namespace, name) (cobaltcore_controller_pod_last_restart_timestamp_seconds)`,
			Object:      Object{Kind: "Pod", Namespace: "{{ $labels.namespace }}", Name: "{{ $labels.name }}"},
			Summary:     "Pod {{ $labels.name }} in cluster {{ $labels.cluster }} ran out of memory",
			Description: "A container of {{ $labels.component }} was killed less than $threshold ago because it needed more memory than its limit. Compare the two, and raise the limit.",
		}),
	}}
}

// metricsFailing returns the systems with controllers whose metrics cannot be read.
func metricsFailing(by string) string {
	return `max by (` + by + `) (cobaltcore_controller_scrape_failing)
  or max by (` + by + `) (cobaltcore_controller_pods_failing)`
}

// controllersSystem describes the workloads of the other systems.
func controllersSystem() Description {
	return Description{
		System: Controllers, Title: "Controllers", Key: "controllers", Prefixes: []string{"Controller"}, Page: clusterPage,
		Watches: "the controllers themselves", Why: controllersWhy, Groups: groups(controllersGroup, controllersWork),
	}
}

// controllersWhy returns the reasons for the severities of the alerts about controllers.
func controllersWhy() map[string]string {
	return map[string]string{
		"ControllerReplicasMissing": "other pods serve; the failure tolerance is lower",
		"ControllerRolloutStuck":    "the previous pods serve",
		"ControllerCrashLooping":    "a workload without available pods has another alert",
		"ControllerMetricsFailing":  "only details of controllers are not monitored",
		"ControllerMetricsCut":      "only details of controllers are not monitored",
		"ControllerOutOfMemory":     "it was restarted, and will be killed again if it needs more memory",
		"ControllerQueueGrowing":    "changes arrive late",
		"ControllerNotReconciling":  "running workloads are not affected; changes wait",
		"ControllerReconcileErrors": "running workloads are not affected; changes wait",
	}
}
