// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package redact

import (
	"errors"
	"net/url"
	"regexp"
	"strings"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
)

// Error returns the text of an error without what may hold a secret: the message of
// an API server's answer (it can quote an object), and user info and query of a URL.
func Error(err error) string {
	var status apierrors.APIStatus
	if errors.As(err, &status) {
		s := status.Status()
		text := "the API server answered " + string(s.Reason)
		if s.Details != nil && s.Details.Kind != "" {
			text += " for " + s.Details.Kind
		}
		return text
	}
	if request, ok := errors.AsType[*url.Error](err); ok {
		at := "a URL that cannot be parsed" // and may hold anything
		if _, parseErr := url.Parse(request.URL); parseErr == nil {
			at = URL(request.URL).Redacted()
		}
		return request.Op + " " + at + ": " + Error(request.Err)
	}
	return userInfo.ReplaceAllString(err.Error(), "://…@")
}

// WithoutURLs returns the text of an error for readers who do not see the log. It is
// empty for a URL that cannot be parsed.
func WithoutURLs(err error) string {
	for {
		request, ok := errors.AsType[*url.Error](err)
		if !ok {
			return anyURL.ReplaceAllString(Error(err), "…")
		}
		if request.Op == "parse" {
			return ""
		}
		err = request.Err
	}
}

// Text returns a text that may be a URL, or hold some, without credentials.
func Text(s string) string {
	if strings.Contains(s, "://") || strings.Contains(s, "@") {
		s = userInfo.ReplaceAllString(URL(s).Redacted(), "://…@")
	}
	return s
}

// anyURL goes to the end of the text: a URL that may hold anything has no known end.
var anyURL = regexp.MustCompile(`(?s)[A-Za-z][-+.0-9A-Za-z]*://.*`)

// userInfo is what stands before the host in a URL, such as the proxy-url of a
// kubeconfig. It is greedy: a password may hold a slash or an at sign.
var userInfo = regexp.MustCompile(`://[^\s"\']*@`)
