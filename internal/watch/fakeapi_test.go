// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package watch

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
)

const testGroup = "test.example.com"

// fakeAPI is as much of an API server as a reflector sees: discovery, LIST,
// WATCH and WatchList, without history.
type fakeAPI struct {
	*httptest.Server

	mu      sync.Mutex
	rv      int
	kinds   map[string]*fakeKind // by resource name
	dead    bool                 // closes every connection
	answer  http.HandlerFunc     // instead of everything, if set
	changed chan struct{}        // closed and made anew at every change
}

type fakeKind struct {
	kind     string
	versions []string
	objects  map[string]fakeObject
	deny     http.HandlerFunc // instead of LIST and WATCH, if set
	end      int              // raised to end all watches
	goodbye  string           // the last frame of a watch that ends
	requests map[string]int   // "LIST v1", "WATCH v1", "WATCHLIST v1"
	deleted  []fakeObject
}

type fakeObject struct {
	rv      int
	created bool // and not changed since
	text    string
}

func newFakeAPI(t *testing.T, start func(http.Handler) *httptest.Server) *fakeAPI {
	t.Helper()
	a := &fakeAPI{kinds: map[string]*fakeKind{}, changed: make(chan struct{})}
	a.Server = start(a)
	t.Cleanup(func() {
		a.change(func() { a.dead = true })
		a.Close()
	})
	return a
}

// change changes the state in one step and tells the watches.
func (a *fakeAPI) change(f func()) {
	a.mu.Lock()
	defer a.mu.Unlock()
	f()
	close(a.changed)
	a.changed = make(chan struct{})
}

// serve offers a kind in these versions; none takes it away.
func (a *fakeAPI) serve(kind string, versions ...string) {
	a.change(func() {
		resource := strings.ToLower(kind) + "s"
		k := a.kinds[resource]
		if k == nil {
			k = &fakeKind{kind: kind, objects: map[string]fakeObject{}, requests: map[string]int{}}
			a.kinds[resource] = k
		}
		k.versions = versions
		k.end++
	})
}

// put creates or changes an object.
func (a *fakeAPI) put(resource, name, spec string) {
	a.change(func() { a.set(resource, name, spec) })
}

func (a *fakeAPI) set(resource, name, spec string) {
	a.rv++
	k := a.kinds[resource]
	_, existed := k.objects[name]
	k.objects[name] = fakeObject{rv: a.rv, created: !existed, text: fmt.Sprintf(
		`{"apiVersion":"x","kind":%q,"metadata":{"name":%q,"namespace":"n","resourceVersion":"%d"},"spec":%s}`, k.kind, name, a.rv, spec)}
}

func (a *fakeAPI) remove(resource, name string) {
	a.change(func() {
		a.rv++
		k := a.kinds[resource]
		o := k.objects[name]
		o.rv = a.rv
		k.deleted = append(k.deleted, o)
		delete(k.objects, name)
	})
}

// cut ends all watches of a resource with a last frame; do changes objects
// behind their back.
func (a *fakeAPI) cut(resource, goodbye string, do func()) {
	a.change(func() {
		if do != nil {
			do()
		}
		a.kinds[resource].goodbye = goodbye
		a.kinds[resource].end++
	})
}

func (a *fakeAPI) deny(resource string, h http.HandlerFunc) {
	a.cut(resource, "", func() { a.kinds[resource].deny = h })
}

// kill closes every connection and every one to come; client-go tries again
// until a probe runs into its timeout.
func (a *fakeAPI) kill(dead bool) { a.change(func() { a.dead = dead }) }

// replace answers everything with h, or as before when h is nil. Watches end.
func (a *fakeAPI) replace(h http.HandlerFunc) {
	a.change(func() {
		a.answer = h
		for _, k := range a.kinds {
			k.end++
		}
	})
}

// gateway is what a load balancer says when there is no API server behind it.
func gateway(w http.ResponseWriter, _ *http.Request) {
	http.Error(w, "no healthy upstream", http.StatusServiceUnavailable)
}

func (a *fakeAPI) requests(resource string) map[string]int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return maps.Clone(a.kinds[resource].requests)
}

func (a *fakeAPI) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	a.mu.Lock()
	dead, answer := a.dead, a.answer
	a.mu.Unlock()
	switch {
	case dead:
		panic(http.ErrAbortHandler)
	case answer != nil:
		answer(w, r)
	case r.URL.Path == "/version":
		writeJSON(w, map[string]string{"gitVersion": "v1.36.2"})
	case r.URL.Path == "/readyz":
		_, _ = io.WriteString(w, "ok")
	case r.URL.Path == "/api":
		writeJSON(w, map[string]any{"kind": "APIVersions", "versions": []string{"v1"}})
	case r.URL.Path == "/apis", strings.Count(r.URL.Path, "/") == 3:
		a.discovery(w, strings.TrimPrefix(r.URL.Path, "/apis/"+testGroup+"/"))
	default:
		part := strings.Split(r.URL.Path, "/") // /apis/<group>/<version>/<resource>
		a.resource(w, r, part[len(part)-2], part[len(part)-1])
	}
}

func writeJSON(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(v)
}

// discovery is APIGroupList for /apis, else APIResourceList for the version.
func (a *fakeAPI) discovery(w http.ResponseWriter, version string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	versions, resources := map[string]bool{}, []any{}
	for _, name := range slices.Sorted(maps.Keys(a.kinds)) {
		k := a.kinds[name]
		for _, v := range k.versions {
			versions[v] = true
			if v == version {
				resources = append(resources,
					map[string]any{"name": name + "/status", "kind": k.kind, "verbs": []string{"get"}},
					map[string]any{"name": name, "kind": k.kind, "namespaced": true, "verbs": []string{"get", "list", "watch"}})
			}
		}
	}
	if version != "/apis" {
		if !versions[version] {
			http.NotFound(w, nil)
			return
		}
		writeJSON(w, map[string]any{"kind": "APIResourceList", "groupVersion": testGroup + "/" + version, "resources": resources})
		return
	}
	group := map[string]any{"name": testGroup}
	var offered []any
	for _, v := range slices.Sorted(maps.Keys(versions)) {
		offered = append(offered, map[string]string{"groupVersion": testGroup + "/" + v, "version": v})
	}
	group["versions"] = offered
	writeJSON(w, map[string]any{"kind": "APIGroupList", "groups": []any{group}})
}

func (a *fakeAPI) resource(w http.ResponseWriter, r *http.Request, version, name string) {
	query := r.URL.Query()
	verb := "LIST"
	switch {
	case query.Get("sendInitialEvents") == "true":
		verb = "WATCHLIST"
	case query.Get("watch") == "true" || query.Get("watch") == "1":
		verb = "WATCH"
	}
	a.mu.Lock()
	k := a.kinds[name]
	if k == nil || !slices.Contains(k.versions, version) {
		a.mu.Unlock()
		apiStatus(http.StatusNotFound, "NotFound", "no such resource")(w, r)
		return
	}
	k.requests[verb+" "+version]++
	if deny := k.deny; deny != nil {
		a.mu.Unlock()
		deny(w, r)
		return
	}
	if verb == "LIST" {
		defer a.mu.Unlock()
		var items []string
		for _, o := range k.objects {
			items = append(items, o.text)
		}
		_, _ = fmt.Fprintf(w, `{"kind":"List","metadata":{"resourceVersion":"%d"},"items":[%s]}`, a.rv, strings.Join(items, ","))
		return
	}
	a.watch(w, r, k, verb == "WATCHLIST")
}

// watch is called with the lock held.
func (a *fakeAPI) watch(w http.ResponseWriter, r *http.Request, k *fakeKind, initial bool) {
	frames, seen, end := []string{}, a.rv, k.end
	if initial {
		for _, o := range k.objects {
			frames = append(frames, frame("ADDED", o.text))
		}
		frames = append(frames, frame("BOOKMARK", fmt.Sprintf(
			`{"metadata":{"resourceVersion":"%d","annotations":{"k8s.io/initial-events-end":"true"}}}`, a.rv)))
	} else {
		_, _ = fmt.Sscan(r.URL.Query().Get("resourceVersion"), &seen)
	}
	for {
		for _, o := range k.deleted {
			if o.rv > seen {
				frames = append(frames, frame("DELETED", o.text))
			}
		}
		for _, o := range k.objects {
			switch {
			case o.rv <= seen:
			case o.created:
				frames = append(frames, frame("ADDED", o.text))
			default:
				frames = append(frames, frame("MODIFIED", o.text))
			}
		}
		if k.end != end {
			frames = []string{k.goodbye}
		}
		ended, changed := k.end != end, a.changed
		dead := a.dead
		seen = a.rv
		a.mu.Unlock()
		if dead {
			panic(http.ErrAbortHandler)
		}
		_, _ = io.WriteString(w, strings.Join(frames, ""))
		w.(http.Flusher).Flush() //nolint:forcetypeassert // of net/http
		if ended {
			return
		}
		select {
		case <-r.Context().Done():
			return
		case <-changed:
		}
		a.mu.Lock()
		frames = nil
	}
}

func frame(kind, object string) string {
	return fmt.Sprintf("{\"type\":%q,\"object\":%s}\n", kind, object)
}

const expired = `{"kind":"Status","apiVersion":"v1","status":"Failure","reason":"Expired","message":"too old","code":410}`

// apiStatus answers like an API server that refuses.
func apiStatus(code int, reason, message string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(code)
		_, _ = fmt.Fprintf(w, `{"kind":"Status","apiVersion":"v1","status":"Failure","reason":%q,"message":%q,"code":%d}`, reason, message, code)
	}
}

// html is what a proxy in front of an API server sends.
func html(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/html")
	_, _ = io.WriteString(w, "<html><body>Please log in</body></html>")
}
