// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package watch

import (
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/fleet"
)

// FuzzDiscovery returns the same text for all requests of a probe, as an aggregated response or as responses of an
// older server. A kind that is found must be a wanted kind in a supported version.
func FuzzDiscovery(f *testing.F) {
	type answers struct{ groups, resources, version, contentType string }
	var now atomic.Pointer[answers]
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		a := now.Load()
		w.Header().Set("Content-Type", a.contentType)
		text := a.resources
		switch r.URL.Path {
		case "/apis":
			text = a.groups
		case "/version", "/api/v1/namespaces/kube-system":
			text = a.version
		}
		_, _ = io.WriteString(w, text)
	}))
	f.Cleanup(server.Close)
	file := filepath.Join(f.TempDir(), "kubeconfig")
	kubeconfig := `{"current-context":"c","clusters":[{"name":"c","cluster":{"server":"` + server.URL + `"}}],"contexts":[{"name":"c","context":{"cluster":"c"}}]}`
	if err := os.WriteFile(file, []byte(kubeconfig), 0o600); err != nil {
		f.Fatal(err)
	}
	f.Add(`{"items":[{"metadata":{"name":"test.example.com"},"versions":[{"version":"v1","resources":[{"resource":"widgets","responseKind":{"kind":"Widget"},"verbs":["list","watch"]}]}]}]}`,
		"", `{"gitVersion":"v1.36.2"}`, true)
	f.Add(`{"groups":[{"name":"test.example.com","versions":[{"groupVersion":"test.example.com/v1","version":"v1"}]}]}`,
		`{"resources":[{"name":"widgets","kind":"Widget","verbs":["list","watch"]},{"name":"widgets/scale","kind":"Widget","verbs":["list","watch"]}]}`, `{"metadata":{"uid":"u"}}`, false)
	f.Add(`{"groups":[{"name":"test.example.com","versions":[{"groupVersion":"../../x?y#z","version":"v1"}]}]}`, `[]`, `[]`, false)
	f.Fuzz(func(t *testing.T, groups, resources, version string, aggregate bool) {
		a := &answers{groups, resources, version, "application/json"}
		if aggregate {
			a.contentType += ";" + aggregated
		}
		now.Store(a)
		api := connect(fleet.Cluster{Kubeconfig: file}, nil)
		defer api.client.Close()
		wanted := testSets()[0].Resources
		found, err := api.discover(t.Context(), time.Minute, wanted)
		if err != nil && len(found.kinds) > 0 {
			t.Errorf("%v, and %v", err, found.kinds)
		}
		for kind, as := range found.kinds {
			if !isWanted(wanted, kind.Group, as.version) || strings.Contains(as.resource, "/") {
				t.Errorf("found %v as %v", kind, as)
			}
		}
		if uid, _ := api.readUID(t.Context(), time.Minute); len(uid) > 3*len(version) {
			t.Errorf("UID %q of %q", uid, version)
		}
	})
}
