// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

// Package alerts has the expressions that rules and dashboards are made of. What
// follows from several objects is a join of rows here, not in the exporter, so that
// it also holds when the rows come from several of them.
package alerts

// SecretStale are ExternalSecrets that were not synchronized for two intervals and five
// minutes; the value is since when, in seconds.
const SecretStale = `time() - max by (cluster, namespace, name) (cobaltcore_eso_externalsecret_overdue_timestamp_seconds) > 0`

// Expressions about the flow of secrets.
const (
	// SecretReads are the secrets that each ExternalSecret reads, SecretWrites those that
	// each PushSecret writes; the value is its last success, 0 if there was none.
	SecretReads  = `(cobaltcore_eso_externalsecret_last_sync_timestamp_seconds{path_id!=""} or cobaltcore_secretflow_consumer_last_sync_timestamp_seconds)`
	SecretWrites = `(cobaltcore_eso_pushsecret_last_sync_timestamp_seconds{path_id!=""} or cobaltcore_secretflow_producer_last_sync_timestamp_seconds)`

	// SecretBehind are readers whose last success is older than what OpenBao has; the
	// value is that success. Kubernetes cuts times to the second, so OpenBao's is, too.
	SecretBehind = SecretReads + ` != 0
  < on (backend, mount, path_id) group_left () floor(max by (backend, mount, path_id) (cobaltcore_secretflow_stored_timestamp_seconds))`

	// SecretBehindSince is since when each of those is behind.
	SecretBehindSince = `max by (backend, mount, path_id) (cobaltcore_secretflow_stored_timestamp_seconds)
  * on (backend, mount, path_id) group_right () (0 * (` + SecretBehind + `) + 1)`

	// SecretPushedNotStored are keys that a ready PushSecret writes and OpenBao, which
	// was asked, does not have.
	SecretPushedNotStored = `(` + SecretWrites + ` and on (cluster, namespace, name) (cobaltcore_eso_pushsecret_ready == 1))
  and on (backend, mount, path_id) (max by (backend, mount, path_id) (cobaltcore_secretflow_stored_version) == 0)`
)
