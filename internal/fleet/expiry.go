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

// Expiry returns the expiry of the credentials of config, read from the current files: of a token that has an expiry,
// and of a client certificate. Zero means unknown.
func Expiry(ctx context.Context, config *rest.Config) (token, certificate time.Time) {
	bearer := config.BearerToken
	if config.BearerTokenFile != "" {
		if data, err := files.Read(ctx, config.BearerTokenFile, files.MaxCredentials); err == nil {
			bearer = strings.TrimSpace(string(data))
		}
	}
	cert := config.CertData
	if len(cert) == 0 && config.CertFile != "" {
		cert, _ = files.Read(ctx, config.CertFile, files.MaxCredentials) // Connect reports why the file cannot be read
	}
	return tokenExpiry(bearer), certificateExpiry(cert)
}

// checkExpired returns an error if the client certificate has expired. Servers refuse such a certificate in different
// ways: by a TLS alert, a closed connection or status 401.
func checkExpired(ctx context.Context, config *rest.Config) error {
	if len(config.CertData) == 0 && config.CertFile == "" {
		return nil
	}
	if _, end := Expiry(ctx, config); !end.IsZero() && end.Before(time.Now()) {
		return failure.Errorf(failure.ReasonTLS, "the client certificate expired at %s", end.UTC().Format(time.RFC3339))
	}
	return nil
}

// tokenExpiry returns the claim exp of a JSON Web Token (RFC 7519). It does not verify the token, because the API
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
	const latest = 1 << 40 // seconds; larger values are invalid
	if err := json.Unmarshal(payload, &claims); err != nil || claims.Expiry <= 0 || claims.Expiry > latest {
		return time.Time{}
	}
	return time.Unix(int64(claims.Expiry), 0)
}

// certificateExpiry returns the expiry of the first certificate, which is the certificate of the client itself.
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
