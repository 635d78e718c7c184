// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package dashboards

import "slices"

// Labels by which the rows of OpenBao are joined.
const (
	byBao  = "cluster, openbao"
	byNode = "cluster, openbao, node"
)

// legendBao and legendNode are legends of series about OpenBao.
const (
	legendBao  = "{{cluster}} {{openbao}}"
	legendNode = "{{cluster}} {{openbao}}/{{node}}"
)

func openBaoPage() Dashboard {
	return Dashboard{
		Description: "OpenBao: whether it can be read and written, its failure tolerance, and upcoming expiries. The cluster is the cluster in which OpenBao runs; for logins, it is the cluster that logs in.",
		Variables:   []Variable{clusterVariable()},
		Links:       linksTo(idFleet, idSecrets, idSecretFlow, idCertificates),
		Sections: []Section{
			{Title: "Now", Panels: slices.Concat([]Panel{presence("OpenBao", selectOpenBao("expected_nodes"))}, baoNow(), []Panel{
				findingsTable("Findings about OpenBao", "Firing alerts about OpenBao. None is good.", findings{system: "openbao"}),
			})},
			{Title: "Nodes", Panels: baoNodes()},
			{Title: "Raft", Collapsed: true, Panels: baoRaft()},
			{Title: "Leader", Collapsed: true, Panels: baoLeader()},
			{Title: "Mounts", Collapsed: true, Panels: baoMounts()},
			{Title: "Logins of the clusters", Panels: baoLogins()},
			{Title: "Certificates and the token of the exporter", Collapsed: true, Panels: []Panel{expiryTable("Next expiries in OpenBao",
				"Certificates of the listeners, CAs and issued certificates of OpenBao, and the token of the exporter, with the remaining time. Green is good; yellow and red are the thresholds of the alerts. OpenBao reads a renewed listener certificate only after a restart or SIGHUP.",
				baoExpiries())}},
			baoServiceLevel(), baoTelemetry(),
			{Title: "Endpoints that do not answer", Collapsed: true, Panels: baoUnanswered()},
		},
	}
}

// selectOpenBao selects a family of OpenBao.
func selectOpenBao(family string, matchers ...string) string {
	return selector("cobaltcore_openbao_"+family, matchers...)
}

// maxByOpenBao returns the maximum of a family by OpenBao.
func maxByOpenBao(family string, matchers ...string) string {
	return `max by (` + byBao + `) (` + selectOpenBao(family, matchers...) + `)`
}

// baoStat returns a panel with a number for each OpenBao.
func baoStat(title, description, expr string, thresholds []Threshold, links ...Link) Panel {
	return Panel{
		Kind: Stat, Title: title, Description: description, Width: 4, Unit: Number, Thresholds: thresholds, Links: links,
		Queries: []Query{{Expr: expr, Legend: legendBao}},
	}
}

func baoNow() []Panel {
	leader := baoStat("Leader", "Whether any node has a leader. Without a leader, no secret can be read or written: unseal sealed nodes below, and check the network between the nodes.",
		maxByOpenBao("node_leader_known"), []Threshold{{Color: Bad}, {From: 1, Color: Good}}, playbook("OpenBaoNoLeader"))
	leader.Mappings = boolMappings("known", "none", Bad)
	audit := baoStat("Audit devices", "Devices that write the audit log. Without a device, accesses are not recorded. A failing device stops OpenBao, so two are good. Enable one with \"bao audit enable\".",
		`sum by (`+byBao+`) (`+selectOpenBao("audit_devices")+`)`, []Threshold{{Color: Warning}, {From: 1, Color: Good}}, playbook("OpenBaoNoAuditDevice"))
	panels := []Panel{
		leader,
		baoStat("Quorum margin", "Number of healthy servers that may fail before the quorum is lost. 1 or more is good; with three nodes, 1 is the maximum. At 0, repair nodes that are down or sealed before any restart.",
			maxByOpenBao("autopilot_failure_tolerance"), []Threshold{{Color: Bad}, {From: 1, Color: Good}}, playbook("OpenBaoQuorumAtRisk")),
		baoStat("Nodes missing", "Number of expected nodes that do not respond. 0 is good. Check the pods of OpenBao and the certificate of the listener.",
			`clamp_min(`+maxByOpenBao("expected_nodes")+`
  - on (`+byBao+`) (sum by (`+byBao+`) (`+selectOpenBao("node_up")+`) or 0 * `+maxByOpenBao("expected_nodes")+`), 0)`, zeroIsGood(Bad), playbook("OpenBaoNodeDown")),
		baoStat("Sealed nodes", "Nodes that respond and are sealed. 0 is good. A sealed node does not serve. Other nodes may not reach their seal either: check it before they restart.",
			maxByOpenBao("nodes", `state="sealed"`), zeroIsGood(Bad), playbook("OpenBaoNodeSealed")),
		baoStat("Unhealthy servers", "Servers that autopilot considers unhealthy; the table below has the reasons. 0 is good.",
			countOr0(byBao, selectOpenBao("autopilot_server_healthy")+` == 0`, selectOpenBao("autopilot_healthy")), zeroIsGood(Warning), playbook("OpenBaoAutopilotUnhealthy")),
		baoStat("Mounts missing", "Secrets engines and auth methods of the reference architecture that are missing or of another type. 0 is good; the table below names them.",
			countOr0(byBao, selectOpenBao("mount_present")+` == 0`, selectOpenBao("mount_present")), zeroIsGood(Warning), playbook("OpenBaoMountMissing")),
		baoStat("Irrevocable leases", "Leases that could not be revoked and are not retried: their credentials stay valid. 0 is good. Find the engine that refuses, then revoke them with force.",
			maxByOpenBao("irrevocable_leases"), zeroIsGood(Warning), playbook("OpenBaoIrrevocableLeases")),
		audit,
		baoStat("Secrets overdue", "Secrets of the KV mounts that were not updated for longer than kv.maxAge. 0 is good; rotate them.",
			`sum by (`+byBao+`) (`+selectOpenBao("kv_secrets_overdue")+`) or 0 * `+maxByOpenBao("expected_nodes"), zeroIsGood(Warning)),
		baoStat("Failing endpoints", "Endpoints of OpenBao whose requests fail, so that their data are missing here. 0 is good; the last section lists them with the reasons.",
			countOr0(byBao, selectOpenBao("endpoint_failing"), selectOpenBao("expected_nodes")), zeroIsGood(Warning), playbook("OpenBaoCollectorFailing")),
	}
	for i := range panels {
		if i >= 6 { // the second row has four
			panels[i].Width = 6
		}
	}
	return panels
}

// baoNodeState returns the state of each node as a number; the first matching state is used.
func baoNodeState() string {
	state := func(family, value, number string) string {
		return number + ` * (0 * max by (` + byNode + `) (` + selectOpenBao(family) + ` == ` + value + `) + 1)`
	}
	return state("node_up", "0", "0") + `
or ` + state("node_initialized", "0", "2") + `
or ` + state("node_sealed", "1", "1") + `
or ` + state("node_active", "1", "4") + `
or ` + state("node_standby", "1", "3")
}

func nodeStates() []Mapping {
	return []Mapping{
		{Value: 0, Text: "down", Color: Bad}, {Value: 1, Text: "sealed", Color: Bad},
		{Value: 2, Text: "uninitialized", Color: Warning}, {Value: 3, Text: "standby", Color: Good},
		{Value: 4, Text: "active", Color: Info},
	}
}

func baoNodes() []Panel {
	// A node that is down has no rows of its own, but still a row in the table.
	node := `max by (` + byNode + `, version, seal_type, storage_type) (` + selectOpenBao("node_info") + `)
or on (` + byNode + `) 0 * max by (` + byNode + `) (` + selectOpenBao("node_up") + `) + 1`
	value := func(family string) Query { return Query{Expr: joinValue(selectOpenBao(family), byNode, node)} }
	return []Panel{
		{
			Kind: StatusHistory, Title: "State of the nodes", Width: 24, Height: 6, Unit: Number,
			Description: "One active node and standbys are good. A sealed node has restarted and was not unsealed, or its seal cannot be reached. Find the cause why a node is down before you restart another node.",
			Queries:     []Query{{Expr: baoNodeState(), Legend: legendNode}},
			Mappings:    nodeStates(), Links: []Link{playbook("OpenBaoNodeSealed"), playbook("OpenBaoNodeDown")},
		},
		{
			Kind: Table, Title: "Nodes", Width: 24, Height: 5, Unit: Number,
			Description: "The status of each node. All should have the same version and seal, a clock that is less than 30 s off, and no unfinished migration. A Shamir seal needs an operator to unseal it after each restart.",
			Queries:     []Query{{Expr: joinValue(baoNodeState(), byNode, node)}, value("node_unseal_progress"), value("node_unseal_threshold"), value("node_seal_migration"), value("node_clock_skew_seconds"), value("node_response_seconds")},
			Columns: []Column{
				clusterColumn(), labelColumn("openbao", "OpenBao"), labelColumn("node", "Node"),
				{Query: 0, Title: "State", Mappings: nodeStates()},
				labelColumn("version", "Version"), labelColumn("seal_type", "Seal"), labelColumn("storage_type", "Storage"),
				valueColumn(1, "Shares", Number), valueColumn(2, "Threshold", Number),
				{Query: 3, Title: "Migration", Mappings: []Mapping{{Value: 0, Text: "no", Color: Good}, {Value: 1, Text: "unfinished", Color: Warning}}},
				valueColumn(4, "Skew (s)", Number, Threshold{Color: Warning}, Threshold{From: -30, Color: Good}, Threshold{From: 31, Color: Warning}),
				ageColumn(5, "Answered in"),
			},
			Sort: Sort{Column: "Node"},
		},
		{
			Kind: TimeSeries, Title: "Clock skew of the nodes", Width: 12, Unit: Seconds,
			Description: "Seconds by which the clock of a node is ahead of the clock of the exporter; between -30 and 30 is good. Otherwise leases and certificates expire at the wrong time: check the time service of the host. If all nodes have the same skew, the clock of the exporter is wrong.",
			Queries:     []Query{{Expr: `max by (` + byNode + `) (` + selectOpenBao("node_clock_skew_seconds") + `)`, Legend: legendNode}},
			Thresholds:  []Threshold{{Color: Warning}, {From: -30, Color: Good}, {From: 31, Color: Warning}},
			Links:       []Link{playbook("OpenBaoClockSkew")},
		},
		{
			Kind: TimeSeries, Title: "Response time of nodes", Width: 12, Unit: Milliseconds, Min: new(float64),
			Description: "Response time of sys/health, including TLS. Steady and well below a second is good. A node that becomes slower lacks memory or disk throughput. A node that does not respond has no line.", Empty: "No measurement: no answer, or a snapshot.",
			Queries:    []Query{{Expr: milliseconds(`max by (` + byNode + `) (` + selectOpenBao("node_response_seconds") + `)`), Legend: legendNode}},
			Thresholds: splitAt(Good, 1000, Warning),
		},
	}
}
