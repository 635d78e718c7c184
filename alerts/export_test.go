// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package alerts

// WhySeverity is [whySeverity].
func WhySeverity() map[string]string { return whySeverity() }
