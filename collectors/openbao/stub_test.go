// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package openbao

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/cobaltcore-dev/cobaltcore-exporter/collectors"
	"github.com/cobaltcore-dev/cobaltcore-exporter/collectors/openbao/internal/nodeapi"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/config"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/snapshot"
)

// stub is a node that gives the answers of a snapshot over HTTP.
type stub struct {
	server *httptest.Server
	node   nodeapi.StoredNode
	others []nodeapi.StoredNode

	mu        sync.Mutex
	on        map[string]http.HandlerFunc // answers by path in place of the snapshot
	tokens    map[string]bool             // accepted tokens; nil means all
	requested []*http.Request
}

func (s *stub) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	path := strings.TrimPrefix(r.URL.Path, "/v1/")
	s.mu.Lock()
	s.requested = append(s.requested, r.Clone(context.WithoutCancel(r.Context())))
	handler, good := s.on[path], s.tokens == nil || s.tokens[r.Header.Get("X-Vault-Token")]
	s.mu.Unlock()
	got, err := s.handle(r.Context(), nodeapi.Request{Path: path})
	switch {
	case handler != nil:
		handler(w, r)
	case needsToken(path) && (!good || r.Header.Get("X-Vault-Token") == ""), err != nil:
		reply(http.StatusForbidden, `{"errors":["permission denied"]}`)(w, r)
	default:
		reply(got.Status, string(got.Body))(w, r)
	}
}

// handle answers from the snapshot of the node, or of another node as a standby forwards requests.
func (s *stub) handle(ctx context.Context, r nodeapi.Request) (nodeapi.Answer, error) {
	got, err := s.node.Do(ctx, r)
	if ofNode(r.Path) {
		return got, err
	}
	for _, other := range s.others {
		if err != nil {
			got, err = other.Do(ctx, r)
		}
	}
	return got, err
}

// ofNode reports whether each node answers a path itself.
func ofNode(path string) bool {
	return path == "sys/health" || path == "sys/seal-status" || path == "sys/leader"
}

// needsToken reports whether OpenBao 2.4 requires a token for a path, independently of the collector.
func needsToken(path string) bool {
	return !ofNode(path) && !strings.Contains(path, "/issuer") && !strings.HasSuffix(path, "/login")
}

func reply(status int, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		_, _ = w.Write([]byte(body))
	}
}

// set replaces the answer to a path; nil restores the answer of the snapshot.
func (s *stub) set(path string, h http.HandlerFunc) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.on[path] = h
}

// good makes these the only tokens that are accepted.
func (s *stub) good(tokens ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tokens = map[string]bool{}
	for _, token := range tokens {
		s.tokens[token] = true
	}
}

// requests returns the requests since the last call.
func (s *stub) requests() []*http.Request {
	s.mu.Lock()
	defer s.mu.Unlock()
	asked := s.requested
	s.requested = nil
	return asked
}

// count returns the number of requests for a path so far.
func (s *stub) count(path string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := 0
	for _, r := range s.requested {
		if r.URL.Path == "/v1/"+path {
			n++
		}
	}
	return n
}

func paths(requests []*http.Request) []string {
	var all []string
	for _, r := range requests {
		all = append(all, r.Method+" "+strings.TrimPrefix(r.URL.RequestURI(), "/v1/"))
	}
	slices.Sort(all)
	return all
}

// bao is an OpenBao cluster of stubs. The dialer of the site resolves their names, openbao-<n>.test:8200.
type bao struct {
	nodes map[string]*stub
	site  collectors.Site
	o     config.OpenBao
	clock *clock

	mu        sync.Mutex
	addresses map[string]string
}

// newBao starts the nodes of a case of testdata. prepare may change a server before the start. If it sets a TLS
// configuration, the server uses TLS.
func newBao(tb testing.TB, name string, prepare func(node string, s *httptest.Server)) *bao {
	tb.Helper()
	dir := tb.TempDir()
	b := &bao{nodes: map[string]*stub{}, addresses: map[string]string{}, clock: newClock(), o: buildCase(tb, name, dir)}
	names, err := snapshot.Subdirectories(tb.Context(), filepath.Join(dir, "openbao", "main"))
	if err != nil {
		tb.Fatal(err)
	}
	stored := func(node string) nodeapi.StoredNode {
		return nodeapi.StoredNode{Dir: filepath.Join(dir, "openbao", "main", node)}
	}
	for _, node := range names {
		s := &stub{node: stored(node), on: map[string]http.HandlerFunc{}}
		for _, other := range names {
			s.others = append(s.others, stored(other))
		}
		b.nodes[node] = s
		s.server = httptest.NewUnstartedServer(s)
		if prepare != nil {
			prepare(node, s.server)
		}
		scheme := "http"
		if s.server.TLS != nil {
			scheme = "https"
			s.server.Config.ErrorLog = discard()
			s.server.StartTLS()
		} else {
			s.server.Start()
		}
		tb.Cleanup(s.server.Close)
		b.addresses[node+".test:8200"] = s.server.Listener.Addr().String()
		b.o.Nodes = append(b.o.Nodes, scheme+"://"+node+".test:8200")
	}
	b.site = newSite(tb, b.clock.now)
	b.site.Dial = b.dial
	return b
}

func (b *bao) dial(ctx context.Context, network, address string) (net.Conn, error) {
	b.mu.Lock()
	to, ok := b.addresses[address]
	b.mu.Unlock()
	if !ok {
		return nil, fmt.Errorf("dial %s: %w", address, errors.ErrUnsupported)
	}
	var d net.Dialer
	return d.DialContext(ctx, network, to)
}

// start creates the instance, which is closed when the test ends.
func (b *bao) start(tb testing.TB) *instance {
	tb.Helper()
	i := start(b.o, b.site)
	tb.Cleanup(i.nodes.Close)
	return i
}

// all returns the requests to all nodes so far.
func (b *bao) all() []*http.Request {
	var all []*http.Request
	for _, name := range slices.Sorted(maps.Keys(b.nodes)) {
		all = append(all, b.nodes[name].requests()...)
	}
	return all
}

// node returns the row label of a stub.
func node(n int) string { return fmt.Sprintf("openbao-%d.test:8200", n) }
