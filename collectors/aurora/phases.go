// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package aurora

import (
	"crypto/tls"
	"net/http/httptrace"
	"sync"
	"time"
)

// The phases of a request, as the blackbox exporter calls them.
const (
	resolve    = "resolve"
	connect    = "connect"
	handshake  = "tls"
	processing = "processing"
	transfer   = "transfer"
)

// stopwatch measures the phases of consecutive requests. Several addresses of a host may be tried at the same
// time: late events are ignored.
type stopwatch struct {
	now func() time.Time

	mu        sync.Mutex
	began     time.Time // start of the current phase
	connected bool
	took      map[string]time.Duration
}

func newStopwatch() *stopwatch { return &stopwatch{now: time.Now, took: map[string]time.Duration{}} }

// start begins a phase.
func (s *stopwatch) start() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.began = s.now()
}

// end adds the duration of the current phase and begins the next one.
func (s *stopwatch) end(phase string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.now()
	s.took[phase] += now.Sub(s.began)
	s.began = now
}

// phases returns the durations of the completed phases.
func (s *stopwatch) phases() map[string]time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	took := s.took
	s.took = map[string]time.Duration{}
	return took
}

// trace connects the stopwatch to the events of a request.
func (s *stopwatch) trace() *httptrace.ClientTrace {
	return &httptrace.ClientTrace{
		GetConn: func(string) {
			s.start()
			s.mu.Lock()
			defer s.mu.Unlock()
			s.connected = false
		},
		DNSStart: func(httptrace.DNSStartInfo) { s.start() },
		DNSDone: func(info httptrace.DNSDoneInfo) {
			if info.Err == nil {
				s.end(resolve)
			}
		},
		ConnectDone: func(_, _ string, err error) {
			if err == nil && s.isFirstConnection() {
				s.end(connect)
			}
		},
		TLSHandshakeStart: s.start,
		TLSHandshakeDone: func(_ tls.ConnectionState, err error) {
			if err == nil {
				s.end(handshake)
			}
		},
		GotConn:              func(httptrace.GotConnInfo) { s.start() },
		GotFirstResponseByte: func() { s.end(processing) },
	}
}

// isFirstConnection reports whether a connection is the first one of a request.
func (s *stopwatch) isFirstConnection() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	first := !s.connected
	s.connected = true
	return first
}
