// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package alerts

import (
	"strings"
	"time"
)

// esoNotReady has a row for each object of External Secrets that is not ready. Its value is the
// onset, and its labels include the store that may be the cause.
const esoNotReady = "cobaltcore_eso_object_not_ready_since_timestamp_seconds"

const esoObject = "cluster, kind, namespace, name"

// esoLasting selects objects that have been in a state for longer than the threshold; see
// [lastingProblems].
func esoLasting(matchers string) string {
	return lastingProblemsIn(esoNotReady, "onset, problem, status, store_namespace, tolerated", matchers)
}

// joinStore returns the labels that link a finding about a user of a store to a finding about the
// store.
func joinStore() []string { return []string{clusterLabel, "store"} }

func esoRecordings() []Recording {
	return []Recording{
		{Name: RecordedObjects, Expr: objectStates()},
		{Name: esoCommon, Expr: withSingle("store", withSingle(backend, esoWatched))},
		recordAge(esoNotReady), recordReason(esoReason("")),
	}
}

// objectStates counts ExternalSecrets by state. An object whose newest generation is not yet
// processed has no state.
func objectStates() string {
	const (
		object  = `max by (cluster, namespace, name`
		bad     = esoNotReady + `{kind="ExternalSecret"`
		overdue = "(cobaltcore_eso_externalsecret_overdue_timestamp_seconds) < time()"
		unless  = ` unless on (cluster, namespace, name) `
	)
	return `count by (cluster, state) (
  label_replace(` + object + `, status) (` + bad + `, status=~"failed|unprocessed", problem!="behind"}), "state", "$1", "status", "(.+)")
  or label_replace(` + object + `) ` + overdue + `, "state", "stale", "", "")
)
or label_replace(count by (cluster) (
  ` + object + `) (cobaltcore_eso_externalsecret_ready) == 1` + unless + `(` + object + `) ` + overdue + `)
  ` + unless + `group by (cluster, namespace, name) (` + bad + `})
), "state", "ready", "", "")`
}

// eso completes a rule about External Secrets.
func eso(r Rule) Rule {
	r.System, r.KeepFiringFor = ExternalSecrets, 5*time.Minute
	if r.Object == (Object{}) {
		r.Object = Object{Kind: "{{ $labels.kind }}", Namespace: "{{ $labels.namespace }}", Name: "{{ $labels.name }}"}
	}
	r.InhibitedBy = append(r.InhibitedBy, followsFromOutage())
	return r
}

// esoOperated declares that a rule is a consequence of an operator that is down. Failures are not,
// because they happened before.
func esoOperated(r Rule) Rule { return operated("ESOControllerDown", r) }

// esoKind declares a rule about objects of one kind, whose rows have no label kind.
func esoKind(kind string, r Rule) Rule {
	r.Object = Object{Kind: kind, Namespace: "{{ $labels.namespace }}", Name: "{{ $labels.name }}"}
	return eso(r)
}

// esoState declares a rule about the state of objects of a kind, or of all kinds. It is a
// consequence of a failing store, unless the object is the store.
func esoState(kind string, r Rule) Rule {
	r.For = 5 * time.Minute // not before the alerts about the controller and the login, which may be the cause
	r.Since = `min without (status, tolerated, problem, store_namespace) (` + esoNotReady + `)`
	r.Reason = esoReason(kind)
	if !strings.HasSuffix(r.Name, "StoreNotReady") && r.Name != "ESOStoreUnusedNotReady" {
		r.InhibitedBy = append(r.InhibitedBy, Inhibition{By: "ESOStoreNotReady", Equal: joinStore()}, Inhibition{By: "ESOSecretStoreNotReady", Equal: joinStore()})
	}
	r.InhibitedBy = append(r.InhibitedBy, outOfService(backend)...) // in all clusters, because OpenBao runs in only one of them
	r.InhibitedBy = append(r.InhibitedBy,
		Inhibition{By: "OpenBaoAuthProbeFailing", Equal: []string{clusterLabel, backend, authMount}},
		Inhibition{By: "OpenBaoAuthMountMissing", Equal: []string{backend, authMount}})
	return eso(r)
}

// esoReason returns the reason for the state of an object of a kind; of any kind if kind is empty.
func esoReason(kind string) string {
	const (
		secret = `label_replace(max by (cluster, namespace, name, reason) (cobaltcore_eso_externalsecret_status), "kind", "ExternalSecret", "", "")`
		push   = `max by (` + esoObject + `, reason) (label_replace(` + esoNotReady + `{kind="PushSecret", problem="store_missing"}, "reason", "$1 is missing", "store", "(.+)"))
or on (` + esoObject + `) label_replace(max by (cluster, namespace, name, reason) (cobaltcore_eso_pushsecret_status), "kind", "PushSecret", "", "")`
		store = `max by (` + esoObject + `, reason) (cobaltcore_eso_store_status)`
	)
	switch kind {
	case "ExternalSecret":
		return secret
	case "PushSecret":
		return push
	case "SecretStore":
		return store
	}
	return strings.Join([]string{secret, push, store, clusterReason("ClusterExternalSecret"), clusterReason("ClusterPushSecret")}, "\nor ")
}

// clusterReason returns the reason why an object of a cluster-scoped kind is not ready.
func clusterReason(kind string) string {
	return `max by (` + esoObject + `, reason) (label_replace(cobaltcore_eso_` + strings.ToLower(kind) + `_status, "kind", "` + kind + `", "", ""))`
}

const externalSecretsText = "*store* has the form kind/namespace/name. Objects that are not refreshed periodically are never stale."

// externalSecretsGroup returns the rules about the objects of External Secrets Operator.
func externalSecretsGroup() Group {
	rules := append(esoStores(), esoSecrets()...)
	return Group{
		Name: "externalsecrets", Title: "External Secrets", Text: externalSecretsText, Recordings: esoRecordings(),
		Rules: append(append(rules, esoPushes()...), esoOthers()...),
	}
}

// failingUsers selects the stores with several failing users.
const failingUsers = `count by (cluster, store) (` + esoNotReady + `{kind=~"ExternalSecret|PushSecret", status="failed"}) > 1`

func esoStores() []Rule {
	const clusterStore, ownStore = `kind="ClusterSecretStore", status="failed", problem!="unused"`, `kind="SecretStore", status="failed", problem!="unused"`
	return []Rule{
		esoState("SecretStore", Rule{
			Name: "ESOStoreNotReady", Severity: Critical, Threshold: secondsThreshold(time.Minute, sinceOnset),
			Expr:        esoLasting(clusterStore) + "\nor " + esoLasting(ownStore) + ` and on (cluster, store) (` + failingUsers + `)`,
			Summary:     "{{ $labels.kind }} {{ $labels.name }} in cluster {{ $labels.cluster }} is not ready",
			Description: "Secrets that use it are not refreshed. They fail one by one, each at its next refresh. Read its Ready condition.",
		}),
		esoState("SecretStore", Rule{
			Name: "ESOSecretStoreNotReady", Severity: Warning, Threshold: secondsThreshold(time.Minute, sinceOnset),
			Expr:        esoLasting(ownStore) + ` unless on (cluster, store) (` + failingUsers + `)`,
			Summary:     "SecretStore {{ $labels.namespace }}/{{ $labels.name }} in cluster {{ $labels.cluster }} is not ready",
			Description: "Secrets that use it are not refreshed. At most one object fails so far. Read its Ready condition.",
		}),
		esoState("SecretStore", Rule{
			Name: "ESOStoreUnusedNotReady", Severity: Info, Threshold: secondsThreshold(10*time.Minute, sinceOnset),
			Expr:        esoLasting(`status="failed", problem="unused"`),
			Summary:     "{{ $labels.kind }} {{ $labels.name }} in cluster {{ $labels.cluster }} is not ready, and no object uses it",
			Description: "No ExternalSecret or PushSecret names it. Delete it, or repair it before it is used.",
		}),
		eso(Rule{
			Name: "ESOStoreNotValidated", Severity: Info, For: time.Hour,
			Expr: `max by (` + esoObject + `) (cobaltcore_eso_store_validated == 0)
  and on (` + esoObject + `) (cobaltcore_eso_store_ready == 1)`,
			Summary:     "{{ $labels.kind }} {{ $labels.name }} in cluster {{ $labels.cluster }} is ready and was not validated",
			Description: "It is Ready without validation: its credentials are looked up in the namespace of each object that uses it. Failures appear at those objects.",
		}),
		eso(Rule{
			Name: "ESOServerNotConfigured", Severity: Info, For: time.Hour,
			Expr: `max by (cluster, backend) (cobaltcore_eso_store_info{provider=~"vault|openBao", backend!~"|.+/.+"})
  and on () group(cobaltcore_openbao_expected_nodes)`,
			Object:  Object{Kind: "Server", Name: "{{ $labels.backend }}"},
			Summary: "Stores in cluster {{ $labels.cluster }} lead to {{ $labels.backend }}, which is no configured OpenBao",
			Description: "Their failures are not attributed to an OpenBao, and their secrets are not compared. " +
				"If it is an address of one, such as that of its ingress, add it to collectors.openbao[].addresses.",
		}),
		esoOperated(esoState("", Rule{
			Name: "ESOUnprocessed", Severity: Warning, Threshold: secondsThreshold(15*time.Minute, sinceOnset),
			Expr:        esoLasting(`kind!="ExternalSecret", status="unprocessed", problem!="behind"`),
			Summary:     "{{ $labels.kind }} {{ $labels.name }} in cluster {{ $labels.cluster }} is not processed",
			Description: "No controller has written its status for more than $threshold. The operator is down, the kind is turned off, the store belongs to another controller class, or the selector of a PushSecret matches no store.",
		})),
		esoOperated(esoState("", Rule{
			Name: "ESOStateUnknown", Severity: Warning, Threshold: secondsThreshold(15*time.Minute, sinceOnset),
			Expr:        esoLasting(`status="unknown", problem=~"|unused"`) + "\n  or " + esoLasting(`kind="PushSecret", status="unknown"`),
			Summary:     "{{ $labels.kind }} {{ with $labels.namespace }}{{ . }}/{{ end }}{{ $labels.name }} in cluster {{ $labels.cluster }} has an unknown state",
			Description: "Its Ready condition has been Unknown or missing for more than $threshold. The operator may have stopped during an attempt. Check its pods, then annotate it with force-sync.",
		})),
	}
}

func esoSecrets() []Rule {
	const secret = "ExternalSecret {{ $labels.namespace }}/{{ $labels.name }} in cluster {{ $labels.cluster }}"
	return []Rule{
		esoState("ExternalSecret", Rule{
			Name: "ESOExternalSecretFailing", Severity: Warning, Threshold: secondsThreshold(10*time.Minute, sinceOnset),
			Expr:        esoLasting(`kind="ExternalSecret", status="failed", problem=""`),
			Summary:     secret + " fails",
			Description: "It cannot be synchronized. Its Secret keeps the values of its last success. Read its events: path, property, policy or template.",
		}),
		esoOperated(esoKind("ExternalSecret", Rule{
			Name: "ESOExternalSecretStale", Severity: Warning, For: 5 * time.Minute,
			Expr:        SecretStale,
			Since:       `max by (cluster, namespace, name) (cobaltcore_eso_externalsecret_overdue_timestamp_seconds) < time()`,
			Summary:     secret + " is not refreshed",
			Description: "It is ready, has missed two of its intervals and has been overdue for " + rounded + ". Check the pods of the operator.",
		})),
		esoKind("ExternalSecret", Rule{
			Name: "ESOExternalSecretStoreMissing", Severity: Warning, For: 10 * time.Minute,
			Expr:        `max by (cluster, namespace, name) (cobaltcore_eso_externalsecret_store_missing)`,
			Since:       `min by (cluster, namespace, name, onset) (` + esoNotReady + `{kind="ExternalSecret", problem="store_missing"})`,
			Reason:      `max by (cluster, namespace, name, reason) (label_replace(cobaltcore_eso_externalsecret_store_missing, "reason", "$1", "store", "(.+)"))`,
			Summary:     secret + " names a store that does not exist",
			Description: "It cannot be synchronized; its Secret keeps the values of its last success. Correct spec.secretStoreRef, or restore the store.",
		}),
		esoOperated(esoState("ExternalSecret", Rule{
			Name: "ESOExternalSecretNeverSynced", Severity: Warning, Threshold: secondsThreshold(10*time.Minute, sinceOnset),
			Expr:        esoLasting(`problem="never_synced"`),
			Summary:     secret + " was never synchronized",
			Description: "It is older than $threshold, is not failing and has never been synchronized. Read its conditions: sync windows, a missing target of a Merge, creationPolicy None.",
		})),
		esoOperated(esoState("ExternalSecret", Rule{
			Name: "ESOExternalSecretUnprocessed", Severity: Warning, Threshold: secondsThreshold(15*time.Minute, sinceOnset),
			Expr:        esoLasting(`kind="ExternalSecret", status="unprocessed", problem=""`),
			Summary:     secret + " is not processed",
			Description: "No controller has written its status for more than $threshold: the operator is down, or serves another controller class.",
		})),
		esoOperated(esoState("", Rule{
			Name: "ESOSpecNotApplied", Severity: Warning, Threshold: secondsThreshold(15*time.Minute, sinceOnset),
			Expr:        esoLasting(`problem="behind"`),
			Summary:     "{{ $labels.kind }} {{ $labels.namespace }}/{{ $labels.name }} in cluster {{ $labels.cluster }} is not applied in its newest generation",
			Description: "It is ready, but was changed after its last success. Its template may be broken, or the operator does not keep up. Annotate it with force-sync and read the log of the operator.",
		})),
		esoState("ExternalSecret", Rule{
			Name: "ESOTargetMissing", Severity: Warning, Threshold: secondsThreshold(10*time.Minute, sinceOnset),
			Expr:        esoLasting(`problem="target_missing"`),
			Summary:     secret + " delivers nothing: its target does not exist",
			Description: "It is ready, but merges its keys into an object that does not exist. Create the target, or correct spec.target.name.",
		}),
		esoKind("ExternalSecret", Rule{
			Name: "ESOSecretMissing", Severity: Info, For: 30 * time.Minute,
			Expr:        `max by (cluster, namespace, name) (cobaltcore_eso_externalsecret_status{reason=~"SecretDeleted|ResourceDeleted"})`,
			Summary:     secret + " has no data",
			Description: "The provider has no such secret, so its Secret was deleted because of its deletionPolicy. Store the secret again, or delete the ExternalSecret.",
		}),
	}
}

func esoPushes() []Rule {
	const push = "PushSecret {{ $labels.namespace }}/{{ $labels.name }} in cluster {{ $labels.cluster }}"
	return []Rule{
		esoState("PushSecret", Rule{
			Name: "ESOPushSecretFailing", Severity: Warning, Threshold: secondsThreshold(10*time.Minute, sinceOnset),
			Expr:        esoLasting(`kind="PushSecret", status="failed", problem=~"|store_missing"`),
			Summary:     push + " fails",
			Description: "It cannot be pushed. Its readers, perhaps in other clusters, keep the old value. Read its Ready condition: store, source Secret or policy.",
		}),
		esoState("PushSecret", Rule{
			Name: "ESOPushSecretSourceDeleted", Severity: Warning, Threshold: secondsThreshold(10*time.Minute, sinceOnset),
			Expr:        esoLasting(`problem="source_deleted"`),
			Summary:     push + " has lost its source, and its keys were deleted from the store",
			Description: "The Secret that it pushes does not exist, and its deletionPolicy is Delete. Its readers fail at their next refresh. Restore the Secret; OpenBao may have the last version.",
		}),
		esoState("PushSecret", Rule{
			Name: "ESOPushSecretSourceMissing", Severity: Warning, Threshold: secondsThreshold(10*time.Minute, sinceOnset),
			Expr:        esoLasting(`problem="source_kept"`),
			Summary:     push + " has no source",
			Description: "The Secret that it pushes does not exist. The store keeps the last pushed values. Restore the Secret, or correct spec.selector.",
		}),
		esoOperated(esoKind("PushSecret", Rule{
			Name: "ESOPushSecretStale", Severity: Warning, For: 5 * time.Minute,
			Expr:        `time() - max by (cluster, namespace, name) (cobaltcore_eso_pushsecret_overdue_timestamp_seconds) > 0`,
			Since:       `max by (cluster, namespace, name) (cobaltcore_eso_pushsecret_overdue_timestamp_seconds) < time()`,
			Summary:     push + " is not refreshed",
			Description: "It is ready, has missed two of its intervals and has been overdue for " + rounded + ". Check the pods of the operator.",
		})),
		esoKind("PushSecret", Rule{
			Name: "ESOPushSecretIncomplete", Severity: Warning, For: 15 * time.Minute,
			Expr: `max by (cluster, namespace, name) (cobaltcore_eso_pushsecret_declared_stores - cobaltcore_eso_pushsecret_synced_stores
  or cobaltcore_eso_pushsecret_declared_targets - cobaltcore_eso_pushsecret_synced_targets)`,
			Summary:     push + " was pushed in part",
			Description: "It is ready and has not pushed all of its keys to all of its stores. Compare its spec with status.syncedPushSecrets.",
		}),
	}
}

func esoOthers() []Rule {
	return append(esoCalls(), []Rule{
		clusterSecret("ESOClusterExternalSecretFailing", "ClusterExternalSecret", "cobaltcore_eso_clusterexternalsecret"),
		clusterSecret("ESOClusterPushSecretFailing", "ClusterPushSecret", "cobaltcore_eso_clusterpushsecret"),
		esoOperated(Rule{
			Name: "ESOSyncFailureRatio", System: ExternalSecrets, Severity: Critical, For: 15 * time.Minute, KeepFiringFor: 5 * time.Minute,
			Threshold: &Threshold{Default: 0.2, Unit: Ratio, Meaning: "how many of the ExternalSecrets of a cluster, at least three"},
			Expr: withCommon(`sum by (cluster) (` + RecordedObjects + `{state=~"failed|stale"}) / sum by (cluster) (` + RecordedObjects + `) > ` + threshold + `
  and on (cluster) (sum by (cluster) (` + RecordedObjects + `{state=~"failed|stale"}) >= 3)`),
			Object:      Object{Kind: "Cluster", Name: "{{ $labels.cluster }}"},
			Summary:     "ExternalSecrets in cluster {{ $labels.cluster }}: {{ $value | humanizePercentage }} are not synchronized",
			Description: "More than $threshold of the ExternalSecrets fail or are stale. Find their common store, mount or namespace.",
			InhibitedBy: append(outOfService(backend), followsFromOutage(), Inhibition{By: "ESOStoreNotReady", Equal: joinStore()}),
		}),
		deletionStuck("ESODeletionStuck", ExternalSecrets, ".*external-secrets.io"),
	}...)
}

func clusterSecret(name, kind, metric string) Rule {
	const bad = `status="failed"`
	return Rule{
		Name: name, System: ExternalSecrets, Severity: Warning, For: 15 * time.Minute, KeepFiringFor: 5 * time.Minute,
		Expr: `max by (cluster, name) (` + esoNotReady + `{kind="` + kind + `", ` + bad + `} or ` + metric + `_failed_namespaces > 0)
  unless on (cluster, name) ` + esoNotReady + `{kind="` + kind + `", status="deleting"}`,
		Since:       `min by (cluster, name, onset) (` + esoNotReady + `{kind="` + kind + `", ` + bad + `})`,
		Reason:      `max by (cluster, name, reason) (` + metric + `_status)`,
		Object:      Object{Kind: kind, Name: "{{ $labels.name }}"},
		Summary:     kind + " {{ $labels.name }} in cluster {{ $labels.cluster }} fails",
		Description: "It has not created its objects in all of its namespaces. An object of that name may have another owner. Read status.failedNamespaces.",
		InhibitedBy: []Inhibition{followsFromOutage()},
	}
}

// externalSecretsSystem describes External Secrets Operator.
func externalSecretsSystem() Description {
	return Description{
		System: ExternalSecrets, Title: "External Secrets", Key: "externalSecrets", Prefixes: []string{"ESO", "SecretFlow"}, Page: "cobaltcore-secrets",
		Watches: "External Secrets", Why: externalSecretsWhy, Groups: groups(externalSecretsGroup, secretFlowGroup),
	}
}
