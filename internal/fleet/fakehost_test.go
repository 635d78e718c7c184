// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package fleet

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/config"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/testing/fakeapi"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/testing/testutil"
)

// fakeHost is an API server of a host cluster. Its pages have two objects.
type fakeHost struct{ *fakeapi.Server }

const secretsOf = "/api/v1/namespaces/n/secrets"

func newFakeHost(t *testing.T) fakeHost {
	t.Helper()
	h := fakeHost{fakeapi.New(t, (*httptest.Server).StartTLS)}
	h.Change(func(s *fakeapi.State) {
		s.Page = 2
		s.Serve(secretsOf, "Secret", "v1")
	})
	return h
}

// put creates or changes an object with labels.
func (h fakeHost) put(list, name string, labels map[string]string, more map[string]any) {
	fields := map[string]any{"metadata": map[string]any{
		"labels": labels, "annotations": map[string]string{"kubectl.kubernetes.io/last-applied-configuration": "t0ken"},
	}}
	maps.Copy(fields, more)
	h.Put(list, name, fields)
}

// secret puts a Secret of the type with one key.
func (h fakeHost) secret(name, kind, key, value string, labels ...string) {
	set := map[string]string{}
	for _, l := range labels {
		k, v, _ := strings.Cut(l, "=")
		set[k] = v
	}
	h.put(secretsOf, name, set, map[string]any{"type": kind, "data": map[string][]byte{key: []byte(value), "other": []byte("t0ken")}})
}

// answer answers every request with f; nil restores the default.
func (h fakeHost) answer(f http.HandlerFunc) {
	h.Change(func(s *fakeapi.State) { s.Answer = f })
}

// deny refuses requests.
func (h fakeHost) deny(denied func(verb, path string) bool) {
	h.Change(func(s *fakeapi.State) {
		s.Refuse = func(verb, path string) http.HandlerFunc {
			if !denied(verb, path) {
				return nil
			}
			return func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "t0ken", http.StatusForbidden) }
		}
	})
}

// search is running discovery.
type search struct {
	*Discovery

	t      *testing.T
	config *config.Config
	stop   func()
}

// startSearch starts discovery in the host management and in other hosts, with a configuration in lines of YAML.
func startSearch(t *testing.T, hosts map[string]fakeHost, discover string, before *Discovery) *search {
	t.Helper()
	dir := t.TempDir()
	text := "clusters:\n"
	for name, h := range hosts {
		connectTo(t, filepath.Join(dir, name), h.Server.Server, "t0ken")
		text += fmt.Sprintf("- {name: %[1]s, kubeconfig: {path: %[1]s}}\n", name)
		// connectTo expects a path prefix, which a plain API server does not have.
		h.Config.Handler = http.StripPrefix("/prefix", h)
	}
	c, err := config.Parse([]byte(text+"discover:\n"+discover), filepath.Join(dir, "fleet.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	return searchFor(t, c, before)
}

func searchFor(t *testing.T, c *config.Config, before *Discovery) *search {
	t.Helper()
	s := &search{t: t, config: c, Discovery: NewDiscovery(c, DiscoveryOptions{Interval: 10 * time.Millisecond, Before: before})}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		s.Run(ctx)
	}()
	s.stop = sync.OnceFunc(func() { cancel(); <-done })
	t.Cleanup(s.stop)
	return s
}

// lines returns clusters and findings as text.
func (s *search) lines() []string {
	var lines []string
	for _, p := range s.State() {
		at := p.Source.Source
		for _, c := range p.Found {
			config, err := c.Connect(s.t.Context())
			if err != nil {
				s.t.Error(err)
				continue
			}
			line := fmt.Sprintf("%s: %s at %s with %s", at, c.Name, strings.TrimPrefix(config.Host, "https://"), config.BearerToken)
			for _, more := range []string{c.Role, c.Region, c.Owner} {
				line += " " + more
			}
			lines = append(lines, strings.TrimRight(line, " "))
		}
		for _, f := range p.Findings {
			lines = append(lines, fmt.Sprintf("%s: %s is %s", at, f.Name, f.Reason))
		}
		if !p.Up {
			lines = append(lines, at+" is not up")
		}
	}
	return lines
}

// want waits for these clusters and findings.
func (s *search) want(want ...string) {
	s.t.Helper()
	testutil.Eventually(s.t, func() (bool, string) {
		got := s.lines()
		return slices.Equal(got, want), strings.Join(got, "\n")
	})
}

// rounds waits until every source was polled again completely.
func (s *search) rounds(n int) {
	for range n {
		for range len(s.places) + 1 {
			<-s.Changed()
		}
	}
}

// reach returns a kubeconfig with the server and the token.
func reach(server, token string) string {
	return strings.Replace(kubeconfigWith("", "token: "+token), "a.example.com", server, 1)
}
