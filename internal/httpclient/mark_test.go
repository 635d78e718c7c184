// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package httpclient

import (
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"testing/iotest"

	"k8s.io/client-go/rest"
)

// TestByteOrderMark checks that a byte order mark is removed from all responses and does not count for limits.
func TestByteOrderMark(t *testing.T) {
	body := ""
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, body) }))
	t.Cleanup(server.Close)
	apiServer, end, err := ForAPIServer(&rest.Config{Host: server.URL})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(end)
	for name, client := range map[string]*http.Client{"API server": apiServer, "others": {Transport: New(Options{MaxBody: 8})}} {
		for sent, want := range map[string]string{
			"": "", "a": "a", "ab": "ab", byteOrderMark: "", byteOrderMark + "{}": "{}", "{}" + byteOrderMark: "{}" + byteOrderMark,
			byteOrderMark[:2]: byteOrderMark[:2], "\xff\xfe{}": "\xff\xfe{}", byteOrderMark + "1234567": "1234567",
		} {
			body = sent
			request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, server.URL, http.NoBody)
			if err != nil {
				t.Fatal(err)
			}
			answer, err := client.Do(request)
			if err != nil {
				t.Fatal(err)
			}
			got, err := io.ReadAll(iotest.OneByteReader(answer.Body))
			_ = answer.Body.Close()
			if err != nil || string(got) != want {
				t.Errorf("%s: %q is read as %q: %v", name, sent, got, err)
			}
		}
	}
}
