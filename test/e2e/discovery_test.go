//go:build testbed

// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"encoding/base64"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"

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

// account makes a ServiceAccount that may see Flux, and what the rules say in a
// namespace.
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
	must(t, c.Apply(t.Context(), objects...))
}

// kubeconfigOf is one of the account with a token of its own.
func kubeconfigOf(t *testing.T, c *testbed.Cluster, ttl time.Duration) []byte {
	t.Helper()
	token, err := c.ServiceAccountToken(t.Context(), "exporter", "exporter", ttl)
	must(t, err)
	config := clientcmdapi.NewConfig()
	config.Clusters["c"] = &clientcmdapi.Cluster{Server: c.URL, CertificateAuthorityData: c.Config.CAData}
	config.AuthInfos["c"] = &clientcmdapi.AuthInfo{Token: token}
	config.Contexts["c"] = &clientcmdapi.Context{Cluster: "c", AuthInfo: "c"}
	config.CurrentContext = "c"
	data, err := clientcmd.Write(*config)
	must(t, err)
	return data
}

func secretWith(namespace, name, kind, key string, value []byte) *unstructured.Unstructured {
	o := testbed.NewObject("v1", "Secret", namespace, name)
	o.Object["type"] = kind
	o.Object["data"] = map[string]any{key: base64.StdEncoding.EncodeToString(value)}
	return o
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

// TestDiscoveryOnRealClusters: an account that may read the two Secrets by their
// names, and list none, finds a cluster by what Flux applies with and by what
// Greenhouse declares, follows a rotation without a missing row, and loses it.
func TestDiscoveryOnRealClusters(t *testing.T) {
	management, storage := startCluster(t, "management"), startCluster(t, "storage")
	const flux, organization = "flux-system", "organization"
	must(t, management.ApplyCRDs(t.Context(), append(fluxCRDs(t), greenhouseClusters())...))
	seeded(t, storage, 50)
	get := []any{"get"}
	account(t, management, flux, rule("", "secrets", get, "storage-kubeconfig"))
	account(t, storage, flux)
	kubeconfig := filepath.Join(t.TempDir(), "management")
	must(t, os.WriteFile(kubeconfig, kubeconfigOf(t, management, time.Hour), 0o600))
	configuration := fmt.Sprintf(`clusters: [{name: management, kubeconfig: {path: %s}}]
discover:
- fluxSecrets: {cluster: management}
`, kubeconfig)

	kustomization := testbed.NewObject("kustomize.toolkit.fluxcd.io/v1", "Kustomization", flux, "storage-apps")
	kustomization.Object["spec"] = map[string]any{
		"interval": "10m", "prune": true, "path": "./", "sourceRef": map[string]any{"kind": "GitRepository", "name": "fleet"},
		"kubeConfig": map[string]any{"secretRef": map[string]any{"name": "storage-kubeconfig"}},
	}
	must(t, management.Apply(t.Context(), kustomization))
	e := startExporter(t, configuration)
	e.ready(t)
	target := func(cluster string) series {
		return series{"": "cobaltcore_flux_resource_status", "cluster": "management", "name": "storage-apps", "target_cluster": cluster}
	}
	e.expect(t, 1, target("storage-kubeconfig"))
	e.expect(t, 1, series{"": "cobaltcore_discovery_finding", "name": "storage-kubeconfig", "reason": "secret_missing"})
	secret := secretWith(flux, "storage-kubeconfig", "Opaque", "value", kubeconfigOf(t, storage, time.Hour))
	must(t, management.Apply(t.Context(), secret))
	e.expect(t, 1, series{"": "cobaltcore_cluster_up", "cluster": "storage", "=": "1"})
	e.expect(t, 1, target("storage"))
	e.expect(t, 0, series{"": "cobaltcore_discovery_finding"})
	synced := series{"": "cobaltcore_watch_synced", "cluster": "storage", "kind": "Kustomization", "=": "1"}
	e.expect(t, 1, synced)
	rows := func() []series {
		all, err := e.scrape(t.Context(), "flux_resource_info")
		must(t, err)
		return find(all, series{"cluster": "storage", "kind": "Kustomization"})
	}
	want := len(rows())
	if want == 0 {
		t.Fatal("no rows")
	}

	expiry := series{"": "cobaltcore_cluster_credential_expiry_timestamp_seconds", "cluster": "storage", "type": "token"}
	ends := func() string {
		all, err := e.scrape(t.Context(), expiry[""])
		must(t, err)
		if found := find(all, expiry); len(found) == 1 {
			return found[0]["="]
		}
		return ""
	}
	before, started := ends(), time.Now()
	must(t, management.Apply(t.Context(), secretWith(flux, "storage-kubeconfig", "Opaque", "value", kubeconfigOf(t, storage, 2*time.Hour))))
	eventually(t, time.Minute, func() error {
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
	must(t, management.Apply(t.Context(), declared, secretWith(organization, "edge", "greenhouse.sap/kubeconfig", "greenhousekubeconfig", kubeconfigOf(t, storage, time.Hour))))
	e.configure(t, configuration+"- greenhouse: {cluster: management, namespace: organization}\n")
	e.expect(t, 1, series{"": "cobaltcore_cluster_info", "cluster": "edge", "source": "greenhouse", "owner": "team", "region": "eu-de-1"})
	eventually(t, time.Minute, func() error {
		all, err := e.scrape(t.Context(), "cobaltcore_cluster_info")
		must(t, err)
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
	must(t, management.Delete(t.Context(), declared))
	e.expect(t, 0, series{"": "cobaltcore_cluster_up", "cluster": "edge"})
	if took := time.Since(started); took > 10*time.Second {
		t.Errorf("a removal took %s", took)
	}
	stop(t, management.StopAPIServer)
	e.expect(t, 1, series{"": "cobaltcore_discovery_up", "source": "flux-secret", "=": "0"})
	if got := len(rows()); got != want {
		t.Errorf("%d rows of %d without the host", got, want)
	}
}
