// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

//go:build linux

package abuse

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"io"
	"net"
	"sync/atomic"
	"time"

	"golang.org/x/net/http2"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/testing/fakeapi"
)

// attacker is the address of the clients that attack: one neighbour in the network.
const attacker = "127.0.0.9"

// clients are neighbours in the network that read /metrics, or keep others from reading it.
func clients() []attack {
	return []attack{
		{
			name: "client: 200 slow readers of `/metrics`", short: true, prepare: fill(8000, false), begin: func(s *site) { slowReaders(s) },
		},
		{
			name: "client: 3,000 connections that announce a body", prepare: func(*site) {}, begin: announceLargeBodies,
		},
		{
			name: "client: HTTP/2 streams without window updates", begin: zeroWindowClients,
			prepare: func(s *site) { fill(8000, false)(s); serveHTTP2(s) },
		},
		{
			name: "client: 40 requests at a time for a report of 8,000 findings", prepare: fill(8000, true), begin: reports,
		},
	}
}

// fill puts n objects into the attacking cluster.
func fill(n int, broken bool) func(*site) {
	return func(s *site) {
		s.evil.Change(func(state *fakeapi.State) {
			for i := range n {
				o := kustomization(revision(i))
				if broken {
					o["status"] = map[string]any{"conditions": []any{map[string]any{
						"type": "Ready", "status": "False", "reason": "BuildFailed", "lastTransitionTime": "2026-11-20T09:00:00Z",
					}}}
				}
				state.Put(kustomizations, fmt.Sprintf("k%05d", i), o)
			}
		})
	}
}

// writeCertificate writes the certificate of the innocent API server, and its key.
func (s *site) writeCertificate(certificateFile, keyFile string) {
	certificate := s.good.TLS.Certificates[0]
	key, err := x509.MarshalPKCS8PrivateKey(certificate.PrivateKey)
	if err != nil {
		s.Fatal(err)
	}
	s.write(certificateFile, string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: certificate.Certificate[0]})))
	s.write(keyFile, string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: key})))
}

// connect opens a connection of the attacker with a small receive buffer.
func (s *site) connect() (net.Conn, error) {
	dialer := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(attacker)}, Timeout: time.Second}
	c, err := dialer.DialContext(s.ctx, "tcp", s.address)
	if err != nil {
		return nil, err
	}
	return c, c.(*net.TCPConn).SetReadBuffer(4 << 10) //nolint:forcetypeassert // of TCP
}

func slowReaders(s *site) {
	var answers, refused atomic.Int64
	s.loop(200, func(int) {
		defer s.sleep(50 * time.Millisecond)
		c, err := s.connect()
		if err != nil {
			refused.Add(1)
			return
		}
		defer func() { _ = c.Close() }()
		if _, err = io.WriteString(c, "GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n"); err != nil {
			refused.Add(1)
			return
		}
		answers.Add(1)
		for part := make([]byte, 256); s.ctx.Err() == nil; s.sleep(500 * time.Millisecond) {
			_ = c.SetReadDeadline(time.Now().Add(time.Second))
			if _, err := c.Read(part); err != nil {
				break
			}
		}
		s.recordResult("%d requests were sent on as many connections, which were closed; %d were refused", answers.Load(), refused.Load())
	})
}

func announceLargeBodies(s *site) {
	var sent, closed atomic.Int64
	s.loop(3000, func(int) {
		defer s.sleep(time.Second)
		c, err := s.connect()
		if err != nil {
			closed.Add(1)
			return
		}
		defer func() { _ = c.Close() }()
		if _, err := io.WriteString(c, "POST /-/reload HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\n"); err == nil {
			sent.Add(1)
		}
		for part := make([]byte, 1024); s.ctx.Err() == nil; {
			_ = c.SetReadDeadline(time.Now().Add(time.Second))
			if n, err := c.Read(part); n == 0 && err != nil {
				if timeout, ok := err.(net.Error); !ok || !timeout.Timeout() { //nolint:errorlint // of net itself
					closed.Add(1)
					break
				}
			}
		}
		s.recordResult("%d connections were closed, %d requests sent", closed.Load(), sent.Load())
	})
}

// zeroWindowClients opens streams and reads no more than the first 64 KiB of the responses.
func zeroWindowClients(s *site) {
	var streams, cut atomic.Int64
	s.loop(20, func(int) {
		defer s.sleep(50 * time.Millisecond)
		raw, err := s.connect()
		if err != nil {
			return
		}
		c := tls.Client(raw, &tls.Config{InsecureSkipVerify: true, NextProtos: []string{"h2"}})
		defer func() { _ = c.Close() }()
		if _, err := io.WriteString(c, http2.ClientPreface); err != nil {
			return
		}
		framer := http2.NewFramer(c, c)
		_ = framer.WriteSettings()
		for i := range 50 {
			// GET, https, /metrics with the static table of HPACK; the authority is a literal.
			block := append([]byte{0x82, 0x87, 0x04, 8}, "/metrics"...)
			block = append(append(block, 0x01, 1), 'x')
			if framer.WriteHeaders(http2.HeadersFrameParam{StreamID: uint32(2*i + 1), BlockFragment: block, EndStream: true,
				EndHeaders: true}) != nil {
				return
			}
			streams.Add(1)
		}
		s.recordResult("%d streams opened, %d connections cut off", streams.Load(), cut.Load())
		for s.ctx.Err() == nil {
			_ = c.SetReadDeadline(time.Now().Add(30 * time.Second))
			if _, err := framer.ReadFrame(); err != nil {
				cut.Add(1)
				break
			}
		}
	})
}

func reports(s *site) {
	var answers, refused, size atomic.Int64
	client := newClient(attacker, patience)
	s.loop(40, func(i int) {
		body, err := s.get(client, []string{"/api/v1/report", "/"}[i%2])
		if err != nil {
			refused.Add(1)
			s.sleep(20 * time.Millisecond)
		} else {
			answers.Add(1)
			size.Store(max(size.Load(), int64(len(body))))
		}
		s.recordResult("%d answers of up to %d KB, %d refused", answers.Load(), size.Load()/1000, refused.Load())
	})
}

// sleep pauses an attack.
func (s *site) sleep(d time.Duration) {
	select {
	case <-s.ctx.Done():
	case <-time.After(d):
	}
}
