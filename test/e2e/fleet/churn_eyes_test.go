//go:build testbed

// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package fleet

import (
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
)

// eyes scrapes over one connection and checks the bodies.
type eyes struct {
	*bodyReader

	churn  *churn
	client *http.Client
	packed *gzip.Reader
	buffer bytes.Buffer
}

func (c *churn) newEyes() *eyes {
	return &eyes{
		bodyReader: newBodyReader(c.reference), churn: c, packed: new(gzip.Reader),
		client: &http.Client{Transport: &http.Transport{DisableCompression: true}},
	}
}

func (e *eyes) close() { e.client.CloseIdleConnections() }

// look scrapes once.
func (e *eyes) look(ctx context.Context, f form) error {
	query := url.Values{}
	if f.cluster != "" {
		query.Set("cluster[]", f.cluster)
	}
	if f.collector != "" {
		query.Set("collect[]", f.collector)
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, e.churn.exporter.URL+"/metrics?"+query.Encode(), nil)
	if err != nil {
		return err
	}
	if f.gzip {
		r.Header.Set("Accept-Encoding", "gzip")
	}
	if f.openMetrics {
		r.Header.Set("Accept", "application/openmetrics-text;version=1.0.0")
	}
	before := e.churn.ledger.now()
	code, err := e.read(r, f.gzip)
	if err != nil {
		return err
	}
	stood := e.churn.ledger.throughout(before)
	switch s := stood[f.cluster]; {
	case code == http.StatusBadRequest && f.cluster != "" && s != whole && s != dark:
		return nil // the cluster is in no fleet
	case code != http.StatusOK, f.cluster != "" && s == gone:
		return fmt.Errorf("%+v: status %d: %.300s", f, code, e.buffer.Bytes())
	}
	if err := e.check(e.buffer.Bytes(), f.openMetrics, f.selection, stood); err != nil {
		return fmt.Errorf("%+v: %w (%v)", f, err, stood)
	}
	e.churn.bodies.Add(1)
	return nil
}

// read leaves a body in the buffer.
func (e *eyes) read(r *http.Request, packed bool) (code int, err error) {
	response, err := e.client.Do(r)
	if err != nil {
		return 0, err
	}
	defer func() { _ = response.Body.Close() }()
	var body io.Reader = response.Body
	if packed && response.StatusCode == http.StatusOK {
		if err := e.packed.Reset(body); err != nil {
			return 0, err
		}
		body = e.packed
	}
	e.buffer.Reset()
	_, err = e.buffer.ReadFrom(body)
	return response.StatusCode, err
}
