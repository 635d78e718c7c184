// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package app

import (
	"path"
	"testing"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/testing/fakeapi"
)

// fakeCluster is an API server with GitRepositories, Kustomizations, External
// Secrets and Secrets.
type fakeCluster struct{ *fakeapi.Server }

const (
	repositories    = "/apis/source.toolkit.fluxcd.io/v1/gitrepositories"
	kustomizations  = "/apis/kustomize.toolkit.fluxcd.io/v1/kustomizations"
	externalSecrets = "/apis/external-secrets.io/v1/externalsecrets"
	secretStores    = "/apis/external-secrets.io/v1/secretstores"
	secrets         = "/api/v1/namespaces/n/secrets"
)

func newFakeCluster(t *testing.T, names ...string) fakeCluster {
	t.Helper()
	c := fakeCluster{fakeapi.New(t, fakeapi.StartHTTP2)}
	c.Change(func(s *fakeapi.State) {
		s.Token = "t0ken"
		for list, kind := range map[string]string{
			repositories: "GitRepository", kustomizations: "Kustomization", externalSecrets: "ExternalSecret", secretStores: "SecretStore", secrets: "Secret",
		} {
			s.Serve(list, kind, "v1")
		}
		s.Put("/api/v1/namespaces", "kube-system", map[string]any{"metadata": map[string]any{"uid": c.URL}})
		for _, name := range names {
			s.Put(repositories, name, nil)
		}
	})
	return c
}

// secret puts a kubeconfig Secret.
func (c fakeCluster) secret(name, kubeconfig string) { c.labelled(name, kubeconfig, nil) }

// labelled puts a kubeconfig Secret with labels that describe its cluster.
func (c fakeCluster) labelled(name, kubeconfig string, labels map[string]string) {
	c.Put(secrets, name, map[string]any{"data": map[string][]byte{"value": []byte(kubeconfig)}, "metadata": map[string]any{"labels": labels}})
}

// external puts an ExternalSecret that reads a key of kv-v2/bootstrap, and its store.
func (c fakeCluster) external(name, key string) {
	c.Put(secretStores, "bootstrap", map[string]any{"spec": map[string]any{"provider": map[string]any{"vault": map[string]any{"server": "https://bao.example.com", "path": "kv-v2/bootstrap"}}}})
	c.Put(externalSecrets, name, map[string]any{"spec": map[string]any{
		"secretStoreRef": map[string]any{"name": "bootstrap"},
		"data":           []any{map[string]any{"secretKey": "k", "remoteRef": map[string]any{"key": key}}},
	}})
}

// rotate changes the required token, also for running watches.
func (c fakeCluster) rotate(token string) {
	c.Change(func(s *fakeapi.State) {
		s.Token = token
		s.CutAll()
	})
}

// forbid makes the server refuse a list.
func (c fakeCluster) forbid(list string) {
	c.Deny(list, fakeapi.Status(403, "Forbidden", "hunter2 in "+path.Base(list)))
}
