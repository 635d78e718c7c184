// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package dashboards

// byCheck are the labels of a check of Aurora.
const byCheck = "cluster, aurora, check"

const noAnswer = "No measurement: no answer, or a snapshot."

func auroraPanels() []Panel {
	aurora := func(family string) string { return selector("cobaltcore_aurora_" + family) }
	// Failing checks have a reason.
	rows := `max by (` + byCheck + `, reason) (` + aurora("check_failing") + `)
or on (` + byCheck + `) 0 * max by (` + byCheck + `) (` + aurora("check_success") + `) + 1`
	legend := "{{cluster}} {{aurora}} {{check}}"
	works := append(boolMappings("works", "fails", Bad), Mapping{Value: -1, Text: "none", Color: Neutral})
	perAurora := func(expr string) string { return withFallbackClusters(expr, -1) }
	spent := func(by string) string {
		return `sum by (` + by + `) (` + aurora("probe_duration_seconds") + `)`
	}
	return []Panel{
		{
			Kind: Stat, Title: "Aurora state", Width: 6, Height: 6, Unit: Number,
			Description: "Whether the dashboard of users works: the checks token, session and page all succeed. Aurora responds with 200 to every path, so the checks compare the content. If a check fails, users cannot manage their projects.",
			Queries:     []Query{{Expr: perAurora(`max by (cluster, aurora) (` + aurora("up") + `)`), Legend: "{{cluster}} {{aurora}}"}},
			Thresholds:  []Threshold{{Color: Bad}, {From: 1, Color: Good}}, Mappings: works, Links: []Link{playbook("AuroraDown"), playbook("AuroraUnknown")},
		},
		{
			Kind: StatusHistory, Title: "Checks of Aurora over time", Width: 18, Height: 6, Unit: Number,
			Description: "Each check over time. All green is good. If only keystone fails, logins fail, and the cause is not Aurora. If only page fails, the static files are broken.",
			Queries:     []Query{{Expr: inWords(perAurora(`max by (`+byCheck+`) (`+aurora("check_success")+`)`), "check", "csrf_token"), Legend: legend}},
			Mappings:    works, Links: []Link{playbook("AuroraDown"), playbook("AuroraKeystoneDown")},
		},
		{
			Kind: Table, Title: "Checks of Aurora", Width: 24, Height: 5, Unit: Number,
			Description: "The last result of each check, with the reason of a failure. content means a successful response with unexpected content, such as a page instead of JSON; tls: see the table below. Status 200 and few redirects are good.",
			Queries: perRow(rows, byCheck, "aurora", "none", aurora("check_success"), aurora("http_status_code"), aurora("redirects"),
				spent(byCheck), aurora("certificate_expiry_timestamp_seconds")+` - time()`),
			Columns: []Column{
				clusterColumn(), labelColumn("aurora", "Aurora"), wordColumn("check", "Check"), {Query: 0, Title: "State", Mappings: works}, wordColumn("reason", "Reason"),
				valueColumn(1, "Status", Number), valueColumn(2, "Redirects", Number), ageColumn(3, "Took"), ageColumn(4, "Certificate left", expiry(3*day, 14*day)...),
			},
			Sort: Sort{Column: "State"}, Links: []Link{playbook("AuroraDown"), playbook("AuroraCertExpiring")},
		},
		{
			Kind: TimeSeries, Title: "Duration of checks", Width: 9, Unit: Milliseconds, Min: new(float64),
			Description: "The time of the last check, redirects included. Below a second is good. A check without a response has no line.", Empty: noAnswer,
			Queries:    []Query{{Expr: inWords(milliseconds(spent(byCheck)+` > 0`), "check", "csrf_token"), Legend: legend}},
			Thresholds: splitAt(Good, 1000, Warning),
		},
		{
			Kind: TimeSeries, Title: "Duration by phase", Width: 9, Unit: Milliseconds, Stacked: true, Min: new(float64),
			Description: "The time of all checks of an Aurora by phase. processing is the time of Aurora itself; resolve is DNS; connect and tls are the network and the ingress.", Empty: noAnswer,
			Queries:    []Query{{Expr: milliseconds(spent("cluster, aurora, phase") + ` > 0`), Legend: "{{cluster}} {{aurora}} {{phase}}"}},
			Thresholds: []Threshold{{Color: Neutral}},
		},
		{
			Kind: Table, Title: "TLS problems", Width: 6, Height: 9, Unit: Number,
			Description: "Where a check fails for tls: expired, hostname, unknown authority, client certificate, not tls, files (the TLS files of the exporter) or other. \"None\" is good.",
			Queries:     []Query{{Expr: withFallbackRow(`max by (`+byCheck+`, problem) (`+aurora("tls_failing")+`)`, "problem", "none")}},
			Columns:     []Column{clusterColumn(), labelColumn("aurora", "Aurora"), wordColumn("check", "Check"), wordColumn("problem", "Problem")},
			Sort:        Sort{Column: "Check"},
		},
	}
}
