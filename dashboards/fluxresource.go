// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package dashboards

func fluxResource() Dashboard {
	return Dashboard{ID: "cobaltcore-flux-resource", Title: "CobaltCore / Flux resource"}
}
