// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

// Package httpclient builds the HTTP clients of all outgoing requests: [New] those to
// OpenBao, Aurora, Keystone, Alertmanager and pods, [ForAPIServer] those to Kubernetes.
// What must hold for every outgoing request belongs here.
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

// maxHeader bounds the header of an answer.
const maxHeader = 64 << 10

// A connection with HTTP/2 without a frame for pingAfter is pinged.
const (
	pingAfter   = 10 * time.Second
	pingTimeout = 5 * time.Second
)

// DialFunc opens a connection.
type DialFunc func(ctx context.Context, network, address string) (net.Conn, error)

// Options are the settings of a [Transport].
type Options struct {
	// Dial is that of a [net.Dialer] by default.
	Dial DialFunc
	TLS  *tls.Config
	// Timeout bounds dials and TLS handshakes: they may outlive their request, and the
	// next one waits for them. 0 is none.
	Timeout time.Duration
	// MaxIdle is the number of idle connections to a host that are kept for two minutes;
	// 0 is a new connection for each request.
	MaxIdle int
	// MaxBody bounds the body of a success in bytes, unpacked, and MaxValues the JSON in
	// it, see [CheckValues]; 0 is unlimited. Beyond them, reading fails with
	// [failure.ErrTooLarge].
	MaxBody, MaxValues int
	// DisableCompression asks for plain bodies.
	DisableCompression bool
}

// Transport is an [http.Transport] with bounds. It uses no proxy and no other setting of
// the environment, keeps no cookies and sends no credentials.
type Transport struct{ bounded }

// New returns a transport.
func New(o Options) *Transport {
	dial := o.Dial
	if dial == nil {
		dial = (&net.Dialer{}).DialContext
	}
	if o.Timeout > 0 {
		dial = within(o.Timeout, dial)
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
		// A connection that many requests share is not closed by the timeout of one, only by a lost ping.
		HTTP2: &http.HTTP2Config{SendPingTimeout: pingAfter, PingTimeout: pingTimeout},
	}
	// Not the HTTP/2 of net/http: in Go 1.26, a WINDOW_UPDATE that overflows the window of a stream blocks its
	// connection and all requests in it for ever, whatever their contexts. client-go uses this one, too.
	_ = http2.ConfigureTransport(next) // fails only if it is configured already
	return &Transport{bounded{gzip: !o.DisableCompression, body: o.MaxBody, values: o.MaxValues, next: next}}
}

// within ends a dial after the timeout.
func within(timeout time.Duration, dial DialFunc) DialFunc {
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		ctx, cancel := context.WithTimeout(ctx, timeout)
		defer cancel()
		return dial(ctx, network, address)
	}
}

// KeepRedirect is the CheckRedirect of a client that returns a redirect as the answer: to
// follow it would send credentials along, wherever it leads.
func KeepRedirect(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
