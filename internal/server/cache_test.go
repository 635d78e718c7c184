// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package server

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// TestCacheBuildsEachAnswerOnce counts how often an answer is built.
func TestCacheBuildsEachAnswerOnce(t *testing.T) {
	now, evaluated, built, code := time.Unix(100, 0), time.Unix(99, 0), 0, http.StatusOK
	c := newCache(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		built++
		w.Header().Set("Content-Type", contentTypeJSON)
		w.WriteHeader(code)
		_, _ = fmt.Fprintf(w, `{"ageSeconds": %d, "of": %q}`, now.Unix(), r.URL.Path)
	}), func() time.Time { return evaluated })
	c.now = func() time.Time { return now }
	tag := serveRequest(c, http.MethodGet, "/a").Header().Get("ETag")
	for _, step := range []struct {
		name   string
		change func()
		path   string
		want   int // answers built in all
		same   bool
	}{
		{"at once", func() {}, "/a", 1, true},
		{"another page", func() {}, "/b", 2, false},
		{"another query", func() {}, "/a?x=y", 3, true},
		{"a second later", func() { now = now.Add(time.Second) }, "/a", 4, true},
		{"after an evaluation", func() { evaluated = now }, "/a", 5, true},
		{"after an error", func() { now, code = now.Add(time.Minute), http.StatusInternalServerError }, "/a", 6, false},
		{"again", func() { code = http.StatusOK }, "/a", 7, true},
	} {
		step.change()
		r := httptest.NewRequest(http.MethodGet, step.path, http.NoBody)
		r.Header.Set("If-None-Match", tag)
		w := httptest.NewRecorder()
		c.ServeHTTP(w, r)
		if same := w.Code == http.StatusNotModified; built != step.want || same != step.same || (w.Body.Len() == 0) != same {
			t.Errorf("%s: %d answers are built, want %d; code %d, body %q", step.name, built, step.want, w.Code, w.Body)
		}
	}
	body := strings.Repeat("x", maxCached/10)
	c.next = http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, body) })
	for i := range 30 {
		serveRequest(c, http.MethodGet, fmt.Sprintf("/?q=%d", i))
		size := 0
		for _, a := range c.answers {
			size += a.size
		}
		if size > maxCached || size != c.size || size < len(body) {
			t.Errorf("%d bytes are kept and %d counted", size, c.size)
		}
	}
	body, c.answers, c.size = "", map[string]*cachedResponse{}, 0
	long := strings.Repeat("x", maxCached/10)
	for i := range 30 {
		serveRequest(c, http.MethodGet, fmt.Sprintf("/?q=%d%s", i, long))
		if n := len(c.answers); n < 1 || n > 10 {
			t.Errorf("%d answers are kept, whose URIs have %d bytes each", n, len(long))
		}
	}
}
