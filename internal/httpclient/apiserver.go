// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package httpclient

import (
	"net"
	"net/http"
	"net/url"
	"sync/atomic"
	"time"

	utilnet "k8s.io/apimachinery/pkg/util/net"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/util/connrotation"
)

// ForAPIServer returns an HTTP client with the credentials of config. It never waits longer than the context of a
// request and follows no redirects. end closes all of its connections, including those in use.
func ForAPIServer(config *rest.Config) (client *http.Client, end func(), err error) {
	dial := config.Dial
	if dial == nil {
		dial = (&net.Dialer{Timeout: 30 * time.Second, KeepAlive: 30 * time.Second}).DialContext // the defaults of client-go
	}
	// client-go shares connections between clients with the same settings, and its wrappers hide them from
	// http.Client.CloseIdleConnections.
	dialer := connrotation.NewDialer(dial)
	config = rest.CopyConfig(config)
	config.Dial = dialer.DialContext
	config.UserAgent = UserAgent
	gzip := !config.DisableCompression
	config.DisableCompression = true
	if config.Proxy == nil { // only the proxy of the kubeconfig, because a proxy of the environment is not specific to the cluster
		config.Proxy = func(*http.Request) (*url.URL, error) { return nil, nil } //nolint:nilnil // no proxy
	}
	config.Wrap(boundHeader)
	if file := config.BearerTokenFile; file != "" {
		token := config.BearerToken
		config.BearerToken, config.BearerTokenFile = "", ""
		config.Wrap(func(next http.RoundTripper) http.RoundTripper {
			return &fileToken{file: file, next: next, token: token}
		})
	}
	var waiting *atomic.Int32
	if config.ExecProvider != nil {
		waiting = new(atomic.Int32)
		config.Wrap(func(next http.RoundTripper) http.RoundTripper { return mark{next} })
	}
	client, err = rest.HTTPClientFor(config)
	if err != nil {
		return nil, nil, err
	}
	client.Transport = bounded{next: abandon{client.Transport, waiting}, gzip: gzip, silence: maxSilence}
	client.CheckRedirect = KeepRedirect
	return client, dialer.CloseAll, nil
}

// maxSilence is longer than an API server processes a request before it gives up.
const maxSilence = 90 * time.Second

// boundHeader limits the header of a response, below the wrappers of client-go.
func boundHeader(transport http.RoundTripper) http.RoundTripper {
	for next := transport; ; {
		switch t := next.(type) {
		case *http.Transport:
			t.MaxResponseHeaderBytes = maxHeader
			return transport
		case utilnet.RoundTripperWrapper:
			next = t.WrappedRoundTripper()
		default:
			return transport
		}
	}
}
