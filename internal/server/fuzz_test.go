// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package server

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// reviewTexts answers reviews with texts.
type reviewTexts struct{ token, access string }

func (r reviewTexts) Post(_ context.Context, path string, _, out any) error {
	if path == tokenReviews {
		return json.Unmarshal([]byte(r.token), out)
	}
	return json.Unmarshal([]byte(r.access), out)
}

// FuzzReviews answers a TokenReview and a SubjectAccessReview with any text. A request is allowed only if both answers
// allow it.
func FuzzReviews(f *testing.F) {
	const user = `{"status":{"authenticated":true,"user":{"username":"u","groups":["g"],"extra":{"k":["v"]}},"audiences":["a"]}}`
	for _, access := range []string{
		`{"status":{"allowed":true}}`, `{"status":{"allowed":true,"denied":true}}`, `{"status":{"allowed":"true"}}`, `{"status":{}}`, "null", "[]", "",
	} {
		f.Add(user, access)
	}
	for _, token := range []string{
		`{"status":{"authenticated":true,"user":{"username":""},"audiences":["a"]}}`, `{"status":{"authenticated":true,"user":{"username":"u"},"audiences":null}}`,
		`{"status":{"user":{"username":"u"},"audiences":["a"],"error":"x"}}`, "{}",
	} {
		f.Add(token, `{"status":{"allowed":true}}`)
	}
	f.Fuzz(func(t *testing.T, token, access string) {
		auth := KubernetesAuth{
			Reviewer: reviewTexts{token, access}, Audiences: []string{"a"}, Decisions: NewDecisions(), Log: slog.New(slog.DiscardHandler),
		}
		h := auth.protect(http.NotFoundHandler(), func() bool { return true })
		r, w := httptest.NewRequest(http.MethodGet, "/metrics", http.NoBody), httptest.NewRecorder()
		r.Header.Set("Authorization", "Bearer t")
		h.ServeHTTP(w, r)
		has := func(text string, parts ...string) bool {
			text = strings.ToLower(text)
			for _, part := range parts {
				if !strings.Contains(text, part) {
					return strings.Contains(text, "\\") // names may be escaped
				}
			}
			return true
		}
		switch allowed := w.Code == http.StatusNotFound; {
		case allowed && (!has(token, "authenticated", "true", "username", "audiences") || !has(access, "allowed", "true")):
			t.Errorf("allowed by %s and %s", token, access)
		case allowed && access == `{"status":{"allowed":true,"denied":true}}`:
			t.Error("allowed although it is denied")
		case !allowed && w.Code != http.StatusUnauthorized && w.Code != http.StatusForbidden && w.Code != http.StatusServiceUnavailable:
			t.Errorf("status %d", w.Code)
		}
	})
}
