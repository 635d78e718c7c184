// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package server

import (
	"fmt"
	"net"
	"net/http"
	"sync"
	"time"
)

// clientFraction is the inverse of the share of slots that one client address may use.
const clientFraction = 4

// limitRequests returns status 503 while n requests are being served, or n/4 from the same client address. n = 0 means no
// limit.
func limitRequests(n int, refused *Refusals, next http.Handler) http.Handler {
	if n <= 0 {
		return next
	}
	slots := newSlots(n, (n+clientFraction-1)/clientFraction)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		client := clientHost(r.RemoteAddr)
		taken, of := slots.take(client)
		if !taken {
			refused.add(requests, client, of, slots.limits[of])
			w.Header().Set("Retry-After", "1")
			writeError(w, r, fmt.Sprintf("%d requests %s are being served; see --web.max-requests", slots.limits[of], of.describe()), http.StatusServiceUnavailable)
			return
		}
		defer slots.release(client)
		next.ServeHTTP(w, r)
	})
}

// scope is the scope of a limit.
type scope string

const (
	scopeAll    scope = "all"
	scopeClient scope = "client"
)

func (s scope) describe() string {
	if s == scopeClient {
		return "of this client"
	}
	return "in all"
}

// slots counts the slots in use, in total and by client. It is safe for concurrent use.
type slots struct {
	limits map[scope]int

	mu       sync.Mutex
	taken    int
	byClient map[string]int
}

func newSlots(all, client int) *slots {
	return &slots{limits: map[scope]int{scopeAll: all, scopeClient: client}, byClient: map[string]int{}}
}

// take takes a slot for a client. If no slot is left, it returns the scope of the limit.
func (s *slots) take(client string) (bool, scope) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.taken >= s.limits[scopeAll]:
		return false, scopeAll
	case s.byClient[client] >= s.limits[scopeClient]:
		return false, scopeClient
	}
	s.taken++
	s.byClient[client]++
	return true, ""
}

func (s *slots) release(client string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.taken--
	if s.byClient[client]--; s.byClient[client] == 0 {
		delete(s.byClient, client)
	}
}

// clientHost returns the address of a client without its port.
func clientHost(address string) string {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return address // of a Unix socket
	}
	return host
}

const (
	// chunk is the number of bytes that must be written within chunkTimeout. A client that reads
	// less than 52 KB/s is cut off, so that it does not keep its slot until writeTimeout. Writing
	// 2.5 MB in chunks of 256 KiB needs a quarter less CPU time than in chunks of 64 KiB.
	chunk        = 256 << 10
	chunkTimeout = 5 * time.Second
)

// paceWrites writes responses in chunks. Each chunk has a deadline, at most writeTimeout after the request.
func paceWrites(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		next.ServeHTTP(&pacedWriter{ResponseWriter: w, control: http.NewResponseController(w), end: time.Now().Add(writeTimeout)}, r)
	})
}

type pacedWriter struct {
	http.ResponseWriter

	control *http.ResponseController
	end     time.Time
}

// Unwrap returns the response for [http.ResponseController].
func (w *pacedWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// Write implements [io.Writer].
func (w *pacedWriter) Write(p []byte) (n int, err error) {
	for first := true; first || len(p) > 0; first = false {
		deadline := time.Now().Add(chunkTimeout)
		if deadline.After(w.end) {
			deadline = w.end
		}
		_ = w.control.SetWriteDeadline(deadline) // otherwise the deadline of the server applies
		part := p[:min(len(p), chunk)]
		written, err := w.ResponseWriter.Write(part)
		n += written
		if err != nil {
			return n, err
		}
		p = p[len(part):]
	}
	return n, nil
}
