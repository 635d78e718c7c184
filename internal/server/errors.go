// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package server

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"strings"
)

// writeError writes an error response: as JSON below /api/, else as text.
func writeError(w http.ResponseWriter, r *http.Request, text string, code int) {
	if !strings.HasPrefix(r.URL.Path, "/api/") {
		http.Error(w, text, code)
		return
	}
	body, err := json.Marshal(map[string]string{"error": text})
	if err != nil {
		http.Error(w, text, code)
		return
	}
	w.Header().Set("Content-Type", contentTypeJSON)
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(code)
	_, _ = w.Write(append(body, '\n'))
}

// explainNotFound replaces the response of mux to unknown paths: browsers get a page, others an error with the path.
func explainNotFound(mux *http.ServeMux, page http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h, pattern := mux.Handler(r)
		if pattern != "" {
			mux.ServeHTTP(w, r)
			return
		}
		a := &cachedResponse{header: http.Header{}, code: http.StatusOK}
		h.ServeHTTP(a, r)
		switch {
		case a.code == http.StatusMethodNotAllowed:
			maps.Copy(w.Header(), a.header)
			writeError(w, r, fmt.Sprintf("method %s is not allowed, use %s", r.Method, a.header.Get("Allow")), a.code)
		case strings.Contains(r.Header.Get("Accept"), "text/html") && !strings.HasPrefix(r.URL.Path, "/api/"):
			page.ServeHTTP(w, r)
		default:
			writeError(w, r, fmt.Sprintf("there is no page %q; the routes of the API are in /api/v1/openapi.json", r.URL.Path), http.StatusNotFound)
		}
	})
}
