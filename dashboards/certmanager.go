// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package dashboards

// certManagerSection returns the section about the certificates of cert-manager. They are renewed
// automatically, so an overdue renewal is more important than the date of expiry.
func certManagerSection() Section {
	return Section{Title: "cert-manager", Collapsed: true, Panels: []Panel{
		findingsTable("Findings about cert-manager", "Firing alerts about certificates, requests and issuers of cert-manager. None is good.", findings{system: "certmanager"}),
		issuedCertificates(), certificateIssuers(),
	}}
}

func issuedCertificates() Panel {
	const by = "cluster, namespace, name, issuer"
	certificate := func(name string) string { return selector("cobaltcore_certmanager_certificate_" + name) }
	until := func(name string) string { return certificate(name+"_timestamp_seconds") + ` - time()` }
	// Perses has no unit for a negative duration.
	left, overdue := `clamp_min(`+until("not_after")+`, 0)`, `time() - `+certificate("renewal_timestamp_seconds")+` > 0`
	return Panel{
		Kind: Table, Title: "Certificates", Width: 24, Height: 8, Unit: Number,
		Description: "Certificates of cert-manager, sorted by expiry. Left is 0 for an expired certificate. Renewal overdue for is empty if the renewal is not yet due; Failed attempts and Next attempt in are empty if the last attempt succeeded.",
		Queries: perRow(`0 * max by (`+by+`) (`+certificate("ready")+`) + 1`, by, "name", "none",
			certificate("ready"), left, overdue, certificate("failed_issuance_attempts"), until("next_retry")),
		Columns: []Column{
			clusterColumn(), labelColumn("namespace", "Namespace"), labelColumn("name", "Certificate"), labelColumn("issuer", "Issuer"),
			{Query: 0, Title: "State", Mappings: append(boolMappings("ready", "not ready", Warning), noRow()...)},
			ageColumn(1, "Left", Threshold{Color: Bad}, Threshold{From: 1, Color: Neutral}),
			ageColumn(2, "Renewal overdue for", Threshold{Color: Warning}),
			valueColumn(3, "Failed attempts", Number, zeroIsGood(Warning)...), ageColumn(4, "Next attempt in"),
		},
		Sort:  Sort{Column: "Left"},
		Links: []Link{playbook("CertManagerRenewalOverdue"), playbook("CertManagerCertificateNotReady"), playbook("CertManagerRequestFailed")},
	}
}

func certificateIssuers() Panel {
	const by = "cluster, kind, namespace, name, issuer"
	issuer := func(name string) string { return selector("cobaltcore_certmanager_issuer_" + name) }
	rows := `max by (` + by + `, type, reason) (` + issuer("info") + `)`
	return Panel{
		Kind: Table, Title: "Issuers", Width: 24, Height: 6, Unit: Number,
		Description: "Issuers and ClusterIssuers of cert-manager with the reason of their state, and since when they are not ready. All ready is good.",
		Queries: perRow(rows, by, "name", "none", issuer("ready"),
			`time() - `+issuer("not_ready_since_timestamp_seconds")),
		Columns: []Column{
			clusterColumn(), labelColumn("kind", "Kind"), labelColumn("namespace", "Namespace"), labelColumn("name", "Issuer"), labelColumn("type", "Type"),
			{Query: 0, Title: "State", Mappings: append(boolMappings("ready", "not ready", Bad), noRow()...)}, labelColumn("reason", "Reason"), ageColumn(1, "Not ready for"),
		},
		Sort:  Sort{Column: "Issuer"},
		Links: []Link{playbook("CertManagerIssuerNotReady")},
	}
}
