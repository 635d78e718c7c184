// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package httpclient

import (
	"net/http"
	"strings"

	utilnet "k8s.io/apimachinery/pkg/util/net"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/failure"
)

// abandon is a transport that returns as soon as the context of a request ends,
// whatever the one behind it does. client-go runs the exec plugin of a kubeconfig
// inside RoundTrip and waits for it without looking at the context.
type abandon struct{ next http.RoundTripper }

// RoundTrip leaves a request that is not answered in time to a goroutine that
// ends with it.
func (t abandon) RoundTrip(r *http.Request) (*http.Response, error) {
	type result struct {
		answer *http.Response
		err    error
	}
	done := make(chan result, 1)
	go func() {
		answer, err := t.next.RoundTrip(r) //nolint:bodyclose // by the caller, or below
		done <- result{answer, pluginFailure(err)}
	}()
	select {
	case x := <-done:
		return x.answer, x.err
	case <-r.Context().Done():
		go func() {
			if x := <-done; x.answer != nil {
				_ = x.answer.Body.Close()
			}
		}()
		return nil, r.Context().Err()
	}
}

// pluginFailure gives the failure of an exec plugin its reason. client-go has no type for
// it, and a plugin that does not exist or fails is not the network.
func pluginFailure(err error) error {
	if err != nil && strings.HasPrefix(err.Error(), "getting credentials: ") {
		return &failure.Error{Reason: failure.ReasonCredentials, Err: err, NoAnswer: true}
	}
	return err
}

// CloseIdleConnections is what http.Client looks for.
func (t abandon) CloseIdleConnections() {
	utilnet.CloseIdleConnectionsFor(t.next) // which looks behind the wrappers of client-go
}
