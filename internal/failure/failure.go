// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

// Package failure is the vocabulary of failed requests: one set of reasons, one
// classifier of errors, and a journal that counts failures and logs when they begin
// and end.
package failure

import (
	"errors"
	"fmt"
)

// Reason is why something failed, in one word. It is a label value: every metric
// documents the closed set of reasons that it uses. A package may declare reasons of
// its own beside those below, such as OpenBao's sealed.
type Reason string

// Reasons of failed requests.
const (
	ReasonTimeout      Reason = "timeout"
	ReasonTLS          Reason = "tls"
	ReasonUnauthorized Reason = "unauthorized"
	ReasonForbidden    Reason = "forbidden"
	ReasonNotFound     Reason = "not_found"
	ReasonDecode       Reason = "decode"      // the answer is not a valid one
	ReasonTooLarge     Reason = "too_large"   // the answer exceeds its limit
	ReasonCredentials  Reason = "credentials" // the exporter's own credentials cannot be used

	// ReasonHTTP is no answer or an unexpected one, for requests without the finer reasons below.
	ReasonHTTP Reason = "http"

	ReasonRefused   Reason = "refused"
	ReasonDNS       Reason = "dns"
	ReasonNetwork   Reason = "network"
	ReasonThrottled Reason = "throttled"
	ReasonServer    Reason = "server"
	ReasonExpired   Reason = "expired" // the resource version is too old; a relist follows
	ReasonConfig    Reason = "config"  // the kubeconfig or the snapshot cannot be read
	ReasonClosed    Reason = "closed"  // watches end soon after they were opened, repeatedly

	// ReasonWatchList is a WatchList stream whose initial events do not end; the kind is listed instead.
	ReasonWatchList Reason = "watchlist"
)

// WatchReasons returns the reasons of connections and watches to API servers.
func WatchReasons() []Reason {
	return []Reason{
		ReasonTimeout, ReasonRefused, ReasonDNS, ReasonTLS, ReasonUnauthorized, ReasonForbidden, ReasonNotFound, ReasonThrottled, ReasonExpired,
		ReasonServer, ReasonDecode, ReasonConfig, ReasonCredentials, ReasonClosed, ReasonWatchList, ReasonNetwork,
	}
}

// Errors that give those that wrap them their reason.
var (
	ErrConfig   = errors.New("configuration")
	ErrDecode   = errors.New("decode")
	ErrTooLarge = errors.New("the answer is too large")
	ErrClosed   = errors.New("watches end soon after they have been opened")
	// ErrNotInSnapshot is the error of a request whose answer is not in the snapshot.
	// It is not a failure: the request was never made.
	ErrNotInSnapshot = errors.New("not in the snapshot")
)

// Error is a failure with its reason.
type Error struct {
	Reason Reason
	Err    error // safe to log: without a body and without credentials
	// NoAnswer reports that no response was received.
	NoAnswer bool
}

func (e *Error) Error() string { return string(e.Reason) + ": " + e.Err.Error() }

// Unwrap returns the error without its reason.
func (e *Error) Unwrap() error { return e.Err }

// Errorf returns the failure of a request that was answered.
func Errorf(reason Reason, format string, args ...any) *Error {
	return &Error{Reason: reason, Err: fmt.Errorf(format, args...)}
}

// FileError is a file that cannot be used, such as one with a certificate.
type FileError struct{ Err error }

func (e *FileError) Error() string { return e.Err.Error() }

// Unwrap returns the error of the file.
func (e *FileError) Unwrap() error { return e.Err }

// ReasonOf returns the reason of an [Error], and [ReasonHTTP] for any other error.
// See [Classify] for the errors of requests.
func ReasonOf(err error) Reason {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Reason
	}
	return ReasonHTTP
}

// NoAnswer reports whether no response was received.
func NoAnswer(err error) bool {
	var e *Error
	return errors.Is(err, ErrNotInSnapshot) || errors.As(err, &e) && e.NoAnswer
}
