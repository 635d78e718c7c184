// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package fleet

import (
	"cmp"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/httpclient"
)

// The values for metadata accept no other type, so that a server cannot respond with whole objects instead.
const (
	acceptJSON         = "application/json"
	acceptMetadata     = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1"
	acceptMetadataList = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"
)

// Get decodes the object or list at path into out.
func (c *Client) Get(ctx context.Context, path string, query url.Values, out any) error {
	return c.decode(ctx, Request{Path: path, Query: query}, out)
}

// GetMetadata decodes the metadata of the object at path. The server does not send the data of a Secret.
func (c *Client) GetMetadata(ctx context.Context, path string, out any) error {
	return c.decode(ctx, Request{Path: path, Accept: acceptMetadata}, out)
}

// ListMetadata decodes the metadata of the objects of a list.
func (c *Client) ListMetadata(ctx context.Context, path string, query url.Values, out any) error {
	return c.decode(ctx, Request{Path: path, Query: query, Accept: acceptMetadataList}, out)
}

// Post sends in to path as JSON and decodes the response into out.
func (c *Client) Post(ctx context.Context, path string, in, out any) error {
	body, err := json.Marshal(in)
	if err != nil {
		return err
	}
	return c.decode(ctx, Request{Path: path, method: http.MethodPost, body: body}, out)
}

func (c *Client) decode(ctx context.Context, r Request, out any) error {
	_, body, err := c.Read(ctx, r, MaxObject)
	if err != nil {
		return err
	}
	return json.Unmarshal(body, out)
}

// Read returns the header and the body of a successful response, of at most limit bytes and without any text after the
// JSON value. The body is nil if the response with the ETag is current.
func (c *Client) Read(ctx context.Context, r Request, limit int) (http.Header, []byte, error) {
	answer, err := c.Do(ctx, r)
	if err != nil {
		return nil, nil, err
	}
	answer.Body = c.share.body(ctx, answer.Body)
	defer func() { _ = answer.Body.Close() }()
	if r.ETag != "" && answer.StatusCode == http.StatusNotModified {
		return answer.Header, nil, nil
	}
	if err := r.failure(answer); err != nil {
		return nil, nil, err
	}
	body, err := io.ReadAll(httpclient.LimitBody(answer.Body, limit))
	if err != nil {
		return nil, nil, err
	}
	body = httpclient.FirstJSON(body)
	return answer.Header, body, httpclient.CheckValues(body)
}

// Stream returns the body of a successful LIST or WATCH. The caller must limit the memory that it keeps, and close the body.
func (c *Client) Stream(ctx context.Context, r Request) (io.ReadCloser, error) {
	answer, err := c.Do(ctx, r)
	if err != nil {
		return nil, err
	}
	if err := r.failure(answer); err != nil {
		_ = answer.Body.Close()
		return nil, err
	}
	return c.share.body(ctx, answer.Body), nil
}

// failure returns the error of an unsuccessful response: the Status from an API server, or the error that client-go
// builds for a response from a proxy.
func (r Request) failure(answer *http.Response) error {
	if answer.StatusCode >= 200 && answer.StatusCode <= 299 {
		return nil
	}
	retryAfter, _ := strconv.Atoi(answer.Header.Get("Retry-After"))
	body, _ := io.ReadAll(answer.Body) // the transport limits it
	var status metav1.Status
	if json.Unmarshal(httpclient.FirstJSON(body), &status) == nil && status.Kind == "Status" && status.APIVersion == "v1" &&
		status.Status == metav1.StatusFailure {
		if status.Details == nil {
			status.Details = &metav1.StatusDetails{}
		}
		seconds := int32(min(retryAfter, maxRetryAfter)) //nolint:gosec // bounded
		status.Details.RetryAfterSeconds = cmp.Or(status.Details.RetryAfterSeconds, seconds)
		return apierrors.FromObject(&status)
	}
	resource := schema.GroupResource{Resource: cmp.Or(r.Resource, strings.TrimPrefix(r.Path, "/"))}
	return apierrors.NewGenericServerResponse(answer.StatusCode, cmp.Or(r.method, http.MethodGet), resource, "", "",
		min(retryAfter, maxRetryAfter), true)
}

// maxRetryAfter is the longest accepted Retry-After, in seconds.
const maxRetryAfter = 60
