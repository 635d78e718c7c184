// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package failure

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
	"testing"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// fetch returns the error of a real request.
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

// server returns a TLS server with the configuration. Failed handshakes are not logged.
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

func TestClassify(t *testing.T) {
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
	widgets := schema.GroupResource{Group: "example.org", Resource: "widgets"}
	answered := func(code int, body string) error {
		return apierrors.NewGenericServerResponse(code, "get", widgets, "", body, 0, true)
	}

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
		"gone":                    {apierrors.NewGone("gone"), ReasonExpired}, //nolint:staticcheck // as older API servers respond
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
		"no kubeconfig":           {fmt.Errorf("cluster: %w", noFile), ReasonConfig},
		"a broken kubeconfig":     {fmt.Errorf("%w: yaml: line 1", ErrConfig), ReasonConfig},
		"closed":                  {ErrClosed, ReasonClosed},
		"anything else":           {errors.New("something"), ReasonNetwork},
	} {
		t.Run(name, func(t *testing.T) {
			if got := Classify(tc.err); got != tc.want {
				t.Errorf("%s, want %s: %T %[3]v", got, tc.want, tc.err)
			}
			if got := Classify(fmt.Errorf("discover: %w", tc.err)); got != tc.want {
				t.Errorf("wrapped: %s, want %s", got, tc.want)
			}
		})
	}
}
