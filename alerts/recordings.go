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

// Names of the recordings about External Secrets. Those about stores carry
// store_kind, store_namespace and store_name: in the findings about the users of a
// store they are the same, so that the store is the cause of these.
const (
	RecordedStoreBackend = "cobaltcore:eso_store:backend"
	RecordedSecretRefs   = "cobaltcore:eso_externalsecret:store_ref"
	RecordedPushRefs     = "cobaltcore:eso_pushsecret:store_ref"
	RecordedStoreMissing = "cobaltcore:eso_externalsecret:store_missing"
	RecordedFailureCause = "cobaltcore:eso_externalsecret:failure_cause"
	RecordedDependents   = "cobaltcore:eso_store:dependents"
	RecordedObjects      = "cobaltcore:eso_objects:by_state"
)
