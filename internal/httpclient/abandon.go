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

// abandon is a transport that returns as soon as the context of a request ends,
// whatever the one behind it does. client-go runs the exec plugin of a kubeconfig
// inside RoundTrip and waits for it without looking at the context.
type abandon struct {
	next http.RoundTripper
	// waiting counts the abandoned requests that have not ended; nil without an exec plugin.
	waiting *atomic.Int32
}

// maxWaiting bounds the goroutines that wait for an exec plugin that does not end.
const maxWaiting = 32

// RoundTrip leaves a request that is not answered in time to a goroutine that
// ends with it.
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
		answer, err := t.next.RoundTrip(r.WithContext(ctx)) //nolint:bodyclose // by the caller, or below
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
	return credentialsError(errors.New("the exec plugin of the kubeconfig does not end; the exporter cannot end it"))
}

type sendingKey struct{}

// mark is the innermost transport. It notes that a request is being sent, for [abandon]:
// before and after, an exec plugin runs.
type mark struct{ next http.RoundTripper }

// RoundTrip sends a request.
func (t mark) RoundTrip(r *http.Request) (*http.Response, error) {
	if sending, ok := r.Context().Value(sendingKey{}).(*atomic.Bool); ok {
		sending.Store(true)
		defer sending.Store(false)
	}
	return t.next.RoundTrip(r)
}

// WrappedRoundTripper is for client-go, which looks behind wrappers.
func (t mark) WrappedRoundTripper() http.RoundTripper { return t.next }

// pluginFailure gives the failure of an exec plugin its reason. client-go has no type for
// it, and a plugin that does not exist or fails is not the network.
func pluginFailure(err error) error {
	if err != nil && strings.HasPrefix(err.Error(), "getting credentials: ") {
		return credentialsError(err)
	}
	return err
}

func credentialsError(err error) error {
	return &failure.Error{Reason: failure.ReasonCredentials, Err: err, NoAnswer: true}
}

// CloseIdleConnections is what http.Client looks for.
func (t abandon) CloseIdleConnections() {
	utilnet.CloseIdleConnectionsFor(t.next) // which looks behind the wrappers of client-go
}
