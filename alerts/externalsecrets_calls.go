// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package alerts

import "time"

const (
	// esoCommon is the name of the recording with the store and the OpenBao that all failing
	// ExternalSecrets in a cluster have in common, if any.
	esoCommon = "cobaltcore:eso_failing:common"
	// esoWatched selects the clusters in which External Secrets is watched.
	esoWatched = `group by (cluster) (cobaltcore_watch_synced{collector="externalsecrets"})`
)

// withCommon adds to findings about a cluster the store and the OpenBao that all failing
// ExternalSecrets there have in common, because these may be the cause.
func withCommon(expr string) string {
	return `(` + expr + `)
  * on (cluster) group_left (store, ` + backend + `) ` + esoCommon
}

// withSingle adds a label to the row of a cluster if all failing ExternalSecrets there have the
// same value.
func withSingle(label, expr string) string {
	failing := `group by (cluster, ` + label + `) (` + esoNotReady + `{kind="ExternalSecret", status="failed"})`
	return expr + ` * on (cluster) group_left (` + label + `) (` + failing + ` unless on (cluster) (count by (cluster) (` + failing + `) > 1)
  or on (cluster) label_replace(` + esoWatched + `, "` + label + `", "", "", ""))`
}

// The counters of External Secrets Operator.
const (
	esoProviderCalls = "externalsecret_provider_api_calls_count"
	esoSyncErrors    = "externalsecret_sync_calls_error"
	esoSyncCalls     = "externalsecret_sync_calls_total"
)

// esoCalls returns the rules about the counters of External Secrets Operator.
func esoCalls() []Rule {
	calls := func(r Rule) Rule {
		r.System, r.Severity, r.PrometheusOnly = ExternalSecrets, Warning, true
		r.For, r.KeepFiringFor = 15*time.Minute, 5*time.Minute
		r.InhibitedBy = append(r.InhibitedBy, followsFromOutage(), Inhibition{By: "ESOStoreNotReady", Equal: joinStore()}, Inhibition{By: "ESOSecretStoreNotReady", Equal: joinStore()})
		return r
	}
	return []Rule{
		calls(Rule{
			Name: "ESOProviderErrors", Threshold: &Threshold{Default: 0.1, Unit: Ratio, Meaning: "how many calls may fail"},
			Expr:    withCommon(errorRatio("cluster, provider", reexported(esoProviderCalls, `, status="error"`), reexported(esoProviderCalls, ""), "15m") + ` > ` + threshold),
			Object:  Object{Kind: "Provider", Name: "{{ $labels.provider }}"},
			Summary: "External Secrets in cluster {{ $labels.cluster }}: {{ $value | humanizePercentage }} of the calls to {{ $labels.provider }} fail",
			Description: "More than $threshold of the calls to servers of the provider fail. " +
				"Objects that still succeed at the next attempt are ready: read the error in the operator's log.",
			InhibitedBy: outOfService(backend),
		}),
		calls(Rule{
			Name: "ESOStoreSyncErrors", Threshold: &Threshold{Default: 0.1, Unit: Ratio, Meaning: "how many synchronizations of its ExternalSecrets may fail, on average"},
			Expr: `avg by (cluster, store) ((increase(` + reexported(esoSyncErrors, "") + `[1h]) / (increase(` + esoSyncCalls + `[1h]) > 0) or 0 * increase(` + reexported(esoSyncCalls, "") + `[1h]))
  * on (cluster, exported_namespace, name) group_left (store)
    label_replace(cobaltcore_eso_externalsecret_info, "exported_namespace", "$1", "namespace", "(.+)")) > ` + threshold,
			Object:  Object{Kind: "Store", Name: "{{ $labels.store }}"},
			Summary: "Store {{ $labels.store }} in cluster {{ $labels.cluster }}: {{ $value | humanizePercentage }} of the synchronizations fail",
			Description: "In the last hour more than $threshold of the synchronizations failed, on average. " +
				"Those that succeed in between are ready. Read the events of one of them.",
		}),
	}
}

// externalSecretsWhy returns the reasons for the severities of the alerts about External Secrets.
func externalSecretsWhy() map[string]string {
	return map[string]string{
		"ESOStoreNotReady":                "secrets of many workloads are not refreshed, and leases expire within hours",
		"ESOSecretStoreNotReady":          "it concerns one namespace, and its Secrets keep their values",
		"ESOStoreUnusedNotReady":          "no object uses it",
		"ESOStoreNotValidated":            "it may work; its Ready condition was not checked",
		"ESOUnprocessed":                  "an object has no effect yet",
		"ESOStateUnknown":                 "whether the object works is unknown",
		"ESOExternalSecretFailing":        "its Secret keeps the values of its last success",
		"ESOExternalSecretStale":          "its Secret keeps the values of its last success",
		"ESOExternalSecretStoreMissing":   "its Secret keeps the values of its last success",
		"ESOExternalSecretNeverSynced":    "workloads that need the Secret have never run",
		"ESOExternalSecretUnprocessed":    "workloads that need the Secret have never run",
		"ESOSpecNotApplied":               "the Secret of the previous generation stays",
		"ESOTargetMissing":                "workloads that need the Secret have never run",
		"ESOSecretMissing":                "the deletionPolicy demands it",
		"ESOPushSecretFailing":            "readers keep the old value",
		"ESOPushSecretSourceDeleted":      "readers keep their copies until their next refresh",
		"ESOPushSecretSourceMissing":      "readers keep the old value",
		"ESOPushSecretStale":              "readers keep the old value",
		"ESOPushSecretIncomplete":         "some readers keep the old value",
		"ESOClusterExternalSecretFailing": "existing Secrets stay; new namespaces lack theirs",
		"ESOClusterPushSecretFailing":     "readers keep the old value",
		"ESOSyncFailureRatio":             "many workloads in a cluster lose valid credentials within hours, for a common reason",
		"ESOProviderErrors":               "the next attempt usually succeeds; failing objects have their own alerts",
		"ESOStoreSyncErrors":              "the next attempt usually succeeds; failing objects have their own alerts",
		"ESODeletionStuck":                "an object that should be deleted still exists",
		"ESOServerNotConfigured":          "the store works; the OpenBao behind it is not watched",
		"ESOControllerDown":               "no secret of the cluster is refreshed, and leases expire within hours",
		"ESOWebhookDown":                  "Secrets are refreshed; objects cannot be changed",
		"SecretFlowBehind":                "an old password is in use; most stay valid for a while",
		"SecretFlowNeverRefreshed":        "this is declared in its specification",
		"SecretFlowPushedNotStored":       "readers keep the old value",
	}
}
