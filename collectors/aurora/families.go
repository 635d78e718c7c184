// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package aurora

import (
	"slices"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/exposition"
)

// gauge declares a family whose first labels are the cluster and the name of the
// dashboard.
func gauge(name, help string, labels ...string) *exposition.Family {
	return &exposition.Family{
		Name: "cobaltcore_aurora_" + name, Type: exposition.Gauge, Help: help, Labels: slices.Concat([]string{"cluster", "aurora"}, labels),
	}
}

var (
	up          = gauge("up", "Whether the dashboard works: csrf_token, session and page all succeed. Keystone is not part of it.")
	success     = gauge("check_success", "Whether the check got the answer that it should get, content included.", "check")
	failing     = gauge("check_failing", "Why the check failed: timeout, tls, http (no answer, or a status that is not a success), unauthorized (401: a proxy wants a login), forbidden (403), not_found (404), throttled (429), content (a success that is something else, such as the page of the application where JSON belongs), decode (not JSON, or too large), redirect_loop or redirect_elsewhere (to another host, such as a login, or away from TLS). Another reason replaces it after three failures in a row. There is no row while it succeeds.", "check", "reason")
	partFailing = gauge("failing_status_code", "Why the dashboard (part aurora) or its Keystone (part keystone) does not work: the reason of the first check that fails, with the HTTP status of its answer as the value, 0 if there was none. There is no row while all checks succeed.", "part", "reason")
	statusCode  = gauge("http_status_code", "Status of the last answer to the check; there is no row if there was none.", "check")
	redirects   = gauge("redirects", "How many redirects the check followed.", "check")
	phases      = gauge("probe_duration_seconds", "What the check spent its time on, redirects included: resolve, connect, tls, processing (up to the first byte of the answer) and transfer. A phase that was not completed has no row, nor has a snapshot.", "check", "phase")
	certificate = gauge("certificate_expiry_timestamp_seconds", "When the first of the certificates that the server presents expires; also of those that cannot be verified.", "check")
	tlsFailing  = gauge("tls_failing", "Why check_failing has reason tls: expired (or not valid yet), hostname, unknown_authority, client_certificate (the server wants one, or another one), not_tls, files (those of the exporter) or other.", "check", "problem")
	latency     = &exposition.Family{
		Name: "cobaltcore_aurora_request_duration_seconds", Type: exposition.Histogram, Labels: []string{"cluster", "aurora", "check"},
		Help:    "How long checks that succeeded took, from looking the name up to the last byte, since the exporter started or was configured anew.",
		Buckets: []float64{0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10},
	}
)

// Families returns every family that the collector may export.
func Families() []*exposition.Family {
	return []*exposition.Family{up, success, failing, partFailing, statusCode, redirects, phases, certificate, tlsFailing, latency}
}
