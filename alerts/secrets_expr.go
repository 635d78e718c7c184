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
	// SecretBehind are readers whose last success is older than what OpenBao has; the
	// value is that success. Kubernetes cuts times to the second, so OpenBao's is, too.
	SecretBehind = `(cobaltcore_secretflow_consumer * on (cluster, namespace, name) group_left () cobaltcore_eso_externalsecret_last_sync_timestamp_seconds)
  < on (mount, path_id) group_left () floor(max by (mount, path_id) (cobaltcore_secretflow_stored_timestamp_seconds))`

	// SecretBehindSince is since when each of those is behind.
	SecretBehindSince = `max by (mount, path_id) (cobaltcore_secretflow_stored_timestamp_seconds)
  * on (mount, path_id) group_right () (0 * (` + SecretBehind + `) + 1)`

	// SecretPushedNotStored are keys that a ready PushSecret writes and OpenBao, which
	// was asked, does not have.
	SecretPushedNotStored = `(cobaltcore_secretflow_producer and on (cluster, namespace, name) (cobaltcore_eso_pushsecret_ready == 1))
  and on (mount, path_id) (max by (mount, path_id) (cobaltcore_secretflow_stored_version) == 0)`
)
