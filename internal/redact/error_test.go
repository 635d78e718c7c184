// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package redact

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"strings"
	"testing"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

func TestError(t *testing.T) {
	t.Parallel()
	refused := &net.OpError{Op: "dial", Net: "tcp", Err: errors.New("connection refused")}
	for name, tc := range map[string]struct {
		err  error
		want string
	}{
		"a URL": {
			&url.Error{Op: "Get", URL: "https://user:s3cret@api.example.com/apis/x?token=s3cret#s3cret", Err: refused},
			"Get https://api.example.com/apis/x: dial tcp: connection refused",
		},
		"a URL inside": {
			fmt.Errorf("get server version: %w", &url.Error{Op: "Get", URL: "https://api.example.com/version?t=s3cret", Err: refused}),
			"Get https://api.example.com/version: dial tcp: connection refused",
		},
		"a redirect": {
			&url.Error{Op: "Get", URL: "https://a.example.com/?s3cret", Err: &url.Error{Op: "Get", URL: "https://b.example.com/login?s3cret", Err: refused}},
			"Get https://a.example.com/: Get https://b.example.com/login: dial tcp: connection refused",
		},
		"an answer": {
			apierrors.NewForbidden(schema.GroupResource{Resource: "widgets"}, "n", errors.New("s3cret")),
			"the API server answered Forbidden",
		},
		"an answer inside": {
			fmt.Errorf("discover: %w", apierrors.NewInternalError(errors.New("s3cret"))),
			"the API server answered InternalError",
		},
		"an answer with a reason of its own": {
			&apierrors.StatusError{ErrStatus: metav1.Status{Reason: "s3cret", Message: "s3cret", Details: &metav1.StatusDetails{Kind: "s3cret", Name: "s3cret"}}},
			"the API server answered Other",
		},
		"an answer without a reason": {&apierrors.StatusError{}, "the API server answered Unknown"},
		"anything else":              {errors.New("end of stream"), "end of stream"},
	} {
		t.Run(name, func(t *testing.T) {
			if got := Error(tc.err); got != tc.want {
				t.Errorf("%q, want %q", got, tc.want)
			}
		})
	}
	_, err := url.Parse("https://h/%zz?token=s3cret") //nolint:staticcheck // the error is wanted
	for _, err := range []error{err, &url.Error{Op: "Get", URL: "https://h/%zz?token=s3cret", Err: refused}} {
		if got := Error(err); strings.Contains(got, "s3cret") {
			t.Errorf("a URL that does not parse: %s", got)
		}
	}
}

func TestText(t *testing.T) {
	for in, want := range map[string]string{
		"": "", "source-controller": "source-controller", "a@b": "a@b", "name?x": "name?x", "app:v1@sha256:0123": "app:v1@sha256:0123",
		"https://user:hunter2@host/x?token=hunter2":              "https://host/x",
		"user:hunter2@host/x":                                    "host/x",
		"https://host/ after https://user:hunter2@other/":        "https://host/ after https://…@other/",
		`Post "https://hunter2@host/": "https://user:hunter2@h"`: `Post "https://host/": "https://…@h"`,
	} {
		if got := Text(in); got != want {
			t.Errorf("%q is %q, want %q", in, got, want)
		}
	}
}

func TestErrorRedactsUserInfo(t *testing.T) {
	for in, want := range map[string]string{
		`proxy: unsupported scheme "ftp://user:hunter2@proxy:1"`: `proxy: unsupported scheme "ftp://…@proxy:1"`,
		`parse "http://user:hun/ter@2%zz@host/": invalid`:        `parse "http://…@host/": invalid`,
		`dial https://host/@scope: refused`:                      `dial https://…@scope: refused`,
	} {
		if got := Error(errors.New(in)); got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
}
