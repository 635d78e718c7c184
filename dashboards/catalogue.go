// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package dashboards

import "slices"

// The IDs of the pages.
const (
	idFleet        = "cobaltcore-fleet"
	idCluster      = "cobaltcore-cluster"
	idFlux         = "cobaltcore-flux"
	idFluxResource = "cobaltcore-flux-resource"
	idOpenBao      = "cobaltcore-openbao"
	idSecrets      = "cobaltcore-secrets"     //nolint:gosec // a page
	idSecretFlow   = "cobaltcore-secret-flow" //nolint:gosec // a page
	idGreenhouse   = "cobaltcore-greenhouse-aurora"
	idCertificates = "cobaltcore-certificates"
	idExporter     = "cobaltcore-exporter"
)

// page is a dashboard with the names by which others link to it.
type page struct {
	id, title string
	build     func() Dashboard
}

// pages returns all dashboards in the order of their use: from the overview to the details.
func pages() []page {
	return []page{
		{idFleet, "Fleet", fleetOverview},
		{idCluster, "Cluster", clusterPage},
		{idFlux, "Flux", fluxFleet},
		{idFluxResource, "Flux resource", fluxResource},
		{idOpenBao, "OpenBao", openBaoPage},
		{idSecrets, "Secrets", secretsPage},
		{idSecretFlow, "Secret flow", secretFlowPage},
		{idGreenhouse, "Greenhouse and Aurora", greenhouseAndAurora},
		{idCertificates, "Certificates and expiry", certificatesPage},
		{idExporter, "The exporter", exporterPage},
	}
}

// Catalogue returns every dashboard.
func Catalogue() []Dashboard {
	all := make([]Dashboard, len(pages()))
	for i, p := range pages() {
		all[i] = p.build()
		all[i].ID, all[i].Title, all[i].Annotations = p.id, "CobaltCore / "+p.title, annotations()
	}
	return all
}

// linksTo returns links to pages by their IDs, for the top of another page.
func linksTo(ids ...string) []Link {
	links := make([]Link, len(ids))
	for i, id := range ids {
		all := pages()
		n := slices.IndexFunc(all, func(p page) bool { return p.id == id })
		links[i] = Link{Title: all[n].title, Dashboard: id}
	}
	return links
}
