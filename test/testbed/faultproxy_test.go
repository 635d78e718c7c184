// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package testbed

import (
	"context"
	"crypto/tls"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"strings"
	"syscall"
	"testing"
	"time"

	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
)

const answered = `{"created":"2026-11-20T23:30:00Z","padding":"0123456789"}`

// TestFaultProxy shows each fault to a plain client, before an API server that
// answers everything with a little.
func TestFaultProxy(t *testing.T) {
	t.Parallel()
	p, config := startTestFaultProxy(t)
	for _, tc := range []struct {
		fault      Fault
		path, want string
	}{
		{Healthy, "/x", "200 " + answered},
		{Refused, "/x", "refused"},
		{BlackHole, "/x", "timeout"},
		{Latency, "/x", "timeout"},
		{Reset, "/long", "reset after the handshake"},
		{Unauthorized, "/x", "401"},
		{Throttled, "/x", "429"},
		{ServerError, "/x", "500"},
		{HTML, "/x", "200 <html>"},
		{Truncated, "/x", "200 " + answered[:len(answered)/2]},
		{Forbidden, "/" + ForbiddenResource, "403"},
		{Forbidden, "/x", "200 " + answered},
		{ShortWatches, "/x?watch=true&timeoutSeconds=300", "1 200 "},
		{Skew, "/x", "200 " + strings.Replace(answered, "20T23", "21T00", 1)},
		{ExpiredCertificate, "/x", "expired"},
		{WrongCA, "/x", "unknown authority"},
		{Healthy, "/x", "200 " + answered},
	} {
		noError(t, p.Set(tc.fault))
		if got := ask(t, config, tc.path); !strings.HasPrefix(got, tc.want) {
			t.Errorf("%q: %s: %s, want %s", tc.fault, tc.path, got, tc.want)
		}
	}
	if requests, connections := p.Requests(); requests < 10 || connections < 12 {
		t.Errorf("%d requests and %d connections were counted", requests, connections)
	}
}

// TestFaultProxyOpenConnections breaks and repairs connections in the middle of requests.
func TestFaultProxyOpenConnections(t *testing.T) {
	t.Parallel()
	p, config := startTestFaultProxy(t)
	tlsConfig, err := rest.TLSConfigFor(config)
	noError(t, err)
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: tlsConfig, MaxConnsPerHost: 1}}
	defer client.CloseIdleConnections()
	get := func(ctx context.Context) error { return httpOK(ctx, client, config.Host+"/x") }
	for range 20 {
		for _, fault := range []Fault{BlackHole, Latency, Reset, Refused} {
			noError(t, Poll(t.Context(), time.Minute, get))
			noError(t, p.Set(fault))
			ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
			if err := get(ctx); err == nil && fault != Reset {
				t.Errorf("%q: an open connection is not affected", fault)
			}
			cancel()
			noError(t, p.Heal())
		}
	}
}

// startTestFaultProxy starts a proxy in front of a server that answers everything.
func startTestFaultProxy(t *testing.T) (*FaultProxy, *rest.Config) {
	t.Helper()
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Timeout", r.URL.Query().Get("timeoutSeconds"))
		_, _ = io.WriteString(w, answered)
		if r.URL.Path == "/long" {
			_, _ = io.WriteString(w, strings.Repeat("x", 4096))
		}
	}))
	server.EnableHTTP2 = true
	server.StartTLS()
	t.Cleanup(server.Close)
	ca := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})
	p, err := StartFaultProxy(t.TempDir(), "faults", &Cluster{URL: server.URL,
		Config: &rest.Config{TLSClientConfig: rest.TLSClientConfig{CAData: ca}}})
	noError(t, err)
	t.Cleanup(func() { noError(t, p.Stop()) })
	config, err := clientcmd.BuildConfigFromFlags("", p.Kubeconfig)
	noError(t, err)
	return p, config
}

// ask makes a request over a connection of its own and returns the result in words.
func ask(t *testing.T, config *rest.Config, path string) string {
	t.Helper()
	tlsConfig, err := rest.TLSConfigFor(config)
	noError(t, err)
	// HTTP/2 does not distinguish a reset from an end.
	transport := &http.Transport{TLSClientConfig: tlsConfig, ForceAttemptHTTP2: path != "/long"}
	defer transport.CloseIdleConnections()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
	defer cancel()
	shaken := ""
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{TLSHandshakeDone: func(_ tls.ConnectionState, err error) {
		if err == nil {
			shaken = " after the handshake"
		}
	}})
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, config.Host+path, nil)
	noError(t, err)
	var body []byte
	response, err := (&http.Client{Transport: transport}).Do(request)
	if err == nil {
		defer response.Body.Close()
		body, err = io.ReadAll(response.Body)
	}
	var certificate *tls.CertificateVerificationError
	switch {
	case errors.Is(err, syscall.ECONNREFUSED):
		return "refused"
	case errors.Is(err, syscall.ECONNRESET):
		return "reset" + shaken
	case errors.Is(err, context.DeadlineExceeded):
		return "timeout"
	case errors.As(err, &certificate) && strings.Contains(err.Error(), "expired"):
		return "expired"
	case errors.As(err, &certificate):
		return "unknown authority"
	case err != nil:
		return err.Error()
	}
	return strings.TrimSpace(fmt.Sprint(response.Header.Get("X-Timeout"), " ", response.StatusCode, " ", string(body)))
}

func noError(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
