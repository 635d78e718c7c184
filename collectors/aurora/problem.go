// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package aurora

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net/http"
	"strings"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/probe"
)

// problem is what is wrong with TLS.
type problem string

// The problems, from what is wrong with the server's certificate to the rest.
const (
	problemExpired   problem = "expired" // or not valid yet
	problemHostname  problem = "hostname"
	problemAuthority problem = "unknown_authority"
	problemClient    problem = "client_certificate"
	problemNotTLS    problem = "not_tls"
	problemFiles     problem = "files"
	problemOther     problem = "other"
)

func problems() []problem {
	return []problem{problemExpired, problemHostname, problemAuthority, problemClient, problemNotTLS, problemFiles, problemOther}
}

// problemOf says what an error is about, if it is about TLS.
func problemOf(err error) problem {
	var (
		invalid   x509.CertificateInvalidError
		hostname  x509.HostnameError
		authority x509.UnknownAuthorityError
		record    tls.RecordHeaderError
		files     *probe.FileError
	)
	switch {
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		return problemExpired
	case errors.As(err, &hostname):
		return problemHostname
	case errors.As(err, &authority):
		return problemAuthority
	case errors.As(err, &files):
		return problemFiles
	case errors.As(err, &record), errors.Is(err, http.ErrSchemeMismatch):
		return problemNotTLS
	case refusesUs(err.Error()):
		return problemClient
	}
	return problemOther
}

// refusesUs says whether an alert of the server is about our certificate, or that
// there is none. The type of an alert is one that crypto/tls keeps to itself.
func refusesUs(text string) bool {
	_, alert, ok := strings.Cut(text, "remote error: tls: ")
	if !ok {
		return false
	}
	for _, about := range []string{"certificate required", "bad certificate", "unknown certificate", "unsupported certificate", "revoked certificate", "expired certificate", "unknown certificate authority"} {
		if strings.HasPrefix(alert, about) {
			return true
		}
	}
	return false
}
