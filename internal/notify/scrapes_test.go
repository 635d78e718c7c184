// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package notify

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"
)

// brokenWriter is a client that is gone.
type brokenWriter struct{ http.ResponseWriter }

func (brokenWriter) Write([]byte) (int, error) { return 0, errors.New("gone") }

func TestScrapes(t *testing.T) {
	t.Parallel()
	status := http.StatusOK
	handler := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if status != http.StatusOK {
			w.WriteHeader(status)
		}
		_, _ = io.WriteString(w, "a 1\n")
	})
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	for name, tc := range map[string]struct {
		method string
		status int
		ctx    context.Context
		wrap   func(http.ResponseWriter) http.ResponseWriter
		want   bool
	}{
		"scrape":       {http.MethodGet, http.StatusOK, t.Context(), nil, true},
		"HEAD":         {http.MethodHead, http.StatusOK, t.Context(), nil, false},
		"POST":         {http.MethodPost, http.StatusOK, t.Context(), nil, false},
		"not ready":    {http.MethodGet, http.StatusServiceUnavailable, t.Context(), nil, false},
		"client left":  {http.MethodGet, http.StatusOK, gone, nil, false},
		"half written": {http.MethodGet, http.StatusOK, t.Context(), func(w http.ResponseWriter) http.ResponseWriter { return brokenWriter{w} }, false},
	} {
		c := newClock()
		s := NewScrapes(c.now)
		begin := c.now()
		c.move(time.Minute)
		status = tc.status
		w := http.ResponseWriter(httptest.NewRecorder())
		if tc.wrap != nil {
			w = tc.wrap(w)
		}
		s.Observe(handler).ServeHTTP(w, httptest.NewRequest(tc.method, "/metrics", http.NoBody).WithContext(tc.ctx))
		at, scraped := s.lastScrape()
		if scraped != tc.want || at.Equal(begin) == tc.want {
			t.Errorf("%s: %s, %v", name, at, scraped)
		}
	}
}
