// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package testutil

import (
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/pem"
	"math/big"
	"testing"
	"time"
)

// LargeKey returns a certificate of a CA and its RSA key as PEM. The certificate names itself as its issuer, and neither is
// valid: with so many bits, everything that uses them takes minutes to hours.
func LargeKey(tb testing.TB, bits int) (certificate, key []byte) {
	tb.Helper()
	odd := func(bits int) *big.Int { // its lowest and highest bits are set
		return new(big.Int).Or(big.NewInt(1), new(big.Int).Lsh(big.NewInt(3), uint(bits)-2))
	}
	modulus, prime := odd(bits), odd(bits/2)
	marshal := func(v any) []byte {
		text, err := asn1.Marshal(v)
		if err != nil {
			tb.Fatal(err)
		}
		return text
	}
	algorithm := func(last int) pkix.AlgorithmIdentifier { // of PKCS #1
		return pkix.AlgorithmIdentifier{Algorithm: asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 1, last}, Parameters: asn1.NullRawValue}
	}
	bytes := func(b []byte) asn1.BitString { return asn1.BitString{Bytes: b, BitLength: 8 * len(b)} }
	const rsaEncryption, sha256WithRSA = 1, 11
	name := pkix.Name{CommonName: "large"}.ToRDNSequence()
	type publicKey struct {
		Algorithm pkix.AlgorithmIdentifier
		Key       asn1.BitString
	}
	signed := marshal(struct {
		Version         int `asn1:"explicit,tag:0"`
		Serial          int
		Algorithm       pkix.AlgorithmIdentifier
		Issuer          pkix.RDNSequence
		Validity        struct{ NotBefore, NotAfter time.Time }
		Subject         pkix.RDNSequence
		PublicKey       publicKey
		BasicExtensions []pkix.Extension `asn1:"explicit,tag:3"`
	}{
		2, 1, algorithm(sha256WithRSA), name,
		struct{ NotBefore, NotAfter time.Time }{time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(2040, 1, 1, 0, 0, 0, 0, time.UTC)},
		name, publicKey{algorithm(rsaEncryption), bytes(marshal(struct {
			N *big.Int
			E int
		}{modulus, 65537}))},
		[]pkix.Extension{{Id: asn1.ObjectIdentifier{2, 5, 29, 19}, Critical: true, Value: marshal(struct{ CA bool }{true})}},
	})
	signature := make([]byte, bits/8)
	signature[len(signature)-1] = 3
	whole := marshal(struct {
		Signed    asn1.RawValue
		Algorithm pkix.AlgorithmIdentifier
		Signature asn1.BitString
	}{asn1.RawValue{FullBytes: signed}, algorithm(sha256WithRSA), bytes(signature)})
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: whole}),
		pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: marshal(struct {
			Version    int
			N          *big.Int
			E          int
			D, P, Q    *big.Int
			Dp, Dq, Qi *big.Int
		}{0, modulus, 65537, modulus, prime, prime, prime, prime, prime})})
}
