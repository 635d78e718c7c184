// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package dashboards

import "strings"

// labelWords are the reasons and checks of the exporter that are no words. Objects have reasons of their own, such as BuildFailed.
func labelWords() []string {
	return []string{
		"not_found", "too_large", "too_many", "no_leader", "no_nodes", "wrong_type", "other_cluster", "not_a_peer", "last_contact", "trailing_logs",
		"redirect_loop", "redirect_elsewhere", "unknown_authority", "client_certificate", "not_tls", "csrf_token", "store_missing",
		"name_taken", "invalid_name", "not_a_kubeconfig", "no_key", "secret_missing", "target_missing", "proxy_refused", "loopback_refused",
		"link_local_refused", "insecure_refused", "impersonation_refused", "exec_refused", "file_refused",
	}
}

// wordColumn returns a column with a label whose values are shown as words.
func wordColumn(name, title string) Column {
	c := labelColumn(name, title)
	for _, value := range labelWords() {
		c.Mappings = append(c.Mappings, Mapping{Label: value, Text: strings.ReplaceAll(value, "_", " ")})
	}
	return c
}
