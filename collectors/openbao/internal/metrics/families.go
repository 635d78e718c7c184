// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package metrics

import (
	"slices"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/exposition"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/secretflow"
)

// gauge declares a family whose first labels are the cluster and the name of the OpenBao cluster.
func gauge(name, help string, labels ...string) *exposition.Family {
	return family(exposition.Gauge, name, help, labels)
}

func counter(name, help string, labels ...string) *exposition.Family {
	return family(exposition.Counter, name, help, labels)
}

func family(t exposition.Type, name, help string, labels []string) *exposition.Family {
	return &exposition.Family{
		Name: "cobaltcore_openbao_" + name, Type: t, Help: help, Labels: slices.Concat([]string{"cluster", "openbao"}, labels),
	}
}

// Families from the answers of each node that need no token.
var (
	nodeUp           = gauge("node_up", "Whether the node returns a valid response to sys/health, in any state.", "node")
	nodeInitialized  = gauge("node_initialized", "Whether the node is initialized.", "node")
	nodeSealed       = gauge("node_sealed", "Whether the node is sealed.", "node")
	nodeActive       = gauge("node_active", "Whether the node is active: initialized, unsealed and not a standby.", "node")
	nodeStandby      = gauge("node_standby", "Whether the node is a standby: initialized, unsealed and not active.", "node")
	nodeInfo         = gauge("node_info", "Version, seal and storage of the node. A sealed node has no name and id of its cluster. seal_type is auto-unseal if a node before 2.4 unseals itself, because such a node reports the type of its recovery key instead.", "node", "version", "seal_type", "storage_type", "recovery_seal_type", "cluster_name", "cluster_id")
	nodeMigration    = gauge("node_seal_migration", "Whether the seal is being migrated.", "node")
	nodeProgress     = gauge("node_unseal_progress", "Key shares entered so far to unseal the node.", "node")
	nodeThreshold    = gauge("node_unseal_threshold", "Key shares needed to unseal the node; 0 if it unseals itself.", "node")
	nodeCommitted    = gauge("node_raft_committed_index", "Raft index of the last entry that the node has committed.", "node")
	nodeApplied      = gauge("node_raft_applied_index", "Raft index of the last entry that the node has applied.", "node")
	nodeLeaderKnown  = gauge("node_leader_known", "Whether the node has a leader. A sealed node has none, and neither has a standby whose leader does not respond.", "node")
	leaderInfo       = gauge("leader_info", "The leader according to the node.", "node", "leader_address")
	nodeSkew         = gauge("node_clock_skew_seconds", "Seconds by which the clock of the node is ahead of the clock of the exporter.", "node")
	nodeCertificate  = gauge("node_tls_certificate_not_after_timestamp_seconds", "Expiry of the certificate of the node's listener in the last connection, even if it could not be verified.", "node")
	nodeResponseTime = gauge("node_response_seconds", "Response time of the node for sys/health. There is no row for a snapshot.", "node")

	nodeNotJoined = gauge("node_not_joined", "Why a node that answers is not a member of the cluster: uninitialized, removed, other_cluster (it was initialized separately and has its own data) or not_a_peer (it is not in the raft configuration). There is no row for a member.", "node", "reason")

	notServing    = gauge("not_serving", "Why no node serves: sealed, uninitialized or no_leader. There is no row while a node serves, or while none responds.", "reason")
	notAnswering  = gauge("not_answering", "Why no node responds: timeout, tls, http or decode, or, if the nodes cannot be discovered, forbidden, not_found or no_nodes. There is no row while a node responds.", "reason")
	leaderSince   = gauge("leader_since_timestamp_seconds", "Since when the active node has been the leader.")
	leaderChanges = counter("leader_changes_total", "Changes of the leader that the exporter has observed, including a new term of the same leader.")
	recentChanges = gauge("recent_leader_changes", "Changes of the leader that the exporter has seen in the last 30 minutes.")
	nodesByState  = gauge("nodes", "Nodes by state: active, standby, sealed, uninitialized or down.", "state")
	expectedNodes = gauge("expected_nodes", "Expected number of nodes.")
	expectedSeal  = gauge("expected_auto_unseal", "Whether the nodes should unseal themselves.")

	requestsLeft = gauge("requests_left", "Requests that were postponed to the next rounds, because a round has at most 1,000 requests, by part: issuers, revocation lists, certificates, tidy or secret flow. The longest postponed requests are made first. Until then, the rows are from earlier rounds. There is no row if no requests are postponed.", "part")

	endpointFailing = gauge("endpoint_failing", "Why a request to an endpoint failed: timeout, tls, forbidden, sealed, no_leader, not_found, http, decode or too_large (more nodes than are queried). There is no row while requests succeed.", "node", "endpoint", "reason")
)

// Families from the answers of the active node about the cluster.
var (
	autopilotHealthy   = gauge("autopilot_healthy", "Whether autopilot considers all raft servers healthy.")
	autopilotTolerance = gauge("autopilot_failure_tolerance", "How many healthy raft servers may fail before the quorum is lost.")
	autopilotTrailing  = gauge("autopilot_max_trailing_logs", "Maximum number of log entries behind the leader with which a raft server is healthy.")
	autopilotContact   = gauge("autopilot_last_contact_threshold_seconds", "Maximum time without contact to the leader with which a raft server is healthy.")
	serverHealthy      = gauge("autopilot_server_healthy", "Whether autopilot considers the raft server healthy.", "server_id", "address")
	serverUnhealthy    = gauge("autopilot_server_unhealthy", "Why autopilot considers the raft server unhealthy: left, last_contact, term, trailing_logs or unknown. There is no row for a healthy server.", "server_id", "address", "reason")
	serverContact      = gauge("autopilot_server_last_contact_seconds", "Time since the leader and the raft server were last in contact.", "server_id", "address")
	serverTerm         = gauge("autopilot_server_last_term", "Raft term of the last log entry of the server.", "server_id", "address")
	serverIndex        = gauge("autopilot_server_last_index", "Raft index of the last log entry of the server.", "server_id", "address")
	serverStable       = gauge("autopilot_server_stable_since_timestamp_seconds", "Since when the health of the raft server has not changed.", "server_id", "address")
	serverInfo         = gauge("autopilot_server_info", "Role, state and version of the raft server. node_status stays alive for a while after a server has failed; use autopilot_server_healthy instead.", "server_id", "address", "status", "node_status", "version", "node_type")
	raftPeers          = gauge("raft_peers", "Servers in the raft configuration, with and without a vote.", "voter")
	expectedPeers      = gauge("expected_raft_peers", "Servers that should be in the raft configuration. Voters: expect.voters, by default all nodes but the permanent non-voters; without a vote: expect.nonVoters, if set.", "voter")
	raftPeerDead       = gauge("raft_peer_dead", "A server in the raft configuration that is unhealthy and belongs to no node, while there are more servers than nodes.", "server_id", "address")
	haLastEcho         = gauge("ha_node_last_echo_timestamp_seconds", "When the standby last reported to the active node.", "api_address")

	mountPresent = gauge("mount_present", "Whether an expected secrets engine (kind secret) or auth method (kind auth) exists with the expected type.", "kind", "path", "type")
	mountMissing = gauge("mount_missing", "Why an expected mount is not present: not_found, or wrong_type with the type that was found. There is no row for a mount that is present.", "kind", "path", "type", "reason", "found")
	mounts       = gauge("mounts", "Secrets engines (kind secret) and auth methods (kind auth) by type.", "kind", "type")

	irrevocableLeases = gauge("irrevocable_leases", "Leases that could not be revoked and are not retried.")
	keyTerm           = gauge("encryption_key_term", "Term of the encryption key.")
	keyInstalled      = gauge("encryption_key_install_timestamp_seconds", "When the encryption key was installed.")
	tokenExpiry       = gauge("exporter_token_expiry_timestamp_seconds", "When the token of the exporter expires. There is no row for a token that does not expire.")
	tokenRenewed      = gauge("exporter_token_renewed", "The exporter replaces its token before it expires, and the last attempt did not fail. Always 1.")
)

// Families about certificates, and about details that are read less often.
var (
	issuers          = gauge("pki_issuers", "Issuers of the PKI mount.", "mount")
	issuerNotAfter   = gauge("pki_issuer_not_after_timestamp_seconds", "When the CA certificate of the issuer expires.", "mount", "issuer_id", "issuer_name", "type", "is_default")
	issuerNotBefore  = gauge("pki_issuer_not_before_timestamp_seconds", "Time from which the CA certificate of the issuer is valid.", "mount", "issuer_id", "issuer_name", "type", "is_default")
	issuerReplaced   = gauge("pki_issuer_replaced_not_after_timestamp_seconds", "Expiry of the CA certificate of an issuer that another issuer has replaced (replaced_by, its name or id): it is not the default, and the newer issuer has the same subject or is the default. There is also a row for an issuer without its key that has signed no valid issuer.", "mount", "issuer_id", "replaced_by")
	crlThisUpdate    = gauge("pki_crl_this_update_timestamp_seconds", "When the revocation list of the issuer was built.", "mount", "issuer_id")
	crlNextUpdate    = gauge("pki_crl_next_update_timestamp_seconds", "Time at which the revocation list of the issuer expires (its next update).", "mount", "issuer_id")
	crlRebuild       = gauge("pki_crl_rebuild_timestamp_seconds", "Time after which OpenBao rebuilds the revocation list of the issuer automatically (auto_rebuild). There is no row without auto_rebuild.", "mount", "issuer_id")
	crlDisabled      = gauge("pki_crl_disabled", "Whether revocation lists are disabled in the PKI mount. There are then no rows about its lists.", "mount")
	certificates     = gauge("pki_certificates", "Certificates stored in the PKI mount, including expired and revoked ones, but without its CA certificates.", "mount", "state")
	certificateFirst = gauge("pki_certificate_min_not_after_timestamp_seconds", "Expiry of the certificate of the PKI mount that expires next.", "mount")
	tidyFinished     = gauge("pki_tidy_last_finished_timestamp_seconds", "When the last tidy operation of the PKI mount ended, if it succeeded.", "mount")
	tidyState        = gauge("pki_tidy_status", "State of the last tidy operation of the PKI mount.", "mount", "state")
	auditDevices     = gauge("audit_devices", "Audit devices by type; a row with an empty type and the value 0 if there is none.", "type")
	kvSecrets        = gauge("kv_secrets", "Secrets of the KV mount, including those whose current version is deleted. The other numbers do not include those.", "mount")
	kvOldest         = gauge("kv_oldest_update_timestamp_seconds", "Time of the oldest last update among the secrets of the KV mount.", "mount")
	kvOverdue        = gauge("kv_secrets_overdue", "Secrets of the KV mount that have not been updated for longer than kv.maxAge.", "mount")
	kvCut            = gauge("kv_secrets_cut", "Whether the other numbers cover only a part of the KV mount: it has more secrets than kv.maxSecrets, or the exporter lacks permission for some.", "mount")
)

// Families of the login from each cluster.
var (
	LoginSuccess  = gauge("auth_probe_success", "Whether a workload of the cluster can log in: 0 if the token review fails, the role is missing or OpenBao cannot be reached. There is no row if the exporter gets no token from the cluster. backend is the OpenBao as in rows about stores: cluster/name, where cluster is the cluster in which it runs.", "mount", "backend")
	LoginDuration = gauge("auth_probe_duration_seconds", "How long the login took.", "mount")
	LoginFailing  = gauge("auth_probe_failing", "Why the login failed: timeout, tls, forbidden, sealed, no_leader, not_found, http or decode, with the failed step: token (requesting a service account token from the cluster) or login. There is no row while it succeeds.", "mount", "backend", "step", "reason")
)

// NodeFamilies returns the families about nodes.
func NodeFamilies() []*exposition.Family {
	return []*exposition.Family{
		nodeUp, nodeInitialized, nodeSealed, nodeActive, nodeStandby, nodeInfo, nodeMigration, nodeProgress, nodeThreshold,
		nodeCommitted, nodeApplied, nodeLeaderKnown, nodeNotJoined, leaderInfo, nodeSkew, nodeCertificate, nodeResponseTime, endpointFailing,
		notAnswering, notServing,
		leaderSince, leaderChanges, recentChanges, nodesByState, expectedNodes, expectedSeal,
	}
}

// ClusterFamilies returns the families from the answers of the active node.
func ClusterFamilies() []*exposition.Family {
	return []*exposition.Family{
		autopilotHealthy, autopilotTolerance, autopilotTrailing, autopilotContact,
		serverHealthy, serverUnhealthy, serverContact, serverTerm, serverIndex, serverStable, serverInfo, raftPeers, expectedPeers,
		raftPeerDead, haLastEcho,
		mountPresent, mountMissing, mounts, irrevocableLeases, keyTerm, keyInstalled, tokenExpiry, tokenRenewed,
		issuers, issuerNotAfter, issuerNotBefore, issuerReplaced, endpointFailing, requestsLeft,
	}
}

// DetailFamilies returns the families that are read less often.
func DetailFamilies() []*exposition.Family {
	return []*exposition.Family{
		crlThisUpdate, crlNextUpdate, crlRebuild, crlDisabled, certificates, certificateFirst, tidyFinished, tidyState, auditDevices,
		kvSecrets, kvOldest, kvOverdue, kvCut, secretflow.StoredTimestamp, secretflow.StoredVersion, endpointFailing, requestsLeft,
	}
}

// LoginFamilies returns the families of the login probe.
func LoginFamilies() []*exposition.Family {
	return []*exposition.Family{LoginSuccess, LoginDuration, LoginFailing}
}

// Families returns every family that the collector may export.
func Families() []*exposition.Family {
	all := slices.Concat(NodeFamilies(), ClusterFamilies(), DetailFamilies(), LoginFamilies())
	seen := map[*exposition.Family]bool{secretflow.StoredTimestamp: true, secretflow.StoredVersion: true} // declared there
	return slices.DeleteFunc(all, func(f *exposition.Family) bool {
		was := seen[f]
		seen[f] = true
		return was
	})
}
