//go:build testbed

// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package fleet

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"

	"github.com/cobaltcore-dev/cobaltcore-exporter/test/e2e/harness"
	"github.com/cobaltcore-dev/cobaltcore-exporter/test/testbed"
)

// rule is one of a Role.
func rule(group, resource string, verbs []any, names ...any) map[string]any {
	r := map[string]any{"apiGroups": []any{group}, "resources": []any{resource}, "verbs": verbs}
	if len(names) > 0 {
		r["resourceNames"] = names
	}
	return r
}

// account creates a ServiceAccount that may see Flux, with additional rules in a namespace.
func account(t *testing.T, c *testbed.Cluster, namespace string, rules ...any) {
	t.Helper()
	const name, group = "exporter", "rbac.authorization.k8s.io"
	see := []any{"get", "list", "watch"}
	subjects := []any{map[string]any{"kind": "ServiceAccount", "namespace": "exporter", "name": name}}
	cluster := testbed.NewObject(group+"/v1", "ClusterRole", "", name)
	cluster.Object["rules"] = []any{
		rule("kustomize.toolkit.fluxcd.io", "*", see), rule("helm.toolkit.fluxcd.io", "*", see), rule("source.toolkit.fluxcd.io", "*", see),
		rule("", "namespaces", []any{"get"}, "kube-system"),
	}
	role := testbed.NewObject(group+"/v1", "Role", namespace, name)
	role.Object["rules"] = append([]any{}, rules...)
	objects := []*unstructured.Unstructured{testbed.NewObject("v1", "ServiceAccount", "exporter", name), cluster, role}
	for binding, of := range map[string]string{"ClusterRoleBinding": "ClusterRole", "RoleBinding": "Role"} {
		o := testbed.NewObject(group+"/v1", binding, map[string]string{"RoleBinding": namespace}[binding], name)
		o.Object["roleRef"] = map[string]any{"apiGroup": group, "kind": of, "name": name}
		o.Object["subjects"] = subjects
		objects = append(objects, o)
	}
	harness.Must(t, c.Apply(t.Context(), objects...))
}

// kubeconfigOf returns a kubeconfig of the account with its own token.
func kubeconfigOf(t *testing.T, c *testbed.Cluster, ttl time.Duration) []byte {
	t.Helper()
	token, err := c.ServiceAccountToken(t.Context(), "exporter", "exporter", ttl)
	harness.Must(t, err)
	config := clientcmdapi.NewConfig()
	config.Clusters["c"] = &clientcmdapi.Cluster{Server: c.URL, CertificateAuthorityData: c.Config.CAData}
	config.AuthInfos["c"] = &clientcmdapi.AuthInfo{Token: token}
	config.Contexts["c"] = &clientcmdapi.Context{Cluster: "c", AuthInfo: "c"}
	config.CurrentContext = "c"
	data, err := clientcmd.Write(*config)
	harness.Must(t, err)
	return data
}

// greenhouseClusters is the kind that declares clusters.
func greenhouseClusters() *unstructured.Unstructured {
	o := testbed.NewObject("apiextensions.k8s.io/v1", "CustomResourceDefinition", "", "clusters.greenhouse.sap")
	o.Object["spec"] = map[string]any{
		"group": "greenhouse.sap", "scope": "Namespaced",
		"names": map[string]any{"kind": "Cluster", "plural": "clusters", "singular": "cluster", "listKind": "ClusterList"},
		"versions": []any{map[string]any{
			"name": "v1alpha1", "served": true, "storage": true,
			"schema": map[string]any{"openAPIV3Schema": map[string]any{"type": "object", "properties": map[string]any{
				"spec": map[string]any{"type": "object", "properties": map[string]any{"accessMode": map[string]any{"type": "string"}}},
			}}},
		}},
	}
	return o
}

// TestDiscoveryOnRealClusters uses an account that may read two Secrets by name, but list none. It discovers a cluster
// by a reference of Flux and by a Cluster of Greenhouse, rotates its credentials without a missing row, and removes it.
func TestDiscoveryOnRealClusters(t *testing.T) {
	t.Parallel()
	management, storage := harness.StartCluster(t, "management"), harness.StartCluster(t, "storage")
	const flux, organization = "flux-system", "organization"
	harness.Must(t, management.ApplyCRDs(t.Context(), append(harness.FluxCRDs(t), greenhouseClusters())...))
	seeded(t, storage, 50)
	get := []any{"get"}
	account(t, management, flux, rule("", "secrets", get, "storage-kubeconfig"))
	account(t, storage, flux)
	kubeconfig := filepath.Join(t.TempDir(), "management")
	harness.Must(t, os.WriteFile(kubeconfig, kubeconfigOf(t, management, time.Hour), 0o600))
	configuration := fmt.Sprintf(`clusters: [{name: management, kubeconfig: {path: %s}}]
discover:
- fluxSecrets: {cluster: management}
  allow: [loopback]
`, kubeconfig)

	kustomization := testbed.NewObject("kustomize.toolkit.fluxcd.io/v1", "Kustomization", flux, "storage-apps")
	kustomization.Object["spec"] = map[string]any{
		"interval": "10m", "prune": true, "path": "./", "sourceRef": map[string]any{"kind": "GitRepository", "name": "fleet"},
		"kubeConfig": map[string]any{"secretRef": map[string]any{"name": "storage-kubeconfig"}},
	}
	harness.Must(t, management.Apply(t.Context(), kustomization))
	e := harness.StartExporter(t, configuration)
	e.WaitReady(t)
	target := func(cluster string) harness.Series {
		return harness.Series{"": "cobaltcore_flux_resource_status", "cluster": "management", "name": "storage-apps", "target_cluster": cluster}
	}
	e.Expect(t, 1, target("storage-kubeconfig"))
	e.Expect(t, 1, harness.Series{"": "cobaltcore_discovery_finding", "name": "storage-kubeconfig", "reason": "secret_missing"})
	secret := harness.SecretWith(flux, "storage-kubeconfig", "Opaque", "value", kubeconfigOf(t, storage, time.Hour))
	harness.Must(t, management.Apply(t.Context(), secret))
	e.Expect(t, 1, harness.Series{"": "cobaltcore_cluster_up", "cluster": "storage", "=": "1"})
	e.Expect(t, 1, target("storage"))
	e.Expect(t, 0, harness.Series{"": "cobaltcore_discovery_finding"})
	synced := harness.Series{"": "cobaltcore_watch_synced", "cluster": "storage", "kind": "Kustomization", "=": "1"}
	e.Expect(t, 1, synced)
	rows := func() []harness.Series {
		all, err := e.Scrape(t.Context(), "flux_resource_info")
		harness.Must(t, err)
		return harness.Find(all, harness.Series{"cluster": "storage", "kind": "Kustomization"})
	}
	want := len(rows())
	if want == 0 {
		t.Fatal("no rows")
	}

	expiry := harness.Series{"": "cobaltcore_cluster_credential_expiry_timestamp_seconds", "cluster": "storage", "type": "token"}
	ends := func() string {
		all, err := e.Scrape(t.Context(), expiry[""])
		harness.Must(t, err)
		if found := harness.Find(all, expiry); len(found) == 1 {
			return found[0]["="]
		}
		return ""
	}
	before, started := ends(), time.Now()
	harness.Must(t, management.Apply(t.Context(), harness.SecretWith(flux, "storage-kubeconfig", "Opaque", "value", kubeconfigOf(t, storage, 2*time.Hour))))
	harness.Eventually(t, time.Minute, func() error {
		if got := len(rows()); got != want {
			t.Fatalf("%d rows of %d during a rotation", got, want)
		}
		if now := ends(); now == "" || now == before {
			return errors.New("the token has not been taken over")
		}
		return nil
	})
	if took := time.Since(started); took > 10*time.Second {
		t.Errorf("a rotation took %s", took)
	}

	// The same cluster under another name, from another configuration.
	account(t, management, organization, rule("greenhouse.sap", "clusters", []any{"list"}), rule("", "secrets", get, "edge"))
	declared := testbed.NewObject("greenhouse.sap/v1alpha1", "Cluster", organization, "edge")
	declared.SetLabels(map[string]string{"greenhouse.sap/owned-by": "team", "metadata.greenhouse.sap/region": "eu-de-1"})
	harness.Must(t, management.Apply(t.Context(), declared, harness.SecretWith(organization, "edge", "greenhouse.sap/kubeconfig", "greenhousekubeconfig", kubeconfigOf(t, storage, time.Hour))))
	e.Configure(t, configuration+"- greenhouse: {cluster: management, namespace: organization}\n  allow: [loopback]\n")
	e.Expect(t, 1, harness.Series{"": "cobaltcore_cluster_info", "cluster": "edge", "source": "greenhouse", "owner": "team", "region": "eu-de-1"})
	harness.Eventually(t, time.Minute, func() error {
		all, err := e.Scrape(t.Context(), "cobaltcore_cluster_info")
		harness.Must(t, err)
		uid := map[string]string{}
		for _, s := range all {
			uid[s["cluster"]] = s["cluster_uid"]
		}
		if uid["edge"] == "" || uid["edge"] != uid["storage"] || uid["edge"] == uid["management"] {
			return fmt.Errorf("UIDs: %v", uid)
		}
		return nil
	})

	started = time.Now()
	harness.Must(t, management.Delete(t.Context(), declared))
	e.Expect(t, 0, harness.Series{"": "cobaltcore_cluster_up", "cluster": "edge"})
	if took := time.Since(started); took > 10*time.Second {
		t.Errorf("a removal took %s", took)
	}
	harness.Stop(t, management.StopAPIServer)
	e.Expect(t, 1, harness.Series{"": "cobaltcore_discovery_up", "source": "flux-secret", "=": "0"})
	if got := len(rows()); got != want {
		t.Errorf("%d rows of %d without the host", got, want)
	}
}
