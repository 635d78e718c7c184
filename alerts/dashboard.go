// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package alerts

import (
	"net/url"
	"strings"
)

// Dashboard is the ID of the dashboard that shows more. Behind the address of
// dashboards (…/d/ in Grafana, …/projects/cobaltcore/dashboards/ in Perses) it is a
// link, also with the variables of [Rule.DashboardAt].
func (r Rule) Dashboard() string {
	switch {
	case strings.Contains(r.Name, "Expiring"):
		return "cobaltcore-certificates"
	case strings.HasPrefix(r.Name, "SecretFlow"):
		return "cobaltcore-secret-flow"
	}
	switch r.System {
	case Flux:
		return "cobaltcore-flux"
	case OpenBao:
		return "cobaltcore-openbao"
	case ExternalSecrets:
		return "cobaltcore-secrets"
	case Greenhouse, Aurora:
		return "cobaltcore-greenhouse-aurora"
	case Exporter:
		return "cobaltcore-exporter"
	}
	return "cobaltcore-cluster" // of clusters and their controllers
}

// DashboardAt is the dashboard with the cluster of an alert, if it is about one.
func (r Rule) DashboardAt(cluster string) string {
	if cluster == "" {
		return r.Dashboard()
	}
	return r.Dashboard() + "?var-cluster=" + url.QueryEscape(cluster)
}

// dashboard is the same as a template.
func (r Rule) dashboard(label string) string {
	if e, err := Parse(r.Expr); err != nil || !keepsCluster(e) {
		return r.Dashboard()
	}
	return r.Dashboard() + "?var-cluster={{ $labels." + label + " | urlquery }}"
}
