// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package alerts

import "time"

// behindTooLong are readers that have been behind for two of their intervals and five
// minutes.
const behindTooLong = `max by (cluster, namespace, name) (time() - (` + SecretBehindSince + `))
  > on (cluster, namespace, name) (2 * max by (cluster, namespace, name) (cobaltcore_eso_externalsecret_refresh_interval_seconds) + 300)`

// behindSince is since when they are, by the first of their secrets.
const behindSince = `min by (cluster, namespace, name) (` + SecretBehindSince + `)`

const secretFlowText = "Secrets that do not arrive where they should, although every object says that it is ready."

// secretFlowGroup is about secrets that do not arrive where they should.
func secretFlowGroup() Group {
	const periodic = ` and on (cluster, namespace, name) (cobaltcore_eso_externalsecret_refresh_interval_seconds > 0)`
	const once = ` and on (cluster, namespace, name) (cobaltcore_eso_externalsecret_refresh_interval_seconds == 0)
  unless on (cluster, namespace, name) cobaltcore_eso_externalsecret_info{refresh_policy="CreatedOnce"}`
	return Group{Name: "secretflow", Title: "The flow of secrets", Text: secretFlowText, Rules: []Rule{
		flowOf("ExternalSecret", RecordedSecretRefs, Rule{
			Name: "SecretFlowBehind", Severity: Warning, For: 15 * time.Minute,
			Expr:        `(` + behindTooLong + `)` + periodic,
			Since:       behindSince,
			Summary:     "ExternalSecret {{ $labels.namespace }}/{{ $labels.name }} of {{ $labels.cluster }} holds an old secret",
			Description: "OpenBao has a newer version of a secret than ExternalSecret {{ $labels.namespace }}/{{ $labels.name }} in cluster {{ $labels.cluster }}, for longer than two of its intervals. Its workloads may use a password that is no longer valid.",
			InhibitedBy: []Inhibition{
				{By: "ESOExternalSecretFailing", Equal: []string{clusterLabel, "namespace", "name"}},
				{By: "ESOExternalSecretStale", Equal: []string{clusterLabel, "namespace", "name"}},
			},
		}),
		flowOf("ExternalSecret", RecordedSecretRefs, Rule{
			Name: "SecretFlowNeverRefreshed", Severity: Info, For: 5 * time.Minute,
			Expr:        `(` + behindTooLong + `)` + once,
			Since:       behindSince,
			Summary:     "ExternalSecret {{ $labels.namespace }}/{{ $labels.name }} of {{ $labels.cluster }} holds an old secret and does not look for a new one",
			Description: "OpenBao has a newer version of a secret than ExternalSecret {{ $labels.namespace }}/{{ $labels.name }} in cluster {{ $labels.cluster }}, which is not refreshed by itself.",
		}),
		flowOf("PushSecret", RecordedPushRefs, Rule{
			Name: "SecretFlowPushedNotStored", Severity: Warning, For: 15 * time.Minute,
			Expr:        `max by (cluster, namespace, name) (` + SecretPushedNotStored + `)`,
			Summary:     "What PushSecret {{ $labels.namespace }}/{{ $labels.name }} of {{ $labels.cluster }} pushes is not in OpenBao",
			Description: "PushSecret {{ $labels.namespace }}/{{ $labels.name }} in cluster {{ $labels.cluster }} is ready, but OpenBao does not have the secret that it writes.",
		}),
	}}
}
