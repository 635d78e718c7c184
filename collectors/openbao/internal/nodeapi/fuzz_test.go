// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package nodeapi

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/failure"
)

// FuzzCertificates reads any certificate and revocation list of a PKI mount. The result is that of crypto/x509 for the
// first block, or an error.
func FuzzCertificates(f *testing.F) {
	server := httptest.NewTLSServer(http.NotFoundHandler())
	f.Cleanup(server.Close)
	f.Add(string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})))
	f.Add("-----BEGIN X509 CRL-----\nMAA=\n-----END X509 CRL-----\n")
	f.Fuzz(func(t *testing.T, text string) {
		block, _ := pem.Decode([]byte(text))
		if block == nil {
			block = &pem.Block{}
		}
		issuer, err := IssuerData{Certificate: text}.Parse()
		if c, want := x509.ParseCertificate(block.Bytes); (err == nil) != (want == nil) || err == nil && !issuer.NotAfter.Equal(c.NotAfter) {
			t.Errorf("%+v, %v, want that of %v, %v", issuer, err, c, want)
		}
		_, next, err := crlData{CRL: text}.Parse()
		if c, want := x509.ParseRevocationList(block.Bytes); (err == nil) != (want == nil) || err == nil && !next.Equal(c.NextUpdate) {
			t.Errorf("%v, %v, want that of %v, %v", next, err, c, want)
		}
	})
}

// FuzzLogin answers a login with any text. A session has a token, is renewed within an hour, and failures have a declared
// reason.
func FuzzLogin(f *testing.F) {
	var status atomic.Int64
	var body atomic.Pointer[string]
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(int(status.Load()))
		_, _ = io.WriteString(w, *body.Load())
	}))
	f.Cleanup(server.Close)
	node, err := newClient(server.URL, &tls.Config{}, nil, time.Minute)
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(node.Close)
	for _, lease := range []string{"3600", "-1", "0", "1e3", "9223372036854775807", "6917529027641081856", "1e999", `"60"`, "null"} {
		f.Add(uint16(200), `{"auth":{"client_token":"t","lease_duration":`+lease+`,"renewable":true}}`)
	}
	f.Add(uint16(200), `{"auth":{"client_token":"b.t\u0000\n","lease_duration":60},"wrap_info":{"token":"x"},"warnings":["w"]}`)
	f.Add(uint16(200), `{"auth":null,"data":{}}`)
	f.Add(uint16(400), `{"errors":["invalid role name \"x\""]}`)
	f.Add(uint16(503), `{"errors":["Vault is sealed"]}`)
	f.Add(uint16(307), "")
	f.Add(uint16(204), "null")
	f.Fuzz(func(t *testing.T, code uint16, text string) {
		status.Store(int64(200 + code%400))
		body.Store(&text)
		got, err := node.Login(t.Context(), "kubernetes", "r", "jwt")
		if after := RenewAfter(got.ttl); err == nil && (got.Token == "" || got.ttl < 0 || after <= 0 || after > time.Hour) {
			t.Errorf("token %q of %v, renewed after %v", got.Token, got.ttl, after)
		}
		if err != nil && !slices.Contains(Reasons(), failure.ReasonOf(err)) {
			t.Errorf("an unknown reason: %v", err)
		}
	})
}
