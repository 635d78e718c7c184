// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package dashboards

import (
	"fmt"
	"slices"
)

func certificatesPage() Dashboard {
	ends := slices.Concat(baoExpiries(), otherExpiries())
	return Dashboard{
		Description: "Everything in the fleet that stops to work on a date: certificates, revocation lists and tokens, with the time that is left and what the alerts hold to be soon or urgent.",
		Variables:   []Variable{clusterVariable()},
		Links:       linksTo(idFleet, idOpenBao, idGreenhouse, idExporter),
		Sections: []Section{
			{Title: "Now", Panels: []Panel{
				{
					Kind: Table, Title: "By cluster", Width: 24, Height: 5, Unit: Number,
					Description: "Number of certificates, revocation lists and tokens of each cluster that are expired, urgent (including expired ones) or expire soon (including urgent ones), and the first expiry. Zeros are good. A cluster without data has zeros and no date.",
					Queries: []Query{
						{Expr: countBelow(ends, func(expiringItem) string { return "0" })},
						{Expr: countBelow(ends, func(e expiringItem) string { return e.critical })},
						{Expr: countBelow(ends, func(e expiringItem) string { return e.warning })},
						{Expr: perCluster(`count by (cluster) (` + unionOf(ends, expiringItem.expiryTime) + `)`)},
						{Expr: `min by (cluster) (` + unionOf(ends, expiringItem.remainingTime) + `)`},
					},
					Columns: []Column{
						clusterColumn(), valueColumn(0, "Expired", Number, zeroIsGood(Bad)...), valueColumn(1, "Urgent", Number, zeroIsGood(Bad)...),
						valueColumn(2, "Soon", Number, zeroIsGood(Warning)...), valueColumn(3, "Known", Number), ageColumn(4, "First expires in"),
					},
					Sort: Sort{Column: "First expires in"},
				},
				findingsTable("Findings about expiry", "Firing alerts about expiries. None is good.", findings{rule: ".*Expiring.*"}),
			}},
			{Title: "All of the fleet", Panels: []Panel{expiryTable("Next expiries",
				"Certificates, revocation lists and tokens, sorted by expiry. Green is good. Yellow and red are the thresholds of the alerts: tokens are renewed hours or minutes before their expiry, a root CA needs a year. \"First issued certificate\" is renewed by its requester and has no alert.",
				ends, playbook("OpenBaoListenerCertExpiring"), playbook("OpenBaoCAExpiringIntermediate"), playbook("OpenBaoCRLExpiring"), playbook("AuroraCertExpiring"),
				playbook("FleetServerCertExpiring"), playbook("FleetCredentialsExpiring"), playbook("GreenhouseTokenExpiring"))}},
			{Title: "Over time", Collapsed: true, Panels: remainingTimeHistory(ends)},
			{Title: "PKI of OpenBao", Collapsed: true, Panels: pkiPanels()},
			certManagerSection(),
		},
	}
}

// remainingTimeHistory returns separate panels for lifetimes of years, weeks and hours, because on
// a common axis only the longest lifetimes would be visible.
func remainingTimeHistory(ends []expiringItem) []Panel {
	panel := func(unit Unit, seconds float64, title, description string, thresholds []Threshold, what ...string) Panel {
		some := slices.DeleteFunc(slices.Clone(ends), func(e expiringItem) bool { return !slices.Contains(what, e.title) })
		return Panel{
			Kind: TimeSeries, Title: "Time left: " + title, Width: 12, Unit: unit, Thresholds: thresholds,
			Description: description + " A line falls with time and jumps up after a renewal. At 0 there is an outage.", Empty: "Nothing of this kind exists.",
			Queries: []Query{{Expr: fmt.Sprintf(`min by (cluster, what) (%s) / %v`, unionOf(some, expiringItem.remainingTime), seconds), Legend: "{{cluster}} {{what}}"}},
		}
	}
	return []Panel{
		panel(Days, day, "CAs", "The first CA certificate of each cluster to expire.", expiry(7, 60), "Root CA", "Intermediate CA"),
		panel(Days, day, "server and client certificates", "The first certificate of each sort to expire.", expiry(3, 14), "OpenBao listener", "First issued certificate", "Aurora and Keystone", "API server", "Client certificate of the exporter"),
		panel(Minutes, 60, "revocation lists", "The first list to expire. With auto_rebuild, OpenBao rebuilds it before it expires.", expiry(0, 120), "Revocation list"),
		panel(Minutes, 60, "tokens", "The first token of each sort to expire.", expiry(0, 10), "OpenBao token of the exporter", "Token of the exporter", "Token of Greenhouse"),
	}
}

func pkiPanels() []Panel {
	const byIssuer = "cluster, openbao, mount, issuer_id, issuer_name, type, is_default"
	issuer := func(family string) string {
		return `max by (` + byIssuer + `) (` + selectOpenBao("pki_issuer_"+family+"_timestamp_seconds") + `)`
	}
	share := `(` + issuer("not_after") + ` - time()) / (` + issuer("not_after") + ` - ` + issuer("not_before") + `)`
	return []Panel{
		{
			Kind: Table, Title: "Issuers", Width: 24, Unit: Number,
			Description: "The CA certificates with which OpenBao signs. A CA signs no certificate that would expire after the CA, so it must be replaced when less time is left than the lifetime of its certificates. Requests that name no issuer are signed by the default issuer.",
			Queries: []Query{
				{Expr: withFallbackRow(share, "mount", "none")}, {Expr: issuer("not_after") + ` - time()`},
			},
			Columns: []Column{
				clusterColumn(), labelColumn("openbao", "OpenBao"), labelColumn("mount", "Mount"), labelColumn("issuer_name", "Issuer"), withWidth(labelColumn("issuer_id", "ID"), 250),
				labelColumn("type", "Type"), labelColumn("is_default", "Default"), ageColumn(1, "Left"), {Query: 0, Title: "Share left", Unit: Percent, Mappings: noRow()},
			},
			Sort: Sort{Column: "Left"}, Links: []Link{playbook("OpenBaoCAExpiringRoot"), playbook("OpenBaoCAExpiringIntermediate")},
		},
		{
			Kind: Table, Title: "PKI mounts", Width: 24, Unit: Number,
			Description: "Certificates that each mount has stored, and the last tidy operation. Many expired certificates, or no tidy operation for weeks, make OpenBao slow: see \"bao write pki/tidy\" and auto-tidy.",
			Queries: perRow(`0 * max by (`+byMount+`) (`+selectOpenBao("pki_issuers")+`) + 1`, byMount, "mount", "none",
				selectOpenBao("pki_issuers"), selectOpenBao("pki_certificates", `state="valid"`), selectOpenBao("pki_certificates", `state="expired"`),
				ageOf("cobaltcore_openbao_pki_tidy_last_finished_timestamp_seconds")),
			Columns: []Column{
				clusterColumn(), labelColumn("openbao", "OpenBao"), labelColumn("mount", "Mount"), {Query: 0, Title: "Issuers", Unit: Number, Mappings: noRow()},
				valueColumn(1, "Valid", Number), valueColumn(2, "Expired", Number), ageColumn(3, "Tidied"),
			},
			Sort: Sort{Column: "Mount"},
		},
	}
}
