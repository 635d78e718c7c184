// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package fakeapi

import (
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"path"
	"slices"
	"strings"
	"sync"
	"testing"
)

// Server is a running server.
type Server struct {
	*httptest.Server

	mu      sync.Mutex
	state   State
	changed chan struct{} // closed and replaced at every change

	// The state of an HTTP/2 connection changes while a response is written, with mu held.
	connections sync.Mutex
	open        map[net.Conn]bool
}

// New starts a server, with [httptest.Server.Start] or [httptest.Server.StartTLS], until the
// end of the test.
func New(t *testing.T, start func(*httptest.Server)) *Server {
	t.Helper()
	s := &Server{state: State{lists: map[string]*list{}}, changed: make(chan struct{}), open: map[net.Conn]bool{}}
	s.Server = httptest.NewUnstartedServer(s)
	s.Config.ErrorLog = log.New(io.Discard, "", 0)
	s.Config.ConnState = func(conn net.Conn, state http.ConnState) {
		s.connections.Lock()
		defer s.connections.Unlock()
		if s.open[conn] = true; state == http.StateClosed {
			delete(s.open, conn)
		}
	}
	start(s.Server)
	t.Cleanup(func() {
		s.Kill(true)
		s.Close()
	})
	return s
}

// StartHTTP2 starts a server with TLS and HTTP/2.
func StartHTTP2(s *httptest.Server) {
	s.EnableHTTP2 = true
	s.StartTLS()
}

// Change changes the state in one step and wakes the watches.
func (s *Server) Change(f func(*State)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f(&s.state)
	close(s.changed)
	s.changed = make(chan struct{})
}

// Put creates or replaces an object.
func (s *Server) Put(list, name string, fields map[string]any) {
	s.Change(func(state *State) { state.Put(list, name, fields) })
}

// Remove deletes an object.
func (s *Server) Remove(list, name string) {
	s.Change(func(state *State) { state.Remove(list, name) })
}

// Serve sets the versions in which the list of a kind is served. Without versions, it is not served.
func (s *Server) Serve(list, kind string, versions ...string) {
	s.Change(func(state *State) { state.Serve(list, kind, versions...) })
}

// Deny makes h serve LIST and WATCH of a list, or restores the normal responses if h is nil.
func (s *Server) Deny(list string, h http.HandlerFunc) {
	s.Change(func(state *State) { state.Deny(list, h) })
}

// Kill closes all connections, including later ones. client-go retries until the timeout of the probe.
func (s *Server) Kill(down bool) { s.Change(func(state *State) { state.Down = down }) }

// Replace makes h serve all requests, or restores the normal responses if h is nil. It ends all watches.
func (s *Server) Replace(h http.HandlerFunc) {
	s.Change(func(state *State) {
		state.Answer = h
		state.CutAll()
	})
}

// Connections returns the number of open connections.
func (s *Server) Connections() int {
	s.connections.Lock()
	defer s.connections.Unlock()
	return len(s.open)
}

// Counts returns the number of requests for the list of a kind: "LIST v1", "WATCH v1", ….
func (s *Server) Counts(list string) map[string]int {
	want, _ := key(list)
	counts := map[string]int{}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, r := range s.state.Requests {
		if k, version := key(r.Path); k == want {
			counts[r.Verb+" "+version]++
		}
	}
	return counts
}

// Asked returns the distinct requests as text, sorted.
func (s *Server) Asked() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var all []string
	for _, r := range s.state.Requests {
		all = append(all, r.Verb+" "+r.Path)
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// Kubeconfig returns a kubeconfig with a token.
func (s *Server) Kubeconfig(token string) string {
	authority := ""
	if c := s.Certificate(); c != nil {
		ca := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.Raw})
		authority = fmt.Sprintf(`,"certificate-authority-data":%q`, base64.StdEncoding.EncodeToString(ca))
	}
	return fmt.Sprintf(`{"apiVersion":"v1","kind":"Config","current-context":"c",
"clusters":[{"name":"c","cluster":{"server":%q%s}}],"users":[{"name":"c","user":{"token":%q}}],
"contexts":[{"name":"c","context":{"cluster":"c","user":"c"}}]}`, s.URL, authority, token)
}

// groupOf returns the group of the key of a list.
func groupOf(key string) string {
	group, _, _ := strings.Cut(key, "/")
	return group
}

func resourceOf(key string) string { return path.Base(key) }
