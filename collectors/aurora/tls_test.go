// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package aurora

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
	"net"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/failure"
)

// authority issues certificates for a test.
type authority struct {
	certificate *x509.Certificate
	key         *ecdsa.PrivateKey
	pem         []byte
}

func newAuthority(tb testing.TB, notAfter time.Time) *authority {
	tb.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		tb.Fatal(err)
	}
	a := &authority{key: key}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "CA"}, NotBefore: time.Unix(0, 0), NotAfter: notAfter,
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	raw, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		tb.Fatal(err)
	}
	if a.certificate, err = x509.ParseCertificate(raw); err != nil {
		tb.Fatal(err)
	}
	a.pem = pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: raw})
	return a
}

// issue issues a certificate for servers and clients, followed by the CA.
func (a *authority) issue(tb testing.TB, notAfter time.Time, hosts ...string) tls.Certificate {
	tb.Helper()
	return a.sign(tb, x509.Certificate{DNSNames: hosts, NotAfter: notAfter})
}

// issueAddress issues a certificate for an IP address.
func (a *authority) issueAddress(tb testing.TB, notAfter time.Time, address net.IP) tls.Certificate {
	tb.Helper()
	return a.sign(tb, x509.Certificate{IPAddresses: []net.IP{address}, NotAfter: notAfter})
}

func (a *authority) sign(tb testing.TB, template x509.Certificate) tls.Certificate {
	tb.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		tb.Fatal(err)
	}
	template.SerialNumber, template.NotBefore, template.KeyUsage = big.NewInt(2), time.Unix(0, 0), x509.KeyUsageDigitalSignature
	template.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth}
	raw, err := x509.CreateCertificate(rand.Reader, &template, a.certificate, &key.PublicKey, a.key)
	if err != nil {
		tb.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{raw, a.certificate.Raw}, PrivateKey: key}
}

// writePair writes a certificate and its key.
func writePair(tb testing.TB, c tls.Certificate, certFile, keyFile string) {
	tb.Helper()
	key, err := x509.MarshalPKCS8PrivateKey(c.PrivateKey)
	if err != nil {
		tb.Fatal(err)
	}
	write(tb, certFile, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.Certificate[0]}))
	write(tb, keyFile, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: key}))
}

func write(tb testing.TB, file string, content []byte) {
	tb.Helper()
	if err := os.WriteFile(file, content, 0o600); err != nil {
		tb.Fatal(err)
	}
}

func years(n int) time.Time { return time.Now().AddDate(n, 0, 0).Truncate(time.Second) }

// secured is a dashboard with TLS.
type secured struct {
	*dashboard

	ca  *authority
	dir string
}

func (s *secured) file(name string) string { return filepath.Join(s.dir, name) }

// client configures a client certificate for the exporter.
func (s *secured) client(tb testing.TB, ca *authority) {
	tb.Helper()
	s.a.TLS.CertFile, s.a.TLS.KeyFile = s.file("client.pem"), s.file("client.key")
	writePair(tb, ca.issue(tb, years(1), "exporter"), s.a.TLS.CertFile, s.a.TLS.KeyFile)
}

// TestTLS checks that TLS failures have different reasons, and that the expiry of certificates is exported even
// if they cannot be verified.
func TestTLS(t *testing.T) {
	both := []string{"aurora.test", "keystone.test"}
	for name, tc := range map[string]struct {
		hosts   []string
		years   int // lifetime of the certificate
		caYears int // lifetime of the CA; 0 means 50
		mutual  bool
		prepare func(t *testing.T, s *secured)
		problem failure.TLSProblem // empty if all checks succeed
		unseen  bool               // no certificate is presented
		others  failure.TLSProblem // problem of Keystone, if it differs
	}{
		"own CA":            {hosts: both, years: 2},
		"a CA that is next": {hosts: both, years: 2, caYears: 1},
		"client":            {hosts: both, years: 2, mutual: true, prepare: func(t *testing.T, s *secured) { s.client(t, s.ca) }},
		"insecure":          {hosts: []string{"x"}, years: -1, prepare: func(_ *testing.T, s *secured) { s.a.TLS.InsecureSkipVerify = true }},
		"expired":           {hosts: both, years: -1, problem: failure.TLSExpired},
		"other name":        {hosts: []string{"other.test"}, years: 2, problem: failure.TLSHostname},
		"serverName":        {hosts: []string{"other.test"}, years: 2, prepare: func(_ *testing.T, s *secured) { s.a.TLS.ServerName = "other.test" }, others: failure.TLSHostname},
		"other CA": {hosts: both, years: 2, problem: failure.TLSAuthority, prepare: func(t *testing.T, s *secured) {
			write(t, s.a.TLS.CAFile, newAuthority(t, years(1)).pem)
		}},
		"no client": {hosts: both, years: 2, mutual: true, problem: failure.TLSClient},
		"other client": {hosts: both, years: 2, mutual: true, problem: failure.TLSClient,
			prepare: func(t *testing.T, s *secured) { s.client(t, newAuthority(t, years(1))) }},
		"no CA file": {hosts: both, years: 2, problem: failure.TLSFiles, unseen: true,
			prepare: func(_ *testing.T, s *secured) { s.a.TLS.CAFile = s.file("missing") }},
		"empty CA file": {hosts: both, years: 2, problem: failure.TLSFiles, unseen: true, prepare: func(t *testing.T, s *secured) {
			write(t, s.a.TLS.CAFile, nil)
		}},
		"old version": {hosts: both, years: 2, problem: failure.TLSOther, unseen: true, prepare: func(_ *testing.T, s *secured) {
			s.server.TLS.MaxVersion = tls.VersionTLS11
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if tc.caYears == 0 {
				tc.caYears = 50
			}
			s := &secured{ca: newAuthority(t, years(tc.caYears)), dir: t.TempDir()}
			notAfter := years(tc.years)
			s.dashboard = newDashboard(t, func(server *httptest.Server) {
				server.TLS = &tls.Config{MinVersion: tls.VersionTLS10, Certificates: []tls.Certificate{s.ca.issue(t, notAfter, tc.hosts...)}}
				if tc.mutual {
					server.TLS.ClientAuth, server.TLS.ClientCAs = tls.RequireAndVerifyClientCert, x509.NewCertPool()
					server.TLS.ClientCAs.AddCert(s.ca.certificate)
				}
			})
			s.a.TLS.CAFile = s.file("ca.pem")
			write(t, s.a.TLS.CAFile, s.ca.pem)
			if tc.prepare != nil {
				tc.prepare(t, s)
			}
			s.start().runChecks(t.Context())

			if s.ca.certificate.NotAfter.Before(notAfter) {
				notAfter = s.ca.certificate.NotAfter
			}
			expires, whole := fmt.Sprint(notAfter.Unix()), "1"
			if tc.unseen {
				expires = ""
			}
			if tc.problem != "" {
				whole, tc.others = "0", tc.problem
			}
			rows := rowsOf(t, s.site)
			want := map[string]string{"up": whole}
			for check, problem := range map[string]failure.TLSProblem{"csrf_token": tc.problem, "session": tc.problem, "page": tc.problem, "keystone": tc.others} {
				label := `check="` + check + `"`
				want["certificate_expiry_timestamp_seconds{"+label+"}"] = expires
				want["check_success{"+label+"}"] = "1"
				if problem != "" {
					want["check_success{"+label+"}"] = "0"
					want["check_failing{"+label+`,reason="tls"}`] = "1"
					want["tls_failing{"+label+`,problem="`+string(problem)+`"}`] = "1"
					want["http_status_code{"+label+"}"] = ""
				}
			}
			rows.want(t, want)
			if tc.problem == "" && tc.others == "" && rows.with("tls_failing") != nil {
				t.Error(rows.with("tls_failing"))
			}
			if tc.problem != "" && len(s.requests()) > 0 {
				t.Error("asked over a connection that cannot be trusted")
			}
		})
	}
}

// TestDashboardWithoutTLS checks that its reason differs from the reason of a refused connection.
func TestDashboardWithoutTLS(t *testing.T) {
	d := newDashboard(t, nil)
	d.a.URL = "https://aurora.test"
	d.start().runChecks(t.Context())
	rowsOf(t, d.site).want(t, map[string]string{
		"up": "0",
		`check_failing{check="page",reason="tls"}`:    "1",
		`tls_failing{check="page",problem="not_tls"}`: "1",
		`check_success{check="keystone"}`:             "1",
	})
}

// TestTLSFilesThatChangeAreUsed checks that changed TLS files are used without a restart.
func TestTLSFilesThatChangeAreUsed(t *testing.T) {
	s := &secured{ca: newAuthority(t, years(50)), dir: t.TempDir()}
	s.dashboard = newDashboard(t, func(server *httptest.Server) {
		server.TLS = &tls.Config{MinVersion: tls.VersionTLS12, Certificates: []tls.Certificate{s.ca.issue(t, years(1), "aurora.test", "keystone.test")}}
	})
	s.a.TLS.CAFile = s.file("ca.pem")
	i := s.start()
	for _, step := range []struct {
		ca []byte
		up string
	}{{nil, "0"}, {s.ca.pem, "1"}, {[]byte("broken"), "1"}, {newAuthority(t, years(1)).pem, "0"}} {
		write(t, s.a.TLS.CAFile, step.ca)
		i.runChecks(t.Context())
		rowsOf(t, s.site).want(t, map[string]string{"up": step.up})
	}
}
