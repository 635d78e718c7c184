// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package testbed

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"time"
)

// faultCertificates are the certificates that a FaultProxy may present.
type faultCertificates struct {
	ca                     []byte // PEM
	good, expired, foreign tls.Certificate
}

func newFaultCertificates() (*faultCertificates, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	now := time.Now()
	authority := func(name string) (*x509.Certificate, error) {
		template := &x509.Certificate{
			SerialNumber: big.NewInt(now.UnixNano()), Subject: pkix.Name{CommonName: name},
			NotBefore: now.Add(-48 * time.Hour), NotAfter: now.Add(90 * 24 * time.Hour),
			IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
		}
		der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
		if err != nil {
			return nil, err
		}
		return x509.ParseCertificate(der)
	}
	ours, err := authority("testbed CA")
	if err != nil {
		return nil, err
	}
	theirs, err := authority("another CA")
	if err != nil {
		return nil, err
	}
	// The client must reject such a certificate because of its issuer, not because of its signature.
	issue := func(ca *x509.Certificate, notAfter time.Time) (tls.Certificate, error) {
		der, err := x509.CreateCertificate(rand.Reader, &x509.Certificate{
			SerialNumber: big.NewInt(notAfter.UnixNano()), Subject: pkix.Name{CommonName: "kube-apiserver"},
			NotBefore: now.Add(-24 * time.Hour), NotAfter: notAfter, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
			KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		}, ca, key.Public(), key)
		return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, err
	}
	c := &faultCertificates{ca: pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: ours.Raw})}
	if c.good, err = issue(ours, now.Add(60*24*time.Hour)); err != nil {
		return nil, err
	}
	if c.expired, err = issue(ours, now.Add(-time.Hour)); err != nil {
		return nil, err
	}
	c.foreign, err = issue(theirs, now.Add(60*24*time.Hour))
	return c, err
}

// config returns a configuration that presents the certificate of the current fault.
func (c *faultCertificates) config(fault func() Fault) *tls.Config {
	// Without post-quantum keys, handshakes are small, which Reset needs because it counts bytes.
	return &tls.Config{MinVersion: tls.VersionTLS12, CurvePreferences: []tls.CurveID{tls.X25519},
		GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) {
			switch fault() {
			case ExpiredCertificate:
				return &c.expired, nil
			case WrongCA:
				return &c.foreign, nil
			}
			return &c.good, nil
		}}
}
