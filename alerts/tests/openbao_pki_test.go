// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package tests_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"time"
)

// authority is an issuer of a PKI mount.
type authority struct {
	name, signer      string // the default signer is the authority itself
	sameKey           bool   // same key as the previous authority of this name
	from, to          time.Time
	isDefault         bool
	keyed, signsLists bool
	list              *revocations // status 500 without a list
}

// revocations is a revocation list.
type revocations struct{ this, next time.Time }

func signedBy(a authority, signer string) authority {
	a.signer = signer
	return a
}

// pki adds a PKI mount with the settings of its revocation lists.
func (s baoSite) pki(settings object, issuers ...authority) {
	active := s.answers[nodeName(s.active())]
	mounts := active["sys-mounts"].(object)["data"].(object)
	mounts["ca/"] = object{"type": "pki"}
	active["ca-config-crl"] = answer(settings)
	keys, info := []string{}, object{}
	signers := map[string]signer{}
	for n, a := range issuers {
		id := fmt.Sprintf("issuer-%d", n)
		key := ""
		if a.keyed {
			key = "key-" + id
		}
		keys = append(keys, id)
		info[id] = object{"is_default": a.isDefault, "issuer_name": a.name + "-" + a.from.Format("2006"), "key_id": key, "serial_number": id}
		ca, der := a.certificate(n, signers)
		signers[a.name] = ca
		active["ca-issuer-"+id+"-json"] = answer(object{"certificate": asPEM("CERTIFICATE", der)})
		active["ca-issuer-"+id+"-crl"] = object{"_status": 500, "errors": []string{"1 error occurred: unable to find CRL for issuer: id:" + id}}
		if a.list != nil {
			der := must(x509.CreateRevocationList(rand.Reader, &x509.RevocationList{
				Number: big.NewInt(1), ThisUpdate: a.list.this, NextUpdate: a.list.next,
			}, ca.certificate, ca.key))
			active["ca-issuer-"+id+"-crl"] = answer(object{"crl": asPEM("X509 CRL", der)})
		}
	}
	active["ca-issuers"] = answer(object{"keys": keys, "key_info": info})
}

// signer has the certificate and the key of a CA.
type signer struct {
	certificate *x509.Certificate
	key         *ecdsa.PrivateKey
}

// certificate returns the CA and its certificate. Another authority of the same name has
// another key.
func (a authority) certificate(n int, signers map[string]signer) (signer, []byte) {
	usage := x509.KeyUsageCertSign
	if a.signsLists {
		usage |= x509.KeyUsageCRLSign
	}
	key := must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))
	if a.sameKey {
		key = signers[a.name].key
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(int64(n + 1)), Subject: pkix.Name{CommonName: a.name}, NotBefore: a.from, NotAfter: a.to,
		IsCA: true, BasicConstraintsValid: true, KeyUsage: usage, SubjectKeyId: fmt.Append(nil, "key-", n),
	}
	parent := signer{template, key}
	if a.signer != "" {
		parent = signers[a.signer]
	}
	der := must(x509.CreateCertificate(rand.Reader, template, parent.certificate, key.Public(), parent.key))
	return signer{must(x509.ParseCertificate(der)), key}, der
}

func asPEM(kind string, der []byte) string {
	return string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}))
}

// must returns the value and panics on an error.
func must[T any](value T, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}
