// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package dashboards

func fleetOverview() Dashboard {
	return Dashboard{ID: "cobaltcore-fleet", Title: "CobaltCore / Fleet"}
}
