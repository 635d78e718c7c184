// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package notify

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"mime"
	"net"
	"net/http"
	"net/url"
	"strings"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/config"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/failure"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/files"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/httpclient"
)

const (
	// maxAnswer bounds the bytes of a response, and maxValues its JSON values: enough for some ten
	// thousand alerts. The generated client has no limits of its own.
	maxAnswer = 32 << 20
	maxValues = 2 * httpclient.MaxValues
)

// reasonRejected means that an Alertmanager rejected some of the alerts. It has stored the others.
const reasonRejected failure.Reason = "rejected"

// transport adds credentials to requests and returns only valid responses: the generated client
// would accept a login page, and would quote the server in its errors.
type transport struct {
	*httpclient.Transport

	username, password string
}

// newTransport returns a transport that ignores proxies of the environment and keeps no connections
// open.
func newTransport(ctx context.Context, o Options, settings *tls.Config) (*transport, error) {
	t := &transport{
		Transport: httpclient.New(httpclient.Options{Dial: o.Dial, TLS: settings, MaxBody: maxAnswer, MaxValues: maxValues}),
		username:  o.Config.BasicAuth.Username,
	}
	if t.username == "" {
		return t, nil
	}
	var err error
	t.password, err = readPassword(ctx, o.Config.BasicAuth)
	return t, err
}

func readPassword(ctx context.Context, b config.BasicAuth) (string, error) {
	text, err := files.Read(ctx, b.PasswordFile, files.MaxCredentials)
	if err != nil {
		return "", failure.Errorf(failure.ReasonCredentials, "read the password: %w", err)
	}
	return strings.TrimRight(string(text), "\r\n"), nil
}

// RoundTrip returns an error instead of an invalid response.
func (t *transport) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.Header.Set("User-Agent", httpclient.UserAgent)
	if t.username != "" {
		r.SetBasicAuth(t.username, t.password)
	}
	response, err := t.Transport.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	if err := checkResponse(response); err != nil {
		_ = response.Body.Close()
		return nil, err
	}
	return response, nil
}

// checkResponse returns the error of a response, without quoting it.
func checkResponse(response *http.Response) error {
	status := response.StatusCode
	switch {
	case status == http.StatusUnauthorized, status == http.StatusForbidden:
		return failure.Errorf(failure.ReasonForbidden, "status %d: check basicAuth and the client certificate", status)
	case status == http.StatusNotFound:
		return failure.Errorf(failure.ReasonNotFound, "status 404: check the path of the URL")
	case status == http.StatusBadRequest && response.Request.Method == http.MethodPost:
		return failure.Errorf(reasonRejected, "some alerts were rejected")
	case status >= 300 && status < 400:
		return failure.Errorf(failure.ReasonHTTP, "status %d: use the URL to which it redirects", status)
	case status != http.StatusOK:
		return failure.Errorf(failure.ReasonHTTP, "status %d", status)
	}
	if kind, _, err := mime.ParseMediaType(response.Header.Get("Content-Type")); err != nil || kind != "application/json" {
		return failure.Errorf(failure.ReasonDecode, "the response is not JSON: check that the URL is an Alertmanager's")
	}
	return nil
}

// classify returns the reason of a failed call, without quoting the server.
func classify(err error) error {
	if why, ok := errors.AsType[*failure.Error](err); ok {
		return why // not the URL around it
	}
	if errors.As(err, new(*url.Error)) || errors.As(err, new(net.Error)) || errors.Is(err, failure.ErrTooLarge) ||
		errors.As(err, new(*failure.FileError)) {
		return fmt.Errorf("query Alertmanager: %w", failure.FromTransport(err))
	}
	return failure.Errorf(failure.ReasonDecode, "the response is not from an Alertmanager")
}
