// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

// Package alerts has the expressions that rules and dashboards are made of. What
// follows from several objects is a join of rows here, not in the exporter, so that
// it also holds when the rows come from several of them.
package alerts

// Expressions about the stores of External Secrets. A ClusterSecretStore is found by
// its name, a SecretStore in the namespace of what refers to it.
const (
	// StoreMissing are the references of ExternalSecrets to stores that are not there,
	// in clusters whose stores are known.
	StoreMissing = clusterRefs + ` unless on (cluster, store_name) ` + stores + `cobaltcore_eso_store_info{kind="ClusterSecretStore"}` + byStoreName + `
  and on (cluster) (cobaltcore_watch_synced{collector="externalsecrets", kind="ClusterSecretStore"} == 1)
or ` + ownRefs + ` unless on (cluster, namespace, store_name) ` + stores + `cobaltcore_eso_store_info{kind="SecretStore"}` + byStoreName + `
  and on (cluster) (cobaltcore_watch_synced{collector="externalsecrets", kind="SecretStore"} == 1)`

	// StoreNotReady are the references of ExternalSecrets to stores that are not ready.
	StoreNotReady = clusterRefs + ` and on (cluster, store_name) ` + stores + `cobaltcore_eso_store_ready{kind="ClusterSecretStore"} == 0` + byStoreName + `
or ` + ownRefs + ` and on (cluster, namespace, store_name) ` + stores + `cobaltcore_eso_store_ready{kind="SecretStore"} == 0` + byStoreName

	clusterRefs = `cobaltcore_eso_externalsecret_store_ref{store_kind="ClusterSecretStore"}`
	ownRefs     = `cobaltcore_eso_externalsecret_store_ref{store_kind="SecretStore"}`
	stores      = `label_replace(`
	byStoreName = `, "store_name", "$1", "name", "(.*)")`
)

// Expressions about ExternalSecrets.
const (
	// StoreDependents is how many ExternalSecrets refer to each store.
	StoreDependents = `count by (cluster, store_kind, store_name) (cobaltcore_eso_externalsecret_store_ref)`

	// SecretStale are ExternalSecrets that were not synchronized for two intervals and
	// five minutes; the value is the age.
	SecretStale = `(time() - cobaltcore_eso_externalsecret_last_sync_timestamp_seconds > 2 * cobaltcore_eso_externalsecret_refresh_interval_seconds + 300)
  and cobaltcore_eso_externalsecret_refresh_interval_seconds > 0`

	// SecretNeverSynced are ExternalSecrets older than ten minutes that were never
	// synchronized.
	SecretNeverSynced = `(time() - cobaltcore_eso_externalsecret_created_timestamp_seconds > 600)
  unless on (cluster, namespace, name) cobaltcore_eso_externalsecret_last_sync_timestamp_seconds`

	// SecretUnprocessed are ExternalSecrets older than five minutes that no controller
	// has looked at.
	SecretUnprocessed = `cobaltcore_eso_externalsecret_status{reason="Unprocessed"}
  and on (cluster, namespace, name) (time() - cobaltcore_eso_externalsecret_created_timestamp_seconds > 300)`
)

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
