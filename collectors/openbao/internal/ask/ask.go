// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

// Package ask asks OpenBao nodes: endpoints with the types of their answers, requests
// over the network or to the files of a snapshot, and tokens.
package ask

import (
	"context"
	"crypto/x509"
	"errors"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/failure"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/httpclient"
)

// The reasons that only OpenBao has. Forbidden may also mean that there is no such
// mount: OpenBao does not distinguish them.
const (
	ReasonSealed   failure.Reason = "sealed"
	ReasonNoLeader failure.Reason = "no_leader"
)

// Reasons returns every reason for which an endpoint is not answered.
func Reasons() []failure.Reason {
	return []failure.Reason{
		failure.ReasonTimeout, failure.ReasonTLS, failure.ReasonForbidden, ReasonSealed, ReasonNoLeader, failure.ReasonNotFound,
		failure.ReasonHTTP, failure.ReasonDecode, failure.ReasonTooLarge,
	}
}

// Request is one thing to ask.
type Request struct {
	Endpoint Endpoint
	Path     string // of the endpoint, filled in
	// Name is the endpoint as a label value: with the mount, without the issuer or
	// secret.
	Name   string
	token  string
	Params map[string][]string // beside those of the endpoint
}

// RequestFor is a request whose answer is read as a T.
type RequestFor[T any] struct {
	Request

	bare bool // T is the body itself, not its data
}

// Answer is the answer of a node, of whatever status.
type Answer struct {
	Status int
	Body   []byte
}

// Node sends requests to one node.
type Node interface {
	// Ask fails when there is no answer; a status is no failure.
	Ask(ctx context.Context, r Request) (Answer, error)
	// Login exchanges a service account token for one of OpenBao.
	Login(ctx context.Context, mount, role, jwt string) (Session, error)
	// Revoke gives a token back that login has brought.
	Revoke(ctx context.Context, token string)
	// Presented is the certificate that the node last showed, verified or not;
	// nil if it has none.
	Presented() *x509.Certificate
	Close()
}

// send asks and accepts a success only; for a list also a 404, which means that it
// is empty.
func send(ctx context.Context, a Node, r Request) (Answer, error) {
	got, err := a.Ask(ctx, r)
	switch {
	case err != nil:
		return got, failure.FromTransport(err)
	case got.Status == http.StatusOK, r.Endpoint.list && got.emptyList():
		return got, nil
	}
	return got, statusFailure(r.Endpoint, got)
}

// emptyList reports whether the answer is that of OpenBao for an empty list, or for a disabled
// feature: a 404 without errors. A 404 with errors means that the mount does not exist.
func (got Answer) emptyList() bool {
	if got.Status != http.StatusNotFound {
		return false
	}
	said, err := httpclient.DecodeJSON[struct {
		Errors []string `json:"errors"`
	}](got.Body)
	return err == nil && len(said.Errors) == 0
}

// The texts by which answers that are no success differ: those of OpenBao 2.4 to
// 2.6, and one of Go's own server. A snapshot has no others.
const (
	saysNoRaft    = "raft storage is not in use"
	saysNoHandler = "no handler for route"
	saysHTTPS     = "HTTP request to an HTTPS server"
	saysNoCRL     = "unable to find CRL for issuer"
)

func saySealed() []string {
	return []string{"Vault is sealed", "OpenBao is sealed", "barrier is sealed"}
}

func sayNoLeader() []string {
	return []string{"active cluster node not found", "no active Vault instance", "no active OpenBao instance"}
}

// Says returns the texts that are recognized, by precedence.
func Says() []string {
	return slices.Concat(saySealed(), sayNoLeader(), []string{saysHTTPS, saysNoRaft, saysNoHandler, saysNoCRL})
}

// ErrAbsent is the failure of a request for something that the installation does not have:
// raft with other storage, autopilot where it is disabled, a revocation list of an issuer
// that signs none.
var ErrAbsent = errors.New("the installation has none")

// statusFailure classifies an answer that is not a success.
func statusFailure(e Endpoint, got Answer) error {
	redirect := got.Status >= 300 && got.Status < 400
	said := func(texts ...string) bool {
		return slices.ContainsFunc(texts, func(text string) bool { return strings.Contains(string(got.Body), text) })
	}
	reason := failure.ReasonHTTP
	switch {
	case said(saysNoRaft, saysNoCRL), e.optional && (got.Status == http.StatusNoContent || got.emptyList()):
		return failure.Errorf(failure.ReasonNotFound, "status %d: %w", got.Status, ErrAbsent)
	case got.Status == http.StatusForbidden, got.Status == http.StatusUnauthorized:
		reason = failure.ReasonForbidden
	case said(saySealed()...):
		reason = ReasonSealed
	case said(sayNoLeader()...):
		reason = ReasonNoLeader
	case redirect && e.own:
		return failure.Errorf(failure.ReasonHTTP, "status %d: a redirect, so this is not the address of a node", got.Status)
	case redirect: // to the active node, by one that does not reach it
		reason = ReasonNoLeader
	case said(saysHTTPS):
		return failure.Errorf(failure.ReasonTLS, "status %d: the node wants https", got.Status)
	case got.Status == http.StatusNotFound, said(saysNoHandler):
		reason = failure.ReasonNotFound
	case got.Status == http.StatusGatewayTimeout:
		reason = failure.ReasonTimeout
	}
	return failure.Errorf(reason, "status %d", got.Status)
}

// decode reads an answer that was a success.
func (r RequestFor[T]) decode(got Answer) (T, error) {
	var none T
	if r.bare {
		return httpclient.DecodeJSON[T](got.Body)
	}
	if got.Status == http.StatusNotFound { // an empty list
		return none, nil
	}
	out, err := httpclient.DecodeJSON[struct {
		Data *T `json:"data"`
	}](got.Body)
	switch {
	case err != nil:
		return none, err
	case out.Data == nil:
		return none, failure.Errorf(failure.ReasonDecode, "the answer has no data")
	}
	if b, ok := any(out.Data).(interface{ servers() int }); ok && b.servers() > maxServers {
		return none, failure.Errorf(failure.ReasonTooLarge, "more than %d servers", maxServers)
	}
	return *out.Data, nil
}

// Get sends a request within the timeout and reads the answer.
func Get[T any](ctx context.Context, a Node, r RequestFor[T], timeout time.Duration) (T, error) {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	return askUntil(ctx, a, r)
}

// askUntil sends a request and reads the answer.
func askUntil[T any](ctx context.Context, a Node, r RequestFor[T]) (T, error) {
	got, err := send(ctx, a, r.Request)
	if err != nil {
		var none T
		return none, err
	}
	return r.decode(got)
}
