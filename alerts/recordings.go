// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package alerts

// Names of the recordings about Flux.
const (
	RecordedFluxSource   = "cobaltcore:flux_resource:source"
	RecordedFluxWaitsFor = "cobaltcore:flux_resource:waits_for"
	RecordedFluxLastGood = "cobaltcore:flux_resource:last_good_timestamp_seconds"
	RecordedFluxOverdue  = "cobaltcore:flux_resource:overdue_ratio"
)

// RecordedObjects is the name of the recording about External Secrets.
const RecordedObjects = "cobaltcore:eso_objects:by_state"
