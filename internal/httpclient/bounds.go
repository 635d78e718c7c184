// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package httpclient

import (
	"io"
	"net/http"
	"time"

	utilnet "k8s.io/apimachinery/pkg/util/net"
)

// maxFailure bounds the body of an answer that is no success; what follows is not read.
const maxFailure = 64 << 10

// bounded is the outermost transport of every request. It bounds the body of an answer, as
// it is sent and unpacked, and the time without a byte, and removes a byte order mark.
type bounded struct {
	next http.RoundTripper // does not ask for compression by itself
	// gzip asks for compressed bodies.
	gzip bool
	// body bounds a success in bytes, unpacked, and values the JSON in it, see
	// [CheckValues]. 0 leaves them to the reader.
	body, values int
	// silence bounds the time before an answer and between its bytes; 0 leaves it to the
	// deadline of the request. A watch is exempt.
	silence time.Duration
}

// RoundTrip sends a request and bounds the answer.
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

// CloseIdleConnections closes the connections that are not in use.
func (t bounded) CloseIdleConnections() { utilnet.CloseIdleConnectionsFor(t.next) }

// readCloser reads from one and closes the other.
type readCloser struct {
	io.Reader
	io.Closer
}
