// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package server

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/testing/testutil"
)

func listenLocal(t *testing.T) net.Listener {
	t.Helper()
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// get asks over a connection of its own.
func get(ctx context.Context, url string) (int, string, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, http.NoBody)
	if err != nil {
		return 0, "", err
	}
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	response, err := client.Do(request)
	if err != nil {
		return 0, "", err
	}
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(response.Body)
	return response.StatusCode, string(body), err
}

// TestServeFinishesRequests ends the server in the middle of an answer, on the
// second of two listeners.
func TestServeFinishesRequests(t *testing.T) {
	inside, leave := make(chan struct{}), make(chan struct{})
	h := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, "first ")
		close(inside)
		<-leave
		_, _ = io.WriteString(w, "last")
	})
	ctx, cancel := context.WithCancel(t.Context())
	listeners := []net.Listener{listenLocal(t), listenLocal(t)}
	served := make(chan error, 1)
	go func() { served <- Serve(ctx, h, listeners, "", nil, slog.New(slog.DiscardHandler)) }()
	type answer struct {
		code int
		body string
		err  error
	}
	answers := make(chan answer, 1)
	go func() {
		var a answer
		a.code, a.body, a.err = get(t.Context(), "http://"+listeners[1].Addr().String())
		answers <- a
	}()
	<-inside
	cancel()
	select {
	case err := <-served:
		t.Fatalf("stopped before the answer was complete: %v", err)
	default:
	}
	close(leave)
	if a := <-answers; a.err != nil || a.code != http.StatusOK || a.body != "first last" {
		t.Errorf("%+v", a)
	}
	if err := <-served; err != nil {
		t.Error(err)
	}
	if _, _, err := get(t.Context(), "http://"+listeners[0].Addr().String()); err == nil {
		t.Error("still listening")
	}
}

func TestServeErrors(t *testing.T) {
	broken := filepath.Join(t.TempDir(), "web.yaml")
	if err := os.WriteFile(broken, []byte("basic_auth: {}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, webConfig := range map[string]string{"no such file": "/does/not/exist.yaml", "unknown key": broken} {
		t.Run(name, func(t *testing.T) {
			l := listenLocal(t)
			defer func() { _ = l.Close() }()
			var log bytes.Buffer
			err := Serve(t.Context(), http.NotFoundHandler(), []net.Listener{l}, webConfig, nil, slog.New(slog.NewTextHandler(&log, nil)))
			if err == nil || !strings.HasPrefix(err.Error(), "serve: ") {
				t.Errorf("%v", err)
			}
		})
	}
	t.Run("closed listener", func(t *testing.T) {
		l := listenLocal(t)
		_ = l.Close()
		err := Serve(t.Context(), http.NotFoundHandler(), []net.Listener{l}, "", nil, slog.New(slog.DiscardHandler))
		if err == nil || !strings.Contains(err.Error(), "closed") {
			t.Errorf("%v", err)
		}
	})
}

// TestHTTP2IsOptIn checks which protocol a client gets that offers both.
func TestHTTP2IsOptIn(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	writeKeyPair(t, dir)
	for more, want := range map[string]string{"": "http/1.1", "http_server_config: {http2: true}\n": "h2"} {
		file := filepath.Join(dir, want[:2]+".yaml")
		if err := os.WriteFile(file, []byte("tls_server_config: {cert_file: tls.crt, key_file: tls.key}\n"+more), 0o600); err != nil {
			t.Fatal(err)
		}
		l := listenLocal(t)
		ctx, cancel := context.WithCancel(t.Context())
		served := make(chan error, 1)
		go func() {
			served <- Serve(ctx, http.NotFoundHandler(), []net.Listener{l}, file, nil, slog.New(slog.DiscardHandler))
		}()
		c := tls.Client(dial(t, l), &tls.Config{InsecureSkipVerify: true, NextProtos: []string{"h2", "http/1.1"}})
		if err := c.HandshakeContext(ctx); err != nil {
			t.Fatal(err)
		}
		if got := c.ConnectionState().NegotiatedProtocol; got != want {
			t.Errorf("%q: %s, want %s", more, got, want)
		}
		_ = c.Close()
		cancel()
		if err := <-served; err != nil {
			t.Error(err)
		}
	}
}

// writeKeyPair writes tls.crt and tls.key.
func writeKeyPair(t *testing.T, dir string) {
	t.Helper()
	s := httptest.NewTLSServer(http.NotFoundHandler())
	defer s.Close()
	pair := s.TLS.Certificates[0]
	key, err := x509.MarshalPKCS8PrivateKey(pair.PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	for name, block := range map[string]*pem.Block{
		"tls.crt": {Type: "CERTIFICATE", Bytes: pair.Certificate[0]}, "tls.key": {Type: "PRIVATE KEY", Bytes: key},
	} {
		if err := os.WriteFile(filepath.Join(dir, name), pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

func TestCheckWebConfig(t *testing.T) {
	for name, tc := range map[string]struct {
		text, fails string
		want        WebConfig
	}{
		"nothing":       {},
		"a user":        {text: "basic_auth_users: {a: $2y$10$QOauhQNbBCuQDKes6eFzPeMqBSjb7Mr5DUmpZ/VcEd00UAV/LDeSi}\n", want: WebConfig{BasicAuth: true}},
		"not a hash":    {text: "basic_auth_users: {a: secret}\n", fails: "bcrypt"},
		"HTTP/2":        {text: "http_server_config: {http2: true}\n", want: WebConfig{HTTP2: true}},
		"unknown key":   {text: "basic_auth: {}\n", fails: "basic_auth"},
		"no such files": {text: "tls_server_config: {cert_file: a.crt, key_file: a.key}\n", fails: "a.crt"},
		"only a key":    {text: "tls_server_config: {key_file: a.key}\n", fails: "cert"},
	} {
		t.Run(name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "web.yaml")
			if err := os.WriteFile(file, []byte(tc.text), 0o600); err != nil {
				t.Fatal(err)
			}
			got, err := CheckWebConfig(t.Context(), file)
			if got != tc.want || (err != nil) != (tc.fails != "") {
				t.Errorf("%+v %v", got, err)
			}
			if err != nil && (!strings.Contains(err.Error(), file) || !strings.Contains(err.Error(), tc.fails)) {
				t.Errorf("%v does not mention %s and %s", err, file, tc.fails)
			}
		})
	}
	for kind, path := range testutil.HostileFiles(t) {
		if _, err := CheckWebConfig(t.Context(), path); err == nil || !strings.Contains(err.Error(), path) {
			t.Errorf("%s: %v", kind, err)
		}
		certificate := filepath.Join(t.TempDir(), "web.yaml")
		if err := os.WriteFile(certificate, fmt.Appendf(nil, "tls_server_config: {cert_file: %q, key_file: %[1]q}\n", path), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := CheckWebConfig(t.Context(), certificate); err == nil || !strings.Contains(err.Error(), path) {
			t.Errorf("certificate, %s: %v", kind, err)
		}
	}
	if got, err := CheckWebConfig(t.Context(), ""); got != (WebConfig{}) || err != nil {
		t.Errorf("no file: %+v %v", got, err)
	}
	if _, err := CheckWebConfig(t.Context(), "/does/not/exist.yaml"); err == nil {
		t.Error("no error")
	}
}
