// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package alerts

import (
	"cmp"
	"net/url"
	"strings"
)

// Dashboard returns the ID of the dashboard with details. Appended to the base address of
// dashboards (…/d/ in Grafana, …/projects/cobaltcore/dashboards/ in Perses), it is a link, also
// with the variables of [Rule.DashboardAt].
func (r Rule) Dashboard() string {
	switch {
	case strings.Contains(r.Name, "Expiring"):
		return certificatesPage
	case strings.HasPrefix(r.Name, "SecretFlow"):
		return "cobaltcore-secret-flow"
	case r.aboutFluxObject():
		return "cobaltcore-flux-resource"
	}
	return cmp.Or(Describe(r.System).Page, clusterPage)
}

// aboutFluxObject reports whether the labels of an alert identify a single Flux object.
func (r Rule) aboutFluxObject() bool { return r.Object == objectOfFlux() }

// variables returns the variables of the dashboard, each with the label of the alert that provides
// its value.
func (r Rule) variables() [][2]string {
	all := [][2]string{{"cluster", clusterLabel}}
	if r.Dashboard() == "cobaltcore-flux-resource" {
		all = append(all, [2]string{"kind", "kind"}, [2]string{"namespace", "exported_namespace"}, [2]string{"name", "name"})
	}
	return all
}

// DashboardAt returns the dashboard with variables for an alert with these labels.
func (r Rule) DashboardAt(labels map[string]string) string {
	var values []string
	for _, v := range r.variables() {
		if value := labels[v[1]]; value != "" {
			values = append(values, "var-"+v[0]+"="+url.QueryEscape(value))
		}
	}
	return r.dashboardURL(values)
}

// dashboardURL returns the URL of the dashboard with variables.
func (r Rule) dashboardURL(variables []string) string {
	page := r.Dashboard()
	if r.dashboards != "" {
		page = strings.TrimSuffix(r.dashboards, "/") + "/" + page
	}
	if len(variables) == 0 {
		return page
	}
	return page + "?" + strings.Join(variables, "&")
}

// dashboard returns the same URL as a template.
func (r Rule) dashboard(label string) string {
	if e, err := Parse(r.Expr); err != nil || !keepsCluster(e) {
		return r.dashboardURL(nil)
	}
	var values []string
	for _, v := range r.variables() {
		if v[1] == clusterLabel {
			v[1] = label
		}
		values = append(values, "var-"+v[0]+"={{ $labels."+v[1]+" | urlquery }}")
	}
	return r.dashboardURL(values)
}
