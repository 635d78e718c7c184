// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package fakeapi

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// ServeHTTP answers a request.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	down, answer, token := s.state.Down, s.state.Answer, s.state.Token
	s.mu.Unlock()
	switch {
	case down:
		panic(http.ErrAbortHandler)
	case answer != nil:
		answer(w, r)
	case token != "" && r.Header.Get("Authorization") != "Bearer "+token:
		w.WriteHeader(http.StatusUnauthorized)
	case r.URL.Path == "/version":
		WriteJSON(w, map[string]string{"gitVersion": "v1.36.2"})
	case r.URL.Path == "/readyz":
		_, _ = io.WriteString(w, "ok")
	case r.URL.Path == "/api":
		WriteJSON(w, map[string]any{"kind": "APIVersions", "versions": []string{"v1"}})
	case r.URL.Path == "/apis":
		WriteJSON(w, s.groups())
	default:
		s.serve(w, r)
	}
}

// serve answers a request for a group, a list or an object.
func (s *Server) serve(w http.ResponseWriter, r *http.Request) {
	metadata := strings.Contains(r.Header.Get("Accept"), "PartialObjectMetadata")
	s.mu.Lock()
	l := s.state.served(r.URL.Path)
	verb := verbOf(r.URL.Query(), l != nil, metadata)
	s.state.Requests = append(s.state.Requests, Request{verb, r.URL.Path})
	var refusal http.HandlerFunc
	if s.state.Refuse != nil {
		refusal = s.state.Refuse(verb, r.URL.Path)
	}
	if refusal == nil && l != nil {
		refusal = l.deny
	}
	if refusal != nil {
		s.mu.Unlock()
		refusal(w, r)
		return
	}
	if l != nil && strings.HasPrefix(verb, "WATCH") {
		s.watch(w, r, l, verb == "WATCHLIST")
		return
	}
	defer s.mu.Unlock()
	group, version, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/apis/"), "/")
	o := s.state.object(r.URL.Path)
	switch {
	case l != nil:
		s.list(w, r, l, metadata)
	case o != nil && metadata:
		_, _ = fmt.Fprintf(w, `{"kind":"PartialObjectMetadata",%s`, o.metadata[1:])
	case o != nil:
		_, _ = w.Write(o.text)
	case s.group(w, group, version):
	default:
		Status(http.StatusNotFound, "NotFound", "no such resource")(w, r)
	}
}

func verbOf(query url.Values, isList, metadata bool) string {
	verb := "GET"
	switch {
	case isList && query.Get("sendInitialEvents") == "true":
		return "WATCHLIST"
	case isList && (query.Get("watch") == "true" || query.Get("watch") == "1"):
		return "WATCH"
	case isList:
		verb = "LIST"
	}
	if metadata {
		verb += " METADATA"
	}
	return verb
}

// WriteJSON writes an answer.
func WriteJSON(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(v)
}

// versionsOf returns the served versions of a group. It is called with the lock held.
func (s *Server) versionsOf(group string) (versions []string, exists bool) {
	for k, l := range s.state.lists {
		if groupOf(k) == group {
			exists = true
			versions = append(versions, l.versions...)
		}
	}
	slices.Sort(versions)
	return slices.Compact(versions), exists
}

// groups returns the APIGroupList.
func (s *Server) groups() any {
	s.mu.Lock()
	defer s.mu.Unlock()
	var all []any
	seen := map[string]bool{"": true}
	for _, k := range slices.Sorted(maps.Keys(s.state.lists)) {
		group := groupOf(k)
		if seen[group] {
			continue
		}
		seen[group] = true
		versions, _ := s.versionsOf(group)
		var offered []any
		for _, v := range versions {
			offered = append(offered, map[string]string{"groupVersion": group + "/" + v, "version": v})
		}
		all = append(all, map[string]any{"name": group, "versions": offered})
	}
	return map[string]any{"kind": "APIGroupList", "groups": all}
}

// group answers with the APIGroup, or with the APIResourceList of a version, and returns
// whether it exists. It is called with the lock held.
func (s *Server) group(w http.ResponseWriter, group, version string) bool {
	versions, _ := s.versionsOf(group)
	switch {
	case group == "" || len(versions) == 0:
		return false
	case version == "":
		WriteJSON(w, map[string]any{"kind": "APIGroup", "preferredVersion": map[string]string{"version": versions[0]}})
		return true
	case !slices.Contains(versions, version):
		return false
	}
	resources := []any{}
	for _, k := range slices.Sorted(maps.Keys(s.state.lists)) {
		l, name := s.state.lists[k], resourceOf(k)
		if groupOf(k) == group && slices.Contains(l.versions, version) {
			resources = append(resources,
				map[string]any{"name": name + "/status", "kind": l.kind, "verbs": []string{"get"}},
				map[string]any{"name": name, "kind": l.kind, "namespaced": true, "verbs": []string{"get", "list", "watch"}})
		}
	}
	WriteJSON(w, map[string]any{"kind": "APIResourceList", "groupVersion": group + "/" + version, "resources": resources})
	return true
}

// list answers with a page of the objects, in the order of their names. It is called
// with the lock held.
func (s *Server) list(w http.ResponseWriter, r *http.Request, l *list, metadata bool) {
	query := r.URL.Query()
	label, value, selected := strings.Cut(query.Get("labelSelector"), "=")
	var items [][]byte
	for _, name := range slices.Sorted(maps.Keys(l.objects)) {
		switch o := l.objects[name]; {
		case selected && o.labels[label] != value:
		case metadata:
			items = append(items, o.metadata)
		default:
			items = append(items, o.text)
		}
	}
	from, _ := strconv.Atoi(query.Get("continue"))
	limit, _ := strconv.Atoi(query.Get("limit"))
	next := ""
	if end := from + min(limit, s.state.Page); end > from && end < len(items) {
		items, next = items[:end], fmt.Sprintf(`,"continue":"%d"`, end)
	}
	kind := "List"
	if metadata {
		kind = "PartialObjectMetadataList"
	}
	_, _ = fmt.Fprintf(w, `{"kind":%q,"metadata":{"resourceVersion":"%d"%s},"items":[%s]}`,
		kind, s.state.version, next, bytes.Join(items[from:], []byte(",")))
}
