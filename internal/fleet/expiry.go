// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package fleet

import (
	"context"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"strings"
	"time"

	"k8s.io/client-go/rest"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/failure"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/files"
)

// Expiry returns when the credentials of config expire, from their present files: a token with an
// expiry, and a client certificate. Zero is unknown.
func Expiry(ctx context.Context, config *rest.Config) (token, certificate time.Time) {
	bearer := config.BearerToken
	if config.BearerTokenFile != "" {
		if data, err := files.Read(ctx, config.BearerTokenFile, files.MaxCredentials); err == nil {
			bearer = strings.TrimSpace(string(data))
		}
	}
	cert := config.CertData
	if len(cert) == 0 && config.CertFile != "" {
		cert, _ = files.Read(ctx, config.CertFile, files.MaxCredentials) // connecting reports why it cannot be read
	}
	return tokenExpiry(bearer), certificateExpiry(cert)
}

// expired returns the failure of a client certificate that has expired. The server would
// refuse it with an alert, or with a connection that it closes, or with unauthorized.
func expired(ctx context.Context, config *rest.Config) error {
	if len(config.CertData) == 0 && config.CertFile == "" {
		return nil
	}
	if _, end := Expiry(ctx, config); !end.IsZero() && end.Before(time.Now()) {
		return failure.Errorf(failure.ReasonTLS, "the client certificate expired at %s", end.UTC().Format(time.RFC3339))
	}
	return nil
}

// tokenExpiry returns the exp claim of a JSON Web Token (RFC 7519) without verifying it: the API
// server does that.
func tokenExpiry(token string) time.Time {
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return time.Time{}
	}
	payload, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		return time.Time{}
	}
	var claims struct {
		Expiry float64 `json:"exp"`
	}
	const latest = 1 << 40 // seconds; beyond is nonsense
	if err := json.Unmarshal(payload, &claims); err != nil || claims.Expiry <= 0 || claims.Expiry > latest {
		return time.Time{}
	}
	return time.Unix(int64(claims.Expiry), 0)
}

// certificateExpiry is that of the first certificate, which is the client's own.
func certificateExpiry(data []byte) time.Time {
	block, _ := pem.Decode(data)
	if block == nil || block.Type != "CERTIFICATE" {
		return time.Time{}
	}
	cert, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		return time.Time{}
	}
	return cert.NotAfter
}
