// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

//go:build linux

package abuse

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/testing/fakeapi"
)

// elements are answers with many small values, which cost far more than their bytes.
func elements() []attack {
	const failing = `cobaltcore_watch_failing\{`
	return []attack{
		{
			name: "API server: 30 MB of `{},` in discovery", short: true, answer: `cobaltcore_cluster_failing\{`,
			prepare: func(s *site) {
				s.evil.Replace(func(w http.ResponseWriter, _ *http.Request) {
					writeEmptyElements(w, 30e6, `{"kind":"APIGroupList","groups":[`, `]}`)
				})
			},
		},
		{
			name: "API server: one event of 60 MB", short: true, answer: failing,
			prepare: func(s *site) {
				s.evil.Deny(kustomizations, func(w http.ResponseWriter, _ *http.Request) {
					writeEmptyElements(w, 60e6, `{"type":"ADDED","object":{"metadata":{"name":"a"},"status":{"history":[`, `]}}}`)
				})
			},
		},
		{
			name: "API server: one object of 60 MB in a list", answer: failing,
			prepare: func(s *site) {
				s.evil.Deny(kustomizations, serveList(func(w io.Writer) {
					writeEmptyElements(w, 60e6, `{"kind":"KustomizationList","metadata":{"resourceVersion":"1"},"items":[{"metadata":{"name":"a"},"status":{"history":[`, `]}}]}`)
				}))
			},
		},
		{
			name: "API server: one pod of 60 MB", answer: `cobaltcore_collector_failing\{cluster="evil",collector="controllers"`,
			prepare: func(s *site) {
				s.evil.Serve("/api/v1/pods", "Pod", "v1")
				s.evil.Deny("/api/v1/pods", func(w http.ResponseWriter, _ *http.Request) {
					writeEmptyElements(w, 60e6, `{"kind":"PodList","items":[{"metadata":{"name":"a"},"status":{"containerStatuses":[`, `]}}]}`)
				})
			},
		},
		{
			name: "Alertmanager: 31 MB of `{},`", answer: `cobaltcore_alertmanager_errors_total`, filter: "x",
			prepare: func(s *site) {
				peer := s.server(func(w http.ResponseWriter, _ *http.Request) { writeEmptyElements(w, 31e6, `[`, `]`) })
				_, _ = fmt.Fprintf(&s.config, "alertmanager: {urls: [%q], interval: 1s}\n", peer)
			},
		},
	}
}

// writeEmptyElements writes JSON with so many bytes of empty objects between its begin and end.
func writeEmptyElements(w io.Writer, size int, begin, end string) {
	if w, ok := w.(http.ResponseWriter); ok {
		w.Header().Set("Content-Type", "application/json")
	}
	part := strings.Repeat("{},", 1<<14)
	_, err := io.WriteString(w, begin)
	for n := 0; n < size && err == nil; n += len(part) {
		_, err = io.WriteString(w, part)
	}
	_, _ = io.WriteString(w, "{}"+end)
}

// serveList refuses to stream, so that the kind is listed, and answers lists.
func serveList(list func(io.Writer)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		switch query := r.URL.Query(); {
		case query.Has("sendInitialEvents"):
			fakeapi.Status(http.StatusUnprocessableEntity, "Invalid", "sendInitialEvents is forbidden for watch")(w, r)
		case query.Has("watch"):
			<-r.Context().Done()
		default:
			w.Header().Set("Content-Type", "application/json")
			list(w)
		}
	}
}

// server starts a server without TLS and returns its URL.
func (s *site) server(h http.HandlerFunc) string {
	server := httptest.NewServer(h)
	s.Cleanup(func() {
		server.CloseClientConnections()
		server.Close()
	})
	return server.URL
}
