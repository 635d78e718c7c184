// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

// Package nodeapi queries OpenBao nodes. It has the endpoints with the types of their answers, requests over the network or
// to the files of a snapshot, and tokens.
package nodeapi

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

// Reasons that only OpenBao has. Forbidden may also mean that the mount does not exist, because OpenBao does not
// distinguish the two.
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

// Request is a request for one endpoint.
type Request struct {
	Endpoint Endpoint
	Path     string // path of the endpoint without variables
	// Name is the endpoint as a label value: with the mount, without the issuer or secret.
	Name   string
	token  string
	Params map[string][]string // in addition to those of the endpoint
}

// RequestFor is a request whose answer is read as a T.
type RequestFor[T any] struct {
	Request

	bare bool // T is the body itself, not its data
}

// Answer is the answer of a node with any status.
type Answer struct {
	Status int
	Body   []byte
}

// Node sends requests to one node.
type Node interface {
	// Ask fails if there is no answer. A status is not a failure.
	Do(ctx context.Context, r Request) (Answer, error)
	// Login exchanges a service account token for one of OpenBao.
	Login(ctx context.Context, mount, role, jwt string) (Session, error)
	// Revoke revokes the token of a login.
	Revoke(ctx context.Context, token string)
	// Presented returns the last certificate that the node presented, even if it could not be verified; nil if there is
	// none.
	Presented() *x509.Certificate
	Close()
}

// send sends a request and returns an error unless it succeeds. For a list it also accepts a 404, which means that the
// list is empty.
func send(ctx context.Context, a Node, r Request) (Answer, error) {
	got, err := a.Do(ctx, r)
	switch {
	case err != nil:
		return got, failure.FromTransport(err)
	case got.Status == http.StatusOK, r.Endpoint.list && got.isEmptyList():
		return got, nil
	}
	return got, classifyStatus(r.Endpoint, got)
}

// isEmptyList reports whether the answer means an empty list or a disabled feature: a 404 without errors. A 404 with errors
// means that the mount does not exist.
func (got Answer) isEmptyList() bool {
	if got.Status != http.StatusNotFound {
		return false
	}
	message, err := httpclient.DecodeJSON[struct {
		Errors []string `json:"errors"`
	}](got.Body)
	return err == nil && len(message.Errors) == 0
}

// Texts by which failures are distinguished: of OpenBao 2.4 to 2.6, and one of the HTTP server of Go. A snapshot contains
// no other texts.
const (
	textNoRaft    = "raft storage is not in use"
	textNoHandler = "no handler for route"
	textHTTPS     = "HTTP request to an HTTPS server"
	textNoCRL     = "unable to find CRL for issuer"
)

func textSealed() []string {
	return []string{"Vault is sealed", "OpenBao is sealed", "barrier is sealed"}
}

func textNoLeader() []string {
	return []string{"active cluster node not found", "no active Vault instance", "no active OpenBao instance"}
}

// RecognizedTexts returns the recognized texts in the order of precedence.
func RecognizedTexts() []string {
	return slices.Concat(textSealed(), textNoLeader(), []string{textHTTPS, textNoRaft, textNoHandler, textNoCRL})
}

// ErrAbsent is the failure of a request for a feature that the installation does not have: raft with other storage,
// autopilot if it is disabled, or the revocation list of an issuer that signs none.
var ErrAbsent = errors.New("this installation has none")

// classifyStatus classifies an answer that is not a success.
func classifyStatus(e Endpoint, got Answer) error {
	redirect := got.Status >= 300 && got.Status < 400
	message := func(texts ...string) bool {
		return slices.ContainsFunc(texts, func(text string) bool { return strings.Contains(string(got.Body), text) })
	}
	reason := failure.ReasonHTTP
	switch {
	case message(textNoRaft, textNoCRL), e.optional && (got.Status == http.StatusNoContent || got.isEmptyList()):
		return failure.Errorf(failure.ReasonNotFound, "status %d: %w", got.Status, ErrAbsent)
	case got.Status == http.StatusForbidden, got.Status == http.StatusUnauthorized:
		reason = failure.ReasonForbidden
	case message(textSealed()...):
		reason = ReasonSealed
	case message(textNoLeader()...):
		reason = ReasonNoLeader
	case redirect && e.own:
		return failure.Errorf(failure.ReasonHTTP, "status %d: a redirect, so this is not the address of a node", got.Status)
	case redirect: // a standby that does not reach the active node redirects to it
		reason = ReasonNoLeader
	case message(textHTTPS):
		return failure.Errorf(failure.ReasonTLS, "status %d: the node wants https", got.Status)
	case got.Status == http.StatusNotFound, message(textNoHandler):
		reason = failure.ReasonNotFound
	case got.Status == http.StatusGatewayTimeout:
		reason = failure.ReasonTimeout
	}
	return failure.Errorf(reason, "status %d", got.Status)
}

// decode parses a successful answer.
func (r RequestFor[T]) decode(got Answer) (T, error) {
	var none T
	if r.bare {
		return httpclient.DecodeJSON[T](got.Body)
	}
	if got.Status == http.StatusNotFound { // the list is empty
		return none, nil
	}
	out, err := httpclient.DecodeJSON[struct {
		Data *T `json:"data"`
	}](got.Body)
	switch {
	case err != nil:
		return none, err
	case out.Data == nil:
		return none, failure.Errorf(failure.ReasonDecode, "the response has no data")
	}
	if b, ok := any(out.Data).(interface{ servers() int }); ok && b.servers() > maxServers {
		return none, failure.Errorf(failure.ReasonTooLarge, "more than %d servers", maxServers)
	}
	return *out.Data, nil
}

// Get sends a request with a timeout and parses the answer.
func Get[T any](ctx context.Context, a Node, r RequestFor[T], timeout time.Duration) (T, error) {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	return queryWithTimeout(ctx, a, r)
}

// queryWithTimeout sends a request and parses the answer.
func queryWithTimeout[T any](ctx context.Context, a Node, r RequestFor[T]) (T, error) {
	got, err := send(ctx, a, r.Request)
	if err != nil {
		var none T
		return none, err
	}
	return r.decode(got)
}
