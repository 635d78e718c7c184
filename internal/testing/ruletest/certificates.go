// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package ruletest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"strings"
	"time"
)

// expandCertificates replaces the placeholders of fixtures for certificates: "$root END",
// "$intermediate END" and "$crl BEGIN END".
func expandCertificates(o object) error {
	for k, v := range o {
		switch v := v.(type) {
		case object:
			if err := expandCertificates(v); err != nil {
				return err
			}
		case string:
			if !strings.HasPrefix(v, "$") {
				continue
			}
			text, err := pemOf(strings.Fields(v[1:]))
			if err != nil {
				return fmt.Errorf("%s: %w", v, err)
			}
			o[k] = text
		}
	}
	return nil
}

func pemOf(words []string) (string, error) {
	var times []time.Time
	for _, w := range words[1:] {
		t, err := time.Parse(time.RFC3339, w)
		if err != nil {
			return "", err
		}
		times = append(times, t)
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return "", err
	}
	authority := func(name string, end time.Time) *x509.Certificate {
		return &x509.Certificate{
			SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name}, NotBefore: end.AddDate(-1, 0, 0), NotAfter: end,
			IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageCRLSign, SubjectKeyId: []byte(name),
		}
	}
	var kind string
	var der []byte
	switch {
	case words[0] == "root" && len(times) == 1:
		kind = "CERTIFICATE"
		root := authority("root", times[0])
		der, err = x509.CreateCertificate(rand.Reader, root, root, key.Public(), key)
	case words[0] == "intermediate" && len(times) == 1:
		kind = "CERTIFICATE"
		der, err = x509.CreateCertificate(rand.Reader, authority("intermediate", times[0]), authority("root", times[0]), key.Public(), key)
	case words[0] == "crl" && len(times) == 2:
		kind = "X509 CRL"
		list := &x509.RevocationList{Number: big.NewInt(1), ThisUpdate: times[0], NextUpdate: times[1]}
		der, err = x509.CreateRevocationList(rand.Reader, list, authority("root", times[1]), key)
	default:
		return "", fmt.Errorf("not $root END, $intermediate END or $crl BEGIN END")
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der})), err
}
