// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package server

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// TestErrorsFitTheClient tests that a browser gets a page with links, a client of the API gets JSON, and others
// get a line of text.
func TestErrorsFitTheClient(t *testing.T) {
	o := testOptions()
	h := newHandler(t, o)
	const browser, all = "text/html,application/xhtml+xml,*/*;q=0.8", "*/*"
	for _, test := range []struct {
		method, path, accept string
		code                 int
		kind, want           string
	}{
		{http.MethodGet, "/nope", browser, 404, "text/html; charset=utf-8", `href="./objects"`},
		{http.MethodGet, "/objects/a/b", browser, 404, "text/html; charset=utf-8", `href="../../">Overview of the fleet`},
		{http.MethodGet, "/nope", all, 404, "text/plain; charset=utf-8", `no page "/nope"`},
		{http.MethodGet, "/api/v1/nope", browser, 404, contentTypeJSON, `no page "/api/v1/nope"`},
		{http.MethodGet, "/api/v1/objects?state=none", all, 400, contentTypeJSON, `state="none"`},
		{http.MethodPost, "/api/v1/report", all, 405, contentTypeJSON, "use GET, HEAD"},
		{http.MethodPost, "/objects", all, 405, "text/plain; charset=utf-8", "use GET, HEAD"},
	} {
		r := httptest.NewRequest(test.method, test.path, http.NoBody)
		r.Header.Set("Accept", test.accept)
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		text := w.Body.String()
		if kind := w.Header().Get("Content-Type"); kind == contentTypeJSON {
			var answer struct{ Error string }
			if err := json.Unmarshal(w.Body.Bytes(), &answer); err != nil {
				t.Errorf("%s: %v", test.path, err)
			}
			text = answer.Error
		}
		if w.Code != test.code || w.Header().Get("Content-Type") != test.kind || !strings.Contains(text, test.want) {
			t.Errorf("%s %s, accepting %s: %d %s: %s", test.method, test.path, test.accept, w.Code, w.Header(), text)
		}
	}
}
