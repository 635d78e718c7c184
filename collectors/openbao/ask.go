// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package openbao

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"
)

// Reason says in one word why an endpoint was not answered. It is a label value,
// so the set is closed.
type Reason string

// The reasons.
const (
	ReasonTimeout   Reason = "timeout"
	ReasonTLS       Reason = "tls"
	ReasonForbidden Reason = "forbidden" // or there is no such mount: OpenBao does not tell
	ReasonSealed    Reason = "sealed"
	ReasonNoLeader  Reason = "no_leader"
	ReasonNotFound  Reason = "not_found"
	ReasonHTTP      Reason = "http" // no answer, or an unexpected one
	ReasonDecode    Reason = "decode"
)

func reasons() []Reason {
	return []Reason{ReasonTimeout, ReasonTLS, ReasonForbidden, ReasonSealed, ReasonNoLeader, ReasonNotFound, ReasonHTTP, ReasonDecode}
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

// failure is why an endpoint was not answered.
type failure struct {
	reason Reason
	err    error // what to log: it holds no body and no token
	// noAnswer says that nothing came back at all.
	noAnswer bool
}

func (f *failure) Error() string { return string(f.reason) + ": " + f.err.Error() }
func (f *failure) Unwrap() error { return f.err }

func failed(reason Reason, format string, args ...any) *failure {
	return &failure{reason: reason, err: fmt.Errorf(format, args...)}
}

// errNotRecorded is the failure of a snapshot that has no answer: nobody asked.
var errNotRecorded = errors.New("not in the snapshot")

// get asks and accepts a success only; for a list also a 404, which says that it
// is empty.
func get(ctx context.Context, a asker, r request) (answer, error) {
	got, err := a.ask(ctx, r)
	switch {
	case err != nil:
		return got, transportFailure(err)
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
	said, err := decode[struct {
		Errors []string `json:"errors"`
	}](got.body)
	return err == nil && len(said.Errors) == 0
}

// transportFailure classifies why there is no answer.
func transportFailure(err error) error {
	if errors.Is(err, errNotRecorded) || errors.As(err, new(*failure)) {
		return err
	}
	var (
		verification *tls.CertificateVerificationError
		record       tls.RecordHeaderError
		alert        tls.AlertError
		files        *fileError
		timeout      interface{ Timeout() bool }
	)
	reason := ReasonHTTP
	switch {
	case errors.As(err, &verification), errors.As(err, &record), errors.As(err, &alert), errors.As(err, &files),
		strings.Contains(err.Error(), "remote error: tls:"), // an alert, whose type crypto/tls keeps to itself
		errors.Is(err, http.ErrSchemeMismatch):
		reason = ReasonTLS
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, os.ErrDeadlineExceeded), errors.As(err, &timeout) && timeout.Timeout():
		reason = ReasonTimeout
	case errors.Is(err, errTooLarge):
		reason = ReasonDecode
	}
	return &failure{reason: reason, err: presentable(err), noAnswer: true}
}

// presentable is what of an error may be logged: not the URL, in which somebody may
// have put a password, and not what a server has sent that is not HTTP.
func presentable(err error) error {
	if wrapped, ok := errors.AsType[*url.Error](err); ok {
		err = wrapped.Err
	}
	var (
		network      *net.OpError
		dns          *net.DNSError
		verification *tls.CertificateVerificationError
		files        *fileError
		timeout      interface{ Timeout() bool }
	)
	switch {
	case errors.As(err, &network), errors.As(err, &dns), errors.As(err, &verification), errors.As(err, &files), errors.As(err, new(tls.RecordHeaderError)),
		errors.As(err, &timeout), errors.Is(err, context.Canceled), errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF),
		errors.Is(err, errTooLarge), errors.Is(err, http.ErrSchemeMismatch):
		return err
	}
	return errors.New("not an HTTP answer")
}

// statusFailure classifies an answer that is not a success. The texts are those
// of OpenBao 2.4 to 2.6, and one of Go's own server.
func statusFailure(e endpoint, got answer) error {
	redirect := got.status >= 300 && got.status < 400
	said := func(text string) bool { return strings.Contains(string(got.body), text) }
	reason := ReasonHTTP
	switch {
	case got.status == http.StatusForbidden, got.status == http.StatusUnauthorized:
		reason = ReasonForbidden
	case said("Vault is sealed"), said("OpenBao is sealed"), said("barrier is sealed"):
		reason = ReasonSealed
	case said("active cluster node not found"), said("no active Vault instance"), said("no active OpenBao instance"):
		reason = ReasonNoLeader
	case redirect && e.own:
		return failed(ReasonHTTP, "status %d: a redirect, so this is not the address of a node", got.status)
	case redirect: // to the active node, by one that does not reach it
		reason = ReasonNoLeader
	case said("HTTP request to an HTTPS server"):
		return failed(ReasonTLS, "status %d: the node wants https", got.status)
	case got.status == http.StatusNotFound, said("raft storage is not in use"), said("no handler for route"):
		reason = ReasonNotFound
	case got.status == http.StatusGatewayTimeout:
		reason = ReasonTimeout
	}
	return failed(reason, "status %d", got.status)
}

// decode reads a body. The error does not quote it.
func decode[T any](body []byte) (T, error) {
	var out T
	if err := json.Unmarshal(body, &out); err != nil {
		var syntax *json.SyntaxError
		var wrong *json.UnmarshalTypeError
		switch {
		case errors.As(err, &wrong):
			return out, failed(ReasonDecode, "the value of %s is not what it should be", wrong.Field)
		case errors.As(err, &syntax):
			return out, failed(ReasonDecode, "not valid JSON at byte %d", syntax.Offset)
		}
		return out, failed(ReasonDecode, "not what it should be")
	}
	return out, nil
}

// data reads a body whose content is in data.
func data[T any](got answer) (T, error) {
	var none T
	if got.status == http.StatusNotFound { // an empty list
		return none, nil
	}
	out, err := decode[struct {
		Data *T `json:"data"`
	}](got.body)
	switch {
	case err != nil:
		return none, err
	case out.Data == nil:
		return none, failed(ReasonDecode, "the answer has no data")
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
