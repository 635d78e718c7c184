// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package controllers

import (
	"slices"
	"strings"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/exposition"
)

// exportable is a family of a controller that may be re-exported.
type exportable struct {
	name, help string
	// distribution is set for histograms. Their sum and count are exported; buckets are optional, because they are
	// most of the series and no rule needs them.
	distribution bool
}

// defaultAllowed returns the default families, which distinguish a working controller from a stuck one and show
// the cause.
func defaultAllowed() []exportable {
	return []exportable{
		{name: "controller_runtime_active_workers", help: "Busy workers of the controller."},
		{name: "controller_runtime_max_concurrent_reconciles", help: "Maximum number of workers of the controller."},
		{name: "controller_runtime_reconcile_errors_total", help: "Failed reconciliations."},
		{name: "controller_runtime_reconcile_panics_total", help: "Reconciliations that panicked."},
		{name: "controller_runtime_reconcile_time_seconds", help: "Duration of the reconciliations of the controller.", distribution: true},
		{name: "controller_runtime_reconcile_total", help: "Reconciliations by result."},
		{name: "controller_runtime_terminal_reconcile_errors_total", help: "Failed reconciliations that are not retried."},
		{name: "externalsecret_provider_api_calls_count", help: "Calls of External Secrets Operator to the servers that hold the secrets."},
		{name: "externalsecret_sync_calls_error", help: "Failed synchronizations of an ExternalSecret."},
		{name: "externalsecret_sync_calls_total", help: "Synchronizations of an ExternalSecret."},
		{name: "gotk_cache_events_total", help: "Hits and misses of the Helm index cache of source-controller."},
		{name: "gotk_event_http_request_duration_seconds", help: "Duration of the requests of other controllers to notification-controller.", distribution: true},
		{name: "gotk_event_http_requests_inflight", help: "Events that notification-controller is processing."},
		{name: "gotk_event_http_response_size_bytes", help: "Size of the responses of notification-controller to events.", distribution: true},
		{name: "gotk_receiver_http_request_duration_seconds", help: "Duration of webhook requests to notification-controller.", distribution: true},
		{name: "gotk_receiver_http_requests_inflight", help: "Webhooks that notification-controller is processing."},
		{name: "gotk_receiver_http_response_size_bytes", help: "Size of the responses of notification-controller to webhooks.", distribution: true},
		{name: "gotk_reconcile_duration_seconds", help: "Duration of the reconciliations of an object.", distribution: true},
		{name: "gotk_token_cache_events_total", help: "Hits and misses of the token cache of a Flux controller, by object."},
		{name: "gotk_token_cache_evictions_total", help: "Tokens that a Flux controller dropped from its cache."},
		{name: "gotk_token_cache_requests_total", help: "Requests to the token cache of a Flux controller."},
		{name: "gotk_token_cached_items", help: "Tokens in the cache of a Flux controller."},
		{name: "leader_election_master_status", help: "Whether the pod is the leader."},
		{name: "rest_client_requests_total", help: "Requests to API servers by status; host is the API server."},
		{name: "workqueue_depth", help: "Objects that are waiting to be reconciled."},
		{name: "workqueue_longest_running_processor_seconds", help: "How long the longest running reconciliation has been running."},
		{name: "workqueue_unfinished_work_seconds", help: "How long all running reconciliations together have been running."},
	}
}

// reexport selects the metrics of controllers that are re-exported. The exposition must be created with the same
// families, so it is built once for a configuration.
type reexport struct {
	families []*exposition.Family
	// plain has families by the name of their samples.
	plain map[string]*exposition.Family
	// summaries has families by their name, without _sum and _count.
	summaries map[string]*exposition.Family
}

// exportedLabels returns the labels that are added to all re-exported rows. The label for the pod is not named
// pod, because a scrape adds that name itself and rules aggregate it away.
func exportedLabels() []string {
	return []string{"cluster", "system", "component", "controller_namespace", "controller_pod"}
}

// newReexport returns a reexport of the families in the list; an empty list means the default. Buckets of
// histograms are separate families.
func newReexport(allow []string, buckets bool) *reexport {
	list := defaultAllowed()
	if len(allow) > 0 {
		list = userAllowed(allow)
	}
	r := &reexport{plain: map[string]*exposition.Family{}, summaries: map[string]*exposition.Family{}}
	for _, x := range list {
		if x.distribution {
			r.summaries[x.name] = r.add(x.name, x.help, exposition.Summary)
		}
	}
	for _, x := range list {
		switch {
		case x.distribution:
		case x.help != "":
			r.addPlain(x.name, x.help)
		default:
			// The type is unknown until samples are read. If it is a histogram or a summary, sum and count become
			// separate families.
			r.addPlain(x.name, userHelp)
			r.addPlain(x.name+exposition.Sum, userHelp)
			r.addPlain(x.name+exposition.Count, userHelp)
		}
		if buckets && (x.distribution || x.help == "") {
			r.addPlain(x.name+bucket, bucketHelp)
		}
	}
	return r
}

// bucket is the suffix of the buckets of a histogram.
const bucket = "_bucket"

const bucketHelp = "Buckets of the histogram, because the configuration asks for them."

const userHelp = "Exported again as the controller has it, because the configuration allows it."

// userAllowed returns the configured families. Families of the default list keep their type and help.
func userAllowed(allow []string) []exportable {
	known := defaultAllowed()
	list := make([]exportable, len(allow))
	for i, name := range allow {
		list[i].name = name
		if n := slices.IndexFunc(known, func(x exportable) bool { return x.name == name }); n >= 0 {
			list[i] = known[n]
		}
	}
	return list
}

// addPlain adds a family for samples of one name, unless it exists already, possibly as a part of a summary.
func (r *reexport) addPlain(name, help string) {
	for _, suffix := range []string{exposition.Sum, exposition.Count} {
		if whole, ok := strings.CutSuffix(name, suffix); ok && r.summaries[whole] != nil {
			return
		}
	}
	if r.plain[name] == nil {
		r.plain[name] = r.add(name, help, exposition.Untyped)
	}
}

func (r *reexport) add(name, help string, t exposition.Type) *exposition.Family {
	f := &exposition.Family{Name: name, Help: help, Type: t, Labels: exportedLabels(), Open: true}
	r.families = append(r.families, f)
	return f
}
