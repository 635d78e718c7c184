// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package fleet

import (
	"encoding/base64"
	"encoding/pem"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"testing"
	"time"

	"k8s.io/client-go/rest"
)

// jwt returns an unsigned token with the claims.
func jwt(claims string) string {
	return "eyJhbGciOiJub25lIn0." + base64.RawURLEncoding.EncodeToString([]byte(claims)) + ".c2ln"
}

func TestExpiry(t *testing.T) {
	server := httptest.NewTLSServer(http.NotFoundHandler())
	defer server.Close()
	cert := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})
	ends := server.Certificate().NotAfter
	dir := t.TempDir()
	tokenFile := write(t, filepath.Join(dir, "token"), jwt(`{"exp":1800000001}`)+"\n")
	certFile := write(t, filepath.Join(dir, "crt"), string(cert))
	at := func(unix int64) time.Time { return time.Unix(unix, 0) }
	for name, tc := range map[string]struct {
		config             rest.Config
		token, certificate time.Time
	}{
		"nothing":          {},
		"token":            {config: rest.Config{BearerToken: jwt(`{"exp":1800000000,"sub":"x"}`)}, token: at(1800000000)},
		"a fraction":       {config: rest.Config{BearerToken: jwt(`{"exp":1800000000.5}`)}, token: at(1800000000)},
		"token file first": {config: rest.Config{BearerToken: jwt(`{"exp":1800000000}`), BearerTokenFile: tokenFile}, token: at(1800000001)},
		"no such file":     {config: rest.Config{BearerToken: jwt(`{"exp":1800000000}`), BearerTokenFile: tokenFile + ".not"}, token: at(1800000000)},
		"for ever":         {config: rest.Config{BearerToken: jwt(`{"sub":"x"}`)}},
		"nonsense":         {config: rest.Config{BearerToken: jwt(`{"exp":1e300}`)}},
		"negative":         {config: rest.Config{BearerToken: jwt(`{"exp":-1}`)}},
		"text":             {config: rest.Config{BearerToken: jwt(`{"exp":"soon"}`)}},
		"opaque":           {config: rest.Config{BearerToken: "t0ken"}},
		"opaque with dots": {config: rest.Config{BearerToken: "a.b!.c"}},
		"certificate":      {config: rest.Config{TLSClientConfig: rest.TLSClientConfig{CertData: cert}}, certificate: ends},
		"of a file":        {config: rest.Config{TLSClientConfig: rest.TLSClientConfig{CertFile: certFile}}, certificate: ends},
		"no certificate":   {config: rest.Config{TLSClientConfig: rest.TLSClientConfig{CertData: []byte("x"), CertFile: certFile}}},
		"a broken one":     {config: rest.Config{TLSClientConfig: rest.TLSClientConfig{CertData: pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: []byte("x")})}}},
		"a key":            {config: rest.Config{TLSClientConfig: rest.TLSClientConfig{CertData: pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY"})}}},
	} {
		t.Run(name, func(t *testing.T) {
			token, certificate := Expiry(t.Context(), &tc.config)
			if !token.Equal(tc.token) || !certificate.Equal(tc.certificate) {
				t.Errorf("%v, %v; want %v, %v", token, certificate, tc.token, tc.certificate)
			}
		})
	}
}
