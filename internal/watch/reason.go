// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package watch

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"net/http"
	"os"
	"slices"
	"syscall"

	"github.com/go-json-experiment/json/jsontext"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
)

// Reason says in one word why something failed. It is a label value, so the set
// is closed.
type Reason string

// The reasons.
const (
	ReasonTimeout      Reason = "timeout"
	ReasonRefused      Reason = "refused"
	ReasonDNS          Reason = "dns"
	ReasonTLS          Reason = "tls"
	ReasonUnauthorized Reason = "unauthorized"
	ReasonForbidden    Reason = "forbidden"
	ReasonNotFound     Reason = "not_found"
	ReasonThrottled    Reason = "throttled"
	ReasonExpired      Reason = "expired" // the resource version is too old; a relist follows
	ReasonServer       Reason = "server"
	ReasonDecode       Reason = "decode"
	ReasonConfig       Reason = "config" // the kubeconfig or the snapshot cannot be read
	ReasonClosed       Reason = "closed" // watches end soon after they have been opened, again and again
	ReasonNetwork      Reason = "network"
)

// errClosed is the end of a watch for no reason.
var errClosed = errors.New("watches end soon after they have been opened")

// errConfig marks an error in something that the user wrote.
var errConfig = errors.New("configuration")

// recordedError is one that a snapshot tells of.
type recordedError struct{ reason Reason }

func (f recordedError) Error() string { return "when the snapshot was taken: " + string(f.reason) }

// Reasons are all reasons.
func Reasons() []Reason {
	return []Reason{
		ReasonTimeout, ReasonRefused, ReasonDNS, ReasonTLS, ReasonUnauthorized, ReasonForbidden, ReasonNotFound, ReasonThrottled, ReasonExpired,
		ReasonServer, ReasonDecode, ReasonConfig, ReasonClosed, ReasonNetwork,
	}
}

// recorded is the failure that a snapshot tells of, in a word that we know.
func recorded(reason string) error {
	if r := Reason(reason); slices.Contains(Reasons(), r) {
		return recordedError{r}
	}
	return recordedError{ReasonNetwork}
}

// reasonOf classifies an error.
func reasonOf(err error) Reason {
	if f, ok := errors.AsType[recordedError](err); ok {
		return f.reason
	}
	var (
		status    apierrors.APIStatus
		dns       *net.DNSError
		cert      *tls.CertificateVerificationError
		record    tls.RecordHeaderError
		alert     tls.AlertError
		authority x509.UnknownAuthorityError
		host      x509.HostnameError
		remote    *net.OpError
		syntax    *jsontext.SyntacticError
		timeout   interface{ Timeout() bool }
	)
	switch {
	case errors.Is(err, errConfig), errors.Is(err, os.ErrNotExist):
		return ReasonConfig
	case errors.Is(err, errClosed):
		return ReasonClosed
	case errors.As(err, &status):
		return reasonOfStatus(err, status)
	case errors.As(err, &cert), errors.As(err, &record), errors.As(err, &alert), errors.As(err, &authority), errors.As(err, &host),
		errors.As(err, &remote) && remote.Op == "remote error", // an alert, whose type crypto/tls keeps to itself
		errors.Is(err, http.ErrSchemeMismatch):
		return ReasonTLS
	case errors.As(err, &dns):
		return ReasonDNS
	case errors.Is(err, syscall.ECONNREFUSED):
		return ReasonRefused
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &timeout) && timeout.Timeout():
		return ReasonTimeout
	case errors.Is(err, errDecode), errors.As(err, &syntax):
		return ReasonDecode
	}
	return ReasonNetwork
}

func reasonOfStatus(err error, status apierrors.APIStatus) Reason {
	switch {
	case apierrors.IsUnauthorized(err):
		return ReasonUnauthorized
	case apierrors.IsForbidden(err):
		return ReasonForbidden
	case apierrors.IsNotFound(err):
		return ReasonNotFound
	case apierrors.IsTooManyRequests(err):
		return ReasonThrottled
	case apierrors.IsResourceExpired(err), apierrors.IsGone(err):
		return ReasonExpired
	case apierrors.IsTimeout(err), apierrors.IsServerTimeout(err):
		return ReasonTimeout
	case status.Status().Code >= http.StatusInternalServerError: // of the server or of a gateway before it
		return ReasonServer
	case status.Status().Code == http.StatusOK, apierrors.IsUnexpectedServerError(err):
		return ReasonDecode
	}
	return ReasonServer
}
