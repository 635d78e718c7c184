// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package httpclient

import (
	"errors"
	"slices"
	"testing"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/failure"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/testing/testutil"
)

func TestCheckKeys(t *testing.T) {
	certificate, key := testutil.LargeKey(t, maxKey)
	largeCertificate, largeKey := testutil.LargeKey(t, 1<<20)
	for name, tc := range map[string]struct {
		texts [][]byte
		want  error
	}{
		"nothing":           {nil, nil},
		"text":              {[][]byte{[]byte("token"), nil}, nil},
		"the largest key":   {[][]byte{certificate, key}, nil},
		"large certificate": {[][]byte{certificate, largeCertificate}, failure.ErrTooLarge},
		"a bit more":        {[][]byte{first(testutil.LargeKey(t, maxKey+8))}, failure.ErrTooLarge},
		"large private key": {[][]byte{largeKey}, failure.ErrTooLarge},
		"behind another":    {[][]byte{slices.Concat(key, []byte("text\n"), certificate, largeCertificate)}, failure.ErrTooLarge},
	} {
		if err := CheckKeys(tc.texts...); !errors.Is(err, tc.want) {
			t.Errorf("%s: %v, want %v", name, err, tc.want)
		}
	}
}

func first(certificate, _ []byte) []byte { return certificate }
