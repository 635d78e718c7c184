// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package failure

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net/http"
	"slices"
	"strings"
)

// TLSProblem is the problem of a TLS connection. It is a label value, so the set is closed.
type TLSProblem string

// The problems. Those of the certificate of the server are first.
const (
	TLSExpired   TLSProblem = "expired" // or not yet valid
	TLSHostname  TLSProblem = "hostname"
	TLSAuthority TLSProblem = "unknown_authority"
	TLSClient    TLSProblem = "client_certificate" // the server refuses or requires a client certificate
	TLSNotTLS    TLSProblem = "not_tls"
	TLSFiles     TLSProblem = "files"
	TLSOther     TLSProblem = "other"
)

// TLSProblems returns all problems.
func TLSProblems() []TLSProblem {
	return []TLSProblem{TLSExpired, TLSHostname, TLSAuthority, TLSClient, TLSNotTLS, TLSFiles, TLSOther}
}

// TLSProblemOf returns the problem of an error whose reason is tls.
func TLSProblemOf(err error) TLSProblem {
	var (
		invalid   x509.CertificateInvalidError
		hostname  x509.HostnameError
		authority x509.UnknownAuthorityError
		record    tls.RecordHeaderError
		files     *FileError
	)
	switch {
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		return TLSExpired
	case errors.As(err, &hostname):
		return TLSHostname
	case errors.As(err, &authority):
		return TLSAuthority
	case errors.As(err, &files):
		return TLSFiles
	case errors.As(err, &record), errors.Is(err, http.ErrSchemeMismatch):
		return TLSNotTLS
	case refusesClient(err.Error()):
		return TLSClient
	}
	return TLSOther
}

// isTLS reports whether an error is about TLS.
func isTLS(err error) bool {
	return errors.As(err, new(*tls.CertificateVerificationError)) || errors.As(err, new(tls.RecordHeaderError)) ||
		errors.As(err, new(tls.AlertError)) || errors.As(err, new(x509.UnknownAuthorityError)) || errors.As(err, new(x509.HostnameError)) ||
		errors.As(err, new(*FileError)) || errors.Is(err, http.ErrSchemeMismatch) || strings.Contains(err.Error(), remoteAlert)
}

// remoteAlert is the prefix of an alert from the server. crypto/tls does not export its type.
const remoteAlert = "remote error: tls: "

// refusesClient reports whether the alert of the server is about an invalid or missing client certificate.
func refusesClient(text string) bool {
	_, alert, ok := strings.Cut(text, remoteAlert)
	return ok && slices.ContainsFunc([]string{
		"certificate required", "bad certificate", "unknown certificate", "unsupported certificate", "revoked certificate", "expired certificate",
		"unknown certificate authority",
	}, func(about string) bool { return strings.HasPrefix(alert, about) })
}
