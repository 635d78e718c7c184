// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package config

// ReservedLabels returns the label names that clusterLabel must not have: those of the exporter's
// own metrics, and those that Prometheus and its operator add to a scrape. A test of the collectors
// compares the list with the declared families.
func ReservedLabels() []string {
	return []string{
		// attached by the scrape, and aggregated away by every rule
		"instance", "job", "pod", "container", "service", "endpoint", "prometheus", "prometheus_replica",
		// of the formats and of alerts
		"le", "quantile", "alertname", "alertstate", "severity", "rule", "support_group", "playbook",
		// which object
		"target_cluster", "uid", "group", "kind", "exported_namespace", "namespace", "name", "system", "component",
		"collector", "node", "openbao", "aurora", "controller_pod", "controller_namespace", "deployment", "controller",
		// what about it
		"ready", "reason", "suspended", "status", "state", "type", "version", "api_version", "platform", "registry", "revision",
		"applied_revision", "resources", "url", "ref", "path", "path_id", "mount", "source_kind", "source_namespace", "source_name",
		"source", "digest", "chart_name", "chart_version", "app_version", "release_status", "action", "desired", "attempted", "applied",
		"distribution_status", "distribution_version", "managed_by", "entitlement", "server_version", "reconciler_group",
		"reconciler_kind", "sync", "store_kind", "store_name", "provider", "server", "image", "role", "code", "cause",
		"refresh_policy", "deletion_policy", "creation_policy", "auth_method", "auth_mount", "capabilities", "update_strategy",
		"container_name", "release_namespace", "release_name", "helmrelease_namespace", "helmrelease_name", "seal_type",
		"recovery_seal_type", "storage_type", "cluster_name", "cluster_id", "leader_address", "api_address", "server_id", "address",
		"node_status", "node_type", "voter", "issuer_id", "issuer_name", "is_default", "replaced_by", "found", "step",
		"dependency_namespace", "dependency_name", "issuer", "certificate", "connectivity", "owned_by", "definition_kind",
		"definition_namespace", "definition_name", "preset", "catalog", "team", "check", "part", "phase", "problem", "region", "owner",
		"cluster_uid", "first_cluster_uid", "other", "onset", "tolerated", "upstream", "dependency", "blocked", "chain", "finalizers",
		"versions", "backend", "condition", "dependent_kind", "store", "store_namespace", "policy", "aspect", "object", "actual", "shard", "served_kind", "size", "domain",
		"multitenant", "network_policy", "variant", "artifact",
		"operator", "alertmanager", "scope", "finding", "worst", "object_cluster", "summary", SentByLabel,
	}
}
