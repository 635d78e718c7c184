// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package testbed

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"syscall"
	"time"
)

const openBaoValidity = 90 * 24 * time.Hour

// OpenBaoTLS has a CA and a client certificate issued by it.
type OpenBaoTLS struct {
	CAFile   string // PEM
	CertFile string
	KeyFile  string

	ca     *x509.Certificate
	key    *ecdsa.PrivateKey
	config *tls.Config
}

func newOpenBaoTLS(dir string) (*OpenBaoTLS, error) {
	t := &OpenBaoTLS{
		CAFile: filepath.Join(dir, "ca.crt"), CertFile: filepath.Join(dir, "client.crt"), KeyFile: filepath.Join(dir, "client.key"),
	}
	var err error
	if t.key, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader); err != nil {
		return nil, err
	}
	now := time.Now()
	der, err := t.sign(&x509.Certificate{
		Subject: pkix.Name{CommonName: "testbed CA"},
		// Far in the past, so that certificates can have expired.
		NotBefore: now.Add(-openBaoValidity), NotAfter: now.Add(openBaoValidity),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}, t.key)
	if err != nil {
		return nil, err
	}
	if t.ca, err = x509.ParseCertificate(der); err != nil {
		return nil, err
	}
	if err := writePEM(t.CAFile, "CERTIFICATE", der); err != nil {
		return nil, err
	}
	if err := t.issue(&x509.Certificate{
		Subject: pkix.Name{CommonName: "testbed client"}, NotAfter: t.notAfter(),
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
	}, t.CertFile, t.KeyFile); err != nil {
		return nil, err
	}
	client, err := tls.LoadX509KeyPair(t.CertFile, t.KeyFile)
	if err != nil {
		return nil, err
	}
	roots := x509.NewCertPool()
	roots.AddCert(t.ca)
	t.config = &tls.Config{
		MinVersion: tls.VersionTLS12, RootCAs: roots, Certificates: []tls.Certificate{client},
		// The testbed itself must be able to connect to a node with an expired certificate.
		Time: func() time.Time { return t.ca.NotBefore.Add(time.Minute) },
	}
	return t, nil
}

// Config returns a configuration for a client of the nodes, with a client certificate. It
// accepts certificates that have expired.
func (t *OpenBaoTLS) Config() *tls.Config { return t.config.Clone() }

func (t *OpenBaoTLS) notAfter() time.Time { return t.ca.NotAfter }

// issueNode writes a certificate for a node's listener.
func (t *OpenBaoTLS) issueNode(n *OpenBaoNode, notAfter time.Time) error {
	cert, key := n.certFiles()
	return t.issue(&x509.Certificate{
		Subject: pkix.Name{CommonName: n.Name}, NotAfter: notAfter,
		DNSNames: []string{n.ServerName, "localhost"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}, cert, key)
}

// issue writes a certificate from template, and its key.
func (t *OpenBaoTLS) issue(template *x509.Certificate, certFile, keyFile string) error {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return err
	}
	template.NotBefore, template.KeyUsage = t.ca.NotBefore, x509.KeyUsageDigitalSignature
	der, err := t.sign(template, key)
	if err != nil {
		return err
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return err
	}
	return errors.Join(writePEM(certFile, "CERTIFICATE", der), writePEM(keyFile, "PRIVATE KEY", private))
}

// sign signs a certificate with the CA. The first certificate is the self-signed one of the CA.
func (t *OpenBaoTLS) sign(template *x509.Certificate, key *ecdsa.PrivateKey) ([]byte, error) {
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 120))
	if err != nil {
		return nil, err
	}
	template.SerialNumber = serial
	parent := t.ca
	if parent == nil {
		parent = template
	}
	return x509.CreateCertificate(rand.Reader, template, parent, &key.PublicKey, t.key)
}

func writePEM(file, kind string, der []byte) error {
	return os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o600)
}

// SetCertificate replaces the certificate of the listener of a running node by one that is valid until notAfter, and waits until the
// listener uses it. notAfter may be in the past.
func (n *OpenBaoNode) SetCertificate(ctx context.Context, notAfter time.Time) error {
	if n.cluster.TLS == nil {
		return fmt.Errorf("testbed: %s has no TLS", n.Name)
	}
	if err := n.cluster.TLS.issueNode(n, notAfter); err != nil {
		return fmt.Errorf("testbed: certificate of %s: %w", n.Name, err)
	}
	if err := n.signal(syscall.SIGHUP); err != nil { // reload
		return err
	}
	if err := n.process.WaitReady(ctx, startDeadline, func(ctx context.Context) error {
		got, err := n.listenerCertificate(ctx)
		if err == nil && !got.NotAfter.Equal(notAfter.Truncate(time.Second)) {
			err = fmt.Errorf("the certificate in use ends at %s", got.NotAfter)
		}
		return err
	}); err != nil {
		return fmt.Errorf("testbed: certificate: %w", err)
	}
	return nil
}

func (n *OpenBaoNode) listenerCertificate(ctx context.Context) (*x509.Certificate, error) {
	u, err := url.Parse(n.Address)
	if err != nil {
		return nil, err
	}
	dialer := tls.Dialer{Config: n.cluster.TLS.Config()}
	conn, err := dialer.DialContext(ctx, "tcp", u.Host)
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	c, ok := conn.(*tls.Conn)
	if !ok {
		return nil, errors.New("no TLS connection")
	}
	return c.ConnectionState().PeerCertificates[0], nil
}
