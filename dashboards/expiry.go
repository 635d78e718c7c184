// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package dashboards

import (
	"slices"
	"strings"
)

// end is something that expires.
type end struct {
	what string
	// metric is when, by labels beside the cluster that name the object.
	metric string
	labels []string
	// warning and bad are how much time may be left before the alerts fire, in PromQL;
	// without them there are none.
	warning, bad string
	// rule is the alert that warns.
	rule string
}

// baoExpiries are those of OpenBao itself.
func baoExpiries() []end {
	const crl = "cobaltcore_openbao_pki_crl_"
	issuer := []string{"openbao", "mount", "issuer_id"}
	// A revocation list is replaced when little of its validity is left.
	late := `0.05 * (max by (cluster, openbao, mount, issuer_id) (` + crl + `next_update_timestamp_seconds)
      - max by (cluster, openbao, mount, issuer_id) (` + crl + `this_update_timestamp_seconds))`
	return []end{
		{"OpenBao listener", "cobaltcore_openbao_node_tls_certificate_not_after_timestamp_seconds{" + here + "}", []string{"openbao", "node"}, "1814400", "259200", "OpenBaoListenerCertExpiring"},
		{"Root CA", "cobaltcore_openbao_pki_issuer_not_after_timestamp_seconds{" + here + `, type="root"}`, issuer, "7776000", "604800", "OpenBaoCAExpiringRoot"},
		{"Intermediate CA", "cobaltcore_openbao_pki_issuer_not_after_timestamp_seconds{" + here + `, type="intermediate"}`, issuer, "5184000", "604800", "OpenBaoCAExpiringIntermediate"},
		{"Revocation list", crl + "next_update_timestamp_seconds{" + here + "}", issuer, late, late, "OpenBaoCRLExpiring"},
		{"First issued certificate", "cobaltcore_openbao_pki_certificate_min_not_after_timestamp_seconds{" + here + "}", []string{"openbao", "mount"}, "", "", ""},
		{"OpenBao token of the exporter", "cobaltcore_openbao_exporter_token_expiry_timestamp_seconds{" + here + "}", []string{"openbao"}, "600", "0", "OpenBaoExporterTokenExpiring"},
	}
}

// otherExpiries are those of everything else.
func otherExpiries() []end {
	const credentials = "cobaltcore_cluster_credential_expiry_timestamp_seconds{" + here
	return []end{
		{"Aurora and Keystone", "cobaltcore_aurora_certificate_expiry_timestamp_seconds{" + here + "}", []string{"aurora", "check"}, "1209600", "259200", "AuroraCertExpiring"},
		{"API server", "cobaltcore_cluster_api_certificate_expiry_timestamp_seconds{" + here + "}", []string{"cluster"}, "1209600", "259200", "FleetServerCertExpiring"},
		{"Client certificate of the exporter", credentials + `, type="client_certificate"}`, []string{"cluster"}, "1209600", "259200", "FleetCredentialsExpiring"},
		{"Token of the exporter", credentials + `, type="token"}`, []string{"cluster"}, "600", "0", "FleetTokenExpiring"},
		{"Token of Greenhouse", "cobaltcore_greenhouse_cluster_token_expiry_timestamp_seconds{" + here + "}", []string{"namespace", "name"}, "72000", "0", "GreenhouseTokenExpiring"},
	}
}

// clusterEnds are those on the way to a cluster.
func clusterEnds() []end {
	return slices.DeleteFunc(otherExpiries(), func(e end) bool { return !slices.Equal(e.labels, []string{"cluster"}) })
}

// at is when it ends, by its labels.
func (e end) at() string {
	by := slices.Compact(append([]string{"cluster"}, e.labels...))
	return `min by (` + strings.Join(by, ", ") + `) (` + e.metric + `)`
}

// left is how much time there is.
func (e end) left() string { return e.at() + ` - time()` }

// state is 0 while there is time, 1 for a warning, 2 if it is bad and 3 if it is over.
func (e end) state() string {
	over := `(` + e.left() + ` < bool 0)`
	if e.warning == "" {
		return `3 * ` + over
	}
	return `clamp_max((` + e.left() + ` < bool ` + e.warning + `)
      + (` + e.left() + ` < bool ` + e.bad + `) + 2 * ` + over + `, 3)`
}

// row has the labels of a table of what expires.
func (e end) row(expr string) string {
	return `max by (cluster, what, object) (` + withLabel(`label_join(`+expr+`, "object", "/", "`+strings.Join(e.labels, `", "`)+`")`, "what", e.what) + `)`
}

// ofAll is an expression about each of them.
func ofAll(ends []end, expr func(end) string) string {
	var rows []string
	for _, e := range ends {
		rows = append(rows, e.row(expr(e)))
	}
	return anyOf(rows)
}

// countBelow counts by cluster those with less time left than a limit of their own.
func countBelow(ends []end, limit func(end) string) string {
	var limited []end
	for _, e := range ends {
		if limit(e) != "" {
			limited = append(limited, e)
		}
	}
	return perCluster(`count by (cluster) ((` + ofAll(limited, func(e end) string { return e.left() + ` - ` + limit(e) }) + `) < 0)`)
}

// expiryTable has a row for each certificate or token, the first to expire on top.
func expiryTable(title, description string, ends []end, links ...Link) Panel {
	query := func(expr func(end) string) Query { return Query{Expr: ofAll(ends, expr)} }
	return Panel{
		Kind: Table, Title: title, Description: description, Width: 24, Height: 8, Unit: Number, Links: links,
		Queries: []Query{{Expr: `clamp_min(` + ofAll(ends, end.left) + `, 0)`}, query(end.at), {Expr: orRow(ofAll(ends, end.state), "what", "nothing known")}},
		Columns: []Column{
			clusterColumn(), labelColumn("what", "What"), labelColumn("object", "Object"),
			ageColumn(0, "Left", Threshold{Color: Bad}, Threshold{From: 1, Color: Neutral}), dateColumn(1, "Expires"),
			{Query: 2, Title: "State", Mappings: []Mapping{
				{Value: 0, Text: "has time", Color: Good}, {Value: 1, Text: "soon", Color: Warning},
				{Value: 2, Text: "urgent", Color: Bad}, {Value: 3, Text: "expired", Color: Bad}, {Value: -1, Text: "none", Color: Neutral},
			}},
		},
		Sort: Sort{Column: "Left"},
	}
}
