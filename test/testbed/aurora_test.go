// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package testbed

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"net/http"
	"os"
	"testing"
	"time"
)

// TestAurora checks that faults can also be set over HTTP, and that unknown paths are answered with
// the page, as by a real Aurora.
func TestAurora(t *testing.T) {
	a, err := StartAurora(t.TempDir(), time.Time{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := a.Stop(); err != nil {
			t.Error(err)
		}
	})
	ca, err := os.ReadFile(a.CAFile)
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(ca)
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true,
		TLSClientConfig: &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: roots}}}
	status := func(method, url string) int {
		t.Helper()
		r, err := http.NewRequestWithContext(context.WithoutCancel(t.Context()), method, url, http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		answer, err := client.Do(r)
		if err != nil {
			t.Log(err)
			return 0
		}
		_ = answer.Body.Close()
		return answer.StatusCode
	}
	for _, step := range []struct {
		method, url string
		want        int
	}{
		{http.MethodGet, a.URL + "/healthz", http.StatusOK},
		{http.MethodGet, a.URL + "/polaris-bff/no.such", http.StatusNotFound},
		{http.MethodPost, a.URL + "/polaris-bff/auth.createUserSession", http.StatusForbidden},
		{http.MethodGet, a.KeystoneURL, http.StatusOK},
		{http.MethodGet, a.KeystoneURL + "/projects", http.StatusUnauthorized},
		{http.MethodPost, a.ControlURL + "/no-such", http.StatusNotFound},
		{http.MethodGet, a.ControlURL + "/bad-gateway", http.StatusMethodNotAllowed},
		{http.MethodGet, a.URL + "/", http.StatusOK},
		{http.MethodPost, a.ControlURL + "/bad-gateway", http.StatusOK},
		{http.MethodGet, a.URL + "/", http.StatusBadGateway},
		{http.MethodPost, a.ControlURL + "/expired", http.StatusOK},
		{http.MethodGet, a.URL + "/", 0},
		{http.MethodPost, a.ControlURL + "/healthy", http.StatusOK},
		{http.MethodGet, a.URL + "/", http.StatusOK},
	} {
		if got := status(step.method, step.url); got != step.want {
			t.Errorf("%s %s: status %d, want %d", step.method, step.url, got, step.want)
		}
	}
}
