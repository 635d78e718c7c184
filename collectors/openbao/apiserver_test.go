// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package openbao

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"sync"
	"testing"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/fleet"
)

// apiServer serves the parts of an API server that the collector uses.
type apiServer struct {
	cluster fleet.Cluster

	mu        sync.Mutex
	slices    string // EndpointSliceList
	token     string // token of service accounts; empty for none
	status    int    // status of all answers, unless 0
	requested []string
	wanted    []tokenRequest
}

func newAPIServer(tb testing.TB, cluster string) *apiServer {
	tb.Helper()
	a := &apiServer{slices: `{"items":[]}`, token: "jwt of " + cluster}
	server := httptest.NewServer(a)
	tb.Cleanup(server.Close)
	file := filepath.Join(tb.TempDir(), "kubeconfig")
	write(tb, file, fmt.Sprintf(`{"apiVersion":"v1","kind":"Config","current-context":"c",
"clusters":[{"name":"c","cluster":{"server":%q}}],"users":[{"name":"c","user":{}}],
"contexts":[{"name":"c","context":{"cluster":"c","user":"c"}}]}`, server.URL))
	a.cluster = fleet.Cluster{Name: cluster, Source: fleet.SourceKubeconfig, Kubeconfig: file}
	return a
}

func (a *apiServer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.requested = append(a.requested, r.Method+" "+r.URL.RequestURI())
	switch {
	case a.status != 0:
		reply(a.status, `{"kind":"Status","status":"Failure"}`)(w, r)
	case r.Method == http.MethodPost:
		var want tokenRequest
		if err := json.NewDecoder(r.Body).Decode(&want); err != nil {
			http.Error(w, "{}", http.StatusBadRequest)
			return
		}
		a.wanted = append(a.wanted, want)
		reply(http.StatusCreated, fmt.Sprintf(`{"status":{"token":%q}}`, a.token))(w, r)
	default:
		reply(http.StatusOK, a.slices)(w, r)
	}
}

// set changes the answers.
func (a *apiServer) set(change func(*apiServer)) {
	a.mu.Lock()
	defer a.mu.Unlock()
	change(a)
}

// pod is an endpoint of an EndpointSlice.
func pod(address, name string, ready bool) string {
	return fmt.Sprintf(`{"addresses":[%q],"hostname":%q,"conditions":{"ready":%v},"targetRef":{"kind":"Pod","name":%q}}`, address, name, ready, name)
}
