// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package nodeapi

import (
	"maps"
	"reflect"
	"strings"
)

// Endpoint is an endpoint of OpenBao that the collector may request. The list below is complete: the policy for the
// exporter is generated from it.
type Endpoint struct {
	// Path is the path after /v1/. {mount}, {issuer} and {secret} are replaced.
	Path string
	list bool
	// params are the parameters of the query.
	params map[string][]string
	// optional reports that a 404 without errors means that the feature does not exist.
	optional bool
	// own reports that each node answers itself, in any state.
	own bool
	// Capabilities are the capabilities that the policy must grant; none if no token is needed.
	Capabilities []string
	// Option is the configuration key that enables the endpoint; empty if it is always requested.
	Option string
	Why    string
	// Answer is the type of the body, set by the declarations below.
	Answer reflect.Type
}

// EndpointOf is an endpoint whose answer is read as a T.
type EndpointOf[T any] struct {
	Endpoint

	bare bool // T is the body itself, not its data
}

// newBodyEndpoint declares an endpoint whose body is a T.
func newBodyEndpoint[T any](e Endpoint) EndpointOf[T] {
	e.Answer = reflect.TypeFor[T]()
	return EndpointOf[T]{Endpoint: e, bare: true}
}

// newDataEndpoint declares an endpoint whose body has a T as its data.
func newDataEndpoint[T any](e Endpoint) EndpointOf[T] {
	e.Answer = reflect.TypeFor[struct {
		Data *T `json:"data"`
	}]()
	return EndpointOf[T]{Endpoint: e}
}

// Endpoints that each node answers without a token.
var (
	SysHealth     = newBodyEndpoint[Health](Endpoint{Path: "sys/health", own: true})
	SysSealStatus = newBodyEndpoint[SealStatus](Endpoint{Path: "sys/seal-status", own: true})
	SysLeader     = newBodyEndpoint[LeaderStatus](Endpoint{Path: "sys/leader", own: true})
)

// Endpoints of PKI mounts that need no token.
var (
	PKIIssuers = newDataEndpoint[IssuerList](Endpoint{Path: "{mount}/issuers", list: true})
	PKIIssuer  = newDataEndpoint[IssuerData](Endpoint{Path: "{mount}/issuer/{issuer}/json"})
	PKICRL     = newDataEndpoint[crlData](Endpoint{Path: "{mount}/issuer/{issuer}/crl", optional: true})
)

// Endpoints of the active node that are requested in each round.
var (
	LookupSelf = newDataEndpoint[tokenState](Endpoint{
		Path: "auth/token/lookup-self", Capabilities: read, Why: "when the token of the exporter expires",
	})
	RaftState = newDataEndpoint[AutopilotState](Endpoint{
		Path: "sys/storage/raft/autopilot/state", optional: true, Capabilities: read, Why: "health of the raft servers, and how many may fail",
	})
	RaftSettings = newDataEndpoint[AutopilotSettings](Endpoint{
		Path: "sys/storage/raft/autopilot/configuration", optional: true, Capabilities: read, Why: "why a raft server is unhealthy",
	})
	RaftPeerSet = newDataEndpoint[RaftConfiguration](Endpoint{Path: "sys/storage/raft/configuration", Capabilities: read, Why: "who has a vote"})
	HAStatus    = newDataEndpoint[HANodes](Endpoint{Path: "sys/ha-status", Capabilities: read, Why: "when each standby last reported"})
	SysMounts   = newDataEndpoint[MountTable](Endpoint{Path: "sys/mounts", Capabilities: read, Why: "expected secrets engines"})
	SysAuth     = newDataEndpoint[MountTable](Endpoint{Path: "sys/auth", Capabilities: read, Why: "expected auth methods"})
	KeyStatus   = newDataEndpoint[keyState](Endpoint{Path: "sys/key-status", Capabilities: read, Why: "age of the encryption key"})
	LeaseCount  = newDataEndpoint[leaseCounts](Endpoint{
		Path: "sys/leases/count", params: map[string][]string{"type": {"irrevocable"}}, Capabilities: read, Why: "irrevocable leases",
	})
)

// Endpoints of the active node that are requested less often, and only if they are enabled.
var (
	SysAudit = newDataEndpoint[AuditTable](Endpoint{
		Path: "sys/audit", Capabilities: []string{"read", "sudo"}, Option: "details.audit", Why: "audit devices; OpenBao asks for sudo here",
	})
	PKIDetailed = newDataEndpoint[CertificatePage](Endpoint{
		Path: "{mount}/certs/detailed", list: true, Capabilities: list, Option: "details.certificates",
		Why: "the certificate that expires first",
	})
	PKITidy = newDataEndpoint[TidyData](Endpoint{
		Path: "{mount}/tidy-status", Capabilities: read, Option: "details.tidy", Why: "when the mount was last tidied",
	})
	PKICRLConfig = newDataEndpoint[CRLSettings](Endpoint{
		Path: "{mount}/config/crl", Capabilities: read, Why: "whether revocation lists are disabled or rebuilt automatically",
	})
	KVMetadataList = newDataEndpoint[kvNames](Endpoint{
		Path: "{mount}/metadata/{secret}", list: true, Capabilities: list, Option: "kv", Why: "names of secrets",
	})
	KVMetadata = newDataEndpoint[kvState](Endpoint{
		Path: "{mount}/metadata/{secret}", Capabilities: read, Option: "kv",
		Why: "when a secret was last updated, also for secretFlow; the secrets themselves are under data/, which is not granted",
	})
)

var (
	read = []string{"read"}
	list = []string{"list"}
)

// ClusterEndpoints returns the endpoints that are requested in each round with a token.
func ClusterEndpoints() []Endpoint {
	return []Endpoint{
		LookupSelf.Endpoint, RaftState.Endpoint, RaftSettings.Endpoint, RaftPeerSet.Endpoint, HAStatus.Endpoint, SysMounts.Endpoint,
		SysAuth.Endpoint, LeaseCount.Endpoint, KeyStatus.Endpoint,
	}
}

// Endpoints returns all endpoints that are requested with a token.
func Endpoints() []Endpoint {
	return append(ClusterEndpoints(), PKICRLConfig.Endpoint, SysAudit.Endpoint, PKIDetailed.Endpoint, PKITidy.Endpoint,
		KVMetadataList.Endpoint, KVMetadata.Endpoint)
}

// At returns a request for the endpoint. variables are the variables of its path: name, value, name, value.
func (e Endpoint) At(token string, variables ...string) Request {
	r := Request{Endpoint: e, Path: e.Path, Name: e.Path, token: token}
	for i := 0; i+1 < len(variables); i += 2 {
		name := "{" + variables[i] + "}"
		r.Path = strings.ReplaceAll(r.Path, name, variables[i+1])
		if name == "{mount}" {
			r.Name = strings.ReplaceAll(r.Name, name, variables[i+1])
		}
	}
	return r
}

// At returns a request whose answer is read as a T.
func (e EndpointOf[T]) At(token string, variables ...string) RequestFor[T] {
	return RequestFor[T]{Request: e.Endpoint.At(token, variables...), bare: e.bare}
}

// query returns the query of the request. Lists are requested by GET, because some proxies refuse LIST.
func (r Request) query() map[string][]string {
	query := map[string][]string{}
	maps.Copy(query, r.Endpoint.params)
	maps.Copy(query, r.Params)
	if r.Endpoint.list {
		query["list"] = []string{"true"}
	}
	return query
}
