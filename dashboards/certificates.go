// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package dashboards

func certificatesPage() Dashboard {
	return Dashboard{ID: "cobaltcore-certificates", Title: "CobaltCore / Certificates and expiry"}
}
