// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package httpclient

import (
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"k8s.io/client-go/rest"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/failure"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/testing/testutil"
)

const (
	attackLimit  = 1 << 20
	attackMemory = 16 << 20
)

// TestAttacks checks endless responses. Each ends at a limit, for every status and encoding, and with limited memory.
// No other test runs at the same time.
func TestAttacks(t *testing.T) {
	endless := func(status int) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Location", "/")
			w.WriteHeader(status)
			repeat(w, bytes.Repeat([]byte("[{}],"), 10_000))
		}
	}
	for name, tc := range map[string]struct {
		answer http.HandlerFunc
		// err is the error of reading the body, and text is a part of the error of the request.
		err  error
		text string
	}{
		"endless success":   {endless(http.StatusOK), failure.ErrTooLarge, ""},
		"endless redirect":  {endless(http.StatusFound), nil, ""},
		"endless refusal":   {endless(http.StatusForbidden), nil, ""},
		"endless failure":   {endless(http.StatusInternalServerError), nil, ""},
		"gzip bomb":         {packed(http.StatusOK, false), failure.ErrTooLarge, ""},
		"gzip bomb, failed": {packed(http.StatusBadGateway, false), nil, ""},
		"nothing, packed":   {packed(http.StatusOK, true), failure.ErrTooLarge, ""},
		"nothing, failed":   {packed(http.StatusForbidden, true), failure.ErrTooLarge, ""},
		"endless header":    {connection("HTTP/1.1 200 OK\r\n", "X-Header: "+strings.Repeat("x", 1000)+"\r\n"), nil, "headers exceeded"},
		"endless hints":     {connection("", "HTTP/1.1 103 Early Hints\r\nLink: "+strings.Repeat("x", 1000)+"\r\n\r\n"), nil, "header"},
		"endless 1xx":       {connection("", "HTTP/1.1 102 Processing\r\n\r\n"), nil, "header"},
	} {
		server := httptest.NewServer(tc.answer)
		for to, client := range clients(t, server.URL) {
			t.Run(name+"/"+to, func(t *testing.T) {
				start := time.Now()
				memory := testutil.Allocated(func() {
					switch err := read(t, client, server.URL); {
					case tc.text != "":
						if err == nil || !strings.Contains(err.Error(), tc.text) {
							t.Errorf("%v, want %s", err, tc.text)
						}
					case !errors.Is(err, tc.err):
						t.Errorf("%v, want %v", err, tc.err)
					}
				})
				if memory > attackMemory {
					t.Errorf("%d MiB were allocated", memory>>20)
				}
				t.Logf("%.1f MiB allocated in %s", float64(memory)/(1<<20), time.Since(start))
			})
		}
		server.CloseClientConnections()
		server.Close()
	}
}

// clients returns one client of each type.
func clients(t *testing.T, url string) map[string]*http.Client {
	t.Helper()
	apiServer, end, err := ForAPIServer(&rest.Config{Host: url})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(end)
	others := &http.Client{Transport: New(Options{MaxBody: attackLimit}), CheckRedirect: KeepRedirect}
	return map[string]*http.Client{"API server": apiServer, "others": others}
}

// read reads a response like the readers of the product.
func read(t *testing.T, client *http.Client, url string) error {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	answer, err := client.Do(request)
	if err != nil {
		return err
	}
	defer func() { _ = answer.Body.Close() }()
	n, err := io.Copy(io.Discard, LimitBody(answer.Body, attackLimit))
	if most := int64(maxFailure); answer.StatusCode != http.StatusOK && n > most {
		t.Errorf("%d bytes were read of an answer with status %d", n, answer.StatusCode)
	}
	return err
}

// repeat writes until the client closes the connection.
func repeat(w io.Writer, part []byte) {
	for {
		if _, err := w.Write(part); err != nil {
			return
		}
	}
}

// packed sends endless compressed zeros, or compressed blocks without content.
func packed(status int, empty bool) http.HandlerFunc {
	var member bytes.Buffer
	w, _ := gzip.NewWriterLevel(&member, gzip.BestSpeed)
	if !empty {
		_, _ = w.Write(make([]byte, 64<<20))
	}
	_ = w.Close()
	part := member.Bytes()
	if empty {
		part = bytes.Repeat(part, 1000)
	}
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Encoding", "gzip")
		w.WriteHeader(status)
		repeat(w, part)
	}
}

// connection sends an incomplete response: begin, then more without an end.
func connection(begin, more string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		conn, _, err := w.(http.Hijacker).Hijack()
		if err != nil {
			return
		}
		defer func() { _ = conn.Close() }()
		_, _ = io.WriteString(conn, begin)
		repeat(conn, []byte(more))
	}
}

// TestSilence checks that a missing or paused response is a timeout, that a watch may pause, and that a body with
// progress is read.
func TestSilence(t *testing.T) {
	pause := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/none" {
			_, _ = io.WriteString(w, "[")
			_ = http.NewResponseController(w).Flush()
		}
		if r.URL.Path == "/whole" {
			_, _ = io.WriteString(w, "]")
			return
		}
		select {
		case <-pause:
		case <-r.Context().Done():
		}
	}))
	defer server.Close()
	client := &http.Client{Transport: bounded{next: &http.Transport{DisableCompression: true}, silence: 50 * time.Millisecond}}
	defer client.CloseIdleConnections()
	for _, path := range []string{"/none", "/paused"} {
		if err := read(t, client, server.URL+path); failure.Classify(err) != failure.ReasonTimeout || !strings.Contains(err.Error(), "no byte within") {
			t.Errorf("%s: %v", path, err)
		}
	}
	if err := read(t, client, server.URL+"/whole"); err != nil {
		t.Error(err)
	}
	time.AfterFunc(150*time.Millisecond, func() { close(pause) })
	if err := read(t, client, server.URL+"/paused?watch=true"); err != nil {
		t.Errorf("a watch: %v", err)
	}
}

// TestCheckValues checks that values are counted outside of strings, for every partition of the text.
func TestCheckValues(t *testing.T) {
	long := strings.Repeat(" ", smallText)
	for name, tc := range map[string]struct {
		text string
		want error
	}{
		"small":      {"[" + strings.Repeat("0,", smallText/4) + "0]", nil},
		"few":        {long + "[" + strings.Repeat("{},", MaxValues/2-1) + "0]", nil},
		"many":       {long + "[" + strings.Repeat("{},", MaxValues/2) + "0]", failure.ErrTooLarge},
		"in strings": {long + `["\"\\` + strings.Repeat("{},", MaxValues) + `"]`, nil},
		"behind":     {long + `["\\",` + strings.Repeat("[],", MaxValues/2) + `0]`, failure.ErrTooLarge},
	} {
		if err := CheckValues([]byte(tc.text)); !errors.Is(err, tc.want) {
			t.Errorf("%s: %v", name, err)
		}
		body := &countedBody{ReadCloser: io.NopCloser(strings.NewReader(tc.text)), values: values{most: MaxValues}}
		if _, err := io.CopyBuffer(io.Discard, struct{ io.Reader }{body}, make([]byte, 7)); !errors.Is(err, tc.want) {
			t.Errorf("%s, in parts: %v", name, err)
		}
	}
}

// TestDecodeJSONBounds checks that a text with too many values is refused before it is decoded.
func TestDecodeJSONBounds(t *testing.T) {
	type server struct{ Name, Address, Version string }
	text := []byte(`{"servers":[` + strings.Repeat("{},", 5<<20) + "{}]}")
	memory := testutil.Allocated(func() {
		got, err := DecodeJSON[struct{ Servers []server }](text)
		if !errors.Is(err, failure.ErrTooLarge) || failure.Classify(err) != failure.ReasonDecode || got.Servers != nil {
			t.Errorf("%d servers, %v", len(got.Servers), err)
		}
	})
	if memory > attackMemory {
		t.Errorf("%d MiB were allocated", memory>>20)
	}
}

func BenchmarkCheckValues(b *testing.B) {
	text := bytes.Repeat([]byte(`{"metadata":{"name":"a","labels":{"app.kubernetes.io/name":"podinfo"}},"spec":{"interval":"5m0s"}},`), 10_000)
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		_ = CheckValues(text)
	}
}
