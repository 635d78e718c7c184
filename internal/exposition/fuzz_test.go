// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package exposition

import (
	"compress/gzip"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
)

// FuzzNegotiation requests /metrics with any headers. The answer has one of the formats, and the same text with and without
// compression.
func FuzzNegotiation(f *testing.F) {
	h, _ := testHandler(f)
	texts := []string{
		body(f, get(h, http.MethodGet, "/metrics")),
		body(f, get(h, http.MethodGet, "/metrics", "Accept", "application/openmetrics-text; version=1.0.0")),
		body(f, get(h, http.MethodGet, "/metrics", "Accept", "application/openmetrics-text; version=0.0.1")),
	}
	f.Add("application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,text/plain;version=0.0.4;q=0.3,*/*;q=0.1", "gzip")
	f.Add("text/plain;version=1.0.0;q=", "gzip;q=0, *")
	f.Add("application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited", "identity;q=1, *;q=0")
	f.Fuzz(func(t *testing.T, accept, encoding string) {
		r := get(h, http.MethodGet, "/metrics", "Accept", accept, "Accept-Encoding", encoding)
		if r.StatusCode != http.StatusOK {
			t.Fatal(r.Status)
		}
		in := io.Reader(r.Body)
		if r.Header.Get("Content-Encoding") == "gzip" {
			if lower := strings.ToLower(encoding); !strings.Contains(lower, "gzip") && !strings.Contains(lower, "*") {
				t.Errorf("compressed for %q", encoding)
			}
			unpacked, err := gzip.NewReader(r.Body)
			if err != nil {
				t.Fatal(err)
			}
			in = unpacked
		}
		text, err := io.ReadAll(in)
		if err != nil || !slices.Contains(texts, string(text)) {
			t.Errorf("%v, %d bytes of %s for %q", err, len(text), r.Header.Get("Content-Type"), accept)
		}
	})
}
