// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package openbao

import (
	"maps"
	"strings"
)

// endpoint is one thing that the collector may ask OpenBao for. The list below is
// complete: the policy for the exporter is generated from it.
type endpoint struct {
	// path is what stands behind /v1/. {mount}, {issuer} and {secret} are filled
	// in.
	path string
	list bool
	// params are the query.
	params map[string][]string
	// own says that the node answers by itself, in whatever state.
	own bool
	// capabilities are what the policy must grant; none if no token is needed.
	capabilities []string
	// option is what turns the endpoint on; empty if it is always asked.
	option string
	why    string
}

var (
	sysHealth     = endpoint{path: "sys/health", own: true}
	sysSealStatus = endpoint{path: "sys/seal-status", own: true}
	sysLeader     = endpoint{path: "sys/leader", own: true}

	// PKI publishes these.
	pkiIssuers = endpoint{path: "{mount}/issuers", list: true}
	pkiIssuer  = endpoint{path: "{mount}/issuer/{issuer}/json"}
	pkiCRL     = endpoint{path: "{mount}/issuer/{issuer}/crl"}

	lookupSelf     = endpoint{path: "auth/token/lookup-self", capabilities: read, why: "when the token of the exporter expires"}
	raftState      = endpoint{path: "sys/storage/raft/autopilot/state", capabilities: read, why: "health of the raft servers, and how many may fail"}
	raftSettings   = endpoint{path: "sys/storage/raft/autopilot/configuration", capabilities: read, why: "why a raft server is unhealthy"}
	raftPeerSet    = endpoint{path: "sys/storage/raft/configuration", capabilities: read, why: "who has a vote"}
	haStatus       = endpoint{path: "sys/ha-status", capabilities: read, why: "when each standby last reported"}
	sysMounts      = endpoint{path: "sys/mounts", capabilities: read, why: "expected secrets engines"}
	sysAuth        = endpoint{path: "sys/auth", capabilities: read, why: "expected auth methods"}
	keyStatus      = endpoint{path: "sys/key-status", capabilities: read, why: "age of the encryption key"}
	leaseCount     = endpoint{path: "sys/leases/count", params: map[string][]string{"type": {"irrevocable"}}, capabilities: read, why: "irrevocable leases"}
	sysAudit       = endpoint{path: "sys/audit", capabilities: []string{"read", "sudo"}, option: "details.audit", why: "audit devices; OpenBao asks for sudo here"}
	pkiDetailed    = endpoint{path: "{mount}/certs/detailed", list: true, capabilities: list, option: "details.certificates", why: "the certificate that expires first"}
	pkiTidy        = endpoint{path: "{mount}/tidy-status", capabilities: read, option: "details.tidy", why: "when the mount was last tidied"}
	kvMetadataList = endpoint{path: "{mount}/metadata/{secret}", list: true, capabilities: list, option: "kv", why: "names of secrets"}
	kvMetadata     = endpoint{path: "{mount}/metadata/{secret}", capabilities: read, option: "kv", why: "when a secret was last updated, also for secretFlow; the secrets themselves are under data/, which is not granted"}
)

var (
	read = []string{"read"}
	list = []string{"list"}
)

// at is a request for the endpoint, with the variables of its path filled in:
// name, value, name, value.
func (e endpoint) at(token string, variables ...string) request {
	r := request{endpoint: e, path: e.path, name: e.path, token: token}
	for i := 0; i+1 < len(variables); i += 2 {
		name := "{" + variables[i] + "}"
		r.path = strings.ReplaceAll(r.path, name, variables[i+1])
		if name == "{mount}" {
			r.name = strings.ReplaceAll(r.name, name, variables[i+1])
		}
	}
	return r
}

// query is that of the request. A list is asked for by GET: not everything between
// here and there lets LIST through.
func (r request) query() map[string][]string {
	query := map[string][]string{}
	maps.Copy(query, r.endpoint.params)
	maps.Copy(query, r.params)
	if r.endpoint.list {
		query["list"] = []string{"true"}
	}
	return query
}
