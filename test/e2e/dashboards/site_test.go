//go:build testbed

// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package dashboards

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"

	"github.com/cobaltcore-dev/cobaltcore-exporter/test/e2e/harness"
	"github.com/cobaltcore-dev/cobaltcore-exporter/test/testbed"
)

// persesSite is a web server with the components of Perses. It also serves the dashboards and the
// Prometheus of every fleet, so that there is only one origin.
type persesSite struct {
	*httptest.Server

	mu       sync.Mutex
	complain map[string][]string // by fleet
}

func startPersesSite(t *testing.T, fleets []shownFleet) *persesSite {
	t.Helper()
	ui, err := testbed.PersesUI(t.Context())
	harness.Must(t, err)
	s, mux := &persesSite{complain: map[string][]string{}}, http.NewServeMux()
	mux.Handle("/", http.FileServer(http.Dir(ui)))
	for _, f := range fleets {
		at := "/" + f.path()
		mux.HandleFunc(at, func(w http.ResponseWriter, r *http.Request) { http.ServeFile(w, r, filepath.Join(ui, "page.html")) })
		mux.Handle(at+"/dashboards/", http.StripPrefix(at+"/dashboards", http.FileServer(http.Dir(generated(t, "perses", f.label)))))
		target, err := url.Parse(f.URL)
		harness.Must(t, err)
		transport := &http.Transport{}
		t.Cleanup(transport.CloseIdleConnections)
		mux.Handle(at+"/prometheus/", http.StripPrefix(at+"/prometheus", &httputil.ReverseProxy{
			Transport: transport,
			Rewrite: func(r *httputil.ProxyRequest) {
				r.SetURL(target)
				r.Out.Header.Del("Accept-Encoding") // the answer is read here
			},
			ModifyResponse: func(r *http.Response) error { return s.look(f, r) },
		}))
	}
	s.Server = httptest.NewServer(mux)
	t.Cleanup(s.Close)
	return s
}

// generated returns a directory with the generated dashboards of one format for a label.
func generated(t *testing.T, format, label string) string {
	t.Helper()
	root, err := testbed.RepoRoot()
	harness.Must(t, err)
	directory := filepath.Join(root, "dashboards", "generated", format, "cluster")
	if label == "cluster" {
		return directory
	}
	files, err := filepath.Glob(filepath.Join(directory, "*.json"))
	harness.Must(t, err)
	renamed := t.TempDir()
	for _, file := range files {
		text, err := os.ReadFile(file)
		harness.Must(t, err)
		text = bytes.ReplaceAll(text, []byte(`\u0063luster`), []byte(label)) // as the chart does
		harness.Must(t, os.WriteFile(filepath.Join(renamed, filepath.Base(file)), text, 0o600))
	}
	return renamed
}

// path is where the fleet is on the site.
func (s shownFleet) path() string { return s.name + "-" + s.label }

// look records the errors in an answer of Prometheus.
func (s *persesSite) look(f shownFleet, r *http.Response) error {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return err
	}
	_ = r.Body.Close()
	r.Body = io.NopCloser(bytes.NewReader(body))
	var answer struct {
		Error           string
		Warnings, Infos []string
	}
	err = json.Unmarshal(body, &answer)
	if err == nil && r.StatusCode == http.StatusOK && len(answer.Warnings)+len(answer.Infos) == 0 {
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.complain[f.path()] = append(s.complain[f.path()], fmt.Sprintf("%s %s: %s %v %v", r.Request.Method, r.Request.URL, r.Status, answer, err))
	return nil
}

// complaints returns the errors in the answers to the queries of a fleet.
func (s *persesSite) complaints(f shownFleet) []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.complain[f.path()])
}
