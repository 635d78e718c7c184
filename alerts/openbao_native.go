// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package alerts

import "time"

const openBaoNativeText = "These rules need OpenBao's own metrics in the same Prometheus. The exporter does not evaluate them."

// openBaoNative returns rules that need OpenBao's own telemetry in the same Prometheus.
func openBaoNative() Group {
	native := func(r Rule) Rule {
		r.System, r.PrometheusOnly = OpenBao, true
		r.Object = Object{Kind: "OpenBaoNode", Name: "{{ $labels.instance }}"}
		r.KeepFiringFor = 5 * time.Minute
		return r
	}
	return Group{Name: "openbao-native", Title: "OpenBao's own telemetry", Text: openBaoNativeText, Rules: []Rule{
		native(Rule{
			Name: "OpenBaoAutoUnsealUnreachable", Severity: Critical, For: 2 * time.Minute,
			Expr:        `vault_seal_unreachable_time > 0`,
			Summary:     nativeNode + " cannot reach its seal",
			Description: "The service that unseals it has not been reached for {{ $value | printf \"%.0f\" }} ms. Nodes that restart stay sealed. Postpone restarts, and check the network and the credentials of the seal.",
		}),
		native(Rule{
			Name: "OpenBaoAuditFailure", Severity: Critical,
			Expr:        increaseOf("vault_audit_log_request_failure", "5m") + "\nor\n" + increaseOf("vault_audit_log_response_failure", "5m"),
			Summary:     nativeNode + " cannot write its audit log",
			Description: "Without a working device, OpenBao refuses all requests. Free space on the volume, or restore the receiver of the device.",
		}),
		native(Rule{
			Name: "OpenBaoRootTokenCreated", Severity: Warning,
			Expr:        increaseOf("vault_token_create_root", "10m"),
			Summary:     nativeNode + " has a new root token",
			Description: "Ask the holders of the keys; if none of them created it, revoke it and treat it as an incident.",
		}),
		native(Rule{
			Name: "OpenBaoRaftBacklog", Severity: Warning, For: 5 * time.Minute,
			Threshold:   &Threshold{Default: 100, Unit: Entries, Meaning: "how many may wait to be applied"},
			Expr:        `vault_raft_storage_stats_fsm_pending > ` + threshold,
			Summary:     nativeNode + ": {{ $value | printf \"%.0f\" }} raft entries wait to be applied",
			Description: "{{ $value | printf \"%.0f\" }} committed entries wait to be written: its disk is slower than the writes, which the leader answers late. Check the latency of its volume, and the source of the writes in the audit log.",
		}),
		native(Rule{
			Name: "OpenBaoStorageSlow", Severity: Warning, For: 10 * time.Minute,
			Threshold: &Threshold{Default: 500, Unit: Milliseconds, Meaning: "how long a read or a write may take, on average"},
			Expr: meanOf("vault_barrier_get") + ` > ` + threshold + `
or ` + meanOf("vault_barrier_put") + ` > ` + threshold,
			Summary:     "Storage of " + nativeNode + " is slow: {{ $value | printf \"%.0f\" }} ms",
			Description: "Reads or writes take {{ $value | printf \"%.0f\" }} ms on average, more than $threshold ms: every request takes longer. Check its volume, its CPU limit and the network between the raft servers.",
		}),
		native(Rule{
			Name: "OpenBaoTokensWithoutEnd", Severity: Info, For: time.Hour,
			Threshold:   &Threshold{Default: 3, Unit: Tokens, Meaning: "how many there may be"},
			Expr:        `sum by (cluster, instance) (vault_token_count_by_ttl{creation_ttl="+Inf"}) > ` + threshold,
			Summary:     nativeNode + ": {{ $value | printf \"%.0f\" }} tokens live for more than 30 days, or without an end",
			Description: "They were created for more than 30 days, or without an end. Find them with \"bao list auth/token/accessors\", and give their roles a maximum TTL.",
		}),
		native(Rule{
			Name: "OpenBaoPKIFailing", Severity: Warning, For: 15 * time.Minute,
			Expr: `increase(vault_pki_issue_failure[10m]) > 0
or increase(vault_pki_sign_failure[10m]) > 0`,
			Summary:     nativeNode + " refuses certificates of role {{ $labels.role }} repeatedly",
			Description: "For a quarter of an hour it has failed to issue or sign them at the mount pki. The role does not allow it, or the CA cannot sign: issue one by hand, the error names the cause.",
		}),
		native(Rule{
			Name: "OpenBaoPKITidyFailing", Severity: Info,
			Expr:        increaseOf("vault_secrets_pki_tidy_failure", "1h"),
			Summary:     nativeNode + ": a tidy of the PKI failed",
			Description: "Expired certificates stay in its storage. \"bao read pki/tidy-status\" has the error.",
		}),
		openBaoVolume("OpenBaoVolumeFilling", Warning, 0.15, []Inhibition{{By: "OpenBaoVolumeFillingCritical", Equal: []string{clusterLabel, "namespace", "persistentvolumeclaim"}}}),
		openBaoVolume("OpenBaoVolumeFillingCritical", Critical, 0.03, nil),
	}}
}

// meanOf returns the mean of a summary over the last minutes.
func meanOf(summary string) string {
	return `rate(` + summary + `_sum[5m]) / rate(` + summary + `_count[5m])`
}

// openBaoVolume returns the rules about the volumes of OpenBao's pods, from the metrics of the kubelets.
func openBaoVolume(name string, severity Severity, left float64, inhibited []Inhibition) Rule {
	const volume, free = "Volume {{ $labels.namespace }}/{{ $labels.persistentvolumeclaim }} of OpenBao{{ with $labels.cluster }} in cluster {{ . }}{{ end }}", "{{ $value | humanizePercentage }} free"
	return Rule{
		Name: name, System: OpenBao, Severity: severity, PrometheusOnly: true, For: 5 * time.Minute, KeepFiringFor: 5 * time.Minute,
		Threshold:   &Threshold{Default: left, Unit: Ratio, Meaning: "how much of it is free"},
		Expr:        `kubelet_volume_stats_available_bytes{persistentvolumeclaim=~".*openbao.*"} / kubelet_volume_stats_capacity_bytes < ` + threshold,
		Object:      Object{Kind: "PersistentVolumeClaim", Namespace: "{{ $labels.namespace }}", Name: "{{ $labels.persistentvolumeclaim }}"},
		Summary:     volume + " is nearly full: " + free,
		Description: "Less than $threshold are free. When it is full, the node cannot write to raft or to its audit log, and stops. Enlarge the volume; if audit logs fill it, rotate them.",
		InhibitedBy: inhibited,
	}
}

// increaseOf selects the targets whose counter increased within a time range. OpenBao exports a
// counter only after its first event, so there is no increase from 0. A new counter of a target
// that was scraped before therefore counts as an increase.
func increaseOf(counter, within string) string {
	return `increase(` + counter + `[` + within + `]) > 0
or ` + counter + ` > 0
  unless ` + counter + ` offset ` + within + `
  and on (cluster, instance, job) up offset ` + within + ` == 1`
}

// nativeNode identifies a node in OpenBao's own telemetry, in which the cluster is only an external
// label.
const nativeNode = `OpenBao {{ $labels.instance }}{{ with $labels.cluster }} in cluster {{ . }}{{ end }}`

// openBaoWhy returns the reasons for the severities of the alerts about OpenBao.
func openBaoWhy() map[string]string {
	return map[string]string{
		"OpenBaoDown":                           "no secret can be read or written in any cluster now",
		"OpenBaoClusterSealed":                  "no secret can be read or written in any cluster now, and unsealing may need an operator",
		"OpenBaoNoLeader":                       "no secret can be read or written in any cluster now",
		"OpenBaoUninitialized":                  "no secret can be read or written, and the storage may be lost",
		"OpenBaoMultipleActive":                 "writes may be lost now",
		"OpenBaoNodeDown":                       "the others serve; the failure tolerance is lower",
		"OpenBaoNodeMissing":                    "the others serve; the failure tolerance is lower",
		"OpenBaoNodeSealed":                     "the others serve; the failure tolerance is lower",
		"OpenBaoNodeNotJoined":                  "the others serve; the failure tolerance is lower than expected",
		"OpenBaoLeaderFlapping":                 "each change interrupts clients for seconds",
		"OpenBaoQuorumAtRisk":                   "it serves, and missing nodes often return by themselves",
		"OpenBaoQuorumAtRiskCritical":           "one more failed node stops secrets in all clusters, and no node has returned",
		"OpenBaoAutopilotUnhealthy":             "the others serve; the failure tolerance is lower",
		"OpenBaoPeerMissing":                    "the others serve; the failure tolerance is lower",
		"OpenBaoPeerDead":                       "it serves; the dead server counts for the quorum",
		"OpenBaoReplicationLag":                 "the leader serves; a failover would take longer",
		"OpenBaoSealMigration":                  "it serves; a migration is not finished",
		"OpenBaoSealTypeDrift":                  "it serves until the node restarts",
		"OpenBaoVersionSkew":                    "it serves; an upgrade is not finished",
		"OpenBaoClockSkew":                      "it serves; times in tokens and certificates are slightly wrong",
		"OpenBaoMountMissing":                   "objects that use it have their own alerts",
		"OpenBaoAuthMountMissing":               "failing logins have another alert",
		"OpenBaoNoAuditDevice":                  "it serves; accesses are not recorded",
		"OpenBaoAuthProbeFailing":               "no secret of the cluster can be refreshed, and leases expire within hours",
		"OpenBaoIrrevocableLeases":              "it serves; credentials stay valid for longer than they should",
		"OpenBaoSecretsOverdue":                 "the secrets work; they are due for rotation",
		"OpenBaoCollectorFailing":               "a part of OpenBao is not monitored; users are not affected",
		"OpenBaoCARootAgeing":                   "half a year is left to plan its successor",
		"OpenBaoCAExpiringRoot":                 "weeks are left, and its successor has to reach all trust stores",
		"OpenBaoCAExpiringRootCritical":         "within a week all certificates below it are refused, and its successor can be created now",
		"OpenBaoCAExpiringIntermediate":         "weeks are left; certificates become shorter",
		"OpenBaoCAExpiringIntermediateCritical": "within a week all certificates below it are refused, and its successor can be created now",
		"OpenBaoReplacedIssuerExpiring":         "its successor is in use",
		"OpenBaoCRLExpiring":                    "within hours, clients that check the list refuse every certificate; one command rebuilds it",
		"OpenBaoListenerCertExpiring":           "days are left, and most are renewed automatically",
		"OpenBaoListenerCertExpiringCritical":   "renewal has failed, and within three days clients refuse the node",
		"OpenBaoExporterTokenExpiring":          "details of OpenBao are not monitored when it expires; users are not affected",
		"OpenBaoAutoUnsealUnreachable":          "any restart stops OpenBao, and the seal can be repaired before that",
		"OpenBaoAuditFailure":                   "without a working audit device, OpenBao refuses every request",
		"OpenBaoRootTokenCreated":               "the holder has all permissions; find out whether it was intended",
		"OpenBaoRaftBacklog":                    "it serves, more slowly",
		"OpenBaoStorageSlow":                    "it serves, more slowly",
		"OpenBaoTokensWithoutEnd":               "a leaked token stays valid",
		"OpenBaoPKIFailing":                     "certificates in use are valid; due ones cannot be renewed",
		"OpenBaoPKITidyFailing":                 "storage grows slowly",
		"OpenBaoVolumeFilling":                  "it serves; a volume fills within days",
		"OpenBaoVolumeFillingCritical":          "a node stops when its volume is full, and the other nodes have the same data; enlarging takes minutes",
	}
}
