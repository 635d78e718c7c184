// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package dashboards

const byMount = "cluster, openbao, mount"

func baoMounts() []Panel {
	const by = "cluster, openbao, kind, path, type"
	// Missing mounts have a reason.
	expected := `max by (` + by + `, reason, found) (` + selectOpenBao("mount_missing") + `)
or on (` + by + `) 0 * max by (` + by + `) (` + selectOpenBao("mount_present") + `) + 1`
	return []Panel{
		{
			Kind: Table, Title: "Expected mounts", Width: 16, Unit: Number,
			Description: "Secrets engines and auth methods that the reference architecture expects. All should exist. wrong_type means another type, such as kv without -version=2. If an auth method is missing, its cluster cannot log in.",
			Queries:     []Query{{Expr: joinValue(selectOpenBao("mount_present"), by, expected)}},
			Columns: []Column{
				clusterColumn(), labelColumn("openbao", "OpenBao"), labelColumn("kind", "Kind"), withWidth(labelColumn("path", "Path"), 190),
				labelColumn("type", "Type"),
				{Query: 0, Title: "State", Mappings: boolMappings("there", "missing", Bad)}, wordColumn("reason", "Reason"), labelColumn("found", "Found"),
			},
			Sort: Sort{Column: "State"}, Links: []Link{playbook("OpenBaoMountMissing"), playbook("OpenBaoAuthMountMissing")},
		},
		{
			Kind: Table, Title: "Mounts by type", Width: 8, Unit: Number,
			Description: "All existing secrets engines and auth methods. Find out the reason for each change of their number.",
			Queries:     []Query{{Expr: `max by (cluster, openbao, kind, type) (` + selectOpenBao("mounts") + `)`}},
			Columns:     []Column{clusterColumn(), labelColumn("openbao", "OpenBao"), labelColumn("kind", "Kind"), labelColumn("type", "Type"), valueColumn(0, "Mounts", Number)},
			Sort:        Sort{Column: "Kind"},
		},
		{
			Kind: Table, Title: "KV mounts", Width: 16, Unit: Number,
			Description: "The mounts of kv.mounts of the configuration: how many secrets they have and how old the oldest is. 0 overdue is good. If numbers are partial, a mount has more secrets than kv.maxSecrets, or the exporter lacks permission for some. \"none\": the configuration names no mount.",
			Queries: perRow(`0 * max by (`+byMount+`) (`+selectOpenBao("kv_secrets")+`) + 1`, byMount, "mount", "none", selectOpenBao("kv_secrets"), selectOpenBao("kv_secrets_overdue"),
				ageOf("cobaltcore_openbao_kv_oldest_update_timestamp_seconds"), selectOpenBao("kv_secrets_cut")),
			Columns: []Column{
				clusterColumn(), labelColumn("openbao", "OpenBao"), labelColumn("mount", "Mount"), {Query: 0, Title: "Secrets", Unit: Number, Mappings: noRow()},
				valueColumn(1, "Overdue", Number, zeroIsGood(Warning)...), ageColumn(2, "Oldest"),
				{Query: 3, Title: "Numbers are of", Mappings: []Mapping{{Value: 0, Text: "all", Color: Good}, {Value: 1, Text: "a part", Color: Warning}}},
			},
			Sort: oldestFirst("Oldest"),
		},
		{
			Kind: Stat, Title: "Age of the encryption key", Width: 8, Unit: Duration,
			Description: "Time since the key was installed with which OpenBao encrypts its storage. OpenBao rotates it after some billions of writes. To rotate it earlier, use \"bao operator rotate\".",
			Queries:     []Query{{Expr: `time() - ` + maxByOpenBao("encryption_key_install_timestamp_seconds"), Legend: legendBao}},
			Thresholds:  []Threshold{{Color: Neutral}},
		},
	}
}

func baoLogins() []Panel {
	const by = "cluster, openbao, mount"
	login := `max by (` + by + `, step, reason) (` + selectOpenBao("auth_probe_failing") + `)
or on (` + by + `) 0 * max by (` + by + `) (` + selectOpenBao("auth_probe_success") + `) + 1`
	outcome := append(boolMappings("succeeds", "fails", Bad), Mapping{Value: -1, Text: "not tried", Color: Neutral})
	return []Panel{
		{
			Kind: StatusHistory, Title: "Logins", Width: 24, Height: 6, Unit: Number,
			Description: "Whether a workload of each cluster can log in to OpenBao; the exporter probes the login. All green is good. If a login fails, ExternalSecrets of that cluster fail at their next refresh. \"Not tried\": openbao[].loginProbe is not configured, or the exporter gets no token from the cluster.",
			Queries: []Query{{
				Expr: `max by (cluster, openbao, mount) (` + selectOpenBao("auth_probe_success") + `)
or 0 * max by (cluster) (` + selector("cobaltcore_cluster_up") + ` unless on (cluster) ` + selectOpenBao("auth_probe_success") + `) - 1`,
				Legend: "{{cluster}} {{mount}}",
			}},
			Mappings: outcome, Links: []Link{playbook("OpenBaoAuthProbeFailing"), *toCluster()},
		},
		{
			Kind: Table, Title: "Probed logins", Width: 14, Unit: Number,
			Description: "Each login with the step that fails, token (requesting it from the cluster) or login, and the reason. forbidden at login: the role or its bound service account is wrong; not_found: the auth method is missing.",
			Queries:     perRow(login, by, "mount", "none", selectOpenBao("auth_probe_success"), selectOpenBao("auth_probe_duration_seconds")),
			Columns: []Column{
				clusterColumn(), labelColumn("openbao", "OpenBao"), labelColumn("mount", "Mount"),
				{Query: 0, Title: "Login", Mappings: outcome}, labelColumn("step", "Step"), wordColumn("reason", "Reason"), ageColumn(1, "Took"),
			},
			Sort: Sort{Column: "Login"}, Links: []Link{playbook("OpenBaoAuthProbeFailing")},
		},
		{
			Kind: TimeSeries, Title: "Duration of logins", Width: 10, Unit: Milliseconds, Min: new(float64),
			Description: "Time of a login, with the review of the token by the cluster's API server. Below a second is good. If it grows, check that API server and the network to it.", Empty: "No measurement: no login is probed, or a snapshot.",
			Queries:    []Query{{Expr: milliseconds(`max by (` + by + `) (` + selectOpenBao("auth_probe_duration_seconds") + `)`), Legend: "{{cluster}} {{mount}}"}},
			Thresholds: splitAt(Good, 1000, Warning),
		},
	}
}

func baoUnanswered() []Panel {
	return []Panel{{
		Kind: Table, Title: "Failing endpoints", Width: 24, Unit: Number,
		Description: "Endpoints whose requests fail: their data are missing until requests succeed. \"All are answered\" is good. forbidden: the policy of the exporter lacks the path; sealed and no leader are states of the nodes; an empty node means the active node.",
		Queries:     []Query{{Expr: withFallbackRow(`max by (`+byNode+`, endpoint, reason) (`+selectOpenBao("endpoint_failing")+`)`, "reason", "all are answered")}},
		Columns:     []Column{clusterColumn(), labelColumn("openbao", "OpenBao"), labelColumn("node", "Node"), labelColumn("endpoint", "Endpoint"), wordColumn("reason", "Reason")},
		Sort:        Sort{Column: "Endpoint"}, Links: []Link{playbook("OpenBaoCollectorFailing")},
	}}
}
