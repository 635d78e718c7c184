// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

// Package httpclient builds the HTTP clients of all outgoing requests: [New] for OpenBao, Aurora, Keystone,
// Alertmanager and pods, and [ForAPIServer] for Kubernetes. Requirements of every outgoing request are implemented
// here.
package httpclient

import (
	"context"
	"crypto/tls"
	"net"
	"net/http"
	"time"

	"golang.org/x/net/http2"
)

// UserAgent is the user agent of the exporter.
const UserAgent = "cobaltcore-exporter"

// maxHeader limits the header of a response.
const maxHeader = 64 << 10

// An HTTP/2 connection without a frame for pingAfter is pinged.
const (
	pingAfter   = 10 * time.Second
	pingTimeout = 5 * time.Second
)

// DialFunc opens a connection.
type DialFunc func(ctx context.Context, network, address string) (net.Conn, error)

// Options are the settings of a [Transport].
type Options struct {
	// Dial opens connections; by default a [net.Dialer] does.
	Dial DialFunc
	TLS  *tls.Config
	// Timeout limits dials and TLS handshakes, which may outlive their request while the next request waits for them. 0
	// means no limit.
	Timeout time.Duration
	// MaxIdle is the number of idle connections per host that are kept for two minutes; 0 means a new connection for
	// each request.
	MaxIdle int
	// MaxBody limits the uncompressed bytes of a successful response, and MaxValues its JSON values, see [CheckValues];
	// 0 means no limit. Beyond a limit, reads fail with [failure.ErrTooLarge].
	MaxBody, MaxValues int
	// DisableCompression requests uncompressed bodies.
	DisableCompression bool
}

// Transport is an [http.Transport] with limits. It uses no proxy and no other setting of the environment, stores no
// cookies and sends no credentials.
type Transport struct{ bounded }

// New returns a transport.
func New(o Options) *Transport {
	dial := o.Dial
	if dial == nil {
		dial = (&net.Dialer{}).DialContext
	}
	if o.Timeout > 0 {
		dial = withDialTimeout(o.Timeout, dial)
	}
	next := &http.Transport{
		DialContext:            dial,
		TLSClientConfig:        o.TLS.Clone(), // it is changed below
		TLSHandshakeTimeout:    o.Timeout,
		DisableKeepAlives:      o.MaxIdle == 0,
		DisableCompression:     true,
		MaxIdleConnsPerHost:    o.MaxIdle,
		IdleConnTimeout:        2 * time.Minute,
		MaxResponseHeaderBytes: maxHeader,
		// A connection that is shared by many requests must not be closed by the timeout of one request,
		// only by a lost ping.
		HTTP2: &http.HTTP2Config{SendPingTimeout: pingAfter, PingTimeout: pingTimeout},
	}
	// In the HTTP/2 of net/http (Go 1.26), a WINDOW_UPDATE that overflows the window of a stream blocks the connection
	// and all its requests, despite their contexts. This implementation, also used by client-go, does not.
	_ = http2.ConfigureTransport(next) //nolint:staticcheck // the replacement is the one of net/http; fails only if already configured
	return &Transport{bounded{gzip: !o.DisableCompression, body: o.MaxBody, values: o.MaxValues, next: next}}
}

// withDialTimeout returns a dialer with a timeout.
func withDialTimeout(timeout time.Duration, dial DialFunc) DialFunc {
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		ctx, cancel := context.WithTimeout(ctx, timeout)
		defer cancel()
		return dial(ctx, network, address)
	}
}

// KeepRedirect is a CheckRedirect function that returns a redirect as the response. Following it would send credentials
// to its target.
func KeepRedirect(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
