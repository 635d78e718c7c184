// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package server

import (
	"net"
	"sync"
	"time"
)

const (
	// maxConnections and maxClientConnections bound the open connections, in all and of one
	// client address. Prometheus keeps one.
	maxConnections       = 1024
	maxClientConnections = 128
	// refusalInterval is the minimum time between log lines about the same kind of refusals.
	refusalInterval = time.Minute
)

// limitConnections returns listeners with common limits. Connections beyond the limits are closed
// at once, so that other clients are accepted.
func limitConnections(listeners []net.Listener, all, client int, refused *Refusals) []net.Listener {
	b := &bounds{open: newSlots(all, client), refused: refused}
	out := make([]net.Listener, len(listeners))
	for i, l := range listeners {
		out[i] = &boundedListener{l, b}
	}
	return out
}

// bounds are the limits that listeners share.
type bounds struct {
	open    *slots
	refused *Refusals
}

// logLimiter limits the log lines about refusals. It is safe for concurrent use.
type logLimiter struct {
	mu     sync.Mutex
	logged time.Time
}

// allow reports whether a line may be logged now, and records its time.
func (p *logLimiter) allow() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if time.Since(p.logged) < refusalInterval {
		return false
	}
	p.logged = time.Now()
	return true
}

type boundedListener struct {
	net.Listener

	*bounds
}

// Accept implements [net.Listener].
func (l *boundedListener) Accept() (net.Conn, error) {
	for {
		c, err := l.Listener.Accept()
		if err != nil {
			return nil, err
		}
		client := clientHost(c.RemoteAddr().String())
		taken, of := l.open.take(client)
		if taken {
			return &boundedConn{Conn: c, release: sync.OnceFunc(func() { l.open.release(client) })}, nil
		}
		l.refused.add(connections, client, of, l.open.limits[of])
		_ = c.Close()
	}
}

type boundedConn struct {
	net.Conn

	release func()
}

// Close implements [net.Conn].
func (c *boundedConn) Close() error {
	c.release()
	return c.Conn.Close()
}
