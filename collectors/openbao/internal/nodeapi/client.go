// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package nodeapi

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net/http"
	"path"
	"strings"
	"sync"
	"time"

	"github.com/openbao/openbao/api/v2"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/failure"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/httpclient"
)

// client sends requests to one node. It does not retry and follows no redirects: a standby redirects to the active node,
// whose answer would count as its own. It ignores the environment and sends no namespace, because sys/health answers
// 400 to requests with one.
type client struct {
	config    *api.Config
	transport *httpclient.Transport
	open      *api.Client // without a token
	encrypted bool

	mu          sync.Mutex
	certificate *x509.Certificate
}

const (
	// MaxAnswer bounds the bytes read of an answer. The largest are the lists of certificates and
	// revoked certificates.
	MaxAnswer = 16 << 20
	// maxIdle is the number of idle connections to a node that are kept. Connections in use are not limited, because
	// a request that waits for one would fail together with the request that uses it.
	maxIdle = 4
)

func newClient(url string, tlsConfig *tls.Config, dial httpclient.DialFunc, timeout time.Duration) (*client, error) {
	c := &client{encrypted: strings.HasPrefix(url, "https:")}
	tlsConfig = tlsConfig.Clone()
	tlsConfig.VerifyConnection = func(state tls.ConnectionState) error {
		// Read here, because a node that refuses the client certificate sends no answer.
		c.recordCertificate(state.PeerCertificates[0])
		return nil
	}
	c.transport = httpclient.New(httpclient.Options{Dial: dial, TLS: tlsConfig, Timeout: timeout, MaxIdle: maxIdle, MaxBody: MaxAnswer})
	c.config = api.NewConfig()
	if c.config.Error != nil {
		return nil, c.config.Error
	}
	c.config.Address = url
	c.config.MaxRetries = 0
	c.config.Timeout = 0 // each request has its own deadline
	c.config.CheckRetry = func(context.Context, *http.Response, error) (bool, error) { return false, nil }
	c.config.DisableRedirects = true
	c.config.HttpClient.Transport = c.transport
	var err error
	c.open, err = api.NewClient(c.config)
	return c, err
}

// refresh makes the next requests use new connections if TLS is used, so that replaced and expired certificates are
// detected.
func (c *client) refresh() {
	if c.encrypted {
		c.transport.CloseIdleConnections()
	}
}

// Close closes the idle connections.
func (c *client) Close() { c.transport.CloseIdleConnections() }

// Presented returns the last certificate of the node.
func (c *client) Presented() *x509.Certificate {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.certificate
}

// Ask sends a request to the node.
func (c *client) Do(ctx context.Context, r Request) (Answer, error) {
	with, err := c.withToken(r.token)
	if err != nil {
		return Answer{}, err
	}
	// Names in a path come from answers and from the configuration, and must not lead to another path.
	if path.Clean(r.Path) != strings.TrimSuffix(r.Path, "/") {
		return Answer{}, failure.Errorf(failure.ReasonDecode, "invalid name")
	}
	got, err := with.Logical().ReadRawWithDataWithContext(ctx, r.Path, r.query())
	if got == nil || got.Response == nil {
		var verification *tls.CertificateVerificationError
		if errors.As(err, &verification) && len(verification.UnverifiedCertificates) > 0 {
			c.recordCertificate(verification.UnverifiedCertificates[0])
		}
		return Answer{}, err
	}
	defer func() { _ = got.Body.Close() }()
	// If there is an answer, the error is about its status, and the body can still be read.
	body, err := io.ReadAll(got.Body)
	return Answer{Status: got.StatusCode, Body: httpclient.FirstJSON(body)}, err
}

// withToken returns a new client with a token. This is cheap, and a shared client would need a lock around each token.
func (c *client) withToken(token string) (*api.Client, error) {
	if token == "" {
		return c.open, nil
	}
	with, err := api.NewClient(c.config)
	if err != nil {
		return nil, err
	}
	with.SetToken(token)
	return with, nil
}

func (c *client) recordCertificate(certificate *x509.Certificate) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.certificate = certificate
}
