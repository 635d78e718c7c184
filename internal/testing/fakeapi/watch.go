// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package fakeapi

import (
	"fmt"
	"io"
	"net/http"
	"strings"
)

// Expired is the status of a watch or list whose resource version is too old.
const Expired = `{"kind":"Status","apiVersion":"v1","status":"Failure","reason":"Expired","message":"too old","code":410}`

// watch is called with the lock held, and releases it.
func (s *Server) watch(w http.ResponseWriter, r *http.Request, l *list, initial bool) {
	frames, seen, end := []string{}, s.state.version, l.end
	if initial {
		for _, o := range l.objects {
			frames = append(frames, Frame("ADDED", string(o.text)))
		}
		frames = append(frames, Frame("BOOKMARK", fmt.Sprintf(
			`{"metadata":{"resourceVersion":"%d","annotations":{"k8s.io/initial-events-end":"true"}}}`, s.state.version)))
	} else {
		_, _ = fmt.Sscan(r.URL.Query().Get("resourceVersion"), &seen)
	}
	for {
		frames = append(frames, l.since(seen)...)
		ended, changed, down := l.end != end, s.changed, s.state.Down
		if ended {
			frames = []string{l.goodbye}
		}
		seen = s.state.version
		s.mu.Unlock()
		if down {
			panic(http.ErrAbortHandler)
		}
		_, _ = io.WriteString(w, strings.Join(frames, ""))
		w.(http.Flusher).Flush() //nolint:forcetypeassert // of net/http
		if ended {
			return
		}
		select {
		case <-r.Context().Done():
			return
		case <-changed:
		}
		s.mu.Lock()
		frames = nil
	}
}

// since returns the events after a resource version.
func (l *list) since(seen int) []string {
	var frames []string
	for _, o := range l.deleted {
		if o.version > seen {
			frames = append(frames, Frame("DELETED", string(o.text)))
		}
	}
	for _, o := range l.objects {
		switch {
		case o.version <= seen:
		case o.created:
			frames = append(frames, Frame("ADDED", string(o.text)))
		default:
			frames = append(frames, Frame("MODIFIED", string(o.text)))
		}
	}
	return frames
}

// Frame returns an event of a watch.
func Frame(kind, object string) string {
	return fmt.Sprintf("{\"type\":%q,\"object\":%s}\n", kind, object)
}

// Status returns a handler that refuses requests like an API server.
func Status(code int, reason, message string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(code)
		_, _ = fmt.Fprintf(w, `{"kind":"Status","apiVersion":"v1","status":"Failure","reason":%q,"message":%q,"code":%d}`, reason, message, code)
	}
}

// Gateway responds like a load balancer without a working API server.
func Gateway(w http.ResponseWriter, _ *http.Request) {
	http.Error(w, "no healthy upstream", http.StatusServiceUnavailable)
}

// HTML responds with a page, like a proxy in front of an API server.
func HTML(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/html")
	_, _ = io.WriteString(w, "<html><body>Please log in</body></html>")
}
