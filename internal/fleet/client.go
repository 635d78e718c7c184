// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package fleet

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/rest"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/failure"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/httpclient"
)

// Client asks the API server of a cluster for single things. It follows changes
// of the files behind the cluster. It is safe for concurrent use.
type Client struct {
	cluster Cluster

	mu          sync.Mutex
	fingerprint string
	http        *http.Client
	end         func()
	base        *url.URL
}

// NewClient makes a client that connects when it is first used.
func NewClient(c Cluster) *Client { return &Client{cluster: c} }

// Close closes all connections.
func (c *Client) Close() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.http != nil {
		c.end()
	}
}

func (c *Client) connection() (*http.Client, *url.URL, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	fingerprint := c.cluster.Fingerprint()
	if c.http != nil && fingerprint == c.fingerprint {
		return c.http, c.base, nil
	}
	config, err := c.cluster.Connect()
	if err != nil {
		return nil, nil, err
	}
	client, end, err := httpclient.ForAPIServer(config)
	if err != nil {
		return nil, nil, fmt.Errorf("cluster %q: %w", c.cluster.Name, err)
	}
	base, _, err := rest.DefaultServerUrlFor(config)
	if err != nil {
		return nil, nil, fmt.Errorf("cluster %q: %w", c.cluster.Name, err)
	}
	if c.http != nil {
		c.http.CloseIdleConnections()
	}
	c.http, c.end, c.base, c.fingerprint = client, end, base, fingerprint
	return client, base, nil
}

const (
	// There is no alternative in these: a server that does not know metadata does
	// not answer with whole objects instead.
	acceptJSON         = "application/json"
	acceptMetadata     = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1"
	acceptMetadataList = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"
	// maxAnswer bounds what is read of an answer.
	maxAnswer = 8 << 20
)

// Get asks for the object or list at path and decodes it into out. An answer
// that is not a success is the error that client-go makes of it.
func (c *Client) Get(ctx context.Context, path string, query url.Values, out any) error {
	return c.do(ctx, http.MethodGet, path, query, acceptJSON, nil, out)
}

// GetMetadata asks for the metadata of the object at path only: of a Secret,
// nothing that is secret is sent.
func (c *Client) GetMetadata(ctx context.Context, path string, out any) error {
	return c.do(ctx, http.MethodGet, path, nil, acceptMetadata, nil, out)
}

// ListMetadata asks for the metadata of the objects of a list only.
func (c *Client) ListMetadata(ctx context.Context, path string, query url.Values, out any) error {
	return c.do(ctx, http.MethodGet, path, query, acceptMetadataList, nil, out)
}

// Post sends in, as JSON, to path and decodes the answer into out.
func (c *Client) Post(ctx context.Context, path string, in, out any) error {
	body, err := json.Marshal(in)
	if err != nil {
		return err
	}
	return c.do(ctx, http.MethodPost, path, nil, acceptJSON, body, out)
}

func (c *Client) do(ctx context.Context, method, path string, query url.Values, accept string, body []byte, out any) error {
	client, base, err := c.connection()
	if err != nil {
		return err
	}
	u := base.JoinPath(path)
	u.RawQuery = query.Encode()
	request, err := http.NewRequestWithContext(ctx, method, u.String(), bytes.NewReader(body))
	if err != nil {
		return err
	}
	request.Header.Set("Accept", accept)
	request.Header.Set("Content-Type", "application/json")
	answer, err := client.Do(request)
	if err != nil {
		return err
	}
	defer func() { _ = answer.Body.Close() }()
	text, err := io.ReadAll(io.LimitReader(answer.Body, maxAnswer+1))
	switch {
	case answer.StatusCode < 200 || answer.StatusCode > 299:
		gr := schema.GroupResource{Resource: strings.TrimPrefix(path, "/")}
		return apierrors.NewGenericServerResponse(answer.StatusCode, method, gr, "", "", 0, true)
	case err != nil:
		return err
	case len(text) > maxAnswer:
		return failure.ErrTooLarge
	}
	return json.Unmarshal(text, out)
}
