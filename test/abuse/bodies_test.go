// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

//go:build linux

package abuse

import (
	"bytes"
	"compress/gzip"
	"net/http"
	"time"
)

// bodies are answers of an API server without an end, or with text far larger than the bytes sent.
func bodies() []attack {
	const failing = `cobaltcore_cluster_failing\{`
	return []attack{
		{
			name: "API server: body without an end, status 403", short: true, answer: failing,
			prepare: func(s *site) { s.evil.Replace(endless(http.StatusForbidden)) },
		},
		{
			name: "API server: body without an end, status 200", answer: failing,
			prepare: func(s *site) { s.evil.Replace(endless(http.StatusOK)) },
		},
		{
			name: "API server: 2 GiB of text in a gzip body, status 500", answer: failing,
			prepare: func(s *site) { s.evil.Replace(compressionBomb(s, http.StatusInternalServerError)) },
		},
		{
			name: "API server: 2 GiB of text in a gzip body, status 200", answer: failing,
			prepare: func(s *site) { s.evil.Replace(compressionBomb(s, http.StatusOK)) },
		},
		{
			name: "API server: one byte a second", answer: failing,
			prepare: func(s *site) {
				s.evil.Replace(func(w http.ResponseWriter, r *http.Request) {
					for tick := time.NewTicker(time.Second); r.Context().Err() == nil; <-tick.C {
						_, _ = w.Write([]byte(" "))
						w.(http.Flusher).Flush() //nolint:forcetypeassert // of net/http
					}
				})
			},
		},
	}
}

// endless answers until the client goes.
func endless(status int) http.HandlerFunc {
	part := bytes.Repeat([]byte(" "), 64<<10)
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		for {
			if _, err := w.Write(part); err != nil {
				return
			}
		}
	}
}

// compressionBomb answers with 128 gzip members of 16 MiB of text each.
func compressionBomb(s *site, status int) http.HandlerFunc {
	s.Helper()
	var member bytes.Buffer
	w := gzip.NewWriter(&member)
	_, err := w.Write(bytes.Repeat([]byte(" "), 16<<20))
	if err = first(err, w.Close()); err != nil {
		s.Fatal(err)
	}
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Content-Encoding", "gzip")
		w.WriteHeader(status)
		for range 128 {
			if _, err := w.Write(member.Bytes()); err != nil {
				return
			}
		}
	}
}

func first(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}
