// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package openbao

import (
	"context"
	"crypto/x509"
	"net/http"
	"slices"
	"strings"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/exposition"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/probe"
)

// The reasons that only OpenBao has. Forbidden may also mean that there is no such
// mount: OpenBao does not tell.
const (
	ReasonSealed   probe.Reason = "sealed"
	ReasonNoLeader probe.Reason = "no_leader"
)

func reasons() []probe.Reason {
	return []probe.Reason{
		probe.ReasonTimeout, probe.ReasonTLS, probe.ReasonForbidden, ReasonSealed, ReasonNoLeader, probe.ReasonNotFound, probe.ReasonHTTP, probe.ReasonDecode,
	}
}

// request is one thing to ask.
type request struct {
	endpoint endpoint
	path     string // of the endpoint, filled in
	// name is the endpoint as a label value: with the mount, without the issuer or
	// secret.
	name   string
	token  string
	params map[string][]string // beside those of the endpoint
}

// answer is what came back, of whatever status.
type answer struct {
	status int
	body   []byte
}

// asker sends requests to one node.
type asker interface {
	// ask fails when there is no answer; a status is no failure.
	ask(ctx context.Context, r request) (answer, error)
	// login exchanges a service account token for one of OpenBao.
	login(ctx context.Context, mount, role, jwt string) (session, error)
	// revoke gives a token back that login has brought.
	revoke(ctx context.Context, token string)
	// presented is the certificate that the node last showed, verified or not;
	// nil if it has none.
	presented() *x509.Certificate
	close()
}

// get asks and accepts a success only; for a list also a 404, which says that it
// is empty.
func get(ctx context.Context, a asker, r request) (answer, error) {
	got, err := a.ask(ctx, r)
	switch {
	case err != nil:
		return got, probe.TransportFailure(err)
	case got.status == http.StatusOK, r.endpoint.list && got.emptyList():
		return got, nil
	}
	return got, statusFailure(r.endpoint, got)
}

// emptyList says whether the answer is what OpenBao says of an empty list: a 404
// without errors. One with errors is that there is no such mount.
func (got answer) emptyList() bool {
	if got.status != http.StatusNotFound {
		return false
	}
	said, err := probe.Decode[struct {
		Errors []string `json:"errors"`
	}](got.body)
	return err == nil && len(said.Errors) == 0
}

// The texts by which answers that are no success differ: those of OpenBao 2.4 to
// 2.6, and one of Go's own server. A snapshot has no others.
const (
	saysNoRaft    = "raft storage is not in use"
	saysNoHandler = "no handler for route"
	saysHTTPS     = "HTTP request to an HTTPS server"
)

func saySealed() []string {
	return []string{"Vault is sealed", "OpenBao is sealed", "barrier is sealed"}
}

func sayNoLeader() []string {
	return []string{"active cluster node not found", "no active Vault instance", "no active OpenBao instance"}
}

// says are the texts that matter, in the order in which they do.
func says() []string {
	return slices.Concat(saySealed(), sayNoLeader(), []string{saysHTTPS, saysNoRaft, saysNoHandler})
}

// statusFailure classifies an answer that is not a success.
func statusFailure(e endpoint, got answer) error {
	redirect := got.status >= 300 && got.status < 400
	said := func(texts ...string) bool {
		return slices.ContainsFunc(texts, func(text string) bool { return strings.Contains(string(got.body), text) })
	}
	reason := probe.ReasonHTTP
	switch {
	case got.status == http.StatusForbidden, got.status == http.StatusUnauthorized:
		reason = probe.ReasonForbidden
	case said(saySealed()...):
		reason = ReasonSealed
	case said(sayNoLeader()...):
		reason = ReasonNoLeader
	case redirect && e.own:
		return probe.Failed(probe.ReasonHTTP, "status %d: a redirect, so this is not the address of a node", got.status)
	case redirect: // to the active node, by one that does not reach it
		reason = ReasonNoLeader
	case said(saysHTTPS):
		return probe.Failed(probe.ReasonTLS, "status %d: the node wants https", got.status)
	case got.status == http.StatusNotFound, said(saysNoRaft, saysNoHandler):
		reason = probe.ReasonNotFound
	case got.status == http.StatusGatewayTimeout:
		reason = probe.ReasonTimeout
	}
	return probe.Failed(reason, "status %d", got.status)
}

// data reads a body whose content is in data.
func data[T any](got answer) (T, error) {
	var none T
	if got.status == http.StatusNotFound { // an empty list
		return none, nil
	}
	out, err := probe.Decode[struct {
		Data *T `json:"data"`
	}](got.body)
	switch {
	case err != nil:
		return none, err
	case out.Data == nil:
		return none, probe.Failed(probe.ReasonDecode, "the answer has no data")
	}
	return *out.Data, nil
}

// ask gets an endpoint and reads its data.
func ask[T any](ctx context.Context, a asker, r request) (T, error) {
	got, err := get(ctx, a, r)
	if err != nil {
		var none T
		return none, err
	}
	return data[T](got)
}

// failureRows adds why endpoints were not answered.
func failureRows(r *exposition.Rows, turn probe.Failures, openbao, node string) {
	for _, f := range turn {
		r.Add(endpointFailing, 1, openbao, node, f.Endpoint, string(f.Reason()))
	}
}
