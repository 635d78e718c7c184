// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package httpclient

import (
	"io"
	"net/http"
	"time"

	utilnet "k8s.io/apimachinery/pkg/util/net"
)

// maxFailure limits the body of an unsuccessful response; the rest is not read.
const maxFailure = 64 << 10

// bounded is the outermost transport of every request. It limits the body of a response, compressed and uncompressed,
// and the time without a byte, and removes a byte order mark.
type bounded struct {
	next http.RoundTripper // does not request compression by itself
	// gzip requests compressed bodies.
	gzip bool
	// body limits the uncompressed bytes of a successful response, and values limits its JSON values, see
	// [CheckValues]. 0 means that the reader sets the limit.
	body, values int
	// silence limits the time before a response and between its bytes; 0 means that only the deadline of the request
	// applies. A watch is exempt.
	silence time.Duration
}

// RoundTrip sends a request and limits the response.
func (t bounded) RoundTrip(r *http.Request) (*http.Response, error) {
	quiet := &silence{}
	r = r.Clone(r.Context())
	if t.silence > 0 && !r.URL.Query().Has("watch") {
		quiet = newSilence(r.Context(), t.silence)
		r = r.WithContext(quiet.ctx)
	}
	packed := t.gzip && r.Header.Get("Accept-Encoding") == "" && r.Header.Get("Range") == "" && r.Method != http.MethodHead
	if packed {
		r.Header.Set("Accept-Encoding", "gzip")
	}
	quiet.begin()
	answer, err := t.next.RoundTrip(r)
	if err = quiet.end(err); err != nil {
		quiet.close()
		if answer != nil {
			_ = answer.Body.Close()
		}
		return nil, err
	}
	answer.Body = &timedBody{answer.Body, quiet}
	if packed && answer.Header.Get("Content-Encoding") == "gzip" {
		answer.Body = unpack(answer.Body)
		answer.Header.Del("Content-Encoding")
		answer.Header.Del("Content-Length")
		answer.ContentLength, answer.Uncompressed = -1, true
	}
	answer.Body = skipMark(answer.Body)
	switch {
	case answer.StatusCode < 200 || answer.StatusCode > 299:
		answer.Body = &readCloser{io.LimitReader(answer.Body, maxFailure), answer.Body}
	case t.body > 0:
		answer.Body = LimitBody(answer.Body, t.body)
	}
	if t.values > 0 {
		answer.Body = &countedBody{ReadCloser: answer.Body, values: values{most: t.values}}
	}
	return answer, nil
}

// CloseIdleConnections closes idle connections.
func (t bounded) CloseIdleConnections() { utilnet.CloseIdleConnectionsFor(t.next) }

// readCloser reads from one stream and closes another.
type readCloser struct {
	io.Reader
	io.Closer
}
