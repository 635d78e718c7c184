// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package openbao

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"
)

// servePages serves a list of certificates page by page, or as a whole like a server without paging.
func servePages(n int, paging bool) http.HandlerFunc {
	notAfter := map[string]string{}
	for i := range n {
		notAfter[fmt.Sprintf("%02d:%02d:%02d", i/10000, i/100%100, i%100)] = time.Date(2030, 1, 1, 0, 0, i, 0, time.UTC).Format(time.RFC3339)
	}
	all := slices.Sorted(maps.Keys(notAfter))
	return func(w http.ResponseWriter, r *http.Request) {
		keys := all
		if paging {
			after := r.URL.Query().Get("after") // in the form in which it is stored
			if strings.Contains(after, ":") {
				after = ""
			}
			after = strings.ReplaceAll(after, "-", ":")
			start, found := slices.BinarySearch(keys, after)
			if found {
				start++
			}
			keys = keys[start:]
			if r.URL.Query().Get("limit") == "1000" {
				keys = keys[:min(len(keys), 1000)]
			}
		}
		if len(keys) == 0 {
			reply(http.StatusNotFound, `{"errors":[]}`)(w, r)
			return
		}
		var info, names []string
		for _, key := range keys {
			names = append(names, fmt.Sprintf("%q", key))
			info = append(info, fmt.Sprintf(`%q:{"not_after":%q}`, key, notAfter[key]))
		}
		reply(http.StatusOK, `{"data":{"keys":[`+strings.Join(names, ",")+`],"key_info":{`+strings.Join(info, ",")+`}}}`)(w, r)
	}
}

func TestCertificatesAreReadPageByPage(t *testing.T) {
	for _, tc := range []struct {
		n, asked int
		paging   bool
	}{
		{n: 0, paging: true, asked: 1},
		{n: 999, paging: true, asked: 1},
		{n: 1000, paging: true, asked: 2},
		{n: 2001, paging: true, asked: 3},
		{n: 1000, paging: false, asked: 2},
		{n: 1001, paging: false, asked: 2},
	} {
		t.Run(fmt.Sprintf("%d %v", tc.n, tc.paging), func(t *testing.T) {
			b := newBao(t, "healthy-2.4", nil)
			b.o.Auth.TokenFile = tokenFile(t, testToken)
			b.o.Details.Certificates = true
			active := b.nodes["openbao-0"]
			active.set("pki/certs/detailed", servePages(tc.n, tc.paging))
			round(t.Context(), b.start(t))
			rowsOf(t, b.site).want(t, map[string]string{
				row("pki_certificates", "mount", "pki", "state", "valid"):   fmt.Sprint(tc.n),
				row("pki_certificates", "mount", "pki", "state", "expired"): "0",
			})
			if n := active.count("pki/certs/detailed"); n != tc.asked {
				t.Errorf("%d pages, not %d", n, tc.asked)
			}
		})
	}
}
