// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

// Package alerts has the expressions that rules and dashboards are made of. What
// follows from several objects is a join of rows here, not in the exporter, so that
// it also holds when the rows come from several of them.
package alerts

// SecretStale selects ExternalSecrets that were not synchronized for two intervals and five
// minutes. The value is the time in seconds since then.
const SecretStale = `time() - max by (cluster, namespace, name) (cobaltcore_eso_externalsecret_overdue_timestamp_seconds) > 0`

// Expressions about the flow of secrets.
const (
	// SecretReads selects the secrets that each ExternalSecret reads, and SecretWrites the secrets
	// that each PushSecret writes. The value is the time of its last success; 0 if there was none.
	SecretReads  = `(cobaltcore_eso_externalsecret_last_sync_timestamp_seconds{path_id!=""} or cobaltcore_secretflow_consumer_last_sync_timestamp_seconds)`
	SecretWrites = `(cobaltcore_eso_pushsecret_last_sync_timestamp_seconds{path_id!=""} or cobaltcore_secretflow_producer_last_sync_timestamp_seconds)`

	// SecretBehind selects readers whose last success is older than the version in OpenBao. The
	// value is the time of that success. Kubernetes truncates times to seconds, so the times of
	// OpenBao are truncated, too.
	SecretBehind = SecretReads + ` != 0
  < on (backend, mount, path_id) group_left () floor(max by (backend, mount, path_id) (cobaltcore_secretflow_stored_timestamp_seconds))`

	// SecretBehindSince selects the time since which each of these readers is behind.
	SecretBehindSince = `max by (backend, mount, path_id) (cobaltcore_secretflow_stored_timestamp_seconds)
  * on (backend, mount, path_id) group_right () (0 * (` + SecretBehind + `) + 1)`

	// SecretPushedNotStored selects keys that a ready PushSecret writes and that do not exist in
	// OpenBao, although OpenBao was queried.
	SecretPushedNotStored = `(` + SecretWrites + ` and on (cluster, namespace, name) (cobaltcore_eso_pushsecret_ready == 1))
  and on (backend, mount, path_id) (max by (backend, mount, path_id) (cobaltcore_secretflow_stored_version) == 0)`
)
