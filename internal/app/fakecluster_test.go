// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package app

import (
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"log"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
)

// fakeCluster is an API server with GitRepositories, Kustomizations, External
// Secrets and Secrets.
// Its LIST is always complete; a WATCH ends with every change, so that the
// reflector lists again.
type fakeCluster struct {
	*httptest.Server

	mu        sync.Mutex
	token     string
	down      bool
	forbidden string // a list
	rv        int
	objects   map[string]map[string]any // by path
	changed   chan struct{}             // closed and made anew at every change
	open      map[net.Conn]bool
}

const (
	repositories    = "/apis/source.toolkit.fluxcd.io/v1/gitrepositories"
	kustomizations  = "/apis/kustomize.toolkit.fluxcd.io/v1/kustomizations"
	externalSecrets = "/apis/external-secrets.io/v1/externalsecrets"
	secretStores    = "/apis/external-secrets.io/v1/secretstores"
	secrets         = "/api/v1/namespaces/n/secrets"
)

func newFakeCluster(t *testing.T, names ...string) *fakeCluster {
	t.Helper()
	c := &fakeCluster{token: "t0ken", objects: map[string]map[string]any{}, changed: make(chan struct{}), open: map[net.Conn]bool{}}
	c.Server = httptest.NewUnstartedServer(c)
	c.EnableHTTP2 = true
	c.Config.ErrorLog = log.New(io.Discard, "", 0)
	c.Config.ConnState = func(conn net.Conn, state http.ConnState) {
		c.mu.Lock()
		defer c.mu.Unlock()
		if c.open[conn] = true; state == http.StateClosed {
			delete(c.open, conn)
		}
	}
	c.StartTLS()
	t.Cleanup(func() {
		c.change(func() { c.down = true })
		c.Close()
	})
	for _, name := range names {
		c.put(repositories, name, nil)
	}
	return c
}

// connections is how many are open.
func (c *fakeCluster) connections() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.open)
}

// change changes the state in one step and ends the watches.
func (c *fakeCluster) change(f func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	f()
	close(c.changed)
	c.changed = make(chan struct{})
}

func (c *fakeCluster) put(list, name string, more map[string]any) {
	c.change(func() {
		c.rv++
		o := map[string]any{"metadata": map[string]any{"name": name, "namespace": "n", "resourceVersion": fmt.Sprint(c.rv)}}
		maps.Copy(o, more)
		c.objects[list+"/"+name] = o
	})
}

// secret puts a kubeconfig Secret.
func (c *fakeCluster) secret(name, kubeconfig string) {
	c.put(secrets, name, map[string]any{"data": map[string][]byte{"value": []byte(kubeconfig)}})
}

// external puts an ExternalSecret that reads a key of kv-v2/bootstrap, and its store.
func (c *fakeCluster) external(name, key string) {
	c.put(secretStores, "bootstrap", map[string]any{"spec": map[string]any{"provider": map[string]any{"vault": map[string]any{"path": "kv-v2/bootstrap"}}}})
	c.put(externalSecrets, name, map[string]any{"spec": map[string]any{
		"secretStoreRef": map[string]any{"name": "bootstrap"},
		"data":           []any{map[string]any{"secretKey": "k", "remoteRef": map[string]any{"key": key}}},
	}})
}

func (c *fakeCluster) remove(list, name string) {
	c.change(func() { delete(c.objects, list+"/"+name) })
}

// kubeconfig is one with this token.
func (c *fakeCluster) kubeconfig(token string) string {
	ca := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.Certificate().Raw})
	return fmt.Sprintf(`{"apiVersion":"v1","kind":"Config","current-context":"c",
"clusters":[{"name":"c","cluster":{"server":%q,"certificate-authority-data":%q}}],"users":[{"name":"c","user":{"token":%q}}],
"contexts":[{"name":"c","context":{"cluster":"c","user":"c"}}]}`, c.URL, base64.StdEncoding.EncodeToString(ca), token)
}

func (c *fakeCluster) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	c.mu.Lock()
	token, down, changed, forbidden := c.token, c.down, c.changed, c.forbidden
	c.mu.Unlock()
	isList := slices.Contains([]string{repositories, kustomizations, externalSecrets, secretStores, secrets}, r.URL.Path)
	switch {
	case down:
		panic(http.ErrAbortHandler)
	case r.Header.Get("Authorization") != "Bearer "+token:
		w.WriteHeader(http.StatusUnauthorized)
	case r.URL.Path == forbidden:
		w.WriteHeader(http.StatusForbidden)
		_, _ = io.WriteString(w, `{"kind":"Status","status":"Failure","reason":"Forbidden","message":"hunter2","code":403}`)
	case r.URL.Path == "/version":
		_, _ = io.WriteString(w, `{"gitVersion":"v1.36.2"}`)
	case r.URL.Path == "/readyz":
		_, _ = io.WriteString(w, "ok")
	case r.URL.Path == "/api/v1/namespaces/kube-system":
		_, _ = fmt.Fprintf(w, `{"metadata":{"name":"kube-system","uid":%q}}`, c.URL)
	case r.URL.Path == "/apis":
		_, _ = io.WriteString(w, `{"kind":"APIGroupList","groups":[
{"name":"external-secrets.io","versions":[{"groupVersion":"external-secrets.io/v1","version":"v1"}]},
{"name":"source.toolkit.fluxcd.io","versions":[{"groupVersion":"source.toolkit.fluxcd.io/v1","version":"v1"}]},
{"name":"kustomize.toolkit.fluxcd.io","versions":[{"groupVersion":"kustomize.toolkit.fluxcd.io/v1","version":"v1"}]}]}`)
	case r.URL.Path == "/apis/source.toolkit.fluxcd.io/v1":
		_, _ = io.WriteString(w, `{"kind":"APIResourceList","resources":[{"name":"gitrepositories","kind":"GitRepository","verbs":["list","watch"]}]}`)
	case r.URL.Path == "/apis/kustomize.toolkit.fluxcd.io/v1":
		_, _ = io.WriteString(w, `{"kind":"APIResourceList","resources":[{"name":"kustomizations","kind":"Kustomization","verbs":["list","watch"]}]}`)
	case r.URL.Path == "/apis/external-secrets.io/v1":
		_, _ = io.WriteString(w, `{"kind":"APIResourceList","resources":[
{"name":"externalsecrets","kind":"ExternalSecret","verbs":["list","watch"]},{"name":"secretstores","kind":"SecretStore","verbs":["list","watch"]}]}`)
	case isList && r.URL.Query().Has("watch"):
		w.(http.Flusher).Flush() //nolint:forcetypeassert // of net/http
		select {
		case <-r.Context().Done():
		case <-changed:
			_, _ = io.WriteString(w, `{"type":"ERROR","object":{"kind":"Status","status":"Failure","reason":"Expired","code":410}}`+"\n")
		}
	case isList:
		c.list(w, r)
	default:
		c.get(w, r)
	}
}

func (c *fakeCluster) list(w http.ResponseWriter, r *http.Request) {
	c.mu.Lock()
	defer c.mu.Unlock()
	items := []any{}
	for path, o := range c.objects {
		switch {
		case !strings.HasPrefix(path, r.URL.Path+"/"):
		case r.URL.Path == secrets:
			items = append(items, map[string]any{"metadata": o["metadata"]})
		default:
			items = append(items, o)
		}
	}
	kind := "List"
	if strings.Contains(r.Header.Get("Accept"), "PartialObjectMetadataList") {
		kind = "PartialObjectMetadataList"
	}
	_ = json.NewEncoder(w).Encode(map[string]any{"kind": kind, "metadata": map[string]string{"resourceVersion": fmt.Sprint(c.rv)}, "items": items})
}

func (c *fakeCluster) get(w http.ResponseWriter, r *http.Request) {
	c.mu.Lock()
	defer c.mu.Unlock()
	o, ok := c.objects[r.URL.Path]
	if !ok {
		http.NotFound(w, r)
		return
	}
	_ = json.NewEncoder(w).Encode(o)
}
