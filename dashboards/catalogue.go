// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package dashboards

// Catalogue is every dashboard, in the order in which an operator walks through them.
func Catalogue() []Dashboard {
	return []Dashboard{
		fleetOverview(), clusterPage(), fluxFleet(), fluxResource(), openBaoPage(), secretsPage(),
		secretFlowPage(), greenhouseAndAurora(), certificatesPage(), exporterPage(),
	}
}
