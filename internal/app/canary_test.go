// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package app

import (
	"bytes"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/testing/fakeapi"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/testing/testutil"
)

// lockedBuffer is a buffer that is written to while it is read.
type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// plantedCluster returns a cluster whose objects contain a secret in every field that must not be published.
func plantedCluster(t *testing.T) fakeCluster {
	t.Helper()
	c := newFakeCluster(t)
	url := "https://user:" + canary + "@git.example.com/x?token=" + canary + "#" + canary
	metadata := map[string]any{"annotations": map[string]any{"kubectl.kubernetes.io/last-applied-configuration": canary, canary: canary}}
	failed := func(kind string) map[string]any {
		return map[string]any{"observedGeneration": 1, "conditions": []any{map[string]any{
			"type": kind, "status": "False", "reason": "failed: " + canary, "message": canary, "lastTransitionTime": "2026-11-20T09:00:00Z",
		}}}
	}
	c.Put(repositories, "planted", map[string]any{"metadata": metadata, "spec": map[string]any{"url": url, "secretRef": map[string]any{"name": canary}}, "status": failed("Ready")})
	c.Put(kustomizations, "planted", map[string]any{
		"metadata": metadata, "spec": map[string]any{"postBuild": map[string]any{"substitute": map[string]any{"x": canary}}, "path": "./x"}, "status": failed("Ready"),
	})
	c.Put(secretStores, "planted", map[string]any{
		"metadata": metadata, "status": failed("Ready"),
		"spec": map[string]any{"provider": map[string]any{"vault": map[string]any{"server": url, "path": "kv", "auth": map[string]any{"tokenSecretRef": map[string]any{"name": canary}}}}},
	})
	c.Put(externalSecrets, "planted", map[string]any{"metadata": metadata, "status": failed("Ready"), "spec": map[string]any{
		"secretStoreRef": map[string]any{"name": "planted"}, "target": map[string]any{"name": canary},
		"data": []any{map[string]any{"secretKey": canary, "remoteRef": map[string]any{"key": canary, "property": canary}}},
	}})
	const pods, deployments = "/api/v1/pods", "/apis/apps/v1/deployments"
	c.Serve(pods, "Pod", "v1")
	c.Serve(deployments, "Deployment", "v1")
	labels := map[string]any{"app.kubernetes.io/part-of": "flux", "app.kubernetes.io/component": "kustomize-controller", "pod-template-hash": "x"}
	owner := map[string]any{"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": "kustomize-controller-x", "controller": true}
	containers := []any{map[string]any{"name": "manager", "image": "user:" + canary + "@registry.example.com/x:v1", "args": []any{canary}}}
	pod := map[string]any{
		"metadata": map[string]any{"namespace": "n", "name": "kustomize-controller-x", "labels": labels, "ownerReferences": []any{owner}}, "spec": map[string]any{"containers": containers},
		"status": map[string]any{"phase": "Running", "message": canary, "containerStatuses": []any{map[string]any{
			"name": "manager", "state": map[string]any{"waiting": map[string]any{"reason": "x " + canary, "message": canary}},
		}}},
	}
	c.Deny(pods, func(w http.ResponseWriter, _ *http.Request) {
		fakeapi.WriteJSON(w, map[string]any{"kind": "PodList", "apiVersion": "v1", "metadata": map[string]any{}, "items": []any{pod}})
	})
	c.Put(deployments, "kustomize-controller", map[string]any{
		"metadata": map[string]any{"labels": labels},
		"spec":     map[string]any{"template": map[string]any{"spec": map[string]any{"containers": containers}}},
	})
	return c
}

// TestNoSecretIsPublished checks that texts from objects and errors of an API server appear neither on a page, nor in a
// row, nor in the log.
func TestNoSecretIsPublished(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.write("planted.kubeconfig", plantedCluster(t).Kubeconfig("t0ken"))
	refusing := newFakeCluster(t)
	refusing.Replace(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		if r.URL.Path == "/version" {
			_, _ = fmt.Fprint(w, `{"gitVersion":"v1.36.2"}`)
			return
		}
		w.WriteHeader(http.StatusForbidden)
		_, _ = fmt.Fprintf(w, `{"kind":"Status","apiVersion":"v1","status":"Failure","reason":%[1]q,"message":%[1]q,"code":403,
			"details":{"name":%[1]q,"kind":%[1]q,"group":%[1]q,"causes":[{"reason":%[1]q,"message":%[1]q,"field":%[1]q}]}}`, canary)
	})
	s.write("refusing.kubeconfig", refusing.Kubeconfig("t0ken"))
	broken := newFakeCluster(t)
	broken.Replace(func(w http.ResponseWriter, _ *http.Request) { _, _ = fmt.Fprint(w, "<html>"+canary) })
	s.write("broken.kubeconfig", broken.Kubeconfig("t0ken"))
	s.write("fleet.yaml", `clusters:
- {name: planted, kubeconfig: {path: planted.kubeconfig}}
- {name: refusing, kubeconfig: {path: refusing.kubeconfig}}
- {name: broken, kubeconfig: {path: broken.kubeconfig}}
discover: [{fluxSecrets: {cluster: refusing, namespace: n}}]
`)
	log := &lockedBuffer{}
	e := s.run(func(o *Options) {
		o.Log = slog.New(slog.NewTextHandler(log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	})
	for _, row := range []string{
		`flux_resource_info{cluster="planted"`, `cobaltcore_controller_info{cluster="planted"`, `cobaltcore_controller_pod_info{cluster="planted"`,
		`cobaltcore_eso_externalsecret_info{cluster="planted"`, `cobaltcore_cluster_failing{cluster="refusing"`, `cobaltcore_cluster_failing{cluster="broken"`, `cobaltcore_discovery_finding{`,
	} {
		e.wantPrefix(row)
	}
	testutil.Eventually(t, func() (bool, string) {
		code, body := e.ask(http.MethodGet, "/api/v1/report")
		return code == http.StatusOK && strings.Contains(body, `"planted"`), body
	})
	for _, path := range []string{
		"/metrics", "/", "/clusters/planted", "/clusters/refusing", "/clusters/broken", "/systems/flux", "/systems/externalsecrets", "/secretflow", "/status", "/changes",
		"/objects", "/objects/planted/Kustomization/n/planted", "/objects/planted/ExternalSecret/n/planted",
		"/api/v1/report", "/api/v1/clusters", "/api/v1/secretflow", "/api/v1/objects", "/api/v1/objects/planted/GitRepository/n/planted",
	} {
		code, body := e.ask(http.MethodGet, path)
		if code != http.StatusOK {
			t.Errorf("%s: %d %.300s", path, code, body)
		}
		noCanary(t, path, body)
	}
	e.stop()
	noCanary(t, "log", log.String())
}

func noCanary(t *testing.T, where, text string) {
	t.Helper()
	if at := strings.Index(text, canary); at >= 0 {
		t.Errorf("%s: …%s…", where, text[max(0, at-300):min(len(text), at+100)])
	}
}
