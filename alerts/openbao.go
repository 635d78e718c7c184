// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package alerts

import "time"

// Labels that link findings about stores and secrets in all clusters to findings about their
// OpenBao.
const (
	backend   = "backend"
	authMount = "auth_mount"
)

// asBackend adds the label backend to rows about an OpenBao: the cluster in which it runs, and its
// name. Rows about stores have the same label, which the exporter derives from the address of the
// server.
func asBackend(expr string) string {
	return `label_join(` + expr + `, "` + backend + `", "/", "cluster", "openbao")`
}

// openBao declares a rule about an OpenBao cluster. Its alerts are not consequences of a Kubernetes
// cluster that is down, because the nodes are queried directly.
func openBao(r Rule) Rule {
	r.System = OpenBao
	if r.Object == (Object{}) {
		r.Object = Object{Kind: "OpenBao", Name: "{{ $labels.openbao }}"}
	}
	r.KeepFiringFor = max(r.KeepFiringFor, 2*time.Minute)
	return r
}

// outOfService returns the inhibitions by an OpenBao that is out of service and has the same values of the labels.
func outOfService(equal ...string) []Inhibition {
	return []Inhibition{
		{By: "OpenBaoDown", Equal: equal}, {By: "OpenBaoClusterSealed", Equal: equal}, {By: "OpenBaoNoLeader", Equal: equal},
		{By: "OpenBaoUninitialized", Equal: equal},
	}
}

// followsFromOutage returns the inhibition of alerts about watched objects by an outage of their cluster.
// OpenBao and Aurora are probed directly, so their alerts are not inhibited.
func followsFromOutage() Inhibition {
	return Inhibition{By: "FleetClusterDown", Equal: []string{clusterLabel}}
}

// unhealthySince selects the time at which the last of the unhealthy raft servers became unhealthy.
const unhealthySince = `max by (cluster, openbao) (cobaltcore_openbao_autopilot_server_stable_since_timestamp_seconds
    and on (cluster, openbao, server_id) (cobaltcore_openbao_autopilot_server_healthy == 0))`

// unhealthyServers selects the unhealthy raft servers. Their reasons may differ between replicas of
// the exporter, which query at different times.
const unhealthyServers = `max by (cluster, openbao, server_id, address) (cobaltcore_openbao_autopilot_server_unhealthy)`

// peerRole returns the role of raft servers from their label voter.
const peerRole = `{{ if eq $labels.voter "true" }}voters{{ else }}non-voters{{ end }}`

func openBaoNode(r Rule) Rule {
	r.Object = Object{Kind: "OpenBaoNode", Namespace: "{{ $labels.openbao }}", Name: "{{ $labels.node }}"}
	r.InhibitedBy = append(r.InhibitedBy, Inhibition{By: "OpenBaoDown", Equal: []string{clusterLabel, "openbao"}})
	return openBao(r)
}

const openBaoText = "*backend* is the cluster and the name of an OpenBao. It is a label of alerts about this OpenBao, and about the stores and secrets that come from it, in all clusters. " +
	"A store leads to the OpenBao that has its server among its addresses (`collectors.openbao[].addresses`, nodes and their Services); any other store has the address of its server as *backend*."

// openBaoGroup returns the rules about OpenBao itself. The facts and thresholds are from OpenBao
// 2.4 to 2.6 and from "bao pki health-check".
func openBaoGroup() Group {
	ofAll := func(names ...string) []Inhibition {
		var all []Inhibition
		for _, n := range names {
			all = append(all, Inhibition{By: n, Equal: []string{clusterLabel, "openbao"}})
		}
		return all
	}
	leaderless := outOfService(clusterLabel, "openbao")
	nodeless := append(ofAll("OpenBaoNodeSealed", "OpenBaoNodeNotJoined", "OpenBaoNodeDown"), leaderless...)
	serverless := append(ofAll("OpenBaoPeerDead"), nodeless...)
	return Group{Name: "openbao", Title: "OpenBao", Text: openBaoText, Rules: []Rule{
		openBao(Rule{
			Name: "OpenBaoDown", Severity: Critical, For: time.Minute,
			// While the Kubernetes cluster is down, the nodes behind a Service may be unknown.
			Expr: asCollector("openbao", asBackend(`
  max by (cluster, openbao, reason) (cobaltcore_openbao_not_answering)
    unless on (cluster, openbao) (cobaltcore_openbao_node_up == 1)
    unless on (cluster, openbao) (cobaltcore_openbao_not_answering unless on (cluster, openbao) cobaltcore_openbao_node_up and on (cluster) (cobaltcore_cluster_up == 0))`)),
			Summary: "OpenBao {{ $labels.openbao }} in cluster {{ $labels.cluster }} does not answer: {{ $labels.reason }}",
			Description: "No node answers. External Secrets in all clusters get no updates. " +
				"Check its pods and its Service, then the network to it with \"bao status\".",
		}),
		openBao(Rule{
			Name: "OpenBaoClusterSealed", Severity: Critical, For: time.Minute,
			Expr: asBackend(`
  count by (cluster, openbao) (cobaltcore_openbao_node_sealed == 1)
    and on (cluster, openbao) cobaltcore_openbao_not_serving{reason="sealed"}`),
			Summary:     "OpenBao {{ $labels.openbao }} in cluster {{ $labels.cluster }} is sealed",
			Description: "It has " + count("sealed node") + " and none that serves: no secret can be read or written. Restore the service that unseals them, then restart one by one; or unseal each with \"bao operator unseal\".",
			InhibitedBy: ofAll("OpenBaoDown"),
		}),
		openBao(Rule{
			Name: "OpenBaoNoLeader", Severity: Critical, For: time.Minute,
			Expr: asBackend(`
  max by (cluster, openbao) (cobaltcore_openbao_node_leader_known) == 0
    and on (cluster, openbao) (sum by (cluster, openbao) (cobaltcore_openbao_node_up) > 0)
    unless on (cluster, openbao) cobaltcore_openbao_not_serving{reason="uninitialized"}`),
			Summary:     "OpenBao {{ $labels.openbao }} in cluster {{ $labels.cluster }} has no leader",
			Description: "Nodes answer, but no leader does. No secret can be read or written. With raft, start nodes until a majority of the voters runs.",
			InhibitedBy: ofAll("OpenBaoDown", "OpenBaoClusterSealed"),
		}),
		openBao(Rule{
			Name: "OpenBaoUninitialized", Severity: Critical, For: 5 * time.Minute,
			Expr:        asBackend(`max by (cluster, openbao) (cobaltcore_openbao_not_serving{reason="uninitialized"})`),
			Summary:     "OpenBao {{ $labels.openbao }} in cluster {{ $labels.cluster }} is not initialized",
			Description: "No node is initialized: it is new, or it has lost its storage. No secret can be read or written. Check the volumes before you run \"bao operator init\".",
			InhibitedBy: ofAll("OpenBaoDown"),
		}),
		openBao(Rule{
			Name: "OpenBaoMultipleActive", Severity: Critical, For: 2 * time.Minute,
			Expr:        `sum by (cluster, openbao) (cobaltcore_openbao_node_active) > 1`,
			Summary:     "OpenBao {{ $labels.openbao }} in cluster {{ $labels.cluster }} has {{ $value }} active nodes",
			Description: "{{ $value }} nodes are active at the same time: clients read and write different secrets. Compare their cluster IDs in \"bao status\": a node that was initialized separately has another. Remove it from the Service first.",
		}),
		openBaoNode(Rule{
			Name: "OpenBaoNodeDown", Severity: Warning, For: 3 * time.Minute,
			Expr:        `cobaltcore_openbao_node_up == 0`,
			Summary:     "OpenBao node {{ $labels.node }} in cluster {{ $labels.cluster }} does not answer",
			Description: "The other nodes of OpenBao {{ $labels.openbao }} may still have a quorum. Check its pod, its volume and its certificate.",
			InhibitedBy: ofAll("OpenBaoNoLeader"),
		}),
		openBao(Rule{
			Name: "OpenBaoNodeMissing", Severity: Warning, For: 10 * time.Minute,
			Expr: `count by (cluster, openbao) (cobaltcore_openbao_node_up)
  < on (cluster, openbao) max by (cluster, openbao) (cobaltcore_openbao_expected_nodes)`,
			Summary:     "OpenBao {{ $labels.openbao }} in cluster {{ $labels.cluster }} has too few nodes",
			Description: "It has " + count("node") + ", fewer than expect.nodes. Check the replicas of its StatefulSet and its headless Service.",
			InhibitedBy: ofAll("OpenBaoDown"),
		}),
		openBaoNode(Rule{
			Name: "OpenBaoNodeSealed", Severity: Warning, For: 2 * time.Minute,
			Expr: `cobaltcore_openbao_node_sealed == 1
  and on (cluster, openbao, node) (cobaltcore_openbao_node_up == 1)
  unless on (cluster, openbao, node) cobaltcore_openbao_node_not_joined`,
			Summary:     "OpenBao node {{ $labels.node }} in cluster {{ $labels.cluster }} is sealed",
			Description: "It restarted and was not unsealed, or its seal cannot be reached. Unseal it, or restart it when its seal can be reached again.",
			InhibitedBy: ofAll("OpenBaoClusterSealed"),
		}),
		openBaoNode(Rule{
			Name: "OpenBaoNodeNotJoined", Severity: Warning, For: 5 * time.Minute,
			Expr: `max by (cluster, openbao, node, reason) (cobaltcore_openbao_node_not_joined)
  unless on (cluster, openbao) cobaltcore_openbao_not_serving{reason="uninitialized"}`,
			Summary: "OpenBao node {{ $labels.node }} in cluster {{ $labels.cluster }} has not joined: {{ $labels.reason }}",
			Description: "" +
				`{{ if eq $labels.reason "uninitialized" }}Check its retry_join stanza and the CA in it, or run "bao operator raft join"` +
				`{{ else if eq $labels.reason "other_cluster" }}It was initialized separately and has its own secrets: save them, then empty its volume and let it join` +
				`{{ else }}It was removed from the raft configuration: empty its volume and let it join again{{ end }}.`,
			InhibitedBy: ofAll("OpenBaoMultipleActive"),
		}),
		openBao(Rule{
			Name: "OpenBaoLeaderFlapping", Severity: Warning, For: time.Minute,
			Threshold:   &Threshold{Default: 3, Unit: Changes, Meaning: "how many leaders in half an hour are still fine"},
			Expr:        `max by (cluster, openbao) (cobaltcore_openbao_recent_leader_changes) > ` + threshold,
			Summary:     "OpenBao {{ $labels.openbao }} in cluster {{ $labels.cluster }} changes its leader repeatedly",
			Description: "It has changed its leader {{ $value }} times in half an hour. Each change interrupts all clients. Check restarts, CPU, volumes and network of its nodes.",
		}),
		openBao(Rule{
			Name: "OpenBaoQuorumAtRisk", Severity: Warning, For: 5 * time.Minute,
			Expr: `max by (cluster, openbao) (cobaltcore_openbao_autopilot_failure_tolerance) < 1
  and on (cluster, openbao) max by (cluster, openbao) (cobaltcore_openbao_expected_raft_peers{voter="true"}) >= 3`,
			Summary:     "OpenBao {{ $labels.openbao }} in cluster {{ $labels.cluster }} cannot lose another node",
			Description: "Its failure tolerance is {{ $value }}: without one more node, the quorum is lost. Postpone restarts; restore the node that is down, sealed or unhealthy.",
			Since:       unhealthySince,
			InhibitedBy: append(ofAll("OpenBaoQuorumAtRiskCritical", "OpenBaoAutopilotUnhealthy"), serverless...),
		}),
		openBao(Rule{
			Name: "OpenBaoQuorumAtRiskCritical", Severity: Critical, For: 10 * time.Minute,
			Threshold: secondsThreshold(30*time.Minute, "how long no more raft server has become unhealthy"),
			// A removed voter is not unhealthy, and its time of removal is not recorded.
			Expr: `max by (cluster, openbao) (cobaltcore_openbao_autopilot_failure_tolerance) < 1
  and on (cluster, openbao) max by (cluster, openbao) (cobaltcore_openbao_expected_raft_peers{voter="true"}) >= 3
  unless on (cluster, openbao) (time() - ` + unhealthySince + ` < ` + threshold + `)`,
			Since:       unhealthySince,
			Summary:     "OpenBao {{ $labels.openbao }} in cluster {{ $labels.cluster }} has had no failure tolerance for a long time",
			Description: "Its failure tolerance has been {{ $value }} for longer than $threshold, or a voter is missing: without one more node, the quorum is lost. Postpone restarts; restore the node that is down, sealed or unhealthy.",
			InhibitedBy: append(ofAll("OpenBaoAutopilotUnhealthy"), serverless...),
		}),
		openBao(Rule{
			Name: "OpenBaoAutopilotUnhealthy", Severity: Warning, For: 5 * time.Minute,
			Expr:   unhealthyServers,
			Reason: `max by (cluster, openbao, server_id, address, reason) (cobaltcore_openbao_autopilot_server_unhealthy)`,
			Object: Object{Kind: "RaftServer", Namespace: "{{ $labels.openbao }}", Name: "{{ $labels.server_id }}"},
			Since: unhealthyServers + `
  * on (cluster, openbao, server_id) group_left ()
    max by (cluster, openbao, server_id) (cobaltcore_openbao_autopilot_server_stable_since_timestamp_seconds)`,
			Summary: "Raft server {{ $labels.server_id }} of OpenBao {{ $labels.openbao }} in cluster {{ $labels.cluster }} is unhealthy",
			Description: "At {{ $labels.address }} it does not run, the leader does not reach it on its cluster port, or it is behind the leader. " +
				"Check its pod, its disk and the network to it.",
			InhibitedBy: serverless,
		}),
		openBao(Rule{
			Name: "OpenBaoPeerMissing", Severity: Warning, For: 10 * time.Minute,
			Expr: `max by (cluster, openbao, voter) (cobaltcore_openbao_raft_peers)
  < on (cluster, openbao, voter) max by (cluster, openbao, voter) (cobaltcore_openbao_expected_raft_peers)`,
			Summary:     "OpenBao {{ $labels.openbao }} in cluster {{ $labels.cluster }} has too few " + peerRole,
			Description: "It has {{ $value }} {{ if eq $labels.voter \"true\" }}voter{{ else }}non-voter{{ end }}{{ if ne $value 1.0 }}s{{ end }}, fewer than expected. Compare \"bao operator raft list-peers\" with the nodes, and let the one that is missing join.",
			InhibitedBy: nodeless,
		}),
		openBao(Rule{
			Name: "OpenBaoPeerDead", Severity: Warning, For: 5 * time.Minute,
			Expr:        `max by (cluster, openbao, server_id, address) (cobaltcore_openbao_raft_peer_dead)`,
			Object:      Object{Kind: "RaftServer", Namespace: "{{ $labels.openbao }}", Name: "{{ $labels.server_id }}"},
			Summary:     "Raft of OpenBao {{ $labels.openbao }} in cluster {{ $labels.cluster }} has a dead server: {{ $labels.server_id }}",
			Description: "No node is at {{ $labels.address }}, which is still in the raft configuration. A dead voter counts for the quorum. If it will not return, remove it with \"bao operator raft remove-peer\".",
			InhibitedBy: leaderless,
		}),
		openBaoNode(Rule{
			Name: "OpenBaoReplicationLag", Severity: Warning, For: 5 * time.Minute,
			Threshold: &Threshold{Default: 1000, Unit: Entries, Meaning: "how far a node may be behind"},
			Expr: `max by (cluster, openbao) (cobaltcore_openbao_node_raft_committed_index)
  - on (cluster, openbao) group_right () cobaltcore_openbao_node_raft_applied_index > ` + threshold,
			Summary:     "OpenBao node {{ $labels.node }} in cluster {{ $labels.cluster }} is {{ $value | printf \"%.0f\" }} raft entries behind",
			Description: "It is {{ $value | printf \"%.0f\" }} entries behind. Check its volume and its CPU limit; it catches up by itself.",
			InhibitedBy: []Inhibition{{By: "OpenBaoNodeSealed", Equal: []string{clusterLabel, "openbao", "node"}}, {By: "OpenBaoNodeDown", Equal: []string{clusterLabel, "openbao", "node"}}},
		}),
		openBaoNode(Rule{
			Name: "OpenBaoSealMigration", Severity: Warning, For: 15 * time.Minute,
			Expr:        `cobaltcore_openbao_node_seal_migration == 1`,
			Summary:     "OpenBao node {{ $labels.node }} in cluster {{ $labels.cluster }} is migrating its seal",
			Description: "It has been migrating its seal for a quarter of an hour. Compare the seal stanza of the nodes; if the migration is intended, enter the key shares with \"bao operator unseal -migrate\".",
		}),
		openBaoNode(Rule{
			Name: "OpenBaoSealTypeDrift", Severity: Warning, For: 15 * time.Minute,
			Expr: `max by (cluster, openbao, node) (cobaltcore_openbao_node_info{seal_type="shamir"})
  and on (cluster, openbao) (cobaltcore_openbao_expected_auto_unseal == 1)`,
			Summary:     "OpenBao node {{ $labels.node }} in cluster {{ $labels.cluster }} does not unseal itself",
			Description: "It has a Shamir seal where auto-unseal is expected: after a restart it stays sealed. Postpone restarts and plan the migration to auto-unseal.",
		}),
		openBao(Rule{
			Name: "OpenBaoVersionSkew", Severity: Info, For: time.Hour,
			Expr:        `count by (cluster, openbao) (count by (cluster, openbao, version) (cobaltcore_openbao_node_info{version!=""})) > 1`,
			Summary:     "OpenBao {{ $labels.openbao }} in cluster {{ $labels.cluster }} runs several versions",
			Description: "Its nodes have run {{ $value }} versions for an hour: an upgrade was not finished. Restart the remaining nodes, standbys first.",
		}),
		openBaoNode(Rule{
			Name: "OpenBaoClockSkew", Severity: Warning, For: 10 * time.Minute,
			Threshold:   secondsThreshold(30*time.Second, "how much its clock may differ from that of the exporter"),
			Expr:        `abs(cobaltcore_openbao_node_clock_skew_seconds) > ` + threshold,
			Summary:     "Clock of OpenBao node {{ $labels.node }} in cluster {{ $labels.cluster }} is wrong by " + rounded,
			Description: "Tokens and certificates get times that are wrong by " + rounded + ". Check the time service of its host; if all nodes differ, that of the exporter's.",
		}),
		openBaoMount("OpenBaoMountMissing", "secret", "secrets engine", leaderless),
		authMounts(openBaoMount("OpenBaoAuthMountMissing", "auth", "auth method", leaderless)),
		openBao(Rule{
			Name: "OpenBaoNoAuditDevice", Severity: Warning, For: time.Hour,
			Expr:        `sum by (cluster, openbao) (cobaltcore_openbao_audit_devices) == 0`,
			Summary:     "OpenBao {{ $labels.openbao }} in cluster {{ $labels.cluster }} has no audit device",
			Description: "Accesses to its secrets are not recorded. Declare an audit device in the configuration of all nodes.",
			InhibitedBy: leaderless,
		}),
		{
			Name: "OpenBaoAuthProbeFailing", System: OpenBao, Severity: Critical, For: 5 * time.Minute, KeepFiringFor: 2 * time.Minute,
			Expr: `label_replace(
  max by (cluster, openbao, mount, backend, reason) (cobaltcore_openbao_auth_probe_failing{step="login"})
    unless on (cluster, openbao, mount) (cobaltcore_openbao_auth_probe_success == 1)` + byAuthMount("mount"),
			Object:  Object{Kind: "AuthMethod", Namespace: "{{ $labels.openbao }}", Name: "{{ $labels.mount }}"},
			Summary: "Cluster {{ $labels.cluster }} cannot log in to OpenBao {{ $labels.openbao }} at {{ $labels.mount }}: {{ $labels.reason }}",
			Description: "Its External Secrets will fail at their next refresh. " +
				`{{ if eq $labels.reason "forbidden" }}Compare kubernetes_host, CA and token reviewer of the mount, and service accounts and audiences of the role, with the cluster` +
				`{{ else }}Check that OpenBao answers and that the mount exists{{ end }}.`,
			InhibitedBy: append(outOfService(backend), followsFromOutage(), Inhibition{By: "OpenBaoAuthMountMissing", Equal: []string{backend, authMount}}),
		},
		openBao(Rule{
			Name: "OpenBaoIrrevocableLeases", Severity: Warning, For: time.Hour,
			Expr:        `max by (cluster, openbao) (cobaltcore_openbao_irrevocable_leases) > 0`,
			Summary:     "OpenBao {{ $labels.openbao }} in cluster {{ $labels.cluster }} cannot revoke leases",
			Description: "It could not revoke " + count("lease") + " and does not try again: their credentials stay valid. Repair the connection to the system behind them, and delete the accounts there.",
			InhibitedBy: leaderless,
		}),
		openBao(Rule{
			Name: "OpenBaoSecretsOverdue", Severity: Info, For: time.Hour,
			Expr:        `max by (cluster, openbao, mount) (cobaltcore_openbao_kv_secrets_overdue) > 0`,
			Object:      Object{Kind: "SecretsEngine", Namespace: "{{ $labels.openbao }}", Name: "{{ $labels.mount }}"},
			Summary:     "Secrets of {{ $labels.mount }} of OpenBao {{ $labels.openbao }} in cluster {{ $labels.cluster }} are overdue for rotation",
			Description: "The mount has " + count("secret") + " without an update for longer than kv.maxAge. Rotate them, or raise kv.maxAge.",
		}),
		openBao(Rule{
			Name: "OpenBaoCollectorFailing", Severity: Warning, For: 10 * time.Minute,
			// One alert covers all endpoints, because a revoked token is one problem, and because a
			// scrape adds a label endpoint. Reasons other than forbidden may alternate.
			Expr: `max by (cluster, openbao, reason) (cobaltcore_openbao_endpoint_failing{node="",reason="forbidden"})
  or label_replace(max by (cluster, openbao) (cobaltcore_openbao_endpoint_failing{node="",reason!="forbidden",endpoint!="endpointslices"}
    or cobaltcore_openbao_endpoint_failing{endpoint="endpointslices",reason!="forbidden"} unless on (cluster) (cobaltcore_cluster_up == 0)), "reason", "unanswered", "", "")`,
			Summary: "OpenBao {{ $labels.openbao }} in cluster {{ $labels.cluster }} cannot be read in full: {{ $labels.reason }}",
			Description: `{{ if eq $labels.reason "forbidden" }}It refuses endpoints to the exporter: ` +
				`its token was revoked, its role is missing, or its policy is old. Write the policy of this version, docs/openbao/policy.hcl` +
				`{{ else }}Endpoints give no answer, or an unexpected one. ` +
				`Compare with "bao read" and the policy of the exporter{{ end }}.`,
			InhibitedBy: leaderless,
		}),
	}}
}

// byAuthMount completes a label_replace. Failing logins at a mount are a consequence of a failure of
// the mount, from any cluster.
func byAuthMount(label string) string {
	return `, "` + authMount + `", "$1", "` + label + `", "(.*)")`
}

func authMounts(r Rule) Rule {
	r.For = 5 * time.Minute
	r.Expr = `label_replace(` + asBackend(r.Expr) + byAuthMount("path")
	return r
}

func openBaoMount(name, kind, what string, inhibited []Inhibition) Rule {
	return openBao(Rule{
		Name: name, Severity: Warning, For: 10 * time.Minute,
		Expr:        `max by (cluster, openbao, path) (cobaltcore_openbao_mount_present{kind="` + kind + `"}) == 0`,
		Object:      Object{Kind: "Mount", Namespace: "{{ $labels.openbao }}", Name: "{{ $labels.path }}"},
		Summary:     "OpenBao {{ $labels.openbao }} in cluster {{ $labels.cluster }} lacks the " + what + " {{ $labels.path }}",
		Description: "The reference architecture expects it, and it is missing or of another type. Enable it as the playbook describes; if it was disabled, its data or logins are gone.",
		InhibitedBy: inhibited,
	})
}

// openBaoSystem describes OpenBao.
func openBaoSystem() Description {
	return Description{
		System: OpenBao, Title: "OpenBao", Key: "openbao", Prefixes: []string{"OpenBao"}, Page: "cobaltcore-openbao", Asks: "the nodes of OpenBao",
		Why: openBaoWhy, Groups: groups(openBaoGroup, openBaoCertificates, openBaoNative),
	}
}
