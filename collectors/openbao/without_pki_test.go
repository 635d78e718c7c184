// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package openbao

import (
	"net/http"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestInstallationWithoutPKI checks installations that differ from the reference architecture. A missing PKI is a failure
// only if the configuration expects it. A missing permission is always a failure.
func TestInstallationWithoutPKI(t *testing.T) {
	denied := reply(http.StatusForbidden, `{"errors":["1 error occurred:\n\t* permission denied\n\n"]}`)
	noRoute := reply(http.StatusNotFound, `{"errors":["no handler for route \"pki/issuers\". route entry not found."]}`)
	for name, tc := range map[string]struct {
		pki    http.HandlerFunc
		expect map[string]string // nil means the reference architecture
		token  bool
		denied string // endpoint that the policy does not allow
		want   []string
	}{
		"without a token":               {pki: denied},
		"without a token, no route":     {pki: noRoute},
		"nothing is expected":           {pki: denied, expect: map[string]string{}},
		"a PKI is expected":             {pki: denied, expect: map[string]string{"pki": "pki"}, want: []string{failing("", "pki/issuers", "forbidden") + " 1"}},
		"a PKI is expected, no route":   {pki: noRoute, expect: map[string]string{"pki": "pki"}, want: []string{failing("", "pki/issuers", "not_found") + " 1"}},
		"the mounts are not readable":   {pki: denied, token: true, denied: "sys/mounts", want: []string{failing("", "sys/mounts", "forbidden") + " 1"}},
		"another endpoint is forbidden": {pki: denied, token: true, denied: "sys/key-status", want: []string{failing("", "pki/issuers", "forbidden") + " 1", failing("", "sys/key-status", "forbidden") + " 1"}},
		"the PKI fails otherwise":       {pki: reply(http.StatusBadGateway, ""), want: []string{failing("", "pki/issuers", "http") + " 1"}},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBao(t, "healthy-2.4", nil)
			active := b.nodes["openbao-0"]
			active.set("pki/issuers", tc.pki)
			if tc.expect != nil {
				b.o.Expect.Mounts = tc.expect
			}
			if tc.token {
				b.o.Auth.TokenFile = tokenFile(t, testToken)
				active.set(tc.denied, denied)
			}
			round(t.Context(), b.start(t))
			var got []string
			for _, labels := range rowsOf(t, b.site).with("endpoint_failing") {
				got = append(got, "endpoint_failing"+labels)
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}
