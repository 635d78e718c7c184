// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package watch

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"strings"
	"syscall"
	"testing"
	"testing/iotest"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/failure"
)

func ignore(object, bool) error { return nil }

func TestReasonsOfDecoding(t *testing.T) {
	t.Parallel()
	d, _ := readerOf("<html>")
	_, _, htmlEvent := d.next()
	_, htmlList := decodeList(strings.NewReader("<html>"), newWidget, ignore)
	_, emptyList := decodeList(strings.NewReader(""), newWidget, ignore)
	_, brokenList := decodeList(iotest.ErrReader(&net.OpError{Op: "read", Err: syscall.ECONNRESET}), newWidget, ignore)
	_, lostList := decodeList(iotest.ErrReader(io.ErrUnexpectedEOF), newWidget, ignore) // of HTTP/2
	_, cutList := decodeList(strings.NewReader(`{"items":[{`), newWidget, ignore)
	for name, tc := range map[string]struct {
		err  error
		want failure.Reason
	}{
		"HTML as an event":       {htmlEvent, failure.ReasonDecode},
		"HTML as a list":         {htmlList, failure.ReasonDecode},
		"half a list":            {cutList, failure.ReasonDecode},
		"no list":                {emptyList, failure.ReasonDecode},
		"a list that breaks off": {brokenList, failure.ReasonNetwork},
		"a list that is lost":    {lostList, failure.ReasonNetwork},
	} {
		if got := failure.Classify(fmt.Errorf("discover: %w", tc.err)); got != tc.want {
			t.Errorf("%s: %s, want %s: %T %[4]v", name, got, tc.want, tc.err)
		}
	}
}

// TestExplain checks that texts in answers of the exporter have no confidential parts, even those
// that redact does not remove.
func TestExplain(t *testing.T) {
	t.Parallel()
	refused := &net.OpError{Op: "dial", Net: "tcp", Err: errors.New("connection refused")}
	_, parse := url.Parse("https://h:s3cret/") //nolint:staticcheck // the error is wanted
	for name, tc := range map[string]struct {
		err  error
		want string
	}{
		"a URL":          {fmt.Errorf("get: %w", &url.Error{Op: "Get", URL: "https://api.example.com/apis/x", Err: refused}), "dial tcp: connection refused"},
		"a redirect":     {&url.Error{Op: "Get", URL: "https://a", Err: &url.Error{Op: "Get", URL: "https://b", Err: refused}}, "dial tcp: connection refused"},
		"no URL":         {parse, ""},
		"no URL inside":  {&url.Error{Op: "Get", URL: "https://a", Err: parse}, ""},
		"a proxy":        {errors.New(`proxy: bad "ftp://user:s3 cret@proxy:1" for https://host`), `proxy: bad "…`},
		"a server":       {apierrors.NewForbidden(schema.GroupResource{Resource: "widgets"}, "n", errors.New("s3cret")), "the API server answered Forbidden"},
		"a kubeconfig":   {fmt.Errorf("%w: line 3: s3cret", failure.ErrConfig), ""},
		"not what it is": {fmt.Errorf("%w: s3cret", failure.ErrDecode), ""},
	} {
		if got := publicText(tc.err); got != tc.want {
			t.Errorf("%s: %q, want %q", name, got, tc.want)
		}
	}
}
