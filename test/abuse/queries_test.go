// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

//go:build linux

package abuse

import (
	"fmt"
	"io"
	"strings"
	"sync/atomic"
	"time"
)

// queries are requests of a neighbour that cost more than others.
func queries() []attack {
	return []attack{
		{
			name: "client: queries for objects and changes with 20,000 values", prepare: fill(8000, true), begin: sendManyValues,
		},
		{
			name: "client: 60 KB of another query with each request", short: true, prepare: fill(1000, true), begin: sendLongQueries,
		},
		{
			name: "client: 4,000 values of `cluster[]`, `Accept` and `Accept-Encoding` each", prepare: fill(8000, false), begin: sendLongHeaders,
		},
	}
}

// ask requests paths without a pause, 40 at a time.
func (s *site) ask(path func(n int64) (string, []string)) {
	var sent, answers atomic.Int64
	client := newClient(attacker, patience)
	s.loop(40, func(int) {
		path, header := path(sent.Add(1))
		if s.read(client, path, io.Discard, header...) == nil {
			answers.Add(1)
		} else {
			s.sleep(5 * time.Millisecond)
		}
		s.recordResult("%d of %d requests were answered", answers.Load(), sent.Load())
	})
}

func sendManyValues(s *site) {
	values := strings.Repeat("%2Ca", 15_000)
	s.ask(func(n int64) (string, []string) {
		route := []string{"/api/v1/objects", "/api/v1/changes", "/objects", "/changes"}[n%4]
		return fmt.Sprintf("%s?namespace=x%d%s&text=%d", route, n, values, n), nil
	})
}

func sendLongQueries(s *site) {
	long := strings.Repeat("x", 60_000)
	s.ask(func(n int64) (string, []string) {
		route := []string{"/api/v1/objects", "/api/v1/changes", "/api/v1/report", "/"}[n%4]
		return fmt.Sprintf("%s?limit=1&sort=name&other=%d%s", route, n, long), nil
	})
}

func sendLongHeaders(s *site) {
	clusters, accept := strings.Repeat("&cluster[]=evil", 2_000), strings.Repeat("application/openmetrics-text;version=1.0.0,", 400)
	s.ask(func(int64) (string, []string) {
		return "/metrics?collect[]=flux" + clusters, []string{"Accept: " + accept, "Accept-Encoding: " + strings.Repeat("gzip;q=0.1,", 800)}
	})
}
