// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package httpclient

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"sync"
	"time"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/files"
)

// tokenLifetime is the time after which a token file is read again. Kubernetes replaces the token of a pod minutes
// before it expires.
const tokenLifetime = 30 * time.Second

// fileToken is a transport that sends the bearer token in a file. client-go would read a file of any type and size.
type fileToken struct {
	file string
	next http.RoundTripper

	mu    sync.Mutex
	token string // time of the last read
	read  time.Time
}

// RoundTrip sends a request with the token, unless it has other credentials.
func (t *fileToken) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Header.Get("Authorization") != "" {
		return t.next.RoundTrip(r)
	}
	token, err := t.currentToken(r.Context())
	if err != nil {
		return nil, credentialsError(err)
	}
	r = r.Clone(r.Context())
	r.Header.Set("Authorization", "Bearer "+token)
	answer, err := t.next.RoundTrip(r)
	if err == nil && answer.StatusCode == http.StatusUnauthorized {
		t.mu.Lock()
		t.read = time.Time{}
		t.mu.Unlock()
	}
	return answer, err
}

// WrappedRoundTripper returns the wrapped transport to client-go, which inspects wrappers.
func (t *fileToken) WrappedRoundTripper() http.RoundTripper { return t.next }

// currentToken returns the token. If the file cannot be read, the previous token stays in use.
func (t *fileToken) currentToken(ctx context.Context) (string, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.token != "" && time.Since(t.read) < tokenLifetime {
		return t.token, nil
	}
	content, err := files.Read(ctx, t.file, files.MaxCredentials)
	token := string(bytes.TrimSpace(content))
	if err == nil && token == "" {
		err = errors.New(t.file + ": the token is empty")
	}
	switch {
	case err == nil:
		t.token, t.read = token, time.Now()
	case t.token == "":
		return "", err
	}
	return t.token, nil
}
