// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package httpclient

import (
	"bytes"
	"crypto/tls"
	"io"
	"testing"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/testing/testutil"
)

// FuzzValues checks that the values of a valid JSON text are never more than those that are counted.
func FuzzValues(f *testing.F) {
	f.Add([]byte(`{"a":[{},[],"\"\\,{[",1e999,null],"a":{"b":[[[]]]}}`))
	f.Add([]byte("[ 1 , \"\xff\" ,\n{ } ]"))
	f.Fuzz(func(t *testing.T, text []byte) {
		options := []jsontext.Options{jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true)}
		if !jsontext.Value(text).IsValid(options...) {
			return
		}
		tokens, found := jsontext.NewDecoder(bytes.NewReader(text), options...), 0
		for {
			token, err := tokens.ReadToken()
			if err == io.EOF { //nolint:errorlint // as declared
				break
			}
			if err != nil {
				t.Fatal(err)
			}
			if kind := token.Kind(); kind != '}' && kind != ']' {
				found++ // names, too, of which each has a value
			}
		}
		v := values{most: len(text)}
		if err := v.add(text); err != nil || found > 2*v.n+1 {
			t.Errorf("%d tokens, but %d values, %v", found, v.n, err)
		}
	})
}

// FuzzCheckKeys uses every certificate and key that is accepted.
func FuzzCheckKeys(f *testing.F) {
	certificate, key := testutil.LargeKey(f, 1024)
	largeCertificate, largeKey := testutil.LargeKey(f, 1<<17)
	f.Add(certificate, key)
	f.Add(largeCertificate, key)
	f.Add(certificate, largeKey)
	f.Add([]byte("-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n"), []byte("-----BEGIN PRIVATE KEY-----\n-----END PRIVATE KEY-----"))
	f.Fuzz(func(_ *testing.T, certificate, key []byte) {
		if CheckKeys(certificate, key) == nil {
			_, _ = tls.X509KeyPair(certificate, key) // which ends
		}
	})
}
