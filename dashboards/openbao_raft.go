// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package dashboards

const (
	byServer     = "cluster, openbao, address"
	legendServer = "{{cluster}} {{openbao}} {{address}}"
)

// maxByServer returns the maximum of a family by raft server.
func maxByServer(family string, matchers ...string) string {
	return `max by (` + byServer + `) (` + selectOpenBao(family, matchers...) + `)`
}

// lagBehind returns the difference between a series and the greatest value of its OpenBao.
func lagBehind(greatest, series string) string {
	return `clamp_min(max by (` + byBao + `) (` + selectOpenBao(greatest) + `) - on (` + byBao + `) group_right () (` + series + `), 0)`
}

func baoRaft() []Panel {
	return []Panel{
		raftServers(),
		{
			Kind: TimeSeries, Title: "Quorum margin", Width: 12, Unit: Number, Min: new(float64),
			Description: "Number of healthy servers that may fail before the quorum is lost. 1 or more is good. After a server has returned, it takes some seconds until autopilot considers it stable.",
			Queries:     []Query{{Expr: maxByOpenBao("autopilot_failure_tolerance"), Legend: legendBao}},
			Thresholds:  []Threshold{{Color: Bad}, {From: 1, Color: Good}},
			Links:       []Link{playbook("OpenBaoQuorumAtRisk")},
		},
		{
			Kind: TimeSeries, Title: "Voters and expected voters", Width: 12, Unit: Number, Min: new(float64),
			Description: "Raft servers with a vote, and their expected number. Both lines should be equal. Fewer voters mean that a node was removed or never joined; more mean that a dead server was not removed.",
			Queries: []Query{
				{Expr: maxByOpenBao("raft_peers", `voter="true"`), Legend: legendBao + " voters"},
				{Expr: maxByOpenBao("raft_peers", `voter="false"`), Legend: legendBao + " without a vote"},
				{Expr: maxByOpenBao("expected_raft_peers", `voter="true"`), Legend: legendBao + " expected voters"},
			},
			Thresholds: []Threshold{{Color: Neutral}},
			Links:      []Link{playbook("OpenBaoPeerMissing"), playbook("OpenBaoPeerDead")},
		},
		{
			Kind: TimeSeries, Title: "Raft entries behind the newest", Width: 12, Unit: Number, Min: new(float64),
			Description: "Entries by which each server is behind the newest entry of all. Near 0 is good; above the limit of autopilot, 1000 by default, a server is unhealthy. A server whose line grows steadily is down, sealed or disconnected.",
			Queries:     []Query{{Expr: lagBehind("autopilot_server_last_index", maxByServer("autopilot_server_last_index")), Legend: legendServer}},
			Thresholds:  splitAt(Good, 1000, Warning),
			Links:       []Link{playbook("OpenBaoReplicationLag")},
		},
		{
			Kind: TimeSeries, Title: "Last contact with the leader", Width: 12, Unit: Milliseconds, Min: new(float64),
			Description: "Time since the leader and each server were last in contact. Below the limit of autopilot, 10 s by default, is good.",
			Queries: []Query{
				{Expr: milliseconds(maxByServer("autopilot_server_last_contact_seconds")), Legend: legendServer},
				{Expr: milliseconds(maxByOpenBao("autopilot_last_contact_threshold_seconds")), Legend: legendBao + " limit"},
			},
			Thresholds: splitAt(Good, 10000, Warning),
			Links:      []Link{playbook("OpenBaoAutopilotUnhealthy")},
		},
		{
			Kind: TimeSeries, Title: "Entries committed and not yet applied", Width: 12, Unit: Number, Min: new(float64),
			Description: "Entries that a node has committed and this node has not yet applied. Near 0 is good; more than 1000 for minutes mean that a standby would need time to take over.",
			Queries:     []Query{{Expr: lagBehind("node_raft_committed_index", `max by (`+byNode+`) (`+selectOpenBao("node_raft_applied_index")+`)`), Legend: legendNode}},
			Thresholds:  splitAt(Good, 1000, Warning),
			Links:       []Link{playbook("OpenBaoReplicationLag")},
		},
		{
			Kind: TimeSeries, Title: "Raft index committed", Width: 12, Unit: Number,
			Description: "The index up to which each node has committed. The lines should rise together; their slope is the write load. A node with a flat line no longer receives entries.",
			Queries:     []Query{{Expr: `max by (` + byNode + `) (` + selectOpenBao("node_raft_committed_index") + `)`, Legend: legendNode}},
			Thresholds:  []Threshold{{Color: Neutral}},
		},
	}
}

func raftServers() Panel {
	// Unhealthy servers have a reason.
	server := `max by (` + byServer + `, reason) (` + selectOpenBao("autopilot_server_unhealthy") + `)
or on (` + byServer + `) 0 * ` + maxByServer("autopilot_server_healthy") + ` + 1`
	value := func(expr string) Query { return Query{Expr: joinValue(expr, byServer, server)} }
	role := `2 * ` + maxByServer("autopilot_server_info", `status="leader"`) + `
or ` + maxByServer("autopilot_server_info", `status="voter"`) + `
or 0 * ` + maxByServer("autopilot_server_info")
	return Panel{
		Kind: Table, Title: "Raft servers", Width: 24, Unit: Number,
		Description: "The state of each raft server by autopilot. All healthy is good. Reasons are left, last_contact, term, trailing_logs or unknown. Remove a server that will not return with \"bao operator raft remove-peer\".",
		Queries: []Query{
			value(selectOpenBao("autopilot_server_healthy")), value(role), value(selectOpenBao("autopilot_server_last_contact_seconds")),
			value(lagBehind("autopilot_server_last_index", maxByServer("autopilot_server_last_index"))),
			value(selectOpenBao("autopilot_server_last_term")), value(ageOf("cobaltcore_openbao_autopilot_server_stable_since_timestamp_seconds")),
		},
		Columns: []Column{
			clusterColumn(), labelColumn("openbao", "OpenBao"), labelColumn("address", "Server"),
			{Query: 0, Title: "Health", Mappings: boolMappings("healthy", "unhealthy", Bad)}, wordColumn("reason", "Reason"),
			{Query: 1, Title: "Role", Mappings: []Mapping{{Value: 2, Text: "leader", Color: Info}, {Value: 1, Text: "voter", Color: Good},
				{Value: 0, Text: "no vote", Color: Neutral}}},
			ageColumn(2, "Last contact", splitAt(Good, 10, Warning)...),
			valueColumn(3, "Entries behind", Number, splitAt(Good, 1000, Warning)...),
			valueColumn(4, "Term", Number), ageColumn(5, "Health unchanged for"),
		},
		Sort: Sort{Column: "Health"}, Links: []Link{playbook("OpenBaoAutopilotUnhealthy")},
	}
}

func baoLeader() []Panel {
	return []Panel{
		{
			Kind: StatusHistory, Title: "Leader over time", Width: 24, Height: 6, Unit: Number,
			Description: "One row should lead at any time. A change is good after a restart or \"bao operator step-down\"; changes without a cause mean a slow disk or network. Two leaders at the same time may lose writes.",
			Queries:     []Query{{Expr: `max by (` + byNode + `) (` + selectOpenBao("node_active") + `)`, Legend: legendNode}},
			Mappings:    []Mapping{{Value: 1, Text: "leads", Color: Info}, {Value: 0, Text: "follows", Color: Neutral}},
			Links:       []Link{playbook("OpenBaoLeaderFlapping"), playbook("OpenBaoMultipleActive")},
		},
		{
			Kind: Stat, Title: "Time since the last change of the leader", Width: 6, Unit: Duration,
			Description: "Time since the active node became the leader. A long time is good.",
			Queries:     []Query{{Expr: `time() - ` + maxByOpenBao("leader_since_timestamp_seconds"), Legend: legendBao}},
			Thresholds:  splitAt(Warning, 600, Good),
		},
		{
			Kind: TimeSeries, Title: "Changes of the leader within 30 minutes", Width: 9, Unit: Number, Min: new(float64),
			Description: "Changes in the last half hour, including a new term of the same leader. 0 is good; each change interrupts all clients, and more than 3 cause an alert.",
			Queries:     []Query{{Expr: maxByOpenBao("recent_leader_changes"), Legend: legendBao}},
			Thresholds:  []Threshold{{Color: Good}, {From: 1, Color: Warning}, {From: 4, Color: Bad}},
			Links:       []Link{playbook("OpenBaoLeaderFlapping")},
		},
		{
			Kind: TimeSeries, Title: "Time since the last report of each standby", Width: 9, Unit: Seconds, Min: new(float64),
			Description: "Time since each standby last reported to the active node, which it does every few seconds. Lines near 0 are good. A rising line belongs to a disconnected standby; it ends when the active node removes the standby.",
			Queries: []Query{{
				Expr: `label_replace(
  clamp_min(time() - max by (` + byBao + `, api_address) (` + selectOpenBao("ha_node_last_echo_timestamp_seconds") + `), 0),
  "standby", "$1", "api_address", "https?://(.+?)(:[0-9]+)?")`,
				Legend: legendBao + " {{standby}}",
			}},
			Thresholds: splitAt(Good, 30, Warning),
		},
		{
			Kind: Table, Title: "Leader according to each node", Width: 24, Unit: Number,
			Description: "All nodes should have the same leader. A node without a row has none: it is down, sealed or disconnected.",
			Queries:     []Query{{Expr: withFallbackRow(`max by (`+byNode+`, leader_address) (`+selectOpenBao("leader_info")+`)`, "leader_address", "none known")}},
			Columns:     []Column{clusterColumn(), labelColumn("openbao", "OpenBao"), labelColumn("node", "Node"), labelColumn("leader_address", "Leader")},
			Sort:        Sort{Column: "Node"},
		},
	}
}
