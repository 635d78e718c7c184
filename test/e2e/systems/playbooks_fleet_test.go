//go:build testbed

// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package systems

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"

	"github.com/cobaltcore-dev/cobaltcore-exporter/test/e2e/harness"
	"github.com/cobaltcore-dev/cobaltcore-exporter/test/testbed"
)

// fillForPlaybooks puts the objects of playbooks into one cluster: the management plane of the snapshot fleet, objects
// that only playbooks need, and the objects of the fixtures.
func fillForPlaybooks(t *testing.T, c *testbed.Cluster, pages []page) {
	t.Helper()
	for _, load := range []func() ([]*unstructured.Unstructured, error){
		func() ([]*unstructured.Unstructured, error) {
			return testbed.FluxCRDs(t.Context(), testbed.FluxCRDOptions{})
		},
		func() ([]*unstructured.Unstructured, error) { return testbed.ESOCRDs(t.Context()) },
		func() ([]*unstructured.Unstructured, error) { return testbed.CertManagerCRDs(t.Context()) },
		testbed.GreenhouseCRDs, testbed.MonitoringCRDs,
	} {
		crds, err := load()
		harness.Must(t, err)
		for _, crd := range crds {
			removeSchema(crd)
		}
		harness.Must(t, c.ApplyCRDs(t.Context(), crds...))
	}
	root, err := testbed.RepoRoot()
	harness.Must(t, err)
	seen := seenObjects{}
	for _, file := range []string{
		filepath.Join("testdata", "playbooks", "objects.yaml"), filepath.Join(root, "test", "fleet", "management", "controllers.yaml"),
	} {
		objects, err := testbed.Load(file)
		harness.Must(t, err)
		harness.Must(t, c.Apply(t.Context(), seen.fresh(objects)...))
	}
	for _, p := range pages {
		cluster := p.labels["cluster"]
		if cluster == "" {
			continue
		}
		list, err := p.fix.Objects(cluster)
		harness.Must(t, err)
		objects, err := objectsOf(list)
		harness.Must(t, err)
		for _, o := range seen.fresh(objects) {
			if err := c.Apply(t.Context(), o); err != nil && !meta.IsNoMatchError(err) { // FleetVersionUnsupported
				t.Errorf("%s: %v", p.fix.Name, err)
			}
		}
	}
}

// removeSchema removes the schemas, because fixtures have only the fields that the exporter reads. Names, versions and
// columns of the kind stay.
func removeSchema(crd *unstructured.Unstructured) {
	versions, _, _ := unstructured.NestedSlice(crd.Object, "spec", "versions")
	for _, v := range versions {
		version, ok := v.(map[string]any)
		if ok {
			version["schema"] = map[string]any{"openAPIV3Schema": map[string]any{"type": "object", "x-kubernetes-preserve-unknown-fields": true}}
			delete(version, "selectableFields")
		}
	}
	_ = unstructured.SetNestedSlice(crd.Object, versions, "spec", "versions")
}

// seenObjects are the objects in the cluster.
type seenObjects map[string]string

// fresh returns the objects that the cluster does not have in this form, completed as the API server requires.
// Workloads are not changed, because their selectors are immutable.
func (s seenObjects) fresh(objects []*unstructured.Unstructured) []*unstructured.Unstructured {
	var all []*unstructured.Unstructured
	for _, o := range objects {
		id := fmt.Sprintf("%s %s/%s", o.GroupVersionKind().GroupKind(), o.GetNamespace(), o.GetName())
		text := fmt.Sprint(o.Object)
		before, ok := s[id]
		group := o.GroupVersionKind().Group
		if ok && (before == text || group == "apps" || group == "") {
			continue
		}
		s[id] = text
		all = append(all, withDependents(o)...)
	}
	return all
}

// withDependents returns the object with the fields that the API server requires of a workload, and a
// pod of it.
func withDependents(o *unstructured.Unstructured) []*unstructured.Unstructured {
	o.SetDeletionTimestamp(nil)
	switch o.GroupVersionKind().Group + "/" + o.GetKind() {
	case "apps/Deployment", "apps/StatefulSet", "apps/DaemonSet":
	case "/Pod":
		all := []*unstructured.Unstructured{runnable(o, "spec")}
		if node, ok, _ := unstructured.NestedString(o.Object, "spec", "nodeName"); ok {
			all = append(all, testbed.NewObject("v1", "Node", "", node))
		}
		return all
	default:
		return []*unstructured.Unstructured{o}
	}
	o = o.DeepCopy()
	if _, ok, _ := unstructured.NestedMap(o.Object, "spec", "selector"); ok {
		return []*unstructured.Unstructured{runnable(o, "spec", "template", "spec")} // brings its pods
	}
	labels, ok, _ := unstructured.NestedMap(o.Object, "spec", "template", "metadata", "labels")
	if !ok {
		labels = map[string]any{"app": o.GetName()}
	}
	set := func(value any, path ...string) { _ = unstructured.SetNestedField(o.Object, value, path...) }
	set(labels, "spec", "selector", "matchLabels")
	set(labels, "spec", "template", "metadata", "labels")
	unstructured.RemoveNestedField(o.Object, "status")
	pod := testbed.NewObject("v1", "Pod", o.GetNamespace(), o.GetName()+"-0")
	pod.Object["metadata"].(map[string]any)["labels"] = labels //nolint:forcetypeassert // NewObject has made it
	return []*unstructured.Unstructured{runnable(o, "spec", "template", "spec"), runnable(pod, "spec")}
}

// runnable has a container with an image in the pod specification at path.
func runnable(o *unstructured.Unstructured, path ...string) *unstructured.Unstructured {
	containers, _, _ := unstructured.NestedSlice(o.Object, append(path, "containers")...)
	if len(containers) == 0 {
		containers = []any{map[string]any{"name": "main"}}
	}
	for i := range containers {
		if container, ok := containers[i].(map[string]any); ok && container["image"] == nil {
			container["image"] = "registry.example.com/main:v1"
		}
	}
	_ = unstructured.SetNestedSlice(o.Object, containers, append(path, "containers")...)
	return o
}

// objectsOf returns the items of a List in JSON.
func objectsOf(list string) ([]*unstructured.Unstructured, error) {
	var l unstructured.UnstructuredList
	if err := l.UnmarshalJSON([]byte(list)); err != nil {
		return nil, err
	}
	all := make([]*unstructured.Unstructured, len(l.Items))
	for i := range l.Items {
		all[i] = &l.Items[i]
	}
	return all, nil
}

// writeContexts writes a kubeconfig with a context of each name, which all lead to the cluster.
func writeContexts(t *testing.T, dir string, c *testbed.Cluster, names []string) string {
	t.Helper()
	config, err := clientcmd.LoadFromFile(c.Kubeconfig)
	harness.Must(t, err)
	for _, name := range names {
		config.Contexts[name] = &clientcmdapi.Context{Cluster: c.Name, AuthInfo: "admin"}
	}
	file := filepath.Join(dir, "kubeconfig")
	harness.Must(t, clientcmd.WriteToFile(*config, file))
	return file
}

// fleetSnapshots is the configuration of an exporter with the snapshot fleet.
func fleetSnapshots(root string) string {
	return fmt.Sprintf("clusters: [{name: management, snapshot: {path: %s}}]\n", filepath.Join(root, "test", "fleet", "management"))
}

// playbookFiles returns the files that playbooks use, by name: certificates, a kubeconfig, an audit log.
func playbookFiles(t *testing.T, c *testbed.Cluster, b *testbed.OpenBao) map[string][]byte {
	t.Helper()
	certificate, err := os.ReadFile(b.TLS.CAFile)
	harness.Must(t, err)
	config, err := clientcmd.LoadFromFile(c.Kubeconfig)
	harness.Must(t, err)
	config.AuthInfos["admin"] = &clientcmdapi.AuthInfo{ClientCertificateData: certificate}
	kubeconfig, err := clientcmd.Write(*config)
	harness.Must(t, err)
	log, err := os.ReadFile(b.AuditFile)
	harness.Must(t, err)
	return map[string][]byte{
		"exporter.kubeconfig": kubeconfig, "exporter.yaml": []byte("clusters: []\n"), "audit.log": log, "policy.hcl": nil, "FILE": nil,
		"ca.crt": certificate, "reviewer.jwt": []byte("x"), "intermediate.csr": certificate, "intermediate.pem": certificate,
	}
}

// applySecrets creates the Secrets that playbooks read.
func applySecrets(t *testing.T, c *testbed.Cluster, files map[string][]byte) {
	t.Helper()
	harness.Must(t, c.Apply(t.Context(),
		harness.SecretWith("org", "a", "greenhouse.sap/kubeconfig", "value", files["exporter.kubeconfig"]),
		harness.SecretWith("org", "c", "Opaque", "value", files["exporter.kubeconfig"]),
		harness.SecretWith("flux-system", "a-kubeconfig", "Opaque", "value", files["exporter.kubeconfig"]),
		harness.SecretWith("openstack", "fernet-keys", "Opaque", "key", []byte("x")),
		harness.SecretWith("openbao-system", "openbao-tls", "Opaque", "tls.crt", files["ca.crt"]),
	))
}
