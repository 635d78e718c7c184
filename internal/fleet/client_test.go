// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package fleet

import (
	"context"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	apierrors "k8s.io/apimachinery/pkg/api/errors"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/failure"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/httpclient"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/testing/testutil"
)

// connectTo writes the kubeconfig of a server.
func connectTo(t *testing.T, file string, server *httptest.Server, token string) {
	t.Helper()
	ca := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})
	write(t, file, fmt.Sprintf(`{"apiVersion":"v1","kind":"Config","current-context":"c",
"clusters":[{"name":"c","cluster":{"server":%q,"certificate-authority-data":%q}}],"users":[{"name":"c","user":{"token":%q}}],
"contexts":[{"name":"c","context":{"cluster":"c","user":"c"}}]}`, server.URL+"/prefix", base64.StdEncoding.EncodeToString(ca), token))
}

func newTestClient(t *testing.T, handler http.HandlerFunc) (*Client, string) {
	t.Helper()
	server := httptest.NewTLSServer(handler)
	t.Cleanup(server.Close)
	file := filepath.Join(t.TempDir(), "kubeconfig")
	connectTo(t, file, server, "t0ken")
	c := NewClient(Cluster{Name: "storage", Source: SourceKubeconfig, Kubeconfig: file}, ClientOptions{})
	t.Cleanup(c.Close)
	return c, file
}

func TestClientRequests(t *testing.T) {
	type asked struct{ Method, URI, Token, Accept, Type, Agent, Body string }
	var got []asked
	c, _ := newTestClient(t, func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		got = append(got, asked{
			r.Method, r.URL.RequestURI(), r.Header.Get("Authorization"), r.Header.Get("Accept"), r.Header.Get("Content-Type"), r.UserAgent(), string(body),
		})
		if r.Method == http.MethodPost {
			w.WriteHeader(http.StatusCreated)
		}
		_, _ = io.WriteString(w, `{"kind":"x","unknown":1}`)
	})
	var out struct{ Kind string }
	if err := c.Get(t.Context(), "/api/v1/x", url.Values{"labelSelector": {"a=b"}}, &out); err != nil || out.Kind != "x" {
		t.Errorf("%v, %v", out, err)
	}
	if err := c.Post(t.Context(), "/api/v1/y", map[string]int{"a": 1}, &out); err != nil {
		t.Error(err)
	}
	want := []asked{
		{"GET", "/prefix/api/v1/x?labelSelector=a%3Db", "Bearer t0ken", "application/json", "", httpclient.UserAgent, ""},
		{"POST", "/prefix/api/v1/y", "Bearer t0ken", "application/json", "application/json", httpclient.UserAgent, `{"a":1}`},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("asked (-want +got):\n%s", diff)
	}
	if err := c.Post(t.Context(), "/", func() {}, &out); err == nil {
		t.Error("a function was sent")
	}
}

func TestClientErrors(t *testing.T) {
	for status, is := range map[int]func(error) bool{
		http.StatusForbidden:           apierrors.IsForbidden,
		http.StatusUnauthorized:        apierrors.IsUnauthorized,
		http.StatusNotFound:            apierrors.IsNotFound,
		http.StatusTooManyRequests:     apierrors.IsTooManyRequests,
		http.StatusServiceUnavailable:  func(err error) bool { return apierrors.ReasonForError(err) != "" },
		http.StatusInternalServerError: apierrors.IsInternalError,
		http.StatusTeapot:              func(err error) bool { return apierrors.ReasonForError(err) == "" && err != nil },
	} {
		t.Run(http.StatusText(status), func(t *testing.T) {
			n := 0
			c, _ := newTestClient(t, func(w http.ResponseWriter, _ *http.Request) { n++; http.Error(w, "s3cr3t", status) })
			err := c.Get(t.Context(), "/apis/x", nil, &struct{}{})
			if err == nil || !is(err) {
				t.Errorf("%v", err)
			}
			if err != nil && strings.Contains(err.Error(), "s3cr3t") {
				t.Errorf("the error quotes the answer: %v", err)
			}
			if n != 1 {
				t.Errorf("asked %d times", n)
			}
		})
	}
}

func TestClientLimitsEndlessAnswers(t *testing.T) {
	c, _ := newTestClient(t, func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, `{"kind":"`+strings.Repeat("x", MaxObject)+`"}`)
	})
	if err := c.Get(t.Context(), "/", nil, &struct{}{}); !errors.Is(err, failure.ErrTooLarge) {
		t.Errorf("%.100v", err)
	}
}

// TestClientFollowsItsKubeconfig checks that the client uses the new contents of a rotated file.
func TestClientFollowsItsKubeconfig(t *testing.T) {
	var mu sync.Mutex
	var tokens []string
	handler := func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		tokens = append(tokens, r.Header.Get("Authorization"))
		_, _ = io.WriteString(w, `{}`)
	}
	c, file := newTestClient(t, handler)
	other := httptest.NewTLSServer(http.HandlerFunc(handler))
	defer other.Close()
	get := func() error { return c.Get(t.Context(), "/", nil, &struct{}{}) }
	if err := errors.Join(get(), get()); err != nil {
		t.Fatal(err)
	}
	connectTo(t, file, other, "another")
	if err := get(); err != nil {
		t.Error(err)
	}
	write(t, file, "clusters: [")
	if err := get(); err != nil {
		t.Errorf("while the kubeconfig is rewritten: %v", err)
	}
	if diff := cmp.Diff([]string{"Bearer t0ken", "Bearer t0ken", "Bearer another", "Bearer another"}, tokens); diff != "" {
		t.Errorf("tokens (-want +got):\n%s", diff)
	}
}

func TestClientGivesUpWithItsContext(t *testing.T) {
	end := make(chan struct{})
	reached := make(chan struct{}, 1)
	c, _ := newTestClient(t, func(http.ResponseWriter, *http.Request) { reached <- struct{}{}; <-end })
	t.Cleanup(func() { close(end) })
	ctx, cancel := context.WithCancel(t.Context())
	go func() { <-reached; cancel() }()
	if err := c.Get(ctx, "/", nil, &struct{}{}); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
}

// TestClientCloses checks that Close closes the connections, although client-go shares some objects between clients.
func TestClientCloses(t *testing.T) {
	var mu sync.Mutex
	open := map[net.Conn]bool{}
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, `{}`) }))
	server.EnableHTTP2 = true
	server.Config.ConnState = func(c net.Conn, state http.ConnState) {
		mu.Lock()
		defer mu.Unlock()
		if open[c] = true; state == http.StateClosed {
			delete(open, c)
		}
	}
	server.StartTLS()
	t.Cleanup(server.Close)
	file := filepath.Join(t.TempDir(), "kubeconfig")
	connectTo(t, file, server, "t0ken")
	clients := []*Client{NewClient(Cluster{Kubeconfig: file}, ClientOptions{}), NewClient(Cluster{Kubeconfig: file}, ClientOptions{})}
	for left := len(clients); left > 0; left-- {
		for _, c := range clients {
			if err := c.Get(t.Context(), "/", nil, &struct{}{}); err != nil {
				t.Fatal(err)
			}
		}
		testutil.Eventually(t, func() (bool, string) {
			mu.Lock()
			defer mu.Unlock()
			return len(open) == left, fmt.Sprint(len(open), " connections of ", left)
		})
		clients[0].Close()
		clients = clients[1:]
	}
	testutil.Eventually(t, func() (bool, string) {
		mu.Lock()
		defer mu.Unlock()
		return len(open) == 0, "still connected"
	})
}
