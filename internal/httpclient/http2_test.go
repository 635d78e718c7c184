// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package httpclient

import (
	"crypto/tls"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"golang.org/x/net/http2"
	"k8s.io/client-go/rest"
)

// TestWindowOverflow has a server that overflows the window of a stream. The request fails, and the next one is
// answered; with the HTTP/2 of net/http, both would wait for ever.
func TestWindowOverflow(t *testing.T) {
	t.Parallel()
	answering := httptest.NewUnstartedServer(http.NotFoundHandler())
	answering.EnableHTTP2 = true
	answering.StartTLS()
	defer answering.Close()
	l, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{MinVersion: tls.VersionTLS12, Certificates: answering.TLS.Certificates, NextProtos: []string{"h2"}})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go overflowWindow(c)
		}
	}()
	url := "https://" + l.Addr().String()
	apiServer, end, err := ForAPIServer(&rest.Config{Host: url, TLSClientConfig: rest.TLSClientConfig{Insecure: true}})
	if err != nil {
		t.Fatal(err)
	}
	defer end()
	others := &http.Client{Transport: New(Options{MaxIdle: 2, TLS: &tls.Config{InsecureSkipVerify: true}})}
	for name, client := range map[string]*http.Client{"API server": apiServer, "others": others} {
		for range 3 {
			if err := read(t, client, url); err == nil || !strings.Contains(err.Error(), "FLOW_CONTROL_ERROR") {
				t.Errorf("%s: %v", name, err)
			}
		}
		if err := read(t, client, answering.URL); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		client.CloseIdleConnections()
	}
}

// overflowWindow answers each request with two updates of the window of its stream.
func overflowWindow(c net.Conn) {
	defer func() { _ = c.Close() }()
	f := http2.NewFramer(c, c)
	if _, err := io.CopyN(io.Discard, c, int64(len(http2.ClientPreface))); err != nil || f.WriteSettings() != nil {
		return
	}
	for {
		frame, err := f.ReadFrame()
		if err != nil {
			return
		}
		if h := frame.Header(); h.Type == http2.FrameHeaders {
			_ = f.WriteWindowUpdate(h.StreamID, 1<<31-1)
			_ = f.WriteWindowUpdate(h.StreamID, 1<<31-1)
		}
	}
}
