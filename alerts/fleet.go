// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package alerts

import (
	"slices"
	"time"
)

const fleetText = "Clusters, kinds and sources that the exporter cannot read. While a cluster is down, its other alerts are inhibited."

// fleetGroup returns the rules about missing data. A cluster that is down is the cause of all alerts
// about objects in it or applied to it.
func fleetGroup() Group {
	kind := func(r Rule) Rule {
		r.System = Fleet
		r.Object = Object{Kind: "{{ $labels.kind }}", Namespace: "{{ $labels.collector }}", Name: "*"}
		r.InhibitedBy = append(r.InhibitedBy, followsFromOutage())
		return r
	}
	return Group{Name: "fleet", Title: "Clusters", Text: fleetText, Rules: []Rule{
		{
			Name: "FleetClusterDown", System: Fleet, Severity: Critical, For: 5 * time.Minute, KeepFiringFor: 2 * time.Minute,
			// The reason does not change while the problem is the same.
			Expr: asTarget(`max by (cluster, reason) (cobaltcore_cluster_failing)
  * on (cluster) group_left () (cobaltcore_cluster_failing_status_code or cobaltcore_cluster_up == 0)
  and on (cluster) (cobaltcore_cluster_up == 0)
or label_replace((cobaltcore_cluster_up == 0) unless on (cluster) cobaltcore_cluster_failing, "reason", "unknown", "", "")`),
			Since:   asTarget(`max by (cluster, reason) (cobaltcore_cluster_failing) * on (cluster) group_left () cobaltcore_cluster_last_contact_timestamp_seconds`),
			Object:  Object{Kind: "Cluster", Name: "{{ $labels.cluster }}"},
			Summary: "Cluster {{ $labels.cluster }} does not answer: {{ $labels.reason }}" + status,
			Description: "Its API server has not answered two probes in a row. " +
				"The state of its objects is unknown: their metrics are removed after staleAfter. Query it from a workstation (kubectl get --raw=/readyz).",
		},
		{
			Name: "FleetClusterChanged", System: Fleet, Severity: Warning, For: time.Minute,
			Expr:    `cobaltcore_cluster_identity_changed_timestamp_seconds`,
			Since:   `cobaltcore_cluster_identity_changed_timestamp_seconds`,
			Object:  Object{Kind: "Cluster", Name: "{{ $labels.cluster }}"},
			Summary: "Cluster {{ $labels.cluster }} has another identity",
			Description: "The UID of the namespace kube-system was {{ $labels.first_cluster_uid }} and is {{ $labels.cluster_uid }}: " +
				"its metrics are about another cluster, or the cluster was rebuilt. Compare the server of its kubeconfig with the intended one.",
		},
		{
			Name: "FleetKubeconfigInvalid", System: Fleet, Severity: Warning, For: 5 * time.Minute,
			Expr:    `cobaltcore_cluster_kubeconfig_invalid_since_timestamp_seconds`,
			Since:   `cobaltcore_cluster_kubeconfig_invalid_since_timestamp_seconds`,
			Object:  Object{Kind: "Cluster", Name: "{{ $labels.cluster }}"},
			Summary: "Kubeconfig of cluster {{ $labels.cluster }} cannot be used",
			Description: "It has changed, so the exporter keeps the previous connection until it restarts. " +
				"Check the file with kubectl config view; the log of the exporter has the error.",
		},
		kind(Rule{
			Name: "FleetKindForbidden", Severity: Warning, For: 5 * time.Minute, KeepFiringFor: 2 * time.Minute,
			Expr:    `max by (cluster, collector, group, kind, reason) (cobaltcore_watch_failing{reason=~"forbidden|unauthorized"})`,
			Summary: "{{ $labels.kind }} in cluster {{ $labels.cluster }} cannot be read: {{ $labels.reason }}",
			Description: "The exporter may not list or watch them, so their state is unknown. " +
				"Bind the ClusterRole of this version of the chart to the exporter's user, or renew its credentials if the reason is unauthorized.",
		}),
		kind(Rule{
			Name: "FleetWatchFailing", Severity: Warning, For: 10 * time.Minute, KeepFiringFor: 2 * time.Minute,
			Expr:    `max by (cluster, collector, group, kind, reason) (cobaltcore_watch_failing{reason!~"forbidden|unauthorized"})`,
			Summary: "{{ $labels.kind }} in cluster {{ $labels.cluster }} cannot be watched: {{ $labels.reason }}",
			Description: "Their metrics are from the last success, until staleAfter. " +
				"Compare with kubectl get {{ $labels.kind }}.{{ $labels.group }} --all-namespaces from a workstation.",
		}),
		kind(Rule{
			Name: "FleetKindUnknown", Severity: Warning, For: 5 * time.Minute,
			Expr: `(cobaltcore_watch_synced == 0) unless on (cluster, collector, group, kind) cobaltcore_watch_failing`,
			// Failing kinds have a separate alert.
			Summary:     "{{ $labels.kind }} in cluster {{ $labels.cluster }} has no complete list",
			Description: "The rows of group {{ $labels.group }} are not complete, and there was no error. Wait for ten minutes after a start or an outage; then read the log of the exporter.",
		}),
		kind(Rule{
			Name: "FleetKindNotRecorded", Severity: Info, For: 5 * time.Minute,
			Expr:        `max by (cluster, collector, group, kind) (cobaltcore_watch_unrecorded)`,
			Summary:     "Snapshot of cluster {{ $labels.cluster }} has no {{ $labels.kind }}",
			Description: "Objects in the snapshot refer to objects of group {{ $labels.group }}, whose state is unknown. Add this kind to the snapshot, even as an empty list.",
		}),
		kind(Rule{
			Name: "FleetVersionUnsupported", Severity: Warning, For: 5 * time.Minute,
			Expr:        `max by (cluster, collector, group, kind) (cobaltcore_watch_unsupported_versions)`,
			Reason:      `max by (cluster, collector, group, kind, reason) (label_join(cobaltcore_watch_unsupported_versions, "reason", "", "versions"))`,
			Summary:     "{{ $labels.kind }} in cluster {{ $labels.cluster }} is served in unsupported versions only",
			Description: "The exporter supports none of the versions of group {{ $labels.group }}. Their state is unknown: upgrade the operator that serves them, or the exporter.",
		}),
		kind(Rule{
			Name: "FleetObjectsCut", Severity: Warning, For: 5 * time.Minute,
			Expr:    `cobaltcore_watch_objects_cut > 0`,
			Summary: "{{ $labels.kind }} in cluster {{ $labels.cluster }}: no rows for " + count("object") + " beyond a limit",
			Description: "limits.objectsPerKind, rowMiBPerKind, rowMiBPerCluster or rowMiB is exceeded by " + count("object") + ". Failures of objects without rows are not noticed. " +
				"Find the namespace that creates them; raise the limit if they are intended.",
		}),
		kind(Rule{
			Name: "FleetLabelsCut", Severity: Info, For: 5 * time.Minute,
			Expr:        `cobaltcore_watch_objects_with_cut_labels > 0`,
			Summary:     "{{ $labels.kind }} in cluster {{ $labels.cluster }}: cut labels or rows of " + count("object"),
			Description: "Labels of " + count("object") + " were longer than limits.labelValueLength or not valid UTF-8, and end in a hash, or rows beyond 64 KiB are left out. Shorten them, or raise the limit of labels.",
		}),
		{
			Name: "FleetDiscoveryFailing", System: Fleet, Severity: Warning, For: 5 * time.Minute, KeepFiringFor: 2 * time.Minute,
			Expr: `max by (cluster, source, namespace, reason) (cobaltcore_discovery_finding{name=""})
  and on (cluster, source, namespace) (cobaltcore_discovery_up == 0)`,
			Object:      Object{Kind: "Discovery", Namespace: "{{ $labels.namespace }}", Name: "{{ $labels.source }}"},
			Summary:     "Discovery of clusters in namespace {{ $labels.namespace }} of cluster {{ $labels.cluster }} fails: {{ $labels.reason }}",
			Description: "Source: {{ $labels.source }}. Known clusters stay; new ones and new credentials are missed. Check that the source exists and that the exporter may read it.",
			InhibitedBy: []Inhibition{followsFromOutage()},
		},
		{
			Name: "FleetClusterRefused", System: Fleet, Severity: Warning, For: 5 * time.Minute,
			Expr:    `max by (cluster, source, namespace, name, reason, other) (cobaltcore_discovery_finding{name!=""})`,
			Object:  Object{Kind: "Secret", Namespace: "{{ $labels.namespace }}", Name: "{{ $labels.name }}"},
			Summary: "{{ $labels.namespace }}/{{ $labels.name }} in cluster {{ $labels.cluster }} was rejected as a cluster: {{ $labels.reason }}",
			Description: "Its cluster is not watched, or is watched with previous credentials" +
				`{{ if $labels.other }} ({{ $labels.other }} has the name or the Secret){{ end }}. ` +
				"Correct the Secret, or remove the object that declares the cluster.",
			InhibitedBy: []Inhibition{followsFromOutage(), {By: "FleetDiscoveryFailing", Equal: []string{clusterLabel, "source", "namespace"}}},
		},
		{
			Name: "FleetClusterTwice", System: Fleet, Severity: Warning, For: 5 * time.Minute,
			Expr:        namedClusters(`{cluster_uid!=""}`) + ` and on (cluster_uid) (count by (cluster_uid) (` + namedClusters("") + `) > 1)`,
			Object:      Object{Kind: "Cluster", Name: "{{ $labels.cluster }}"},
			Summary:     "Cluster {{ $labels.cluster }} is in the fleet under two names",
			Description: "Everything in it is counted twice. Remove one of them from the configuration, or its Secret.",
		},
		{
			Name: "FleetMetricsMissing", System: Fleet, Severity: Warning, For: 15 * time.Minute, PrometheusOnly: true,
			// Without this part, a firing alert would end after an hour, because the offset looks back only that far.
			Expr: `max by (cluster) (cobaltcore_cluster_info) unless on (cluster) ` + fleetUp("") + `
  and on (cluster) (` + fleetUp(" offset 1h") + ` or max by (cluster) (ALERTS{alertname="FleetMetricsMissing", alertstate="firing"}))`,
			Object:  Object{Kind: "Cluster", Name: "{{ $labels.cluster }}"},
			Summary: "Metrics of cluster {{ $labels.cluster }} no longer arrive",
			Description: "Prometheus has lost its targets in this cluster: " +
				"rules over its metrics cannot fire. Check Prometheus in the cluster, then remote write, or the sidecar and store of Thanos.",
			InhibitedBy: []Inhibition{followsFromOutage()},
		},
	}}
}

// namedClusters has one row for each name of a cluster, even if replicas of the exporter have
// different labels for it.
func namedClusters(selector string) string {
	return `max by (cluster, cluster_uid) (cobaltcore_cluster_info` + selector + `)`
}

// fleetUp selects the clusters with targets in Prometheus or Thanos.
func fleetUp(offset string) string {
	return `max by (cluster) (label_replace(up{job=~"` + fleetJob + `"}` + offset + `, "cluster", "$1", "` + fleetLabel + `", "(.+)"))`
}

// status adds the HTTP status of an answer if the value is one.
const status = `{{ if gt $value 99.0 }} ({{ $value }}){{ end }}`

// asTarget adds the label target_cluster, because alerts about objects that other clusters apply to
// this cluster name it in that label.
func asTarget(expr string) string {
	return `label_replace(` + expr + `, "target_cluster", "$1", "cluster", "(.*)")`
}

// clusterCertificates returns the rules about the certificates for connections to the clusters.
func clusterCertificates() Group {
	var rules []Rule
	for _, r := range slices.Concat(
		expiring(Rule{
			Name: "FleetCredentialsExpiring", System: Fleet, Object: Object{Kind: "Cluster", Name: "{{ $labels.cluster }}"},
			Summary:     "Client certificate of the exporter for cluster {{ $labels.cluster }} " + expires,
			Description: "It " + expires + ". After that the state of the cluster is unknown. Issue a new one at the source of its kubeconfig.",
		}, `cobaltcore_cluster_credential_expiry_timestamp_seconds{type="client_certificate"}`, "cluster, type", 14*day, 3*day),
		expiring(Rule{
			Name: "FleetServerCertExpiring", System: Fleet, Object: Object{Kind: "Cluster", Name: "{{ $labels.cluster }}"},
			Summary:     "API server certificate of cluster {{ $labels.cluster }} " + expires,
			Description: "It " + expires + ". After that no client can connect. Renew it with the tool that created the cluster.",
		}, "cobaltcore_cluster_api_certificate_expiry_timestamp_seconds", "cluster", 14*day, 3*day),
	) {
		r.InhibitedBy = append(r.InhibitedBy, followsFromOutage())
		rules = append(rules, r)
	}
	// Tokens are usually rotated hours before they expire. The kubelet rotates a token after 80 %
	// of its hour, 12 minutes before it expires.
	token, since := ending(clusterLabel, `cobaltcore_cluster_credential_expiry_timestamp_seconds{type="token"}`)
	rules = append(rules, Rule{
		Name: "FleetTokenExpiring", System: Fleet, Severity: Warning, For: 5 * time.Minute,
		Threshold: secondsThreshold(10*time.Minute, beforeTheEnd), Expr: token, Since: since,
		Object:      Object{Kind: "Cluster", Name: "{{ $labels.cluster }}"},
		Summary:     "Token of the exporter for cluster {{ $labels.cluster }} was not rotated",
		Description: "It " + expires + ", and there is no new one. Fix its rotation: Greenhouse, the writer of its Secret, or the kubelet.",
		InhibitedBy: []Inhibition{followsFromOutage()},
	})
	return Group{Name: "fleet-certificates", Title: "Credentials and certificates of clusters", Rules: rules}
}

// fleetSystem describes the clusters themselves.
func fleetSystem() Description {
	return Description{
		System: Fleet, Title: "Cluster itself", Prefixes: []string{"Fleet"}, Page: clusterPage,
		Why: fleetWhy, Groups: groups(fleetGroup, clusterCertificates),
	}
}

// fleetWhy returns the reasons for the severities of the alerts about the clusters themselves.
func fleetWhy() map[string]string {
	return map[string]string{
		"FleetClusterDown":                 "nothing can be changed or restarted in it now, and other faults in it are not detected",
		"FleetClusterChanged":              "findings have the name of another cluster; both clusters work",
		"FleetKubeconfigInvalid":           "the connection works until the exporter restarts",
		"FleetKindForbidden":               "a part of the cluster is not monitored; users are not affected",
		"FleetWatchFailing":                "a part of the cluster is not monitored; users are not affected",
		"FleetKindUnknown":                 "a part of the cluster is not monitored; users are not affected",
		"FleetKindNotRecorded":             "a snapshot is incomplete; no workload depends on it",
		"FleetVersionUnsupported":          "a part of the cluster is not monitored until an upgrade",
		"FleetObjectsCut":                  "some objects are not monitored until a limit is raised",
		"FleetLabelsCut":                   "only names in alerts are shortened",
		"FleetDiscoveryFailing":            "known clusters are still watched; new clusters are not found",
		"FleetClusterRefused":              "one cluster is not watched; users are not affected",
		"FleetClusterTwice":                "findings are counted twice; none are missing",
		"FleetMetricsMissing":              "rules over metrics of the cluster cannot fire; those of the exporter can",
		"FleetCredentialsExpiring":         "days are left, and the certificate can be renewed in working hours",
		"FleetCredentialsExpiringCritical": "within three days faults in the cluster are no longer detected, and renewing takes minutes",
		"FleetServerCertExpiring":          "days are left, and most installations renew it themselves",
		"FleetServerCertExpiringCritical":  "renewal has failed, and within three days the API of the cluster cannot be used",
		"FleetTokenExpiring":               "the cluster is not monitored when it expires; users are not affected",
	}
}
