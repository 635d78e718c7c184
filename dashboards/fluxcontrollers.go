// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package dashboards

// fluxSystem selects the rows of the controllers of Flux.
const fluxSystem = `system="flux"`

func fluxControllers() []Section {
	return []Section{
		{Title: "Controllers", Collapsed: true, Panels: controllerPanels("Flux", fluxSystem)},
		{Title: "Work of the controllers", Collapsed: true, Panels: fluxWork()},
		{Title: "Use of the API servers", Collapsed: true, Panels: fluxAPI()},
		{Title: "Caches and events", Collapsed: true, Panels: fluxCaches()},
	}
}

// controllerPanels returns panels about the workloads of the system that the matchers select.
func controllerPanels(system string, matchers ...string) []Panel {
	const workload = "cluster, namespace, name, kind, component"
	replicas := func(which string) string {
		return `max by (` + workload + `) (` + selector("cobaltcore_controller_replicas_"+which, matchers...) + `)
  * on (` + workload + `) group_left (version) topk by (` + workload + `) (1, ` + selector("cobaltcore_controller_info", matchers...) + `)`
	}
	return []Panel{
		{
			Kind: Table, Title: "Workloads of " + system, Width: 14, Height: 7,
			Description: "The controllers of " + system + ", their versions and pods. As many available as desired is good. Without a controller, its objects keep their last status and stay Ready.",
			Queries: []Query{{Expr: withFallbackRow(replicas("available"), "name", "none is known")}, {Expr: replicas("desired")}, {Expr: `clamp_min(` + replicas("desired") + `
  - on (` + workload + `, version) (` + replicas("available") + `), 0)`}},
			Columns: []Column{
				clusterColumn(), labelColumn("namespace", "Namespace"), {Label: "name", Title: "Name", Width: 190, Link: toLogs()}, withWidth(labelColumn("version", "Version"), 80),
				valueColumn(0, "Available", Number), valueColumn(1, "Desired", Number), valueColumn(2, "Missing", Number, zeroIsGood(Bad)...),
			},
			Sort: Sort{Column: "Missing", Descending: true},
		},
		{
			Kind: StatusHistory, Title: "Availability of " + system, Width: 10, Height: 9,
			Description: "Whether each controller had an available pod, or should have none. Always green is good.",
			Queries: []Query{{Expr: `min by (cluster, component) (clamp_max((` + selector("cobaltcore_controller_replicas_available", matchers...) + ` > bool 0)
  + (` + selector("cobaltcore_controller_replicas_desired", matchers...) + ` == bool 0), 1))`, Legend: "{{cluster}} {{component}}"}},
			Mappings: boolMappings("available", "down", Bad),
			Links:    []Link{*toCluster()},
		},
	}
}

// linePanel returns a time series panel with a line per series.
func linePanel(title, description string, unit Unit, legend, expr string) Panel {
	return Panel{
		Kind: TimeSeries, Title: title, Description: description, Width: 12, Unit: unit,
		Queries: []Query{{Expr: expr, Legend: legend}},
	}
}

// withThresholds gives a panel thresholds.
func withThresholds(p Panel, all []Threshold) Panel {
	p.Thresholds = all
	return p
}

// withEmptyText gives a panel the explanation for no data.
func withEmptyText(p Panel, why string) Panel {
	p.Empty = why
	return p
}

// fluxWork shows the controllers' own metrics, if the exporter reads them.
func fluxWork() []Panel {
	asked := sumPanel("Controllers without metrics", "Pods of controllers whose metrics could not be read: their lines are missing below. 0 is good; the page The exporter shows the reason.",
		selector("cobaltcore_controller_scrape_success", fluxSystem)+` == bool 0`, Warning)
	asked.Width, asked.Height = 6, 8
	working := sumPanel("Controllers with metrics", "Pods of controllers whose metrics were read, for the panels of this section. If it is 0, the exporter does not read them: see collectors.controllers in its configuration.",
		selector("cobaltcore_controller_scrape_success", fluxSystem), Good)
	working.Width, working.Height = 6, 8
	busy := linePanel("Busy workers", "Share of the workers of a controller that are busy. Below 80% is good. At 100% for a long time, objects wait: raise its --concurrent.", Percent, "{{cluster}} {{component}}",
		`sum by (cluster, component) (`+selector("controller_runtime_active_workers", fluxSystem)+`) / (sum by (cluster, component) (`+selector("controller_runtime_max_concurrent_reconciles", fluxSystem)+`) > 0)`)
	busy.Thresholds = []Threshold{{Color: Good}, {From: 0.8, Color: Warning}, {From: 1, Color: Bad}}
	return []Panel{
		working, asked,
		linePanel("Queue", "Objects that wait to be reconciled, by controller. Around 0 is good; a line that stays high means that a controller does not keep up, or that an API server or registry is slow.", Number, "{{cluster}} {{name}}",
			`max by (cluster, component, name) (`+selector("workqueue_depth", fluxSystem)+`)`),
		withThresholds(linePanel("Longest reconciliation under way", "Duration of the longest running reconciliation of a controller. Seconds to a few minutes are good; if the line rises steadily, the reconciliation hangs.", Seconds, "{{cluster}} {{name}}",
			`max by (cluster, component, name) (`+selector("workqueue_longest_running_processor_seconds", fluxSystem)+`)`), splitAt(Good, 300, Warning)),
		busy,
		withEmptyText(linePanel("Duration of reconciliations", "Average duration of reconciliations of a kind. Steady is good. A kind that was not reconciled has no line.", Milliseconds, "{{cluster}} {{kind}}",
			milliseconds(average("gotk_reconcile_duration_seconds", "cluster, kind", fluxSystem))), "No reconciliation, or the metrics of the controllers are not read."),
		linePanel("Reconciliations", "Reconciliations per second of each controller. A line at 0 means that the controller does nothing.", PerSecond, "{{cluster}} {{component}}",
			`sum by (cluster, component) (`+perSecond("controller_runtime_reconcile_total", fluxSystem)+`)`),
		linePanel("Failed reconciliations", "Failed reconciliations per second, by kind of object. 0 is good; the table of failed objects lists them.", PerSecond, "{{cluster}} {{controller}}",
			`sum by (cluster, controller) (`+perSecond("controller_runtime_reconcile_errors_total", fluxSystem)+`)`),
	}
}

func fluxAPI() []Panel {
	const reads = `method="GET"`
	return []Panel{
		linePanel("Reads", "Requests per second of the controllers of Flux that read from API servers. Steady is good; Flux watches, so reads are few.", PerSecond, "{{cluster}} {{component}}",
			`sum by (cluster, component) (`+perSecond("rest_client_requests_total", fluxSystem, reads)+`)`),
		linePanel("Writes", "Requests per second of the controllers of Flux that change something, including dry runs. Steady is good. More after a push are normal; permanently more mean that two controllers overwrite each other's changes.", PerSecond, "{{cluster}} {{component}}",
			`sum by (cluster, component) (`+perSecond("rest_client_requests_total", fluxSystem, `method!="GET"`)+`)`),
		linePanel("Failing requests", "Requests per second that API servers throttle or fail (429 and 5xx), or that get no response. 0 is good; otherwise check the API server of the cluster.", PerSecond, "{{cluster}}",
			perCluster(`sum by (cluster) (`+perSecond("rest_client_requests_total", fluxSystem, `code=~"5..|429|<error>"`)+`)`)),
		linePanel("Requests by API server", "Requests per second by API server. A controller that applies objects to other clusters sends requests to their API servers.", PerSecond, "{{cluster}} to {{host}}",
			`sum by (cluster, host) (`+perSecond("rest_client_requests_total", fluxSystem)+`)`),
	}
}

func fluxCaches() []Panel {
	return []Panel{
		withEmptyText(linePanel("Events of notification-controller", "How long notification-controller takes for an event of another controller, on average. Milliseconds are good; more mean that a receiver of notifications is slow.", Milliseconds, "{{cluster}}",
			milliseconds(average("gotk_event_http_request_duration_seconds", "cluster", fluxSystem))), "No event in the time range."),
		withEmptyText(linePanel("Webhooks", "How long notification-controller takes for a webhook, on average.", Milliseconds, "{{cluster}}",
			milliseconds(average("gotk_receiver_http_request_duration_seconds", "cluster", fluxSystem))), "No webhook in the time range."),
		linePanel("Helm index cache", "Hits and misses of the cache of Helm indices of source-controller. Mostly hits is good; without a cache there is no line.", PerSecond, "{{cluster}} {{event_type}}",
			inWords(`sum by (cluster, event_type) (`+perSecond("gotk_cache_events_total", fluxSystem)+`)`, "event_type", "cache_hit", "cache_miss")),
		linePanel("Tokens in caches", "Registry and Git tokens in the caches of controllers. 0 means no cache, or no controller with metrics.", Number, "{{cluster}}",
			perCluster(`sum by (cluster) (`+selector("gotk_token_cached_items", fluxSystem)+`)`)),
	}
}
