// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package httpclient

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
)

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

type closed struct {
	io.Reader
	done chan struct{}
}

func (c closed) Close() error { close(c.done); return nil }

// A transport that does not look at the context is not waited for, and what it
// says too late is closed.
func TestAbandon(t *testing.T) {
	late, done := make(chan struct{}), make(chan struct{})
	transport := abandon{roundTrip(func(*http.Request) (*http.Response, error) {
		<-late
		return &http.Response{Body: closed{strings.NewReader(""), done}}, nil
	})}
	ctx, cancel := context.WithCancel(t.Context())
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://localhost", http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	cancel()
	if _, err := transport.RoundTrip(r); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	close(late)
	<-done
}
