// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package dashboards

import (
	"strings"

	"github.com/cobaltcore-dev/cobaltcore-exporter/alerts"
)

// labelWords are the reasons and checks of the exporter that are no words. Objects have reasons of their own, such as BuildFailed.
func labelWords() []string {
	return []string{
		"not_found", "too_large", "too_many", "no_leader", "no_nodes", "wrong_type", "other_cluster", "not_a_peer", "last_contact", "trailing_logs",
		"redirect_loop", "redirect_elsewhere", "unknown_authority", "client_certificate", "not_tls", "csrf_token", "store_missing",
		"name_taken", "invalid_name", "not_a_kubeconfig", "no_key", "secret_missing", "target_missing", "proxy_refused", "loopback_refused",
		"link_local_refused", "insecure_refused", "impersonation_refused", "exec_refused", "file_refused",
	}
}

// wordFor returns the words for a value of a label.
func wordFor(value string) string {
	return strings.ReplaceAll(strings.ReplaceAll(value, "_", " "), "csrf", "CSRF")
}

// inWords replaces values of a label by words, for legends.
func inWords(expr, label string, values ...string) string {
	for _, v := range values {
		expr = `label_replace(` + expr + `, "` + label + `", "` + wordFor(v) + `", "` + label + `", "` + v + `")`
	}
	return expr
}

// withSystemTitles replaces the names of systems in the label system by their titles, for legends.
func withSystemTitles(expr string) string {
	for _, d := range alerts.Descriptions() {
		expr = `label_replace(` + expr + `, "system", "` + d.Title + `", "system", "` + string(d.System) + `")`
	}
	return expr
}

// systemColumn returns a column with the titles of systems.
func systemColumn() Column {
	c := labelColumn("system", "System")
	for _, d := range alerts.Descriptions() {
		c.Mappings = append(c.Mappings, Mapping{Label: string(d.System), Text: d.Title})
	}
	return c
}

// wordColumn returns a column with a label whose values are shown as words.
func wordColumn(name, title string) Column {
	c := labelColumn(name, title)
	for _, value := range labelWords() {
		c.Mappings = append(c.Mappings, Mapping{Label: value, Text: wordFor(value)})
	}
	return c
}
