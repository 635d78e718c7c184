// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package watch

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/failure"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/fleet"
)

// TestDiscoveryIsBounded checks that unwanted kinds and many versions of a group affect neither the memory nor the
// duration of a probe.
func TestDiscoveryIsBounded(t *testing.T) {
	t.Parallel()
	for versions, wantErr := range map[int]bool{maxGroupVersions: false, maxGroupVersions + 1: true} {
		groups := `{"kind":"APIGroupList","groups":[{"name":"other","versions":[{"groupVersion":"other/v1","version":"v1"}]},{"name":"` + testGroup + `","versions":[`
		for i := range versions {
			groups += fmt.Sprintf(`{"groupVersion":"%[1]s/v%[2]d","version":"v%[2]d"},`, testGroup, i+1)
		}
		a := answering(t, func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/apis" {
				_, _ = fmt.Fprint(w, strings.TrimSuffix(groups, ",")+"]}]}")
				return
			}
			_, _ = fmt.Fprint(w, `{"resources":[{"name":"widgets","kind":"Widget","verbs":["list","watch"]},{"name":"others","kind":"Other","verbs":["list","watch"]}]}`)
		})
		_, err := a.discover(t.Context(), time.Minute, testSets()[0].Resources)
		if errors.Is(err, failure.ErrTooLarge) != wantErr || (err != nil) != wantErr {
			t.Errorf("%d versions: %v", versions, err)
		}
		if n := len(a.discovered.resources); n != versions && !wantErr {
			t.Errorf("%d resources are kept of a kind with %d versions", n, versions)
		}
	}
}

// TestVersionIsBounded checks that a probe fails if the response to /version is too large.
func TestVersionIsBounded(t *testing.T) {
	t.Parallel()
	a := answering(t, func(w http.ResponseWriter, _ *http.Request) {
		_, _ = fmt.Fprint(w, strings.Repeat(" ", maxStatus), `{"gitVersion":"v1.34.0"}`)
	})
	if _, err := a.readVersion(t.Context()); !errors.Is(err, failure.ErrTooLarge) {
		t.Error(err)
	}
}

// answering returns an API with a handler as its server.
func answering(t *testing.T, h http.HandlerFunc) *api {
	t.Helper()
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	file := filepath.Join(t.TempDir(), "kubeconfig")
	if err := os.WriteFile(file, []byte(`{"current-context":"c","clusters":[{"name":"c","cluster":{"server":"`+server.URL+`"}}],"contexts":[{"name":"c","context":{"cluster":"c"}}]}`), 0o600); err != nil {
		t.Fatal(err)
	}
	a := connect(fleet.Cluster{Kubeconfig: file, WatchList: true}, nil)
	t.Cleanup(a.client.Close)
	return a
}

// TestAggregatedDiscovery checks that an aggregated response is requested and decoded, and is requested again only
// after a change on the server.
func TestAggregatedDiscovery(t *testing.T) {
	t.Parallel()
	const answer = `{"kind":"APIGroupDiscoveryList","items":[
{"metadata":{"name":"other.example.com"},"versions":[{"version":"v1","resources":[{"resource":"widgets","responseKind":{"kind":"Widget"},"verbs":["list","watch"]}]}]},
{"metadata":{"name":"test.example.com"},"versions":[%s
 {"version":"v1","freshness":"Current","resources":[
  {"resource":"widgets","responseKind":{"group":"","kind":"Widget","version":""},"scope":"Namespaced","verbs":["get","list","watch"],"subresources":[]},
  {"resource":"gadgets","responseKind":{"kind":"Gadget"},"verbs":["create"]}]}]}]}`
	extra, sent := "", []string(nil)
	a := answering(t, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/version":
			_, _ = fmt.Fprint(w, `{"gitVersion":"v1.2.3"}`)
		case "/readyz":
			_, _ = fmt.Fprint(w, "ok")
		case "/apis":
			etag := fmt.Sprintf(`"%d"`, len(extra))
			if !strings.Contains(r.Header.Get("Accept"), aggregated) {
				t.Errorf("Accept %q", r.Header.Get("Accept"))
			}
			if r.Header.Get("If-None-Match") == etag {
				sent = append(sent, "304")
				w.WriteHeader(http.StatusNotModified)
				return
			}
			sent = append(sent, "200")
			w.Header().Set("ETag", etag)
			w.Header().Set("Content-Type", "application/json;g=apidiscovery.k8s.io;v=v2;"+aggregated)
			_, _ = fmt.Fprintf(w, answer, extra)
		default:
			t.Errorf("unexpected request of %s", r.URL.Path)
		}
	})
	want := func(version string) {
		t.Helper()
		found, err := a.discover(t.Context(), time.Minute, testSets()[0].Resources)
		if err != nil {
			t.Fatal(err)
		}
		kinds := map[schema.GroupKind]servedKind{{Group: testGroup, Kind: "Widget"}: {version: version, resource: "widgets"}}
		if diff := cmp.Diff(servedKinds{serverVersion: "v1.2.3", kinds: kinds}, found, cmp.AllowUnexported(servedKinds{}, servedKind{})); diff != "" {
			t.Error(diff)
		}
	}
	want("v1")
	want("v1")
	extra = `{"version":"v2","resources":[{"resource":"widgets","responseKind":{"kind":"Widget"},"verbs":["list","watch"]}]},`
	want("v2")
	if diff := cmp.Diff([]string{"200", "304", "200"}, sent); diff != "" {
		t.Error(diff)
	}
}
