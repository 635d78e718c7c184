// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package httpclient

import (
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"strings"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/failure"
)

const (
	// maxKey limits the RSA keys of certificates in bits, as crypto/tls does for the certificates of a server. A
	// signature by a key of 32,768 bits takes 30 seconds, its verification with a key of 524,288 bits as well, and
	// neither can be canceled.
	maxKey = 8192
	// maxKeyBlock limits a private key in bytes, before it is parsed. An RSA key of 8,192 bits has 4.7 KiB.
	maxKeyBlock = 8 << 10
)

// IsKeyTooLarge reports whether signatures of the key of a certificate take too long to verify.
func IsKeyTooLarge(c *x509.Certificate) bool {
	key, ok := c.PublicKey.(*rsa.PublicKey)
	return ok && key.N.BitLen() > maxKey
}

// CheckKeys returns an error if certificates or private keys in PEM texts have keys that take too long to use. Blocks that
// are neither are ignored.
func CheckKeys(texts ...[]byte) error {
	for _, text := range texts {
		for block, rest := pem.Decode(text); block != nil; block, rest = pem.Decode(rest) {
			switch {
			case strings.HasSuffix(block.Type, "PRIVATE KEY"):
				if len(block.Bytes) > maxKeyBlock {
					return fmt.Errorf("%w: a private key has more than %d KiB", failure.ErrTooLarge, maxKeyBlock>>10)
				}
			case block.Type == "CERTIFICATE":
				if c, err := x509.ParseCertificate(block.Bytes); err == nil && IsKeyTooLarge(c) {
					return fmt.Errorf("%w: the RSA key of a certificate has more than %d bits", failure.ErrTooLarge, maxKey)
				}
			}
		}
	}
	return nil
}
