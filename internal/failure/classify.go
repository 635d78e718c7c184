// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package failure

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"syscall"

	"github.com/go-json-experiment/json/jsontext"
	apierrors "k8s.io/apimachinery/pkg/api/errors"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/redact"
)

// Classify returns the most precise reason of any error of a request.
func Classify(err error) Reason {
	var (
		status apierrors.APIStatus
		dns    *net.DNSError
	)
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Reason
	}
	switch {
	case errors.Is(err, ErrConfig):
		return ReasonConfig
	case errors.Is(err, ErrClosed):
		return ReasonClosed
	case errors.As(err, &status): // checked before TLS, because its message may quote a TLS error of a proxied connection
		return classifyStatus(err, status.Status().Code)
	case isTLS(err):
		return ReasonTLS
	case errors.Is(err, os.ErrNotExist):
		return ReasonConfig
	case errors.As(err, &dns):
		return ReasonDNS
	case errors.Is(err, syscall.ECONNREFUSED):
		return ReasonRefused
	case isTimeout(err):
		return ReasonTimeout
	case isDecode(err):
		return ReasonDecode
	}
	return ReasonNetwork
}

// classifyStatus returns the reason of an unsuccessful response of an API server.
func classifyStatus(err error, code int32) Reason {
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
	case code >= http.StatusInternalServerError: // of the server, or of a gateway
		return ReasonServer
	case code == http.StatusOK, apierrors.IsUnexpectedServerError(err):
		return ReasonDecode
	}
	return ReasonServer
}

func isTimeout(err error) bool {
	var timeout interface{ Timeout() bool }
	return errors.Is(err, context.DeadlineExceeded) || errors.Is(err, os.ErrDeadlineExceeded) || errors.As(err, &timeout) && timeout.Timeout()
}

func isDecode(err error) bool {
	return errors.Is(err, ErrDecode) || errors.Is(err, ErrTooLarge) || errors.As(err, new(*jsontext.SyntacticError)) ||
		errors.As(err, new(*json.SyntaxError)) || errors.As(err, new(*json.UnmarshalTypeError))
}

// FromTransport returns the error of a request without a response as an [Error] that is safe to log. Its reason is
// timeout, tls, decode or http.
func FromTransport(err error) error {
	if errors.Is(err, ErrNotInSnapshot) || errors.As(err, new(*Error)) {
		return err
	}
	reason := Classify(err)
	switch {
	case reason == ReasonTLS:
	case reason == ReasonDecode && errors.Is(err, ErrTooLarge):
	case isTimeout(err): // also for DNS
		reason = ReasonTimeout
	default:
		reason = ReasonHTTP
	}
	return &Error{Reason: reason, Err: redactError(err), NoAnswer: true}
}

// redactError returns the part of an error that is safe to log. URLs, which may contain a password, and responses that
// are not HTTP are removed.
func redactError(err error) error {
	if wrapped, ok := errors.AsType[*url.Error](err); ok {
		err = wrapped.Err
	}
	switch {
	case isTLS(err), isTimeout(err), errors.As(err, new(*net.OpError)), errors.As(err, new(*net.DNSError)),
		errors.Is(err, context.Canceled), errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, ErrTooLarge):
		return err
	case isDecode(err):
		return errors.New("unexpected JSON")
	}
	return errors.New("not an HTTP response")
}

// FromAPI returns the error of a request to an API server as an [Error] that is safe to log, because the message of a
// status may quote an object.
func FromAPI(err error) error {
	switch {
	case apierrors.IsForbidden(err), apierrors.IsUnauthorized(err):
		return Errorf(ReasonForbidden, "the API server rejected the request: %s", redact.StatusReason(err))
	case apierrors.IsNotFound(err):
		return Errorf(ReasonNotFound, "the API server does not serve this resource")
	case redact.StatusReason(err) != "":
		return Errorf(ReasonHTTP, "the API server returned %s", redact.StatusReason(err))
	}
	return fmt.Errorf("ask the API server: %w", FromTransport(err))
}
