// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package openbao

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"net/http/httptest"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/failure"
)

// authority issues certificates for a test.
type authority struct {
	certificate *x509.Certificate
	key         *ecdsa.PrivateKey
	pem         string
}

func newAuthority(tb testing.TB, name string) *authority {
	tb.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		tb.Fatal(err)
	}
	a := &authority{key: key}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name}, NotBefore: time.Unix(0, 0), NotAfter: time.Now().AddDate(50, 0, 0),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	raw, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		tb.Fatal(err)
	}
	if a.certificate, err = x509.ParseCertificate(raw); err != nil {
		tb.Fatal(err)
	}
	a.pem = string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: raw}))
	return a
}

// issue issues a certificate for servers and clients with a host name.
func (a *authority) issue(tb testing.TB, host string, notAfter time.Time) tls.Certificate {
	tb.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		tb.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: host}, DNSNames: []string{host},
		NotBefore: time.Unix(0, 0), NotAfter: notAfter, KeyUsage: x509.KeyUsageDigitalSignature,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	}
	raw, err := x509.CreateCertificate(rand.Reader, template, a.certificate, &key.PublicKey, a.key)
	if err != nil {
		tb.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{raw}, PrivateKey: key}
}

func (a *authority) pool() *x509.CertPool {
	pool := x509.NewCertPool()
	pool.AddCert(a.certificate)
	return pool
}

// writePair writes a certificate and its key.
func writePair(tb testing.TB, c tls.Certificate, certFile, keyFile string) {
	tb.Helper()
	key, err := x509.MarshalPKCS8PrivateKey(c.PrivateKey)
	if err != nil {
		tb.Fatal(err)
	}
	write(tb, certFile, string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.Certificate[0]})))
	write(tb, keyFile, string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: key})))
}

// secured is an OpenBao cluster with TLS, and the files of its client.
type secured struct {
	*bao

	ca       *authority
	notAfter time.Time
	dir      string
}

// newSecured starts nodes with certificates for the names that host returns. If mutual is set, they require a client
// certificate.
func newSecured(t *testing.T, host func(node string) string, notAfter time.Time, mutual bool) *secured {
	t.Helper()
	s := &secured{ca: newAuthority(t, "CA of the nodes"), notAfter: notAfter, dir: t.TempDir()}
	s.bao = newBao(t, "healthy-2.4", func(node string, server *httptest.Server) {
		server.TLS = &tls.Config{Certificates: []tls.Certificate{s.ca.issue(t, host(node), notAfter)}}
		if mutual {
			server.TLS.ClientAuth, server.TLS.ClientCAs = tls.RequireAndVerifyClientCert, s.ca.pool()
		}
	})
	s.o.TLS.CAFile = s.file("ca.pem")
	write(t, s.o.TLS.CAFile, s.ca.pem)
	s.o.Auth.TokenFile = tokenFile(t, testToken)
	return s
}

func (s *secured) file(name string) string { return filepath.Join(s.dir, name) }

func ownName(node string) string { return node + ".test" }

// wantUp and wantTLS check the rows of all nodes.
func (s *secured) wantUp(t *testing.T) {
	t.Helper()
	rows := rowsOf(t, s.site)
	rows.want(t, map[string]string{
		`nodes{state="active"}`: "1", `nodes{state="standby"}`: "2", "autopilot_healthy": "1",
		row("node_tls_certificate_not_after_timestamp_seconds", "node", node(0)): value(s.notAfter),
	})
	if f := rows.with("endpoint_failing"); f != nil {
		t.Error(f)
	}
}

func (s *secured) wantTLS(t *testing.T, notAfter string) {
	t.Helper()
	rowsOf(t, s.site).want(t, map[string]string{
		`nodes{state="down"}`:                                                    "3",
		failing(node(0), "sys/health", failure.ReasonTLS):                        "1",
		failing("", "sys/mounts", failure.ReasonTLS):                             "1",
		failing("", "pki/issuers", failure.ReasonTLS):                            "1",
		row("node_up", "node", node(1)):                                          "0",
		row("node_sealed", "node", node(1)):                                      "",
		"autopilot_healthy":                                                      "",
		row("node_response_seconds", "node", "any"):                              "",
		row("node_tls_certificate_not_after_timestamp_seconds", "node", node(0)): notAfter,
	})
	if asked := paths(s.all()); len(asked) > 0 {
		t.Errorf("asked over a connection that cannot be trusted: %v", asked)
	}
}

// value returns a time as the value of a row.
func value(t time.Time) string {
	if text := fmt.Sprint(t.Unix()); t.Nanosecond() == 0 {
		return text
	}
	return "not whole seconds"
}

func years(n int) time.Time { return time.Now().AddDate(n, 0, 0).Truncate(time.Second) }

func TestTLS(t *testing.T) {
	for name, tc := range map[string]struct {
		host    func(string) string
		years   int // lifetime of the certificates of the nodes
		mutual  bool
		prepare func(t *testing.T, s *secured)
		fails   bool
		unseen  bool // no certificate is presented
	}{
		"own CA":     {host: ownName, years: 1},
		"client":     {host: ownName, years: 1, mutual: true, prepare: func(t *testing.T, s *secured) { s.client(t, s.ca) }},
		"other name": {host: func(string) string { return "bao.internal" }, years: 1, fails: true},
		"serverName": {host: func(string) string { return "bao.internal" }, years: 1, prepare: func(_ *testing.T, s *secured) { s.o.TLS.ServerName = "bao.internal" }},
		"insecure":   {host: func(string) string { return "x" }, years: -1, prepare: func(_ *testing.T, s *secured) { s.o.TLS.InsecureSkipVerify = true }},
		"other CA": {host: ownName, years: 1, fails: true,
			prepare: func(t *testing.T, s *secured) { write(t, s.o.TLS.CAFile, newAuthority(t, "x").pem) }},
		"expired":       {host: ownName, years: -1, fails: true},
		"no client":     {host: ownName, years: 1, mutual: true, fails: true},
		"other client":  {host: ownName, years: 1, mutual: true, fails: true, prepare: func(t *testing.T, s *secured) { s.client(t, newAuthority(t, "x")) }},
		"no CA file":    {host: ownName, years: 1, fails: true, unseen: true, prepare: func(_ *testing.T, s *secured) { s.o.TLS.CAFile = s.file("missing") }},
		"empty CA file": {host: ownName, years: 1, fails: true, unseen: true, prepare: func(t *testing.T, s *secured) { write(t, s.o.TLS.CAFile, "") }},
		"key of another": {host: ownName, years: 1, fails: true, unseen: true,
			prepare: func(t *testing.T, s *secured) { s.client(t, s.ca); write(t, s.o.TLS.KeyFile, "x") }},
	} {
		t.Run(name, func(t *testing.T) {
			s := newSecured(t, tc.host, years(tc.years), tc.mutual)
			if tc.prepare != nil {
				tc.prepare(t, s)
			}
			round(t.Context(), s.start(t))
			switch {
			case !tc.fails:
				s.wantUp(t)
			case tc.unseen:
				s.wantTLS(t, "")
			default:
				s.wantTLS(t, value(s.notAfter))
			}
		})
	}
}

// client configures a client certificate for the exporter.
func (s *secured) client(t *testing.T, ca *authority) {
	t.Helper()
	s.o.TLS.CertFile, s.o.TLS.KeyFile = s.file("client.pem"), s.file("client.key")
	writePair(t, ca.issue(t, "exporter", years(1)), s.o.TLS.CertFile, s.o.TLS.KeyFile)
}

// TestTLSFilesThatChangeAreUsed checks that changed TLS files are used without a restart, and that the previous contents
// stay in use while the files are invalid.
func TestTLSFilesThatChangeAreUsed(t *testing.T) {
	s := newSecured(t, ownName, years(1), true)
	s.client(t, newAuthority(t, "x"))
	write(t, s.o.TLS.CAFile, newAuthority(t, "x").pem)
	i := s.start(t)
	round(t.Context(), i)
	s.wantTLS(t, value(s.notAfter))

	write(t, s.o.TLS.CAFile, s.ca.pem)
	round(t.Context(), i)
	s.wantTLS(t, value(s.notAfter)) // now the node refuses the client certificate

	writePair(t, s.ca.issue(t, "exporter", years(1)), s.o.TLS.CertFile, s.o.TLS.KeyFile)
	round(t.Context(), i)
	s.wantUp(t)

	for _, broken := range []string{"", "-----BEGIN CERTIFICATE-----\n"} {
		write(t, s.o.TLS.CAFile, broken)
		write(t, s.o.TLS.CertFile, broken)
		round(t.Context(), i)
		s.wantUp(t)
	}
	remove(t, s.o.TLS.KeyFile)
	round(t.Context(), i)
	s.wantUp(t)
}

// TestReplacedNodeCertificateIsDetected checks that the next round reads a replaced certificate without a change of
// the configuration.
func TestReplacedNodeCertificateIsDetected(t *testing.T) {
	ca := newAuthority(t, "CA")
	var current atomic.Pointer[tls.Certificate]
	first, second := years(1), years(2)
	for _, notAfter := range []time.Time{first} {
		c := ca.issue(t, "openbao-0.test", notAfter)
		current.Store(&c)
	}
	b := newBao(t, "partial", func(_ string, server *httptest.Server) {
		server.TLS = &tls.Config{GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return current.Load(), nil }}
	})
	b.o.TLS.CAFile = filepath.Join(t.TempDir(), "ca.pem")
	write(t, b.o.TLS.CAFile, ca.pem)
	i := b.start(t)
	name := row("node_tls_certificate_not_after_timestamp_seconds", "node", node(0))
	round(t.Context(), i)
	rowsOf(t, b.site).want(t, map[string]string{name: value(first)})
	c := ca.issue(t, "openbao-0.test", second)
	current.Store(&c)
	round(t.Context(), i)
	rowsOf(t, b.site).want(t, map[string]string{name: value(second)})
}

// TestNodeWithoutTLS checks that its reason differs from the reason of a refused connection.
func TestNodeWithoutTLS(t *testing.T) {
	b := newBao(t, "healthy-2.4", nil)
	b.o.Nodes = []string{"https://openbao-0.test:8200", "https://openbao-7.test:8200"}
	round(t.Context(), b.start(t))
	rowsOf(t, b.site).want(t, map[string]string{
		failing(node(0), "sys/health", failure.ReasonTLS):  "1",
		failing(node(7), "sys/health", failure.ReasonHTTP): "1",
	})
}
