// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package fleet

import (
	"context"
	"net/http"
	"net/url"
)

// Stream asks for path and hands over the answer, whatever its status, with a body
// that the caller reads as far as it likes and closes. It follows no redirect: what
// is behind the proxy of an API server could send the credentials of the cluster
// anywhere with one.
func (c *Client) Stream(ctx context.Context, path string, query url.Values, accept string) (*http.Response, error) {
	client, base, err := c.connection()
	if err != nil {
		return nil, err
	}
	u := base.JoinPath(path)
	u.RawQuery = query.Encode()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), http.NoBody)
	if err != nil {
		return nil, err
	}
	request.Header.Set("Accept", accept)
	return client.Do(request)
}
