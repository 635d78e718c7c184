// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package alerts

// RecordedObjects is the name of the recording about External Secrets.
const RecordedObjects = "cobaltcore:eso_objects:by_state"
