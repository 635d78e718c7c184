// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package alerts

import "time"

// deletionStuck returns the rule about objects whose deletion does not finish, for the API groups
// of a system.
func deletionStuck(name string, system System, groups string) Rule {
	const object = "cluster, group, kind, namespace, name"
	const deleted = "cobaltcore_object_deletion_timestamp_seconds"
	rows := deleted + `{group=~"` + groups + `"}`
	return Rule{
		Name: name, System: system, Severity: Warning, For: time.Minute, KeepFiringFor: 2 * time.Minute,
		Threshold:   secondsThreshold(30*time.Minute, "how long ago its deletion was requested"),
		Expr:        `time() - max by (` + object + `) (` + rows + `) > ` + threshold,
		Since:       `max by (` + object + `) (` + rows + `)`,
		Reason:      `max by (` + object + `, reason) (label_replace(` + deleted + `{finalizers!=""}, "reason", "held by $1", "finalizers", "(.+)"))`,
		Object:      Object{Kind: "{{ $labels.kind }}", Namespace: "{{ $labels.namespace }}", Name: "{{ $labels.name }}"},
		Summary:     "{{ $labels.kind }} {{ with $labels.namespace }}{{ . }}/{{ end }}{{ $labels.name }} in cluster {{ $labels.cluster }} is stuck in deletion",
		Description: "Its deletion was requested more than $threshold ago, and a finalizer holds it. Find out why its controller does not remove it, before you remove it.",
		InhibitedBy: []Inhibition{followsFromOutage()},
	}
}
