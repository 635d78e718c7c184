// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package server

import (
	"bytes"
	"hash/maphash"
	"maps"
	"net/http"
	"regexp"
	"strconv"
	"sync"
	"time"
)

const (
	// cacheTime is the lifetime of a response in the cache. It ends earlier if the rules are evaluated. Ages in a response
	// are wrong by at most this time.
	cacheTime = time.Second
	// maxCached limits the bytes of cached responses and their URIs, because a client can send any query.
	maxCached = 4 << 20
)

// cache builds each response once for all clients, and one response at a time, so that the cost does not depend on the
// number of requests.
type cache struct {
	next http.Handler
	// evaluated returns the time of the last evaluation of the rules.
	evaluated func() time.Time
	now       func() time.Time
	seed      maphash.Seed

	mu      sync.Mutex
	answers map[string]*cachedResponse // by URI
	size    int                        // of all answers
}

// cachedResponse is a [http.ResponseWriter] that keeps its output.
type cachedResponse struct {
	header    http.Header
	code      int
	body      bytes.Buffer
	size      int // with the header and the URI
	at        time.Time
	evaluated time.Time
}

func newCache(next http.Handler, evaluated func() time.Time) *cache {
	return &cache{next: next, evaluated: evaluated, now: time.Now, seed: maphash.MakeSeed(), answers: map[string]*cachedResponse{}}
}

// ServeHTTP implements [http.Handler].
func (c *cache) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	a := c.build(r)
	maps.Copy(w.Header(), a.header)
	if tag := a.header.Get("ETag"); tag != "" && r.Header.Get("If-None-Match") == tag {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	w.Header().Set("Content-Length", strconv.Itoa(a.body.Len()))
	w.WriteHeader(a.code)
	_, _ = w.Write(a.body.Bytes())
}

func (c *cache) build(r *http.Request) *cachedResponse {
	c.mu.Lock()
	defer c.mu.Unlock()
	now, evaluated, uri := c.now(), c.evaluated(), r.URL.RequestURI()
	if a := c.answers[uri]; a != nil && a.evaluated.Equal(evaluated) && now.Sub(a.at) < cacheTime {
		return a
	}
	a := &cachedResponse{header: http.Header{}, code: http.StatusOK, at: now, evaluated: evaluated}
	c.next.ServeHTTP(a, r)
	if a.code == http.StatusOK {
		c.store(uri, a)
		if a.header.Get("Content-Type") == contentTypeJSON {
			a.header.Set("ETag", c.etag(a.body.Bytes()))
		}
	}
	return a
}

// store adds a response, and removes expired responses, or all if there are too many.
func (c *cache) store(uri string, a *cachedResponse) {
	a.size = len(uri) + a.body.Len()
	for _, values := range a.header {
		for _, v := range values {
			a.size += len(v)
		}
	}
	for other, was := range c.answers {
		if other == uri || a.at.Sub(was.at) >= cacheTime || c.size+a.size > maxCached {
			c.size -= was.size
			delete(c.answers, other)
		}
	}
	if a.size <= maxCached {
		c.answers[uri] = a
		c.size += a.size
	}
}

var agePattern = regexp.MustCompile(`"ageSeconds": [0-9.e+-]+`)

// etag returns a weak ETag. Responses that differ only in the age of the report have the same ETag.
func (c *cache) etag(body []byte) string {
	var h maphash.Hash
	h.SetSeed(c.seed)
	at := agePattern.FindIndex(body[:min(len(body), 200)])
	if at != nil {
		_, _ = h.Write(body[:at[0]])
		body = body[at[1]:]
	}
	_, _ = h.Write(body)
	return `W/"` + strconv.FormatUint(h.Sum64(), 36) + `"`
}

// Header implements [http.ResponseWriter].
func (a *cachedResponse) Header() http.Header { return a.header }

// WriteHeader implements [http.ResponseWriter].
func (a *cachedResponse) WriteHeader(code int) { a.code = code }

// Write implements [http.ResponseWriter].
func (a *cachedResponse) Write(b []byte) (int, error) { return a.body.Write(b) }
