// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package httpclient

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"sync/atomic"

	utilnet "k8s.io/apimachinery/pkg/util/net"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/failure"
)

// abandon is a transport that returns as soon as the context of a request ends, even if the next transport ignores the
// context. client-go runs the exec plugin of a kubeconfig inside RoundTrip and waits for it without checking the
// context.
type abandon struct {
	next http.RoundTripper
	// waiting counts the abandoned requests that have not returned; nil without an exec plugin.
	waiting *atomic.Int32
}

// maxWaiting limits the goroutines that wait for hanging exec plugins.
const maxWaiting = 32

// RoundTrip runs the request in a goroutine. If the context ends first, the goroutine closes the late response.
func (t abandon) RoundTrip(r *http.Request) (*http.Response, error) {
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	if t.waiting != nil && t.waiting.Load() >= maxWaiting {
		return nil, errPluginHangs()
	}
	type result struct {
		answer *http.Response
		err    error
	}
	done, sending := make(chan result, 1), new(atomic.Bool)
	go func() {
		ctx := context.WithValue(r.Context(), sendingKey{}, sending)
		answer, err := t.next.RoundTrip(r.WithContext(ctx)) //nolint:bodyclose // closed by the caller, or below
		done <- result{answer, pluginFailure(err)}
	}()
	select {
	case x := <-done:
		if x.err != nil {
			return nil, x.err
		}
		return x.answer, nil
	case <-r.Context().Done():
		if t.waiting != nil {
			t.waiting.Add(1)
		}
		go func() {
			if t.waiting != nil {
				defer t.waiting.Add(-1)
			}
			if x := <-done; x.answer != nil {
				_ = x.answer.Body.Close()
			}
		}()
		if t.waiting != nil && !sending.Load() && errors.Is(r.Context().Err(), context.DeadlineExceeded) {
			return nil, errPluginHangs()
		}
		return nil, r.Context().Err()
	}
}

func errPluginHangs() error {
	return credentialsError(errors.New("the exec plugin of the kubeconfig does not exit; the exporter cannot stop it"))
}

type sendingKey struct{}

// mark is the innermost transport. It notifies [abandon] that a request is being sent; before that, an exec plugin may
// be running.
type mark struct{ next http.RoundTripper }

// RoundTrip sends a request.
func (t mark) RoundTrip(r *http.Request) (*http.Response, error) {
	if sending, ok := r.Context().Value(sendingKey{}).(*atomic.Bool); ok {
		sending.Store(true)
		defer sending.Store(false)
	}
	return t.next.RoundTrip(r)
}

// WrappedRoundTripper returns the wrapped transport to client-go, which inspects wrappers.
func (t mark) WrappedRoundTripper() http.RoundTripper { return t.next }

// pluginFailure returns the failure of an exec plugin with its reason. client-go has no type for this error, and it is
// not a network failure.
func pluginFailure(err error) error {
	if err != nil && strings.HasPrefix(err.Error(), "getting credentials: ") {
		return credentialsError(err)
	}
	return err
}

func credentialsError(err error) error {
	return &failure.Error{Reason: failure.ReasonCredentials, Err: err, NoAnswer: true}
}

// CloseIdleConnections implements the method that http.Client uses.
func (t abandon) CloseIdleConnections() {
	utilnet.CloseIdleConnectionsFor(t.next) // it inspects the wrappers of client-go
}
