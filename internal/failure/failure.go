// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

// Package failure defines the reasons of failed requests, classifies errors by reason, and counts and logs failures: a
// line at the begin and at the end of each series.
package failure

import (
	"errors"
	"fmt"
)

// Reason is the reason of a failure, as one word. It is a label value, and every metric documents its possible reasons.
// A package may declare further reasons, such as sealed of OpenBao.
type Reason string

// Reasons of failed requests.
const (
	ReasonTimeout      Reason = "timeout"
	ReasonTLS          Reason = "tls"
	ReasonUnauthorized Reason = "unauthorized"
	ReasonForbidden    Reason = "forbidden"
	ReasonNotFound     Reason = "not_found"
	ReasonDecode       Reason = "decode"      // the response is invalid
	ReasonTooLarge     Reason = "too_large"   // the response exceeds a limit
	ReasonCredentials  Reason = "credentials" // the credentials of the exporter cannot be used

	// ReasonHTTP means no response or an unexpected response, for requests without the more precise reasons below.
	ReasonHTTP Reason = "http"

	ReasonRefused   Reason = "refused"
	ReasonDNS       Reason = "dns"
	ReasonNetwork   Reason = "network"
	ReasonThrottled Reason = "throttled"
	ReasonServer    Reason = "server"
	ReasonExpired   Reason = "expired" // the resource version is too old; a relist follows
	ReasonConfig    Reason = "config"  // the kubeconfig or the snapshot cannot be read
	ReasonClosed    Reason = "closed"  // watches repeatedly end soon after they are opened

	// ReasonWatchList means that the initial events of a WatchList stream do not end. The kind is then listed instead.
	ReasonWatchList Reason = "watchlist"
)

// WatchReasons returns the reasons of connections and watches to API servers.
func WatchReasons() []Reason {
	return []Reason{
		ReasonTimeout, ReasonRefused, ReasonDNS, ReasonTLS, ReasonUnauthorized, ReasonForbidden, ReasonNotFound, ReasonThrottled, ReasonExpired,
		ReasonServer, ReasonDecode, ReasonConfig, ReasonCredentials, ReasonClosed, ReasonWatchList, ReasonNetwork,
	}
}

// Errors that determine the reason of the errors that wrap them.
var (
	ErrConfig   = errors.New("configuration")
	ErrDecode   = errors.New("decode")
	ErrTooLarge = errors.New("the response is too large")
	ErrClosed   = errors.New("watches end soon after they are opened")
	// ErrNotInSnapshot is the error of a request whose response is not in the snapshot. It is not a failure, because
	// the request was never sent.
	ErrNotInSnapshot = errors.New("not in the snapshot")
)

// Error is a failure with its reason.
type Error struct {
	Reason Reason
	Err    error // safe to log: without bodies and credentials
	// NoAnswer reports that no response was received.
	NoAnswer bool
}

func (e *Error) Error() string { return string(e.Reason) + ": " + e.Err.Error() }

// Unwrap returns the error without its reason.
func (e *Error) Unwrap() error { return e.Err }

// Errorf returns the failure of a request that got a response.
func Errorf(reason Reason, format string, args ...any) *Error {
	return &Error{Reason: reason, Err: fmt.Errorf(format, args...)}
}

// FileError is the error of an unusable file, such as a certificate.
type FileError struct{ Err error }

func (e *FileError) Error() string { return e.Err.Error() }

// Unwrap returns the error of the file.
func (e *FileError) Unwrap() error { return e.Err }

// ReasonOf returns the reason of an [Error]; for any other error [ReasonHTTP]. [Classify] classifies errors of
// requests.
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
