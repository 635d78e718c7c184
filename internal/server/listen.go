// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package server

import (
	"log/slog"
	"net"
	"sync"
	"time"
)

const (
	// maxConnections and maxClientConnections bound the open connections, in all and of one
	// client address. Prometheus keeps one.
	maxConnections       = 1024
	maxClientConnections = 128
	// refusalInterval is the time between log lines about refused connections.
	refusalInterval = time.Minute
)

// bounded returns listeners that together refuse connections beyond the limits: they are
// closed at once, so that others are accepted.
func bounded(listeners []net.Listener, all, client int, log *slog.Logger) []net.Listener {
	b := &bounds{open: newShares(all, client), log: log}
	out := make([]net.Listener, len(listeners))
	for i, l := range listeners {
		out[i] = &boundedListener{l, b}
	}
	return out
}

// bounds are shared by listeners.
type bounds struct {
	open *shares
	log  *slog.Logger

	mu     sync.Mutex
	logged time.Time
}

func (b *bounds) refuse(client string, of scope) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if time.Since(b.logged) < refusalInterval {
		return
	}
	b.logged = time.Now()
	b.log.Warn("connection refused: too many are open", "client", client, "limit", b.open.limits[of], "connections", string(of))
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
		client := hostOf(c.RemoteAddr().String())
		taken, of := l.open.take(client)
		if taken {
			return &boundedConn{Conn: c, release: sync.OnceFunc(func() { l.open.release(client) })}, nil
		}
		l.refuse(client, of)
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
