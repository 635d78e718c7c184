// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package page

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
)

// FuzzFilter requests pages with any filter. An answer is a page, is not larger than the page of all findings,
// and has no markup from the filter.
func FuzzFilter(f *testing.F) {
	o := testOptions(f)
	h := newHandler(f, o)
	pages := []string{"/", "/clusters/management", "/systems/flux"}
	most := map[string]int{}
	for _, page := range pages {
		most[page] = getPage(h, page).Body.Len()
	}
	f.Add(uint8(0), "critical", "flux", "management", "failed")
	f.Add(uint8(1), "", "", "\"><script>", "<script>alert(1)</script>")
	f.Add(uint8(2), "\x00", "é", "%", "\xff")
	f.Fuzz(func(t *testing.T, n uint8, severity, system, cluster, text string) {
		page := pages[int(n)%len(pages)]
		r := httptest.NewRequest(http.MethodGet, page, http.NoBody)
		r.URL.RawQuery = url.Values{"severity": {severity}, "system": {system}, "cluster": {cluster}, "q": {text}}.Encode()
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if w.Code != http.StatusOK {
			t.Fatalf("%s: %d", page, w.Code)
		}
		if size := len(severity) + len(system) + len(cluster) + len(text); w.Body.Len() > most[page]+20*size+4096 {
			t.Errorf("%d bytes, %d without a filter of %d", w.Body.Len(), most[page], size)
		}
		if strings.Contains(strings.ToLower(w.Body.String()), "<script>alert") {
			t.Errorf("%s: markup of the filter is in the page", page)
		}
	})
}
