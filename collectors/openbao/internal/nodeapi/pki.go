// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package nodeapi

import (
	"bytes"
	"crypto/x509"
	"encoding/pem"
	"time"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/failure"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/httpclient"
)

// Issuer has the content of the certificate of an issuer. It never changes, because another certificate is another
// issuer.
type Issuer struct {
	NotBefore, NotAfter time.Time
	Root                bool
	SignsCRLs           bool
	// Subject and SignedBy are the encoded names of the CA and of the CA that signed its certificate.
	Subject, SignedBy string
	// KeyID and SignedByKey identify the keys of both; empty if the certificate does not have them.
	KeyID, SignedByKey string
	PublicKey          string
}

// Signed reports whether the CA has signed the certificate of another issuer.
func (i Issuer) Signed(other Issuer) bool {
	return i.Subject == other.SignedBy && (i.KeyID == "" || other.SignedByKey == "" || i.KeyID == other.SignedByKey)
}

// MountIssuers are the issuers of a PKI mount.
type MountIssuers struct {
	Mount   string
	List    IssuerList
	Issuers map[string]Issuer
}

// PKIAnswers are the PKI mounts whose issuers are known.
type PKIAnswers struct {
	Mounts  []MountIssuers
	Partial bool // there are other mounts
	Known   bool // the issuers were requested
}

// Parse parses the certificate of an issuer.
func (d IssuerData) Parse() (Issuer, error) {
	block, _ := pem.Decode([]byte(d.Certificate))
	if block == nil {
		return Issuer{}, failure.Errorf(failure.ReasonDecode, "not a certificate")
	}
	c, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		return Issuer{}, failure.Errorf(failure.ReasonDecode, "not a certificate")
	}
	return Issuer{
		NotBefore: c.NotBefore, NotAfter: c.NotAfter,
		SignsCRLs: c.KeyUsage == 0 || c.KeyUsage&x509.KeyUsageCRLSign != 0, // without the extension, all uses are allowed
		Subject:   string(c.RawSubject), SignedBy: string(c.RawIssuer),
		KeyID: string(c.SubjectKeyId), SignedByKey: string(c.AuthorityKeyId), PublicKey: string(c.RawSubjectPublicKeyInfo),
		Root: bytes.Equal(c.RawSubject, c.RawIssuer) && (httpclient.IsKeyTooLarge(c) || c.CheckSignatureFrom(c) == nil),
	}, nil
}

// Parse returns the time of a revocation list, and the time at which the next one is due.
func (d crlData) Parse() (this, next time.Time, err error) {
	block, _ := pem.Decode([]byte(d.CRL))
	if block == nil {
		return this, next, failure.Errorf(failure.ReasonDecode, "not a revocation list")
	}
	c, err := x509.ParseRevocationList(block.Bytes)
	if err != nil {
		return this, next, failure.Errorf(failure.ReasonDecode, "not a revocation list")
	}
	return c.ThisUpdate, c.NextUpdate, nil
}
