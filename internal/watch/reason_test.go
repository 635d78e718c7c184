// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package watch

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"strings"
	"syscall"
	"testing"
	"testing/iotest"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// fetch is the error of a real request.
func fetch(ctx context.Context, t *testing.T, address string, c *tls.Config) error {
	t.Helper()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: c, DisableKeepAlives: true}}
	response, err := client.Do(request)
	if err == nil {
		_ = response.Body.Close()
		t.Fatalf("%s answers", address)
	}
	return err
}

// server is one that accepts handshakes as c says, and is silent about them.
func server(t *testing.T, c *tls.Config) *httptest.Server {
	t.Helper()
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }))
	s.Config.ErrorLog = log.New(io.Discard, "", 0)
	s.TLS = c
	if c != nil {
		s.StartTLS()
	} else {
		s.Start()
	}
	t.Cleanup(s.Close)
	return s
}

func TestReasonOf(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	secure, picky, plain := server(t, &tls.Config{}), server(t, &tls.Config{ClientAuth: tls.RequireAnyClientCert}), server(t, nil)
	trust := &tls.Config{InsecureSkipVerify: true}
	roots := secure.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs //nolint:forcetypeassert // of httptest
	closed := httptest.NewServer(http.NotFoundHandler())
	closed.Close()
	short, cancel := context.WithTimeout(ctx, 20*time.Millisecond)
	defer cancel()
	_, noFile := os.Open("/does/not/exist")
	widgets := schema.GroupResource{Group: testGroup, Resource: "widgets"}
	answered := func(code int, body string) error {
		return apierrors.NewGenericServerResponse(code, "get", widgets, "", body, 0, true)
	}
	d, _, _ := stream("<html>")
	_, _, htmlEvent := d.Decode()
	_, htmlList := decodeList(strings.NewReader("<html>"), newWidget, func(object, bool) {})
	_, emptyList := decodeList(strings.NewReader(""), newWidget, func(object, bool) {})
	_, brokenList := decodeList(iotest.ErrReader(&net.OpError{Op: "read", Err: syscall.ECONNRESET}), newWidget, func(object, bool) {})
	_, lostList := decodeList(iotest.ErrReader(io.ErrUnexpectedEOF), newWidget, func(object, bool) {}) // of HTTP/2
	_, cutList := decodeList(strings.NewReader(`{"items":[{`), newWidget, func(object, bool) {})

	for name, tc := range map[string]struct {
		err  error
		want Reason
	}{
		"unknown authority":       {fetch(ctx, t, secure.URL, nil), ReasonTLS},
		"another host":            {fetch(ctx, t, secure.URL, &tls.Config{RootCAs: roots, ServerName: "other.example.org", MinVersion: tls.VersionTLS12}), ReasonTLS},
		"no client certificate":   {fetch(ctx, t, picky.URL, trust), ReasonTLS},
		"no TLS there":            {fetch(ctx, t, strings.Replace(plain.URL, "http:", "https:", 1), trust), ReasonTLS},
		"no common version":       {fetch(ctx, t, secure.URL, &tls.Config{RootCAs: roots, MaxVersion: tls.VersionTLS11, MinVersion: tls.VersionTLS10}), ReasonTLS},
		"refused":                 {fetch(ctx, t, closed.URL, nil), ReasonRefused},
		"timeout":                 {fetch(short, t, plain.URL, nil), ReasonTimeout},
		"deadline":                {fmt.Errorf("get server version: %w", context.DeadlineExceeded), ReasonTimeout},
		"read timeout":            {&net.OpError{Op: "read", Err: os.ErrDeadlineExceeded}, ReasonTimeout},
		"no such host":            {&url.Error{Op: "Get", Err: &net.OpError{Op: "dial", Err: &net.DNSError{Err: "no such host", IsNotFound: true}}}, ReasonDNS},
		"the name server is slow": {&net.DNSError{Err: "i/o timeout", IsTimeout: true}, ReasonDNS},
		"end of stream":           {io.ErrUnexpectedEOF, ReasonNetwork},
		"unauthorized":            {apierrors.NewUnauthorized("token expired"), ReasonUnauthorized},
		"forbidden":               {apierrors.NewForbidden(widgets, "", errors.New("no")), ReasonForbidden},
		"not found":               {apierrors.NewNotFound(widgets, ""), ReasonNotFound},
		"throttled":               {apierrors.NewTooManyRequests("slow down", 1), ReasonThrottled},
		"expired":                 {apierrors.NewResourceExpired("too old resource version"), ReasonExpired},
		"gone":                    {apierrors.NewGone("gone"), ReasonExpired}, //nolint:staticcheck // what older API servers send
		"server timeout":          {apierrors.NewServerTimeout(widgets, "list", 1), ReasonTimeout},
		"gateway timeout":         {apierrors.NewTimeoutError("etcd", 1), ReasonTimeout},
		"internal":                {apierrors.NewInternalError(errors.New("etcd")), ReasonServer},
		"unavailable":             {apierrors.NewServiceUnavailable("starting"), ReasonServer},
		"bad gateway":             {answered(http.StatusBadGateway, "no upstream"), ReasonServer},
		"unavailable gateway":     {answered(http.StatusServiceUnavailable, "<html>"), ReasonServer},
		"403 of a proxy":          {answered(http.StatusForbidden, "<html>"), ReasonForbidden},
		"418 of a proxy":          {answered(http.StatusTeapot, "<html>"), ReasonDecode},
		"bad request":             {apierrors.NewBadRequest("fieldSelector"), ReasonServer},
		"an ERROR event":          {apierrors.FromObject(&metav1.Status{Status: "Failure", Code: 410, Reason: metav1.StatusReasonExpired}), ReasonExpired},
		"HTML as an event":        {htmlEvent, ReasonDecode},
		"HTML as a list":          {htmlList, ReasonDecode},
		"half a list":             {cutList, ReasonDecode},
		"no list":                 {emptyList, ReasonDecode},
		"a list that breaks off":  {brokenList, ReasonNetwork},
		"a list that is lost":     {lostList, ReasonNetwork},
		"no kubeconfig":           {fmt.Errorf("cluster: %w", noFile), ReasonConfig},
		"a broken kubeconfig":     {fmt.Errorf("%w: yaml: line 1", errConfig), ReasonConfig},
		"closed":                  {errClosed, ReasonClosed},
		"anything else":           {errors.New("something"), ReasonNetwork},
	} {
		t.Run(name, func(t *testing.T) {
			if got := reasonOf(tc.err); got != tc.want {
				t.Errorf("%s, want %s: %T %[3]v", got, tc.want, tc.err)
			}
			if got := reasonOf(fmt.Errorf("discover: %w", tc.err)); got != tc.want {
				t.Errorf("wrapped: %s, want %s", got, tc.want)
			}
		})
	}
}

// TestExplain leaves out what an answer of the exporter must not have, for all that
// redact lets pass.
func TestExplain(t *testing.T) {
	t.Parallel()
	refused := &net.OpError{Op: "dial", Net: "tcp", Err: errors.New("connection refused")}
	_, parse := url.Parse("https://h:s3cret/") //nolint:staticcheck // the error is wanted
	for name, tc := range map[string]struct {
		err  error
		want string
	}{
		"a URL":          {fmt.Errorf("get: %w", &url.Error{Op: "Get", URL: "https://api.example.com/apis/x", Err: refused}), "dial tcp: connection refused"},
		"a redirect":     {&url.Error{Op: "Get", URL: "https://a", Err: &url.Error{Op: "Get", URL: "https://b", Err: refused}}, "dial tcp: connection refused"},
		"no URL":         {parse, ""},
		"no URL inside":  {&url.Error{Op: "Get", URL: "https://a", Err: parse}, ""},
		"a proxy":        {errors.New(`proxy: bad "ftp://user:s3 cret@proxy:1" for https://host`), `proxy: bad "…`},
		"a server":       {apierrors.NewForbidden(schema.GroupResource{Resource: "widgets"}, "n", errors.New("s3cret")), "the API server answered Forbidden for widgets"},
		"a kubeconfig":   {fmt.Errorf("%w: line 3: s3cret", errConfig), ""},
		"not what it is": {fmt.Errorf("%w: s3cret", errDecode), ""},
	} {
		if got := explain(tc.err); got != tc.want {
			t.Errorf("%s: %q, want %q", name, got, tc.want)
		}
	}
}
