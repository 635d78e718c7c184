// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"time"

	"k8s.io/client-go/rest"

	"github.com/cobaltcore-dev/cobaltcore-exporter/test/testbed"
)

const warmDeadline = 2 * time.Minute // for an API server that answers 429 for a while

// warm lists every kind once, so that the first subject finds the same watch cache as the others.
func (b *bench) warm(ctx context.Context) error {
	client, err := rest.HTTPClientFor(b.cluster.Config)
	if err != nil {
		return err
	}
	for _, k := range fluxKinds() {
		url := b.cluster.URL + k.apiPath() + "?resourceVersion=0"
		if err := testbed.Poll(ctx, warmDeadline, func(ctx context.Context) error { return discardBody(ctx, client, url) }); err != nil {
			return fmt.Errorf("warm the watch cache: %w", err)
		}
	}
	return nil
}

func discardBody(ctx context.Context, client *http.Client, url string) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return err
	}
	resp, err := client.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if _, err := io.Copy(io.Discard, resp.Body); err != nil {
		return err
	}
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("GET %s: %s", url, resp.Status)
	}
	return nil
}
