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
			Description: "Secrets engines and auth methods that the reference architecture expects. All should be there. wrong_type is one of another type, such as kv without -version=2; an auth method that is missing locks a whole cluster out.",
			Queries:     []Query{{Expr: joinValue(selectOpenBao("mount_present"), by, expected)}},
			Columns: []Column{
				clusterColumn(), labelColumn("openbao", "OpenBao"), labelColumn("kind", "Kind"), labelColumn("path", "Path"), labelColumn("type", "Type"),
				{Query: 0, Title: "State", Mappings: boolMappings("there", "missing", Bad)}, wordColumn("reason", "Reason"), labelColumn("found", "Found"),
			},
			Sort: Sort{Column: "State"}, Links: []Link{playbook("OpenBaoMountMissing"), playbook("OpenBaoAuthMountMissing")},
		},
		{
			Kind: Table, Title: "Mounts by type", Width: 8, Unit: Number,
			Description: "All secrets engines and auth methods that there are. Find out the reason of each change of the number.",
			Queries:     []Query{{Expr: `max by (cluster, openbao, kind, type) (` + selectOpenBao("mounts") + `)`}},
			Columns:     []Column{clusterColumn(), labelColumn("openbao", "OpenBao"), labelColumn("kind", "Kind"), labelColumn("type", "Type"), valueColumn(0, "Mounts", Number)},
			Sort:        Sort{Column: "Kind"},
		},
		{
			Kind: Table, Title: "KV mounts", Width: 16, Unit: Number,
			Description: "The mounts of kv.mounts of the configuration: how many secrets they have and how old the oldest is. 0 overdue is good. If the numbers are of a part, a mount has more than kv.maxSecrets, or some may not be read. \"none\": the configuration names no mount.",
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
			Kind: Stat, Title: "The encryption key is in use for", Width: 8, Unit: Duration,
			Description: "Time since the key was installed with which OpenBao encrypts what it stores. It is rotated by itself after some billions of writes; policy may want it earlier: \"bao operator rotate\".",
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
			Description: "Whether a workload of each cluster can log in to OpenBao, tried as the exporter. All green is good. Where a login fails, External Secrets of that cluster fail at their next refresh. \"Not tried\": openbao[].loginProbe is not configured, or the cluster gives no token to try with.",
			Queries: []Query{{
				Expr: `max by (cluster, openbao, mount) (` + selectOpenBao("auth_probe_success") + `)
or 0 * max by (cluster) (` + selector("cobaltcore_cluster_up") + ` unless on (cluster) ` + selectOpenBao("auth_probe_success") + `) - 1`,
				Legend: "{{cluster}} {{mount}}",
			}},
			Mappings: outcome, Links: []Link{playbook("OpenBaoAuthProbeFailing"), *toCluster()},
		},
		{
			Kind: Table, Title: "Logins that are tried", Width: 14, Unit: Number,
			Description: "Each login with the step that fails, token (asking the cluster for one) or login, and the reason. forbidden at login: the role or its bound service account is wrong; not_found: the auth method is missing.",
			Queries:     perRow(login, by, "mount", "none", selectOpenBao("auth_probe_success"), selectOpenBao("auth_probe_duration_seconds")),
			Columns: []Column{
				clusterColumn(), labelColumn("openbao", "OpenBao"), labelColumn("mount", "Mount"),
				{Query: 0, Title: "Login", Mappings: outcome}, labelColumn("step", "Step"), wordColumn("reason", "Reason"), ageColumn(1, "Took"),
			},
			Sort: Sort{Column: "Login"}, Links: []Link{playbook("OpenBaoAuthProbeFailing")},
		},
		{
			Kind: TimeSeries, Title: "Duration of logins", Width: 10, Unit: Duration, Min: new(float64),
			Description: "Time of a login, with the review of the token by the cluster's API server. Below a second is good; one that grows points at that API server or at the network to it. Where none is tried, the lines stay at 0.",
			Queries:     []Query{{Expr: withFallbackClusters(`max by (`+by+`) (`+selectOpenBao("auth_probe_duration_seconds")+`)`, 0), Legend: "{{cluster}} {{mount}}"}},
			Thresholds:  splitAt(Good, 1, Warning),
		},
	}
}

func baoUnanswered() []Panel {
	return []Panel{{
		Kind: Table, Title: "Endpoints that are not answered", Width: 24, Unit: Number,
		Description: "Requests of the exporter without an answer: their rows are dropped until they are answered. \"All are answered\" is good. forbidden: the policy of the exporter lacks the path; sealed and no leader follow from the nodes; an empty node is the active one.",
		Queries:     []Query{{Expr: withFallbackRow(`max by (`+byNode+`, endpoint, reason) (`+selectOpenBao("endpoint_failing")+`)`, "reason", "all are answered")}},
		Columns:     []Column{clusterColumn(), labelColumn("openbao", "OpenBao"), labelColumn("node", "Node"), labelColumn("endpoint", "Endpoint"), wordColumn("reason", "Reason")},
		Sort:        Sort{Column: "Endpoint"}, Links: []Link{playbook("OpenBaoCollectorFailing")},
	}}
}
