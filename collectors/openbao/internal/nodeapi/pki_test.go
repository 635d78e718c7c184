// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package nodeapi

import (
	"testing"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/testing/testutil"
)

// TestParseLargeKey checks that the signature of an issuer is not verified if that takes hours.
func TestParseLargeKey(t *testing.T) {
	t.Parallel()
	certificate, _ := testutil.LargeKey(t, 1<<22)
	if issuer, err := (IssuerData{Certificate: string(certificate)}).Parse(); err != nil || !issuer.Root {
		t.Errorf("a root: %v, %v", issuer.Root, err)
	}
}
