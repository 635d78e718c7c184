// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package fleet

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"net/http"
	"net/url"
	"sync"
	"time"

	"k8s.io/client-go/rest"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/failure"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/httpclient"
)

// Limits of bodies in bytes.
const (
	// MaxObject limits an object, and a list that is decoded as a whole. etcd accepts 1.5 MiB per request, and the
	// discovery of a cluster with hundreds of kinds has about 1 MiB.
	MaxObject = 8 << 20
	// MaxPage limits a page of a list that is decoded as a stream.
	MaxPage = 64 << 20
	// MaxList limits a whole list that is decoded as a stream: a million objects of 6 KB fit, and an endless list is cut off.
	MaxList = 16 << 30
)

// ClientOptions are the settings of a [Client].
type ClientOptions struct {
	// Pinned keeps the first connection. The client then ignores later changes of the files or the Secret of the
	// cluster.
	Pinned bool
	// DisableCompression requests uncompressed responses.
	DisableCompression bool
	// Buffers are the buffers of the process. If nil, the client has buffers of its own.
	Buffers *Buffers
}

// Client sends requests to the API server of a cluster. It connects when it is first used, and follows no redirects. It is
// safe for concurrent use.
type Client struct {
	cluster Cluster
	options ClientOptions
	share   share

	mu            sync.Mutex
	fingerprinter Fingerprinter
	fingerprint   string
	connected     *connection
	// serverExpiry is the expiry of the last certificate of the server.
	serverExpiry time.Time
}

type connection struct {
	config *rest.Config
	base   *url.URL
	http   *http.Client
	end    func()
}

// NewClient returns a client of a cluster.
func NewClient(c Cluster, o ClientOptions) *Client {
	return &Client{cluster: c, options: o, share: share{whole: cmp.Or(o.Buffers, NewBuffers())}}
}

// Close closes all connections.
func (c *Client) Close() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.connected != nil {
		c.connected.end()
	}
}

// Expiry returns the expiry of the credentials, see [Expiry], and of the last certificate of the
// server. Zero means unknown.
func (c *Client) Expiry(ctx context.Context) (token, clientCertificate, serverCertificate time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.connected != nil {
		token, clientCertificate = Expiry(ctx, c.connected.config)
	}
	return token, clientCertificate, c.serverExpiry
}

func (c *Client) connection(ctx context.Context) (*connection, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.connected != nil && c.options.Pinned {
		return c.connected, nil
	}
	fingerprint := c.fingerprinter.Fingerprint(ctx, c.cluster)
	if c.connected != nil && fingerprint == c.fingerprint {
		return c.connected, nil
	}
	now, err := c.connect(ctx)
	switch {
	case err != nil && c.connected != nil:
		return c.connected, nil // the file is being rewritten
	case err != nil:
		return nil, fmt.Errorf("%w: %w", failure.ErrConfig, err)
	}
	if c.connected != nil {
		c.connected.http.CloseIdleConnections()
	}
	c.connected, c.fingerprint = now, fingerprint
	return now, nil
}

func (c *Client) connect(ctx context.Context) (*connection, error) {
	config, err := c.cluster.Connect(ctx)
	if err != nil {
		return nil, err
	}
	config.DisableCompression = c.options.DisableCompression
	client, end, err := httpclient.ForAPIServer(config)
	if err != nil {
		return nil, fmt.Errorf("cluster %q: %w", c.cluster.Name, err)
	}
	base, _, err := rest.DefaultServerUrlFor(config)
	if err != nil {
		return nil, fmt.Errorf("cluster %q: %w", c.cluster.Name, err)
	}
	return &connection{config: config, base: base, http: client, end: end}, nil
}

// Request is a request to an API server.
type Request struct {
	Path  string
	Query url.Values
	// Accept is JSON by default.
	Accept string
	// ETag is the ETag of a known response. The server answers 304 while that response is current.
	ETag string
	// Resource is the resource named in errors; by default the path.
	Resource string

	method string // GET by default
	body   []byte
}

// Do sends a request and returns the response with any status. The caller must limit and close the body of a successful
// response.
func (c *Client) Do(ctx context.Context, r Request) (*http.Response, error) {
	to, err := c.connection(ctx)
	if err != nil {
		return nil, err
	}
	if err := checkExpired(ctx, to.config); err != nil {
		return nil, err
	}
	u := to.base.JoinPath(r.Path)
	u.RawQuery = r.Query.Encode()
	request, err := http.NewRequestWithContext(ctx, cmp.Or(r.method, http.MethodGet), u.String(), bytes.NewReader(r.body))
	if err != nil {
		return nil, err
	}
	request.Header.Set("Accept", cmp.Or(r.Accept, acceptJSON))
	if r.body != nil {
		request.Header.Set("Content-Type", acceptJSON)
	}
	if r.ETag != "" {
		request.Header.Set("If-None-Match", r.ETag)
	}
	answer, err := to.http.Do(request)
	if err == nil && answer.TLS != nil && len(answer.TLS.PeerCertificates) > 0 {
		c.mu.Lock()
		c.serverExpiry = answer.TLS.PeerCertificates[0].NotAfter
		c.mu.Unlock()
	}
	return answer, err
}
