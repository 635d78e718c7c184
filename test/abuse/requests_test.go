// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

//go:build linux

package abuse

import (
	"bufio"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"sync/atomic"
	"time"
)

// requests are HTTP requests that proxies and servers read in different ways.
func requests() []attack {
	return []attack{
		{name: "client: hosts, targets, lengths and encodings that servers read in different ways", short: true, prepare: fill(100, true), begin: sendOddRequests},
		{name: "client: another filter with each request", prepare: fill(4000, true), begin: sendFilters},
	}
}

// sendOddRequests sends requests. An answer must neither be an internal error nor lead to another server, and has neither
// the host nor the headers of its request.
func sendOddRequests(s *site) {
	var sent, refused atomic.Int64
	all, reflected := oddRequests(), regexp.MustCompile(`(?im)^(x-injected:|location:\s*(\w+:|//|.?\\))|host\.example`)
	s.loop(8, func(i int) {
		request := all[(int(sent.Add(1))+i)%len(all)]
		c, err := s.connect()
		if err != nil {
			s.sleep(scrapePause)
			return
		}
		defer func() { _ = c.Close() }()
		_ = c.SetDeadline(time.Now().Add(5 * time.Second))
		go func() { _, _ = io.WriteString(c, request) }()
		var head strings.Builder
		answer, err := http.ReadResponse(bufio.NewReader(io.TeeReader(c, &head)), nil)
		switch {
		case err != nil:
			refused.Add(1)
			return
		case slices.Contains([]int{http.StatusInternalServerError, http.StatusBadGateway, http.StatusGatewayTimeout}, answer.StatusCode):
			s.Errorf("%.80q: %s", request, answer.Status)
		case reflected.MatchString(head.String()):
			s.Errorf("%.80q: the answer is %.200q", request, head.String())
		case answer.StatusCode >= 400:
			refused.Add(1)
		}
		_ = answer.Body.Close()
		s.recordResult("%d of %d requests were refused", refused.Load(), sent.Load())
	})
}

func oddRequests() []string {
	get := func(target string, headers ...string) string {
		return "GET " + target + " HTTP/1.1\r\n" + strings.Join(append(headers, "Connection: close"), "\r\n") + "\r\n\r\n"
	}
	const host, smuggled = "Host: x", "GET /metrics HTTP/1.1\r\nHost: evil.example\r\n\r\n"
	return []string{
		get("/", "Host: host.example"), get("//evil.example/", host), get("/\\evil.example", host), get("http://evil.example/objects/..", host),
		get("/objects/../..//evil.example/%2e%2e", host), get("/"), get("/", host, "Host: host.example"), get("/", "Host: a b"), get("/", "Host: [::1"),
		get("/%0d%0aX-Injected:%20a", host), get("/?a=%0d%0aX-Injected:%20a", host), get("/clusters/%00%0d%0a", host), get("/clusters/"+strings.Repeat("%2f..", 9000), host),
		get("/", host, "X-Forwarded-Host: host.example", "Forwarded: host=host.example", "X-Original-URL: /-/reload"), get("*", host), get("/%zz", host),
		get("/?"+strings.Repeat("a&", 500_000), host), get("/", append([]string{host}, strings.Split(strings.Repeat("X-A: b,", 1e5), ",")...)...),
		get("/", host, "X-A: "+strings.Repeat("b", 1<<20)), get("/", host, "Cookie: "+strings.Repeat("a=b;", 1e5)), get("/metrics", host, " X-Folded: a", "X-B : c"),
		get("/metrics", host, "Accept-Encoding: "+strings.Repeat("gzip,", 1e4)), get("/metrics", host, "If-None-Match: "+strings.Repeat(`"a",`, 1e4)),
		get("/metrics", host, "Range: bytes=9223372036854775807-"), get("/metrics", host, "Authorization: Basic "+strings.Repeat("a", 50_000)),
		"POST /-/reload HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + smuggled,
		"POST /metrics HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\nContent-Length: 44\r\n\r\n" + smuggled,
		"GET /metrics HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: xchunked\r\n\r\n" + smuggled,
		"GET /metrics HTTP/1.1\r\nHost: x\r\nTransfer-Encoding : chunked\r\n\r\n0\r\n\r\n" + smuggled,
		"POST /metrics HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n" + strings.Repeat("1;"+strings.Repeat("x", 4000)+"\r\na\r\n", 1000) + "0\r\n\r\n",
		"POST /metrics HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nFFFFFFFFFFFFFFFFF\r\n" + smuggled,
		"GET /metrics HTTP/1.1\nHost: x\n\n", "GET /metrics HTTP/9.9\r\nHost: x\r\n\r\n", "GET /metrics\r\n\r\n", "GET\t/metrics\tHTTP/1.1\r\nHost: x\r\n\r\n",
		"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "CONNECT evil.example:443 HTTP/1.1\r\nHost: evil.example:443\r\n\r\n", "TRACE / HTTP/1.1\r\nHost: x\r\nX-Injected: a\r\n\r\n",
		strings.Repeat("\r\n", 100_000) + smuggled, "\x00\x01\x02", strings.Repeat("A", 1<<20) + " / HTTP/1.1\r\n\r\n",
		"DELETE /api/v1/report HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", "POST /-/reload HTTP/1.1\r\nHost: x\r\nOrigin: http://evil.example\r\nConnection: close\r\n\r\n",
	}
}

// sendFilters requests answers none of which can be taken from a cache.
func sendFilters(s *site) {
	s.ask(func(n int64) (string, []string) {
		return []string{
			fmt.Sprintf("/metrics?cluster[]=evil&cluster[]=x%d&collect[]=flux", n), fmt.Sprintf("/api/v1/objects?text=k%05d", n), fmt.Sprintf("/objects?text=%d", n),
			fmt.Sprintf("/api/v1/report?limit=%d", n), fmt.Sprintf("/?cluster=x%d", n), fmt.Sprintf("/changes?name=k%05d", n),
		}[n%6], nil
	})
}
