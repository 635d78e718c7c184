// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package alerts

import "time"

const controllersWorkText = "These rules need the controllers' own metrics (`collectors.controllers.via` is not `none`), with the default families of `allow`."

// controllersWork returns the rules about the work of running controllers.
func controllersWork() Group {
	worker := func(r Rule) Rule {
		r.KeepFiringFor = 5 * time.Minute
		r.Object = Object{Kind: "Controller", Namespace: "{{ $labels.controller_namespace }}", Name: "{{ $labels.component }}"}
		return controller(r)
	}
	queue := `sum by (` + work + `, name) (` + reexported("workqueue_depth", "") + `)`
	return Group{Name: "controllers-work", Title: "Work of controllers", Text: controllersWorkText, Rules: []Rule{
		worker(Rule{
			Name: "ControllerQueueGrowing", Severity: Warning, For: 30 * time.Minute,
			Threshold: &Threshold{Default: 100, Unit: Objects, Meaning: "how many may wait"},
			Expr:      queue + ` > ` + threshold,
			Summary:   "Controller {{ $labels.name }} of {{ $labels.component }} in cluster {{ $labels.cluster }}: {{ $value | printf \"%.0f\" }} waiting",
			Description: "More than $threshold objects have waited for it all the time: changes arrive late. " +
				"Look for reconciliations that take long; raise its concurrency or its CPU limit.",
			InhibitedBy: []Inhibition{{By: "ControllerNotReconciling", Equal: []string{clusterLabel, "controller_namespace", "component", "name"}}},
		}),
		worker(Rule{
			Name: "ControllerNotReconciling", Severity: Warning, For: 15 * time.Minute, PrometheusOnly: true,
			Expr: queue + ` > 0
unless
sum by (` + work + `, name) (label_replace(increase(controller_runtime_reconcile_total[15m]), "name", "$1", "controller", "(.+)")) > 0`,
			Summary: "Controller {{ $labels.name }} of {{ $labels.component }} in cluster {{ $labels.cluster }} does not reconcile: {{ $value | printf \"%.0f\" }} waiting",
			Description: "It has finished none of {{ $value | printf \"%.0f\" }} for half an hour: " +
				"its workers hang, or its leader has lost the lease. Save its log, then restart it.",
		}),
		worker(Rule{
			Name: "ControllerReconcileErrors", Severity: Warning, For: 15 * time.Minute, PrometheusOnly: true,
			Threshold: &Threshold{Default: 0.5, Unit: Ratio, Meaning: "how many reconciliations may fail"},
			Expr: errorRatio(work+`, controller`, reexported("controller_runtime_reconcile_errors_total", ""), "controller_runtime_reconcile_total", "15m") +
				` > ` + threshold,
			Summary: "Controller {{ $labels.controller }} of {{ $labels.component }} in cluster {{ $labels.cluster }}: {{ $value | humanizePercentage }} of its reconciliations fail",
			Description: "More than $threshold of its reconciliations fail. " +
				"If alerts about its objects do not have the reason, its log has it: often a right or an API that it lacks.",
		}),
	}}
}
