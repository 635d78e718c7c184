// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package fleet

import (
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/failure"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/httpclient"
)

func TestDoReturnsAnswers(t *testing.T) {
	var asked *http.Request
	c, file := newTestClient(t, func(w http.ResponseWriter, r *http.Request) {
		asked = r
		w.WriteHeader(http.StatusTeapot)
		_, _ = io.WriteString(w, "short and stout")
	})
	answer, err := c.Do(t.Context(), Request{Path: "/api/v1/namespaces/a/pods/https:b:8080/proxy/metrics", Query: url.Values{"x": {"y"}}, Accept: "text/plain"})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = answer.Body.Close() }()
	if body, err := io.ReadAll(answer.Body); err != nil || answer.StatusCode != http.StatusTeapot || string(body) != "short and stout" {
		t.Errorf("%d %q, %v", answer.StatusCode, body, err)
	}
	if got := asked.URL.RequestURI(); got != "/prefix/api/v1/namespaces/a/pods/https:b:8080/proxy/metrics?x=y" {
		t.Errorf("asked for %s", got)
	}
	if asked.Header.Get("Accept") != "text/plain" || asked.Header.Get("Authorization") != "Bearer t0ken" || asked.UserAgent() != httpclient.UserAgent {
		t.Errorf("asked with %v", asked.Header)
	}
	write(t, file, "clusters: [")
	broken := NewClient(Cluster{Name: "storage", Kubeconfig: file}, ClientOptions{})
	if _, err := broken.Do(t.Context(), Request{Path: "/"}); err == nil || !strings.Contains(err.Error(), "storage") {
		t.Errorf("a broken kubeconfig: %v", err)
	}
}

// TestDoFollowsNoRedirect checks that a redirect is not followed, because the token would be sent to its target.
func TestDoFollowsNoRedirect(t *testing.T) {
	elsewhere := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		t.Errorf("asked elsewhere, with %q", r.Header.Get("Authorization"))
	}))
	defer elsewhere.Close()
	c, _ := newTestClient(t, func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, elsewhere.URL, http.StatusTemporaryRedirect)
	})
	answer, err := c.Do(t.Context(), Request{Path: "/", Accept: "text/plain"})
	if err != nil {
		t.Fatal(err)
	}
	_ = answer.Body.Close()
	if answer.StatusCode != http.StatusTemporaryRedirect {
		t.Errorf("answered %d", answer.StatusCode)
	}
	var out any
	if err := c.Get(t.Context(), "/", nil, &out); err == nil || out != nil {
		t.Errorf("got %v, %v", out, err)
	}
	if err := c.Post(t.Context(), "/", "secret", &out); err == nil || out != nil {
		t.Errorf("posted, and got %v, %v", out, err)
	}
}

// TestTextAroundAnswers checks answers with a byte order mark before and a comment after the JSON, which proxies may
// add.
func TestTextAroundAnswers(t *testing.T) {
	status := http.StatusOK
	c, _ := newTestClient(t, func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(status)
		_, _ = io.WriteString(w, "\ufeff"+`{"kind":"Status","apiVersion":"v1","status":"Failure","reason":"Expired","code":410,"major":"1"}`+"\n<!-- proxy -->")
	})
	var version struct {
		Major string `json:"major"`
	}
	if err := c.Get(t.Context(), "/version", nil, &version); err != nil || version.Major != "1" {
		t.Errorf("got %+v, %v", version, err)
	}
	status = http.StatusGone
	if err := c.Get(t.Context(), "/version", nil, &version); failure.Classify(err) != failure.ReasonExpired {
		t.Errorf("%s: %v", failure.Classify(err), err)
	}
}
