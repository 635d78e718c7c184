// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package watch

import (
	"errors"
	"net/url"
	"regexp"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
)

// redact is the text of an error without what may hold a secret: the message of
// an API server's answer (it can quote an object) and the query of a URL.
func redact(err error) string {
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
		if u, parseErr := url.Parse(request.URL); parseErr == nil {
			at = (&url.URL{Scheme: u.Scheme, Host: u.Host, Path: u.Path}).String()
		}
		return request.Op + " " + at + ": " + redact(request.Err)
	}
	return userInfo.ReplaceAllString(err.Error(), "://…@")
}

// explain is redact for those who do not see the log: without URLs, and empty for
// an error in what somebody wrote, which may quote it.
func explain(err error) string {
	if reason := reasonOf(err); reason == ReasonConfig || reason == ReasonDecode {
		return ""
	}
	for {
		request, ok := errors.AsType[*url.Error](err)
		if !ok {
			return anyURL.ReplaceAllString(redact(err), "…")
		}
		if request.Op == "parse" {
			return ""
		}
		err = request.Err
	}
}

// anyURL goes to the end of the text: nobody knows where a URL ends that may hold
// anything.
var anyURL = regexp.MustCompile(`(?s)[A-Za-z][-+.0-9A-Za-z]*://.*`)

// userInfo is what stands before the host in a URL, such as the proxy-url of a
// kubeconfig. It is greedy: a password may hold a slash or an at sign.
var userInfo = regexp.MustCompile(`://[^\s"\']*@`)
