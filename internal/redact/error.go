// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package redact

import (
	"errors"
	"net/url"
	"regexp"
	"strings"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// Error returns the text of an error without what may hold a secret: the message of
// an API server's answer (it can quote an object), and user info and query of a URL.
func Error(err error) string {
	if reason := StatusReason(err); reason != "" {
		return "the API server answered " + reason
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

// StatusReason returns the reason of an API server's answer, empty for any other error, and
// Other for one that Kubernetes does not declare: the server chooses the text.
func StatusReason(err error) string {
	var status apierrors.APIStatus
	if !errors.As(err, &status) {
		return ""
	}
	switch reason := status.Status().Reason; reason {
	case metav1.StatusReasonUnauthorized, metav1.StatusReasonForbidden, metav1.StatusReasonNotFound, metav1.StatusReasonAlreadyExists,
		metav1.StatusReasonConflict, metav1.StatusReasonGone, metav1.StatusReasonInvalid, metav1.StatusReasonServerTimeout,
		metav1.StatusReasonStoreReadError,
		metav1.StatusReasonTimeout, metav1.StatusReasonTooManyRequests, metav1.StatusReasonBadRequest, metav1.StatusReasonMethodNotAllowed,
		metav1.StatusReasonNotAcceptable, metav1.StatusReasonRequestEntityTooLarge, metav1.StatusReasonUnsupportedMediaType,
		metav1.StatusReasonInternalError, metav1.StatusReasonExpired, metav1.StatusReasonServiceUnavailable:
		return string(reason)
	case metav1.StatusReasonUnknown:
		return "Unknown"
	}
	return "Other"
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
