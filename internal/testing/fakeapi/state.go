// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

// Package fakeapi is an API server for tests: discovery, GET, LIST with pages, WATCH and
// WatchList without history, and the failures that tests need. It imports no other package
// of the project.
package fakeapi

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"path"
	"slices"
	"strconv"
	"strings"
)

// State is the state of a server. [Server.Change] gives access to it.
type State struct {
	Token  string           // required of all requests, if set
	Down   bool             // closes every connection
	Answer http.HandlerFunc // answers every request, if set
	Page   int              // maximum number of items of a page; 0 means no limit
	// Refuse returns a handler for requests to refuse, such as
	// "LIST METADATA" of the path of a list, or nil.
	Refuse   func(verb, path string) http.HandlerFunc
	Requests []Request

	version int
	lists   map[string]*list // by key
}

// Request is a served request. The verb is GET, LIST, WATCH or WATCHLIST, the first two also with METADATA.
type Request struct{ Verb, Path string }

// list has the objects of a kind.
type list struct {
	kind     string
	versions []string
	objects  map[string]*object
	deleted  []*object
	deny     http.HandlerFunc // answers LIST and WATCH, if set
	end      int              // raised to end all watches
	goodbye  string           // the last frame of a watch that ends
}

type object struct {
	version  int
	created  bool // not changed since its creation
	labels   map[string]string
	text     []byte
	metadata []byte // the object with only its metadata
}

// key splits the path of a list into the part that all versions share, and the version.
func key(list string) (key, version string) {
	if rest, ok := strings.CutPrefix(list, "/api/"); ok {
		version, key, _ = strings.Cut(rest, "/")
		return "/" + key, version
	}
	group, rest, _ := strings.Cut(strings.TrimPrefix(list, "/apis/"), "/")
	version, key, _ = strings.Cut(rest, "/")
	return group + "/" + key, version
}

// at returns the list at a path, and creates it if needed.
func (s *State) at(at string) *list {
	k, version := key(at)
	l := s.lists[k]
	if l == nil {
		l = &list{objects: map[string]*object{}, versions: []string{version}}
		s.lists[k] = l
	}
	return l
}

// Serve sets the versions in which the list of a kind is served. Without versions, it is not served.
func (s *State) Serve(list, kind string, versions ...string) {
	l := s.at(list)
	l.kind, l.versions = kind, versions
	l.end++
}

// Put creates or replaces an object. Its metadata has the name, the namespace of the list
// or "n", the resource version, and the metadata in fields.
func (s *State) Put(list, name string, fields map[string]any) {
	s.version++
	namespace := "n"
	if _, rest, ok := strings.Cut(list, "/namespaces/"); ok {
		namespace, _, _ = strings.Cut(rest, "/")
	}
	l, o := s.at(list), map[string]any{}
	if l.kind != "" {
		o["apiVersion"], o["kind"] = "x", l.kind
	}
	maps.Copy(o, fields)
	metadata := map[string]any{"name": name, "namespace": namespace, "resourceVersion": strconv.Itoa(s.version)}
	more, _ := fields["metadata"].(map[string]any)
	maps.Copy(metadata, more)
	o["metadata"] = metadata
	labels, _ := metadata["labels"].(map[string]string)
	_, existed := l.objects[name]
	l.objects[name] = &object{
		version: s.version, created: !existed, labels: labels, text: marshal(o), metadata: marshal(map[string]any{"metadata": metadata}),
	}
}

// Remove deletes an object.
func (s *State) Remove(list, name string) {
	s.version++
	l := s.at(list)
	if o := l.objects[name]; o != nil {
		o.version = s.version
		l.deleted = append(l.deleted, o)
		delete(l.objects, name)
	}
}

// Forget deletes an object without an event.
func (s *State) Forget(list, name string) { delete(s.at(list).objects, name) }

// Cut ends the watches of a list with a last frame.
func (s *State) Cut(list, goodbye string) {
	l := s.at(list)
	l.goodbye = goodbye
	l.end++
}

// CutAll ends all watches.
func (s *State) CutAll() {
	for _, l := range s.lists {
		l.end++
	}
}

// Deny makes h serve LIST and WATCH of a list, or restores the normal responses if h is nil.
func (s *State) Deny(list string, h http.HandlerFunc) {
	s.at(list).deny = h
	s.Cut(list, "")
}

// served returns the list at a path, or nil if it is not served in this version.
func (s *State) served(at string) *list {
	k, version := key(at)
	if l := s.lists[k]; l != nil && slices.Contains(l.versions, version) {
		return l
	}
	return nil
}

// object returns the object at a path.
func (s *State) object(at string) *object {
	if l := s.served(path.Dir(at)); l != nil {
		return l.objects[path.Base(at)]
	}
	return nil
}

func marshal(v any) []byte {
	text, err := json.Marshal(v)
	if err != nil {
		return fmt.Appendf(nil, "%q", err)
	}
	return text
}
