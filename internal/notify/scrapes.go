// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package notify

import (
	"net/http"
	"sync"
	"time"
)

// Scrapes remembers when the metrics were last scraped.
type Scrapes struct {
	now func() time.Time

	mu      sync.Mutex
	at      time.Time
	scraped bool
}

// NewScrapes returns a Scrapes without a scrape, whose time starts now. A nil clock is time.Now.
func NewScrapes(now func() time.Time) *Scrapes {
	if now == nil {
		now = time.Now
	}
	return &Scrapes{now: now, at: now()}
}

// Record records a scrape.
func (s *Scrapes) Record() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.at, s.scraped = s.now(), true
}

// lastScrape returns the time of the last scrape, or the start if there was none.
func (s *Scrapes) lastScrape() (at time.Time, scraped bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.at, s.scraped
}

// Observe records the scrapes that next serves: GET requests with a complete response.
func (s *Scrapes) Observe(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		seen := &responseRecorder{ResponseWriter: w, status: http.StatusOK}
		next.ServeHTTP(seen, r)
		if r.Method == http.MethodGet && seen.status == http.StatusOK && seen.err == nil && r.Context().Err() == nil {
			s.Record()
		}
	})
}

// responseRecorder records the status and the write error of a response.
type responseRecorder struct {
	http.ResponseWriter

	status int
	err    error
}

func (o *responseRecorder) WriteHeader(status int) {
	o.status = status
	o.ResponseWriter.WriteHeader(status)
}

func (o *responseRecorder) Write(p []byte) (int, error) {
	n, err := o.ResponseWriter.Write(p)
	if err != nil {
		o.err = err
	}
	return n, err
}

// Unwrap is for [http.ResponseController].
func (o *responseRecorder) Unwrap() http.ResponseWriter { return o.ResponseWriter }
