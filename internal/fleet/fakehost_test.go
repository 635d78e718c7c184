// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package fleet

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/config"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/testing/testutil"
)

// fakeHost is as much of an API server as discovery sees: objects by their path,
// lists of what is below one, their metadata, pages, and what is forbidden.
type fakeHost struct {
	*httptest.Server

	mu      sync.Mutex
	rv      int
	objects map[string]map[string]any // by path
	served  []string                  // paths of lists; those of Secrets always are
	deny    func(verb, path string) bool
	answer  http.HandlerFunc // instead of everything, if set
	asked   []string         // "LIST path", "METADATA path", …
	largest int              // of the pages
}

func newFakeHost(t *testing.T) *fakeHost {
	t.Helper()
	h := &fakeHost{objects: map[string]map[string]any{}, deny: func(string, string) bool { return false }, largest: 2}
	h.Server = httptest.NewTLSServer(h)
	t.Cleanup(h.Close)
	return h
}

func (h *fakeHost) change(f func()) {
	h.mu.Lock()
	defer h.mu.Unlock()
	f()
}

const secretsOf = "/api/v1/namespaces/n/secrets"

// put creates or changes an object; nil data removes it.
func (h *fakeHost) put(list, name string, labels map[string]string, more map[string]any) {
	h.change(func() {
		h.rv++
		if !slices.Contains(h.served, list) {
			h.served = append(h.served, list)
		}
		o := map[string]any{"metadata": map[string]any{
			"name": name, "resourceVersion": strconv.Itoa(h.rv), "labels": labels,
			"annotations": map[string]string{"kubectl.kubernetes.io/last-applied-configuration": "t0ken"},
		}}
		maps.Copy(o, more)
		h.objects[list+"/"+name] = o
	})
}

func (h *fakeHost) remove(list, name string) {
	h.change(func() { delete(h.objects, list+"/"+name) })
}

// secret puts a Secret of the type with one key.
func (h *fakeHost) secret(name, kind, key, value string, labels ...string) {
	set := map[string]string{}
	for _, l := range labels {
		k, v, _ := strings.Cut(l, "=")
		set[k] = v
	}
	h.put(secretsOf, name, set, map[string]any{"type": kind, "data": map[string][]byte{key: []byte(value), "other": []byte("t0ken")}})
}

// requests are those so far, without repetition.
func (h *fakeHost) requests() []string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.Compact(slices.Sorted(slices.Values(h.asked)))
}

func (h *fakeHost) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h.mu.Lock()
	answer := h.answer
	h.mu.Unlock()
	if answer != nil {
		answer(w, r)
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	metadata := strings.Contains(r.Header.Get("Accept"), "PartialObjectMetadata")
	verb := "GET"
	isList := slices.Contains(h.served, r.URL.Path) || r.URL.Path == secretsOf
	switch {
	case isList && metadata:
		verb = "LIST METADATA"
	case isList:
		verb = "LIST"
	case metadata:
		verb = "GET METADATA"
	}
	h.asked = append(h.asked, verb+" "+r.URL.Path)
	o, found := h.objects[r.URL.Path]
	switch {
	case h.deny(verb, r.URL.Path):
		http.Error(w, "t0ken", http.StatusForbidden)
	case isList:
		h.list(w, r, metadata)
	case found && metadata:
		_ = json.NewEncoder(w).Encode(map[string]any{"kind": "PartialObjectMetadata", "metadata": o["metadata"]})
	case found:
		_ = json.NewEncoder(w).Encode(o)
	case slices.ContainsFunc(h.served, func(s string) bool { return strings.HasPrefix(s, r.URL.Path+"/") }): // a group
		_, _ = fmt.Fprint(w, `{"kind":"APIGroup","preferredVersion":{"version":"v1"}}`)
	default:
		http.NotFound(w, r)
	}
}

// list is called with the lock held.
func (h *fakeHost) list(w http.ResponseWriter, r *http.Request, metadata bool) {
	key, value, selected := strings.Cut(r.URL.Query().Get("labelSelector"), "=")
	var items []any
	var paths []string
	for p := range h.objects {
		if path.Dir(p) == r.URL.Path {
			paths = append(paths, p)
		}
	}
	slices.Sort(paths)
	for _, p := range paths {
		o := h.objects[p]
		meta := o["metadata"].(map[string]any) //nolint:forcetypeassert // by put
		if labels := meta["labels"].(map[string]string); selected && labels[key] != value {
			continue
		}
		if metadata {
			o = map[string]any{"metadata": meta}
		}
		items = append(items, o)
	}
	from, _ := strconv.Atoi(r.URL.Query().Get("continue"))
	next := ""
	limit, _ := strconv.Atoi(r.URL.Query().Get("limit"))
	if end := from + min(limit, h.largest); end < len(items) {
		items, next = items[:end], strconv.Itoa(end)
	}
	kind := "List"
	if metadata {
		kind = "PartialObjectMetadataList"
	}
	_ = json.NewEncoder(w).Encode(map[string]any{"kind": kind, "metadata": map[string]string{"continue": next}, "items": items[from:]})
}

// search is a running discovery.
type search struct {
	*Discovery

	t      *testing.T
	config *config.Config
	stop   func()
}

// startSearch searches in the host management, and in others by their names, as the lines
// of YAML say.
func startSearch(t *testing.T, hosts map[string]*fakeHost, discover string, before *Discovery) *search {
	t.Helper()
	dir := t.TempDir()
	text := "clusters:\n"
	for name, h := range hosts {
		connectTo(t, filepath.Join(dir, name), h.Server, "t0ken")
		text += fmt.Sprintf("- {name: %[1]s, kubeconfig: {path: %[1]s}}\n", name)
		// connectTo serves below a prefix, which is not one of an API server.
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

// lines are what was found and what is wrong, in words.
func (s *search) lines() []string {
	var lines []string
	for _, p := range s.State() {
		at := p.Source.Source
		for _, c := range p.Found {
			config, err := c.Connect()
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

// want waits until what was found is as wanted.
func (s *search) want(want ...string) {
	s.t.Helper()
	testutil.Eventually(s.t, func() (bool, string) {
		got := s.lines()
		return slices.Equal(got, want), strings.Join(got, "\n")
	})
}

// rounds waits until every place was looked at again, from beginning to end.
func (s *search) rounds(n int) {
	for range n {
		for range len(s.places) + 1 {
			<-s.Changed()
		}
	}
}

// reach is a kubeconfig with this server and token.
func reach(server, token string) string {
	return strings.Replace(kubeconfigWith("", "token: "+token), "a.example.com", server, 1)
}
