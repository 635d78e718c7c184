// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package nodeapi

import (
	"crypto/x509"
	"encoding/pem"
	"net/http"
	"net/http/httptest"
	"testing"
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
