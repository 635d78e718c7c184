// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package alerts

import "time"

// asStore gives the rows of stores the labels that references to them have. A
// ClusterSecretStore has no namespace; a label of an inhibition is never empty.
func asStore(expr string) string {
	return `label_replace(label_replace(label_replace(` + expr + `,
    "store_kind", "$1", "kind", "(.*)"), "store_name", "$1", "name", "(.*)"), "store_namespace", "$1", "namespace", "(.*)")`
}

// refs gives references to stores the namespace of the store.
func refs(metric string) string {
	return `label_replace(` + metric + `{store_kind="SecretStore"}, "store_namespace", "$1", "namespace", "(.*)")
or label_replace(` + metric + `{store_kind="ClusterSecretStore"}, "store_namespace", "", "", "")`
}

const sameStore = "cluster, store_kind, store_namespace, store_name"

// joinStore are the labels by which a finding about a user of a store follows from
// one about the store. store_namespace would be empty for a ClusterSecretStore.
func joinStore() []string { return []string{clusterLabel, "store"} }

// withStore adds the label store, which names the store as a whole.
func withStore(expr string) string {
	return `label_join(` + expr + `, "store", "/", "store_kind", "store_namespace", "store_name")`
}

// withBackend adds to references what is behind their store.
func withBackend(expr string) string {
	return `(` + expr + `) * on (` + sameStore + `) group_left (backend, auth_mount) ` + RecordedStoreBackend + `
or (` + expr + `) unless on (` + sameStore + `) ` + RecordedStoreBackend
}

func esoRecordings() []Recording {
	return []Recording{
		{RecordedStoreBackend, `max by (` + sameStore + `, backend, auth_mount) (label_replace(
  label_replace(` + asStore(`cobaltcore_eso_store_info`) + `, "backend", "$1", "provider", "(.*)"),
  "backend", "openbao", "provider", "vault|openBao"))`},
		{RecordedSecretRefs, withBackend(`max by (cluster, namespace, name, store_kind, store_namespace, store_name) (` + refs("cobaltcore_eso_externalsecret_store_ref") + `)`)},
		{RecordedPushRefs, withBackend(`max by (cluster, namespace, name, store_kind, store_namespace, store_name) (` + refs("cobaltcore_eso_pushsecret_store_ref") + `)`)},
		{RecordedStoreMissing, `max by (cluster, namespace, name, store_kind, store_name) (` + StoreMissing + `)`},
		{RecordedFailureCause, `label_replace(max by (cluster, namespace, name) (` + RecordedStoreMissing + `), "cause", "store_missing", "", "")
or label_replace(max by (cluster, namespace, name) (` + StoreNotReady + `) unless on (cluster, namespace, name) ` + RecordedStoreMissing + `, "cause", "store_not_ready", "", "")
or label_replace(max by (cluster, namespace, name) (cobaltcore_eso_externalsecret_ready == 0)
  unless on (cluster, namespace, name) ` + RecordedStoreMissing + `
  unless on (cluster, namespace, name) (` + StoreNotReady + `), "cause", "provider_error", "", "")`},
		{RecordedDependents, `count by (` + sameStore + `) (` + RecordedSecretRefs + ` or ` + RecordedPushRefs + `)`},
		{RecordedObjects, objectStates()},
	}
}

// objectStates counts ExternalSecrets by state, the worst that holds.
func objectStates() string {
	const of = `count by (cluster) (`
	state := func(name, expr string) string {
		return `label_replace(label_replace(` + of + expr + `), "state", "` + name + `", "", ""), "kind", "ExternalSecret", "", "")`
	}
	failed := `cobaltcore_eso_externalsecret_ready == 0`
	stale := `(` + SecretStale + `) unless on (cluster, namespace, name) (` + failed + `)`
	return state("failed", failed) + `
or ` + state("stale", stale) + `
or ` + state("unprocessed", `cobaltcore_eso_externalsecret_status{reason="Unprocessed"}`) + `
or ` + state("ready", `(cobaltcore_eso_externalsecret_ready == 1) unless on (cluster, namespace, name) (`+SecretStale+`)`)
}

// externalSecret declares a rule about one ExternalSecret, with the references to its
// stores, so that it follows from what is wrong with one of them.
func externalSecret(r Rule) Rule {
	r.Expr = perStore(RecordedSecretRefs, r.Expr)
	r.Object = Object{Kind: "ExternalSecret", Namespace: "{{ $labels.namespace }}", Name: "{{ $labels.name }}"}
	return eso(r)
}

// flowOf declares a rule about one object, which certainly refers to a store.
func flowOf(kind, refs string, r Rule) Rule {
	r.Expr = withStore(`(` + refs + ` and on (cluster, namespace, name) (` + r.Expr + `))`)
	r.Object = Object{Kind: kind, Namespace: "{{ $labels.namespace }}", Name: "{{ $labels.name }}"}
	return eso(r)
}

func pushSecret(r Rule) Rule {
	r.Expr = perStore(RecordedPushRefs, r.Expr)
	r.Object = Object{Kind: "PushSecret", Namespace: "{{ $labels.namespace }}", Name: "{{ $labels.name }}"}
	return eso(r)
}

// perStore is an object with each store that it refers to; one that refers to none,
// because it generates its secret, by itself.
func perStore(refs, expr string) string {
	return withStore(`(`+refs+` and on (cluster, namespace, name) (`+expr+`))`) + `
or max by (cluster, namespace, name) (` + expr + `) unless on (cluster, namespace, name) ` + refs
}

// eso is what all rules about External Secrets have in common.
func eso(r Rule) Rule {
	r.System, r.KeepFiringFor = ExternalSecrets, 5*time.Minute
	r.InhibitedBy = append(r.InhibitedBy, inHouse())
	switch r.Name {
	case "ESOStoreNotReady":
	case "ESOControllerDown":
		return r
	default:
		r.InhibitedBy = append(r.InhibitedBy, Inhibition{By: "ESOStoreNotReady", Equal: joinStore()})
	}
	for _, down := range []string{"OpenBaoDown", "OpenBaoClusterSealed", "OpenBaoNoLeader"} {
		// In all clusters: OpenBao lives in one of them.
		r.InhibitedBy = append(r.InhibitedBy, Inhibition{By: down, Equal: []string{backend}})
	}
	r.InhibitedBy = append(r.InhibitedBy,
		Inhibition{By: "OpenBaoAuthProbeFailing", Equal: []string{clusterLabel, backend}},
		Inhibition{By: "OpenBaoAuthMountMissing", Equal: []string{backend, authMount}},
		Inhibition{By: "ESOControllerDown", Equal: []string{clusterLabel}})
	return r
}

const externalSecretsText = "*store* has the form kind/namespace/name. What is not periodic is never stale."

// externalSecretsGroup is about the objects of External Secrets Operator. What is not
// periodic is never stale, and what OpenBao's failure hides does not page by itself.
func externalSecretsGroup() Group {
	storeSince := withStore(RecordedStoreBackend + ` * on (` + sameStore + `) group_left () ` + asStore(`cobaltcore_eso_store_condition_transition_timestamp_seconds`))
	return Group{Name: "externalsecrets", Title: "External Secrets", Text: externalSecretsText, Recordings: esoRecordings(), Rules: []Rule{
		eso(Rule{
			Name: "ESOStoreNotReady", Severity: Critical, For: 5 * time.Minute,
			Expr: withStore(`(` + RecordedStoreBackend + `
  and on (` + sameStore + `) (` + asStore(`cobaltcore_eso_store_ready == 0`) + `)
  and on (` + sameStore + `) ` + RecordedDependents + `)`),
			Since:       storeSince,
			Object:      Object{Kind: "{{ $labels.store_kind }}", Namespace: "{{ $labels.store_namespace }}", Name: "{{ $labels.store_name }}"},
			Summary:     "{{ $labels.store_kind }} {{ $labels.store_name }} of {{ $labels.cluster }} is not ready",
			Description: "Secrets of cluster {{ $labels.cluster }} that use {{ $labels.store_kind }} {{ $labels.store_name }} are not refreshed. They fail one by one, each at its next refresh.",
		}),
		eso(Rule{
			Name: "ESOStoreUnusedNotReady", Severity: Info, For: 15 * time.Minute,
			Expr: withStore(`(` + RecordedStoreBackend + `
  and on (` + sameStore + `) (` + asStore(`cobaltcore_eso_store_ready == 0`) + `)
  unless on (` + sameStore + `) ` + RecordedDependents + `)`),
			Since:       storeSince,
			Object:      Object{Kind: "{{ $labels.store_kind }}", Namespace: "{{ $labels.store_namespace }}", Name: "{{ $labels.store_name }}"},
			Summary:     "{{ $labels.store_kind }} {{ $labels.store_name }} of {{ $labels.cluster }} is not ready, and nobody uses it",
			Description: "Nothing in cluster {{ $labels.cluster }} refers to {{ $labels.store_kind }} {{ $labels.store_name }}.",
		}),
		eso(Rule{
			Name: "ESOStoreNotValidated", Severity: Info, For: time.Hour,
			Expr: withStore(`(` + RecordedStoreBackend + ` and on (` + sameStore + `) (` + asStore(`cobaltcore_eso_store_validated == 0`) + `)
  and on (` + sameStore + `) (` + asStore(`cobaltcore_eso_store_ready == 1`) + `))`),
			Object:      Object{Kind: "{{ $labels.store_kind }}", Namespace: "{{ $labels.store_namespace }}", Name: "{{ $labels.store_name }}"},
			Summary:     "{{ $labels.store_kind }} {{ $labels.store_name }} of {{ $labels.cluster }} is ready without having been tried",
			Description: "Ready of {{ $labels.store_kind }} {{ $labels.store_name }} in cluster {{ $labels.cluster }} says nothing: its credentials are looked up where it is used.",
		}),
		externalSecret(Rule{
			Name: "ESOExternalSecretFailing", Severity: Warning, For: 15 * time.Minute,
			Expr:        `(cobaltcore_eso_externalsecret_ready == 0) unless on (cluster, namespace, name) ` + RecordedStoreMissing + ` unless on (cluster, namespace, name) cobaltcore_eso_externalsecret_status{reason=~"SecretMissing|SecretDeleted"}`,
			Since:       `cobaltcore_eso_externalsecret_condition_transition_timestamp_seconds`,
			Summary:     "ExternalSecret {{ $labels.namespace }}/{{ $labels.name }} of {{ $labels.cluster }} fails",
			Description: "ExternalSecret {{ $labels.namespace }}/{{ $labels.name }} in cluster {{ $labels.cluster }} cannot be synchronized. Its Secret keeps the values of its last success.",
		}),
		externalSecret(Rule{
			Name: "ESOExternalSecretStale", Severity: Warning, For: 5 * time.Minute,
			Expr:        SecretStale + ` unless on (cluster, namespace, name) (cobaltcore_eso_externalsecret_ready == 0)`,
			Since:       `cobaltcore_eso_externalsecret_last_sync_timestamp_seconds`,
			Summary:     "ExternalSecret {{ $labels.namespace }}/{{ $labels.name }} of {{ $labels.cluster }} is not refreshed",
			Description: "ExternalSecret {{ $labels.namespace }}/{{ $labels.name }} in cluster {{ $labels.cluster }} says that it is ready and was not synchronized for more than two of its intervals: its controller may be dead.",
		}),
		eso(Rule{
			Name: "ESOExternalSecretStoreMissing", Severity: Warning, For: 10 * time.Minute,
			// Of the stores that it refers to, those that are missing.
			Expr:        withStore(`(` + RecordedSecretRefs + ` and on (cluster, namespace, name, store_kind, store_name) ` + RecordedStoreMissing + `)`),
			Object:      Object{Kind: "ExternalSecret", Namespace: "{{ $labels.namespace }}", Name: "{{ $labels.name }}"},
			Summary:     "The store of ExternalSecret {{ $labels.namespace }}/{{ $labels.name }} of {{ $labels.cluster }} does not exist",
			Description: "ExternalSecret {{ $labels.namespace }}/{{ $labels.name }} in cluster {{ $labels.cluster }} refers to {{ $labels.store_kind }} {{ $labels.store_name }}, which is not there.",
		}),
		externalSecret(Rule{
			Name: "ESOExternalSecretNeverSynced", Severity: Warning, For: 10 * time.Minute,
			Expr:        SecretNeverSynced + ` unless on (cluster, namespace, name) (cobaltcore_eso_externalsecret_ready == 0) unless on (cluster, namespace, name) ` + RecordedStoreMissing + ` unless on (cluster, namespace, name) cobaltcore_eso_externalsecret_status{reason="Unprocessed"}`,
			Since:       `cobaltcore_eso_externalsecret_created_timestamp_seconds`,
			Summary:     "ExternalSecret {{ $labels.namespace }}/{{ $labels.name }} of {{ $labels.cluster }} was never synchronized",
			Description: "ExternalSecret {{ $labels.namespace }}/{{ $labels.name }} in cluster {{ $labels.cluster }} is older than ten minutes and has never brought a secret.",
		}),
		externalSecret(Rule{
			Name: "ESOExternalSecretUnprocessed", Severity: Warning, For: 10 * time.Minute,
			Expr:        SecretUnprocessed,
			Since:       `cobaltcore_eso_externalsecret_created_timestamp_seconds`,
			Summary:     "Nobody looks at ExternalSecret {{ $labels.namespace }}/{{ $labels.name }} of {{ $labels.cluster }}",
			Description: "No controller has looked at ExternalSecret {{ $labels.namespace }}/{{ $labels.name }} in cluster {{ $labels.cluster }}: it is dead, or of another class.",
		}),
		externalSecret(Rule{
			Name: "ESOSpecNotApplied", Severity: Warning, For: 15 * time.Minute,
			Expr: `(cobaltcore_eso_externalsecret_generation_synced == 0)
  unless on (cluster, namespace, name) (cobaltcore_eso_externalsecret_ready == 0)
  unless on (cluster, namespace, name) cobaltcore_eso_externalsecret_info{refresh_policy="CreatedOnce"}`,
			Summary:     "The newest version of ExternalSecret {{ $labels.namespace }}/{{ $labels.name }} of {{ $labels.cluster }} is not applied",
			Description: "ExternalSecret {{ $labels.namespace }}/{{ $labels.name }} in cluster {{ $labels.cluster }} was changed after its last success.",
		}),
		externalSecret(Rule{
			Name: "ESOSecretMissing", Severity: Info, For: 30 * time.Minute,
			Expr:        `cobaltcore_eso_externalsecret_status{reason=~"SecretMissing|SecretDeleted"}`,
			Summary:     "There is no secret for ExternalSecret {{ $labels.namespace }}/{{ $labels.name }} of {{ $labels.cluster }}",
			Description: "What ExternalSecret {{ $labels.namespace }}/{{ $labels.name }} in cluster {{ $labels.cluster }} refers to was deleted, and its policy accepts that.",
		}),
		pushSecret(Rule{
			Name: "ESOPushSecretFailing", Severity: Warning, For: 15 * time.Minute,
			Expr:        `cobaltcore_eso_pushsecret_ready == 0`,
			Since:       `cobaltcore_eso_pushsecret_condition_transition_timestamp_seconds`,
			Summary:     "PushSecret {{ $labels.namespace }}/{{ $labels.name }} of {{ $labels.cluster }} fails",
			Description: "PushSecret {{ $labels.namespace }}/{{ $labels.name }} in cluster {{ $labels.cluster }} cannot be pushed. Its readers, maybe in other clusters, keep the old value.",
		}),
		pushSecret(Rule{
			Name: "ESOPushSecretStale", Severity: Warning, For: 5 * time.Minute,
			Expr: `(time() - cobaltcore_eso_pushsecret_last_sync_timestamp_seconds > 2 * cobaltcore_eso_pushsecret_refresh_interval_seconds + 300)
  and cobaltcore_eso_pushsecret_refresh_interval_seconds > 0 unless on (cluster, namespace, name) (cobaltcore_eso_pushsecret_ready == 0)`,
			Since:       `cobaltcore_eso_pushsecret_last_sync_timestamp_seconds`,
			Summary:     "PushSecret {{ $labels.namespace }}/{{ $labels.name }} of {{ $labels.cluster }} is not refreshed",
			Description: "PushSecret {{ $labels.namespace }}/{{ $labels.name }} in cluster {{ $labels.cluster }} says that it is ready and was not pushed for more than two of its intervals.",
		}),
		flowOf("PushSecret", RecordedPushRefs, Rule{
			Name: "ESOPushSecretIncomplete", Severity: Warning, For: 15 * time.Minute,
			Expr: `(cobaltcore_eso_pushsecret_synced_stores < cobaltcore_eso_pushsecret_declared_stores
    or cobaltcore_eso_pushsecret_synced_targets < cobaltcore_eso_pushsecret_declared_targets)
  unless on (cluster, namespace, name) (cobaltcore_eso_pushsecret_ready == 0)
  unless on (cluster, namespace, name) cobaltcore_eso_pushsecret_status{reason="SourceDeleted"}`,
			Summary:     "PushSecret {{ $labels.namespace }}/{{ $labels.name }} of {{ $labels.cluster }} was pushed in part",
			Description: "PushSecret {{ $labels.namespace }}/{{ $labels.name }} in cluster {{ $labels.cluster }} has not pushed all of its keys to all of its stores.",
		}),
		clusterSecret("ESOClusterExternalSecretFailing", "ClusterExternalSecret", "cobaltcore_eso_clusterexternalsecret"),
		clusterSecret("ESOClusterPushSecretFailing", "ClusterPushSecret", "cobaltcore_eso_clusterpushsecret"),
		{
			Name: "ESOSyncFailureRatio", System: ExternalSecrets, Severity: Critical, For: 15 * time.Minute, KeepFiringFor: 5 * time.Minute,
			Threshold: &Threshold{Default: 0.2, Unit: Ratio, Meaning: "how many of the ExternalSecrets of a cluster, at least three"},
			Expr: `label_replace(sum by (cluster) (` + RecordedObjects + `{state=~"failed|stale"}) / sum by (cluster) (` + RecordedObjects + `) > ` + threshold + `
  and on (cluster) (sum by (cluster) (` + RecordedObjects + `{state=~"failed|stale"}) >= 3)` + byBackend,
			Object:      Object{Kind: "Cluster", Name: "{{ $labels.cluster }}"},
			Summary:     "{{ $value | humanizePercentage }} of the ExternalSecrets of {{ $labels.cluster }} are not synchronized",
			Description: "More than $threshold of the ExternalSecrets in cluster {{ $labels.cluster }} fail or are stale: look for what they have in common.",
			InhibitedBy: []Inhibition{
				inHouse(), {By: "ESOControllerDown", Equal: []string{clusterLabel}}, {By: "ESOStoreNotReady", Equal: []string{clusterLabel, backend}},
				{By: "OpenBaoDown", Equal: []string{backend}}, {By: "OpenBaoClusterSealed", Equal: []string{backend}}, {By: "OpenBaoNoLeader", Equal: []string{backend}},
			},
		},
		deletionStuck("ESODeletionStuck", ExternalSecrets, ".*external-secrets.io"),
	}}
}

func clusterSecret(name, kind, metric string) Rule {
	return Rule{
		Name: name, System: ExternalSecrets, Severity: Warning, For: 15 * time.Minute, KeepFiringFor: 5 * time.Minute,
		Expr:        `max by (cluster, name) (` + metric + `_ready == 0 or ` + metric + `_failed_namespaces > 0)`,
		Object:      Object{Kind: kind, Name: "{{ $labels.name }}"},
		Summary:     kind + " {{ $labels.name }} of {{ $labels.cluster }} fails",
		Description: kind + " {{ $labels.name }} in cluster {{ $labels.cluster }} has not made its objects in all of its namespaces. An object of that name may belong to somebody else.",
		InhibitedBy: []Inhibition{inHouse(), {By: "ESOControllerDown", Equal: []string{clusterLabel}}},
	}
}

// externalSecretsSystem describes External Secrets Operator.
func externalSecretsSystem() Description {
	return Description{
		System: ExternalSecrets, Title: "External Secrets", Key: "externalSecrets", Prefixes: []string{"ESO", "SecretFlow"}, Page: "cobaltcore-secrets",
		Watches: "External Secrets", Groups: groups(externalSecretsGroup, secretFlowGroup),
	}
}
