// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package dashboards

import (
	"slices"
	"strings"
)

// expiringItem is a type of object with an expiry.
type expiringItem struct {
	title string
	// metric has the time of expiry. labels identify the object in addition to the cluster.
	metric string
	labels []string
	// warning and bad are the remaining times at which the alerts fire, in PromQL; empty if there
	// are no alerts.
	warning, critical string
	// rule is the name of the warning alert.
	rule string
}

// baoExpiries returns the expiries of OpenBao itself.
func baoExpiries() []expiringItem {
	const crl = "cobaltcore_openbao_pki_crl_"
	issuer := []string{"openbao", "mount", "issuer_id"}
	// A revocation list is replaced shortly before it expires.
	late := `0.05 * (max by (cluster, openbao, mount, issuer_id) (` + crl + `next_update_timestamp_seconds)
      - max by (cluster, openbao, mount, issuer_id) (` + crl + `this_update_timestamp_seconds))`
	return []expiringItem{
		{"OpenBao listener", "cobaltcore_openbao_node_tls_certificate_not_after_timestamp_seconds{" + chosenClusters + "}", []string{"openbao", "node"}, "1814400", "259200", "OpenBaoListenerCertExpiring"},
		{"Root CA", "cobaltcore_openbao_pki_issuer_not_after_timestamp_seconds{" + chosenClusters + `, type="root"}`, issuer, "7776000", "604800", "OpenBaoCAExpiringRoot"},
		{"Intermediate CA", "cobaltcore_openbao_pki_issuer_not_after_timestamp_seconds{" + chosenClusters + `, type="intermediate"}`, issuer, "5184000", "604800", "OpenBaoCAExpiringIntermediate"},
		{"Revocation list", crl + "next_update_timestamp_seconds{" + chosenClusters + "}", issuer, late, late, "OpenBaoCRLExpiring"},
		{"First issued certificate", "cobaltcore_openbao_pki_certificate_min_not_after_timestamp_seconds{" + chosenClusters + "}", []string{"openbao", "mount"}, "", "", ""},
		{"OpenBao token of the exporter", "cobaltcore_openbao_exporter_token_expiry_timestamp_seconds{" + chosenClusters + "}", []string{"openbao"}, "600", "0", "OpenBaoExporterTokenExpiring"},
	}
}

// otherExpiries returns all other expiries.
func otherExpiries() []expiringItem {
	const credentials = "cobaltcore_cluster_credential_expiry_timestamp_seconds{" + chosenClusters
	return []expiringItem{
		{"Aurora and Keystone", "cobaltcore_aurora_certificate_expiry_timestamp_seconds{" + chosenClusters + "}", []string{"aurora", "check"}, "1209600", "259200", "AuroraCertExpiring"},
		{"API server", "cobaltcore_cluster_api_certificate_expiry_timestamp_seconds{" + chosenClusters + "}", []string{"cluster"}, "1209600", "259200", "FleetServerCertExpiring"},
		{"Client certificate of the exporter", credentials + `, type="client_certificate"}`, []string{"cluster"}, "1209600", "259200", "FleetCredentialsExpiring"},
		{"Token of the exporter", credentials + `, type="token"}`, []string{"cluster"}, "600", "0", "FleetTokenExpiring"},
		{"Token of Greenhouse", "cobaltcore_greenhouse_cluster_token_expiry_timestamp_seconds{" + chosenClusters + "}", []string{"namespace", "name"}, "72000", "0", "GreenhouseTokenExpiring"},
	}
}

// clusterExpiries returns the expiries of credentials and certificates for connections to clusters.
func clusterExpiries() []expiringItem {
	return slices.DeleteFunc(otherExpiries(), func(e expiringItem) bool { return !slices.Equal(e.labels, []string{"cluster"}) })
}

// expiryTime returns the time of expiry by the labels of the object.
func (e expiringItem) expiryTime() string {
	by := slices.Compact(append([]string{"cluster"}, e.labels...))
	return `min by (` + strings.Join(by, ", ") + `) (` + e.metric + `)`
}

// remainingTime returns the time until the expiry.
func (e expiringItem) remainingTime() string { return e.expiryTime() + ` - time()` }

// state is 0 for enough time, 1 for a warning, 2 for a critical remaining time, and 3 after the expiry.
func (e expiringItem) state() string {
	over := `(` + e.remainingTime() + ` < bool 0)`
	if e.warning == "" {
		return `3 * ` + over
	}
	return `clamp_max((` + e.remainingTime() + ` < bool ` + e.warning + `)
      + (` + e.remainingTime() + ` < bool ` + e.critical + `) + 2 * ` + over + `, 3)`
}

// row returns the labels of a row in the table of expiries.
func (e expiringItem) row(expr string) string {
	if slices.Contains(e.labels, "check") {
		expr = inWords(expr, "check", "csrf_token")
	}
	return `max by (cluster, what, object) (` + withLabel(`label_join(`+expr+`, "object", "/", "`+strings.Join(e.labels, `", "`)+`")`, "what", e.title) + `)`
}

// unionOf joins the expressions of all items by or.
func unionOf(ends []expiringItem, expr func(expiringItem) string) string {
	var rows []string
	for _, e := range ends {
		rows = append(rows, e.row(expr(e)))
	}
	return joinOr(rows)
}

// countBelow counts by cluster the objects whose remaining time is below the limit of their type.
func countBelow(ends []expiringItem, limit func(expiringItem) string) string {
	var limited []expiringItem
	for _, e := range ends {
		if limit(e) != "" {
			limited = append(limited, e)
		}
	}
	return perCluster(`count by (cluster) ((` + unionOf(limited, func(e expiringItem) string { return e.remainingTime() + ` - ` + limit(e) }) + `) < 0)`)
}

// expiryTable returns a table of certificates and tokens, sorted by expiry.
func expiryTable(title, description string, ends []expiringItem, links ...Link) Panel {
	return Panel{
		Kind: Table, Title: title, Description: description, Width: 24, Height: 8, Unit: Number, Links: links,
		Queries: []Query{{Expr: `clamp_min(` + unionOf(ends, expiringItem.remainingTime) + `, 0)`},
			{Expr: withFallbackRow(unionOf(ends, expiringItem.state), "what", "nothing known")}},
		Columns: []Column{
			withWidth(clusterColumn(), 140), withWidth(labelColumn("what", "What"), 190), labelColumn("object", "Object"),
			withWidth(ageColumn(0, "Left", Threshold{Color: Bad}, Threshold{From: 1, Color: Neutral}), 90),
			{Query: 1, Title: "State", Width: 120, Mappings: []Mapping{
				{Value: 0, Text: "has time", Color: Good}, {Value: 1, Text: "soon", Color: Warning},
				{Value: 2, Text: "urgent", Color: Bad}, {Value: 3, Text: "expired", Color: Bad}, {Value: -1, Text: "none", Color: Neutral},
			}},
		},
		Sort: Sort{Column: "Left"},
	}
}
