// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package dashboards

// baoTelemetry shows the metrics of OpenBao itself, if the same Prometheus scrapes them.
func baoTelemetry() Section {
	const of = `{cluster=~"$cluster|"}`
	panel := func(title, description string, unit Unit, legend, expr string) Panel {
		return withEmptyText(linePanel(title, description, unit, "{{cluster}} {{instance}}"+legend, expr), "Prometheus does not scrape OpenBao's own metrics.")
	}
	rate := func(metric string) string {
		return `sum by (cluster, instance) (rate(` + metric + of + `[$__rate_interval]))`
	}
	mean := func(metric string) string {
		return rate(metric+"_sum") + ` / (` + rate(metric+"_count") + ` > 0)` // in milliseconds
	}
	operations := panel("Duration of storage reads and writes", "How long a read or a write of the encrypted storage takes on average. A few milliseconds are good; more is a slow disk, or a slow network between the raft servers.", Milliseconds, " reads", mean("vault_barrier_get"))
	operations.Queries = append(operations.Queries, Query{Legend: "{{cluster}} {{instance}} writes", Expr: mean("vault_barrier_put")})
	return Section{Title: "Telemetry of OpenBao", Collapsed: true, Panels: []Panel{
		panel("Requests", "Requests per second that each node handles. Only the active node should have many.", PerSecond, "", rate("vault_core_handle_request_count")),
		panel("Duration of requests", "How long a request takes on average. Milliseconds are good.", Milliseconds, "", mean("vault_core_handle_request")),
		operations,
		panel("Raft entries to apply", "Committed entries that are waiting to be applied. Near 0 is good.", Number, "", `sum by (cluster, instance) (vault_raft_storage_stats_fsm_pending`+of+`)`),
		panel("Leases", "Leases that have not expired. A line that only rises means that a client does not revoke leases, or that a TTL is too long.", Number, "", `max by (cluster, instance) (vault_expire_num_leases`+of+`)`),
		panel("Memory", "Bytes that each node has allocated.", Bytes, "", `max by (cluster, instance) (vault_runtime_alloc_bytes`+of+`)`),
	}}
}

// esoTelemetry shows the metrics of External Secrets Operator itself, which the exporter reads from
// its pods.
func esoTelemetry() Section {
	const none = "The metrics of the operator are not read."
	of := func(metric string) string { return `sum by (cluster) (` + perSecond(metric) + `)` }
	calls := linePanel("Calls of providers", "Calls per second to the servers with secrets, by result. A steady rate of success is good; errors mean that a provider does not respond or refuses.", PerSecond, "{{cluster}} {{provider}} {{status}}",
		`sum by (cluster, provider, status) (`+perSecond("externalsecret_provider_api_calls_count")+`)`)
	return Section{Title: "Telemetry of the operator", Collapsed: true, Panels: []Panel{
		withEmptyText(linePanel("Refreshes", "Refreshes of ExternalSecrets per second. 0 for longer than the shortest interval means that the operator does nothing.", PerSecond, "{{cluster}}", of("externalsecret_sync_calls_total")), none),
		withEmptyText(linePanel("Failed refreshes", "Failed refreshes per second. 0 is good; the table of ExternalSecrets with problems has the objects.", PerSecond, "{{cluster}}", of("externalsecret_sync_calls_error")), none),
		withEmptyText(calls, none),
	}}
}
