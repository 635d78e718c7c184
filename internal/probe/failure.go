// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

// Package probe has what all that ask servers share: why something was not
// answered, in one word and in words that may be logged, a journal of it, and TLS
// settings from files that may be replaced at any time.
package probe

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
)

// Reason says in one word why something was not answered. It is a label value, so
// the set of those that a collector uses is closed.
type Reason string

// The reasons that all collectors share.
const (
	ReasonTimeout   Reason = "timeout"
	ReasonTLS       Reason = "tls"
	ReasonForbidden Reason = "forbidden"
	ReasonNotFound  Reason = "not_found"
	ReasonHTTP      Reason = "http" // no answer, or an unexpected one
	ReasonDecode    Reason = "decode"
)

// AnswerError is why something was not answered.
type AnswerError struct {
	Reason Reason
	Err    error // what to log: it holds no body and no token
	// NoAnswer says that nothing came back at all.
	NoAnswer bool
}

func (f *AnswerError) Error() string { return string(f.Reason) + ": " + f.Err.Error() }

// Unwrap returns the error itself.
func (f *AnswerError) Unwrap() error { return f.Err }

// Failed is an answer that is not what it should be.
func Failed(reason Reason, format string, args ...any) *AnswerError {
	return &AnswerError{Reason: reason, Err: fmt.Errorf(format, args...)}
}

var (
	// ErrNotInSnapshot is the failure of a snapshot that has no answer: nobody asked.
	ErrNotInSnapshot = errors.New("not in the snapshot")
	// ErrTooLarge is the failure of an answer that is longer than what is read.
	ErrTooLarge = errors.New("the answer is too large")
)

// ReasonOf is the reason of a failure; that of any other error is http.
func ReasonOf(err error) Reason {
	if why, ok := errors.AsType[*AnswerError](err); ok {
		return why.Reason
	}
	return ReasonHTTP
}

// NoAnswer says whether nothing came back at all.
func NoAnswer(err error) bool {
	var why *AnswerError
	return errors.Is(err, ErrNotInSnapshot) || errors.As(err, &why) && why.NoAnswer
}

// TransportFailure classifies why there is no answer.
func TransportFailure(err error) error {
	if errors.Is(err, ErrNotInSnapshot) || errors.As(err, new(*AnswerError)) {
		return err
	}
	var (
		verification *tls.CertificateVerificationError
		record       tls.RecordHeaderError
		alert        tls.AlertError
		files        *FileError
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
	case errors.Is(err, ErrTooLarge):
		reason = ReasonDecode
	}
	return &AnswerError{Reason: reason, Err: presentable(err), NoAnswer: true}
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
		files        *FileError
		timeout      interface{ Timeout() bool }
	)
	switch {
	case errors.As(err, &network), errors.As(err, &dns), errors.As(err, &verification), errors.As(err, &files), errors.As(err, new(tls.RecordHeaderError)),
		errors.As(err, &timeout), errors.Is(err, context.Canceled), errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF),
		errors.Is(err, ErrTooLarge), errors.Is(err, http.ErrSchemeMismatch):
		return err
	}
	return errors.New("not an HTTP answer")
}

// APIFailure classifies why a question to an API server failed.
func APIFailure(err error) error {
	switch {
	case apierrors.IsForbidden(err), apierrors.IsUnauthorized(err):
		return Failed(ReasonForbidden, "the API server refuses: %s", apierrors.ReasonForError(err))
	case apierrors.IsNotFound(err):
		return Failed(ReasonNotFound, "the API server does not know it")
	case apierrors.ReasonForError(err) != "":
		return Failed(ReasonHTTP, "the API server answers %s", apierrors.ReasonForError(err))
	}
	return fmt.Errorf("ask the API server: %w", TransportFailure(err))
}
