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
	up          = gauge("up", "Whether the dashboard works: csrf_token, session and page all succeed. Keystone does not count.")
	success     = gauge("check_success", "Whether the check got the expected response, including its content.", "check")
	failing     = gauge("check_failing", "Why the check failed: timeout, tls, http (no response, or a status that is not a success), unauthorized (401: a proxy requires a login), forbidden (403), not_found (404), throttled (429), content (a success that is something else, such as the page of the application where JSON belongs), decode (not JSON, or too large), redirect_loop or redirect_elsewhere (to another host, such as a login, or away from TLS). Another reason replaces it after three failures in a row. There is no row while it succeeds.", "check", "reason")
	partFailing = gauge("failing_status_code", "Why the dashboard (part aurora) or its Keystone (part keystone) does not work: the reason of the first check that fails, with the HTTP status of the response as the value, or 0 without a response. There is no row while all checks succeed.", "part", "reason")
	statusCode  = gauge("http_status_code", "HTTP status of the last response to the check. There is no row without a response.", "check")
	redirects   = gauge("redirects", "Number of redirects that the check followed.", "check")
	phases      = gauge("probe_duration_seconds", "Duration of the phases of the check, including redirects: resolve, connect, tls, processing (until the first byte of the response) and transfer. There is no row for a phase that was not completed, and for a snapshot.", "check", "phase")
	certificate = gauge("certificate_expiry_timestamp_seconds", "Earliest expiry among the certificates that the server presents, even if they cannot be verified.", "check")
	tlsFailing  = gauge("tls_failing", "Why check_failing has reason tls: expired (or not valid yet), hostname, unknown_authority, client_certificate (the server requires one, or another one), not_tls, files (the TLS files of the exporter) or other.", "check", "problem")
	latency     = &exposition.Family{
		Name: "cobaltcore_aurora_request_duration_seconds", Type: exposition.Histogram, Labels: []string{"cluster", "aurora", "check"},
		Help:    "Duration of successful checks, from the name resolution to the last byte, since the last start or change of the configuration.",
		Buckets: []float64{0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10},
	}
)

// Families returns every family that the collector may export.
func Families() []*exposition.Family {
	return []*exposition.Family{up, success, failing, partFailing, statusCode, redirects, phases, certificate, tlsFailing, latency}
}
