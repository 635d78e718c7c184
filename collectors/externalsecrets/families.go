// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package externalsecrets

import (
	"slices"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/exposition"
)

// gauge declares a family about one object.
func gauge(name, help string, labels ...string) *exposition.Family {
	return &exposition.Family{
		Name: "cobaltcore_eso_" + name, Type: exposition.Gauge, Help: help, Labels: slices.Concat([]string{"cluster"}, labels),
	}
}

// newDetailFamily declares a family that is exported with metrics.detail: full only.
func newDetailFamily(name, help string, labels ...string) *exposition.Family {
	f := gauge(name, help, labels...)
	f.Detail = true
	return f
}

// namespaced returns the labels of an object of one kind, then more.
func namespaced(more ...string) []string { return append([]string{"namespace", "name"}, more...) }

// secretFamilies are the families of a kind that is synchronized periodically.
type secretFamilies struct {
	ready, reason, created, transition, overdue, interval, synced *exposition.Family
}

func newSecretFamilies(prefix, what string) secretFamilies {
	return secretFamilies{
		ready: gauge(prefix+"_ready", "Whether the "+what+" is ready. There is no row before a controller has processed it.", namespaced()...),
		reason: gauge(prefix+"_status", "The reason of the Ready condition of the "+what+" if it is not the reason of a success, "+
			"GenerationBehind if the newest generation is not synchronized, Unprocessed if there is no status. Always 1.", namespaced("reason")...),
		created: newDetailFamily(prefix+"_created_timestamp_seconds", "When the "+what+" was created.", namespaced()...),
		transition: newDetailFamily(prefix+"_condition_transition_timestamp_seconds",
			"When the "+what+" last became ready or not ready. A repeated success does not change it.", namespaced()...),
		overdue: gauge(prefix+"_overdue_timestamp_seconds",
			"When the "+what+" becomes overdue, if it is ready and refreshed periodically: two intervals and five minutes after its last success.", namespaced()...),
		interval: newDetailFamily(prefix+"_refresh_interval_seconds",
			"How often the "+what+" should be synchronized; 0 if it is not synchronized periodically (CreatedOnce, OnChange, interval 0, sync windows, deletion).", namespaced()...),
		synced: newDetailFamily(prefix+"_generation_synced", "Whether the last success was with the current specification. There is no row if there was no success.", namespaced()...),
	}
}

func (f *secretFamilies) list() []*exposition.Family {
	return []*exposition.Family{f.ready, f.reason, f.created, f.transition, f.overdue, f.interval, f.synced}
}

var (
	externalSecret = newSecretFamilies("externalsecret", "ExternalSecret")
	secretInfo     = gauge("externalsecret_info", "The policies of the ExternalSecret, and the first store that it names; store_kind, store_name and store (kind/namespace/name, or kind/name of a ClusterSecretStore) are empty if it names none. Always 1.",
		namespaced("store_kind", "store_name", "store", "refresh_policy", "deletion_policy", "creation_policy")...)
	secretStoreRef = gauge("externalsecret_store_ref", "The stores that the ExternalSecret names after the first one, also for single keys. Always 1.", namespaced("store_kind", "store_name")...)

	pushSecret          = newSecretFamilies("pushsecret", "PushSecret")
	pushDeclaredStores  = gauge("pushsecret_declared_stores", "Stores that a ready PushSecret names, if it has not pushed to all of them. A selector of stores counts as one.", namespaced()...)
	pushSyncedStores    = gauge("pushsecret_synced_stores", "Stores to which a ready PushSecret has pushed, if these are not all of its stores.", namespaced()...)
	pushDeclaredTargets = gauge("pushsecret_declared_targets", "Keys that a ready PushSecret should push, each to each store that it names, if it has not pushed all of them. There is no row if it selects stores or keys.", namespaced()...)
	pushSyncedTargets   = gauge("pushsecret_synced_targets", "Keys that a ready PushSecret has pushed to all stores together, if these are not all of its keys.", namespaced()...)
	pushStoreRef        = gauge("pushsecret_store_ref", "The stores that the PushSecret names. Always 1.", namespaced("store_kind", "store_name")...)
)

// Families of stores.
var (
	storeReady  = gauge("store_ready", "Whether the store is ready. There is no row before a controller has processed it.", newStoreFamily()...)
	storeReason = gauge("store_status", "The reason of the Ready condition of the store; Unprocessed if there is none.", newStoreFamily("reason")...)
	storeInfo   = gauge("store_info", "The provider and server of the store, and how it logs in. server is host and port; backend is the configured OpenBao with this server, as cluster/name, "+
		"or else host:port of the server, or else the provider.", newStoreFamily("provider", "server", "backend", "path", "auth_method", "auth_mount", "capabilities")...)
	storeValidated  = gauge("store_validated", "Whether Ready means that the connection was tested. It was not for the reason ValidationUnknown, and for a ClusterSecretStore whose credentials are in the namespace of each object that uses it.", newStoreFamily()...)
	storeCreated    = gauge("store_created_timestamp_seconds", "When the store was created.", newStoreFamily()...)
	storeTransition = gauge("store_condition_transition_timestamp_seconds", "When the store last became ready or not ready.", newStoreFamily()...)
)

func newStoreFamily(more ...string) []string {
	return append([]string{"kind", "namespace", "name"}, more...)
}

// clusterFamilies are the families of a kind that creates objects in many namespaces.
type clusterFamilies struct {
	ready, reason, created, failed, provisioned *exposition.Family
}

func newClusterFamilies(prefix, what, made string) clusterFamilies {
	return clusterFamilies{
		ready: gauge(prefix+"_ready", "Whether the "+what+" is ready. There is no row before a controller has processed it.", "name"),
		reason: gauge(prefix+"_status", "Why the "+what+" is not ready: the namespaces in which it failed, three at most, else the reason of its Ready condition; "+
			"Unprocessed if there is no status. There is no row while it is ready. Always 1.", "name", "reason"),
		created:     gauge(prefix+"_created_timestamp_seconds", "When the "+what+" was created.", "name"),
		failed:      gauge(prefix+"_failed_namespaces", "Namespaces in which the "+what+" could not create its "+made+".", "name"),
		provisioned: gauge(prefix+"_provisioned_namespaces", "Namespaces in which the "+what+" has created its "+made+".", "name"),
	}
}

func (f *clusterFamilies) list() []*exposition.Family {
	return []*exposition.Family{f.ready, f.reason, f.created, f.failed, f.provisioned}
}

var (
	clusterExternalSecret = newClusterFamilies("clusterexternalsecret", "ClusterExternalSecret", "ExternalSecret")
	clusterPushSecret     = newClusterFamilies("clusterpushsecret", "ClusterPushSecret", "PushSecret")
)

func externalSecretFamilies() []*exposition.Family {
	return append(externalSecret.list(), secretInfo, secretStoreRef)
}

func pushSecretFamilies() []*exposition.Family {
	return append(pushSecret.list(), pushDeclaredStores, pushSyncedStores, pushDeclaredTargets, pushSyncedTargets, pushStoreRef)
}

func storeFamilies() []*exposition.Family {
	return []*exposition.Family{storeReady, storeReason, storeInfo, storeValidated, storeCreated, storeTransition}
}

// Families returns every family that the collector may export.
func Families() []*exposition.Family {
	return slices.Concat(externalSecretFamilies(), pushSecretFamilies(), storeFamilies(), clusterExternalSecret.list(),
		clusterPushSecret.list())
}
