// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package server

import (
	"log/slog"

	"github.com/prometheus/client_golang/prometheus"
)

// The limited resources.
const (
	connections = "connections"
	requests    = "requests"
)

// Refusals counts connections and requests that are refused because of a limit. It logs the client, at most once a minute
// for each of the two.
type Refusals struct {
	counter  *prometheus.CounterVec
	log      *slog.Logger
	limiters map[string]*logLimiter
}

// NewRefusals returns a counter and registers it.
func NewRefusals(registry prometheus.Registerer, log *slog.Logger) *Refusals {
	r := &Refusals{
		counter: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "cobaltcore_web_refused_total",
			Help: "Connections and requests (what) that were refused because of a limit (scope): of one client address (client) or of all clients (all). The log has the clients.",
		}, []string{"what", "scope"}),
		log: log, limiters: map[string]*logLimiter{},
	}
	registry.MustRegister(r.counter)
	for _, what := range []string{connections, requests} {
		r.limiters[what] = &logLimiter{}
		for _, s := range []scope{scopeAll, scopeClient} {
			r.counter.WithLabelValues(what, string(s))
		}
	}
	return r
}

// add counts a refused client; r may be nil.
func (r *Refusals) add(what, client string, of scope, limit int) {
	if r == nil {
		return
	}
	r.counter.WithLabelValues(what, string(of)).Inc()
	if r.limiters[what].allow() {
		r.log.Warn("client refused: limit reached", "of", what, "client", client, "scope", string(of), "limit", limit)
	}
}
