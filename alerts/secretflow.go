// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package alerts

import "time"

// behindTooLong selects periodically refreshed readers that have been behind for two of their
// intervals and five minutes, which is the time after which they are overdue.
const behindTooLong = `time() - ` + behindSince + `
  > on (cluster, namespace, name) max by (cluster, namespace, name) (
    cobaltcore_eso_externalsecret_overdue_timestamp_seconds
      - on (cluster, namespace, name) group_left () max by (cluster, namespace, name) (cobaltcore_eso_externalsecret_last_sync_timestamp_seconds))`

// behindForGood selects readers that are behind and not refreshed periodically.
const behindForGood = `time() - ` + behindSince + ` > ` + threshold + `
  unless on (cluster, namespace, name) ` + esoNotReady + `{kind="ExternalSecret"}
  unless on (cluster, namespace, name) cobaltcore_eso_externalsecret_overdue_timestamp_seconds
  unless on (cluster, namespace, name) cobaltcore_eso_externalsecret_info{refresh_policy="CreatedOnce"}`

// behindSince is the name of the recording of the time since which readers are behind, by their first secret.
const behindSince = "cobaltcore:secretflow_behind:since"

const secretFlowText = "Secrets that do not reach their readers although all objects are Ready."

// secretFlowGroup returns the rules about secrets that do not reach their readers.
func secretFlowGroup() Group {
	return Group{Name: "secretflow", Title: "Secret flow", Text: secretFlowText, Recordings: []Recording{{Name: behindSince, Expr: `min by (cluster, namespace, name) (` + SecretBehindSince + `)`}},
		Rules: []Rule{
			esoOperated(esoKind("ExternalSecret", Rule{
				Name: "SecretFlowBehind", Severity: Warning, For: 15 * time.Minute,
				Expr:        behindTooLong,
				Since:       behindSince,
				Summary:     "ExternalSecret {{ $labels.namespace }}/{{ $labels.name }} in cluster {{ $labels.cluster }} holds an old secret",
				Description: "OpenBao has had a newer version of its secret for longer than two of its intervals. Its workloads may use a password that is no longer valid. Annotate it with force-sync, then restart them.",
				InhibitedBy: []Inhibition{
					{By: "ESOExternalSecretFailing", Equal: []string{clusterLabel, "namespace", "name"}},
					{By: "ESOExternalSecretStale", Equal: []string{clusterLabel, "namespace", "name"}},
				},
			})),
			esoKind("ExternalSecret", Rule{
				Name: "SecretFlowNeverRefreshed", Severity: Info, For: 5 * time.Minute,
				Threshold:   secondsThreshold(5*time.Minute, "how long ago OpenBao got the newer version"),
				Expr:        behindForGood,
				Since:       behindSince,
				Summary:     "ExternalSecret {{ $labels.namespace }}/{{ $labels.name }} in cluster {{ $labels.cluster }} holds an old secret and is not refreshed",
				Description: "OpenBao has a newer version of its secret, and it has no periodic refresh. Annotate it with force-sync, or give it a refreshInterval.",
			}),
			esoKind("PushSecret", Rule{
				Name: "SecretFlowPushedNotStored", Severity: Warning, For: 15 * time.Minute,
				Expr:        `max by (cluster, namespace, name) (` + SecretPushedNotStored + `)`,
				Summary:     "PushSecret {{ $labels.namespace }}/{{ $labels.name }} in cluster {{ $labels.cluster }} is Ready, and its secret is not in OpenBao",
				Description: "It is ready, but OpenBao does not have the secret that it writes. Unless it was deleted on purpose, annotate it with force-sync.",
			}),
		}}
}
