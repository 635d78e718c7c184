// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package httpclient

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/url"
	"os"
	"testing"

	"k8s.io/client-go/rest"
)

// TestMain sets the proxy variables before net/http reads them, which happens once.
func TestMain(m *testing.M) {
	for _, name := range []string{"HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"} {
		_ = os.Setenv(name, "http://proxy.example.com:3128")
	}
	_ = os.Setenv("NO_PROXY", "")
	m.Run()
}

// TestProxyOfTheEnvironment checks that the proxy of the environment is not used: API servers use the proxy of their
// kubeconfig, and OpenBao, Aurora, Keystone, Alertmanager and pods use none.
func TestProxyOfTheEnvironment(t *testing.T) {
	t.Parallel()
	proxyURL, err := url.Parse("http://proxy-url.example.com:8080")
	if err != nil {
		t.Fatal(err)
	}
	apiServer := func(c rest.Config) func(DialFunc) http.RoundTripper {
		return func(dial DialFunc) http.RoundTripper {
			c.Host, c.Dial = "https://target.example.com", dial
			client, end, err := ForAPIServer(&c)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(end)
			return client.Transport
		}
	}
	for name, tc := range map[string]struct {
		transport func(DialFunc) http.RoundTripper
		want      string
	}{
		"net/http by default": {func(dial DialFunc) http.RoundTripper {
			return &http.Transport{DialContext: dial, Proxy: http.ProxyFromEnvironment}
		}, "proxy.example.com:3128"},
		"API server":                {apiServer(rest.Config{}), "target.example.com:443"},
		"API server with proxy-url": {apiServer(rest.Config{Proxy: http.ProxyURL(proxyURL)}), "proxy-url.example.com:8080"},
		"others":                    {func(dial DialFunc) http.RoundTripper { return New(Options{Dial: dial}) }, "target.example.com:443"},
	} {
		dialed := make(chan string, 1)
		transport := tc.transport(func(_ context.Context, _, address string) (net.Conn, error) {
			select {
			case dialed <- address:
			default:
			}
			return nil, errors.New("dialed")
		})
		request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "https://target.example.com/", http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		if answer, err := transport.RoundTrip(request); err == nil {
			_ = answer.Body.Close()
			t.Errorf("%s: answered", name)
		}
		if got := <-dialed; got != tc.want {
			t.Errorf("%s: dials %s, want %s", name, got, tc.want)
		}
	}
}
