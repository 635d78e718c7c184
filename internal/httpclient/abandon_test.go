// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package httpclient

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/failure"
)

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

type closed struct {
	io.Reader
	done chan struct{}
}

func (c closed) Close() error { close(c.done); return nil }

// TestAbandon checks that the client does not wait for a transport that ignores the context, and closes its late
// response.
func TestAbandon(t *testing.T) {
	late, done := make(chan struct{}), make(chan struct{})
	ctx, cancel := context.WithCancel(t.Context())
	transport := abandon{next: roundTrip(func(*http.Request) (*http.Response, error) {
		cancel()
		<-late
		return &http.Response{Body: closed{strings.NewReader(""), done}}, nil
	})}
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://localhost", http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := transport.RoundTrip(r); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	close(late)
	<-done
}

// TestAbandonPlugin checks that a slow exec plugin does not count as a timeout of the server, and that the number of
// requests that wait for a hanging plugin is limited.
func TestAbandonPlugin(t *testing.T) {
	late := make(chan struct{})
	wait := roundTrip(func(*http.Request) (*http.Response, error) {
		<-late
		return nil, errors.New("late")
	})
	for name, tc := range map[string]struct {
		next http.RoundTripper
		want failure.Reason
	}{
		"the plugin does not end":    {wait, failure.ReasonCredentials},
		"the server does not answer": {mark{wait}, failure.ReasonTimeout},
		"the plugin does not end after 401": {roundTrip(func(r *http.Request) (*http.Response, error) {
			_, err := mark{roundTrip(func(*http.Request) (*http.Response, error) { return nil, io.EOF })}.RoundTrip(r)
			<-late
			return nil, err
		}), failure.ReasonCredentials},
	} {
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
		r, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://localhost", http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		_, err = abandon{tc.next, new(atomic.Int32)}.RoundTrip(r)
		if got := failure.Classify(err); got != tc.want {
			t.Errorf("%s: %s, want %s: %v", name, got, tc.want, err)
		}
		cancel()
	}
	transport := abandon{wait, new(atomic.Int32)}
	transport.waiting.Store(maxWaiting)
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://localhost", http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := transport.RoundTrip(r); failure.Classify(err) != failure.ReasonCredentials {
		t.Errorf("with %d requests that wait: %v", maxWaiting, err)
	}
	close(late)
}
