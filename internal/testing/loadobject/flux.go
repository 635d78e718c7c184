// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package loadobject

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// Flux returns the i-th object of the load test's data set, with status. The same i
// yields the same object always. Of ten objects in a row four are Kustomizations, three
// HelmReleases, and three are one of GitRepository, OCIRepository, HelmRepository and
// HelmChart in turn; 2 % are not ready, 1 % of those that can be are suspended. As the API
// server stores them they have about 6 KB on average.
func Flux(i int) *unstructured.Unstructured {
	g := generator{Rand: rand.New(rand.NewPCG(uint64(i), 2026)), i: i}
	switch digit := i % 10; {
	case digit < 4:
		return g.kustomization()
	case digit < 7:
		return g.helmRelease()
	default:
		return g.source((i/10*3 + digit - 7) % 4)
	}
}

// generator makes one object.
type generator struct {
	*rand.Rand
	i int
}

func (g *generator) kustomization() *unstructured.Unstructured {
	obj := g.object("kustomize.toolkit.fluxcd.io/v1", "Kustomization", map[string]any{
		"interval": "10m0s", "retryInterval": "2m0s", "timeout": "5m0s", "prune": true, "wait": true,
		"path":            fmt.Sprintf("./clusters/%s/apps/%s", g.region(), g.name()),
		"sourceRef":       map[string]any{"kind": "GitRepository", "name": "fleet-" + g.region(), "namespace": fluxNamespace},
		"targetNamespace": Namespace(g.i),
		"dependsOn":       []any{map[string]any{"name": "cert-manager"}, map[string]any{"name": "external-secrets"}},
		"postBuild": map[string]any{
			"substitute":     map[string]any{"cluster_name": g.region(), "domain": g.region() + ".example.org"},
			"substituteFrom": []any{map[string]any{"kind": "ConfigMap", "name": "cluster-vars"}},
		},
	})
	g.addKubeConfig(obj)
	revision := "main@sha1:" + g.hex(40)
	g.setStatus(obj, map[string]any{
		"lastAppliedRevision": revision, "lastAttemptedRevision": revision, "lastAppliedOriginRevision": revision,
		"inventory": map[string]any{"entries": g.inventory(20 + g.IntN(81))},
	}, "Reconciling", "Healthy")
	return obj
}

func (g *generator) helmRelease() *unstructured.Unstructured {
	version := g.version()
	obj := g.object("helm.toolkit.fluxcd.io/v2", "HelmRelease", map[string]any{
		"interval": "10m0s", "timeout": "5m0s", "releaseName": g.name(),
		"chart": map[string]any{"spec": map[string]any{
			"chart": "openstack-service", "version": version, "interval": "10m0s", "reconcileStrategy": "ChartVersion",
			"sourceRef": map[string]any{"kind": "HelmRepository", "name": "charts", "namespace": fluxNamespace},
		}},
		"install": map[string]any{"crds": "CreateReplace", "remediation": map[string]any{"retries": int64(3)}},
		"upgrade": map[string]any{"crds": "CreateReplace", "remediation": map[string]any{"retries": int64(3), "remediateLastFailure": true}},
		"values":  g.values(2000 + min(g.IntN(6001), g.IntN(6001))), // 2 to 8 KB, rather less
	})
	g.addKubeConfig(obj)
	g.setStatus(obj, map[string]any{
		"helmChart": fluxNamespace + "/" + obj.GetNamespace() + "-" + obj.GetName(), "storageNamespace": obj.GetNamespace(),
		"lastAttemptedRevision": version, "lastAttemptedConfigDigest": "sha256:" + g.hex(64),
		"lastAttemptedGeneration": int64(1), "lastAttemptedReleaseAction": "upgrade",
		"history": []any{map[string]any{
			"chartName": "openstack-service", "chartVersion": version, "appVersion": version,
			"configDigest": "sha256:" + g.hex(64), "digest": "sha256:" + g.hex(64),
			"firstDeployed": g.time(0), "lastDeployed": g.time(1), "name": g.name(), "namespace": obj.GetNamespace(),
			"status": "deployed", "version": int64(1 + g.IntN(40)),
		}},
	}, "Released", "TestSuccess")
	return obj
}

func (g *generator) source(kind int) *unstructured.Unstructured {
	const group = "source.toolkit.fluxcd.io/v1"
	spec := map[string]any{"interval": "5m0s", "timeout": "60s"}
	revision := "sha256:" + g.hex(64)
	var kindName, second string
	switch kind {
	case 0:
		kindName, second = "GitRepository", "ArtifactInStorage"
		revision = "main@sha1:" + g.hex(40)
		spec["url"], spec["ref"] = "https://git.example.org/"+g.region()+"/"+g.name(), map[string]any{"branch": "main"}
		spec["secretRef"] = map[string]any{"name": "git-credentials"}
	case 1:
		kindName, second = "OCIRepository", "SourceVerified"
		revision = g.version() + "@" + revision
		spec["url"], spec["ref"] = "oci://registry.example.org/"+g.region()+"/"+g.name(), map[string]any{"semver": ">=1.0.0"}
	case 2:
		kindName, second = "HelmRepository", "ArtifactInStorage"
		spec["url"] = "https://charts.example.org/" + g.name()
	default:
		kindName, second = "HelmChart", "ArtifactInStorage"
		revision = g.version()
		delete(spec, "timeout")
		spec["chart"], spec["version"] = g.name(), revision
		spec["sourceRef"] = map[string]any{"kind": "HelmRepository", "name": "charts"}
	}
	obj := g.object(group, kindName, spec)
	path := strings.ToLower(kindName) + "/" + obj.GetNamespace() + "/" + obj.GetName() + "/" + g.hex(40) + ".tar.gz"
	g.setStatus(obj, map[string]any{
		"artifact": map[string]any{
			"digest": "sha256:" + g.hex(64), "lastUpdateTime": g.time(1), "path": path, "revision": revision,
			"size": int64(1000 + g.IntN(500_000)), "url": "http://source-controller.flux-system.svc.cluster.local./" + path,
			"metadata": map[string]any{"org.opencontainers.image.revision": revision, "org.opencontainers.image.created": g.time(0)},
		},
	}, second, "Reconciling")
	return obj
}

// object returns an object without status.
func (g *generator) object(apiVersion, kind string, spec map[string]any) *unstructured.Unstructured {
	obj := New(apiVersion, kind, Namespace(g.i), g.name())
	obj.SetLabels(map[string]string{
		"app.kubernetes.io/name": g.name(), "app.kubernetes.io/part-of": "openstack", "region": g.region(),
		"kustomize.toolkit.fluxcd.io/name": "apps", "kustomize.toolkit.fluxcd.io/namespace": fluxNamespace,
	})
	if g.i%100 == 13 || g.i%100 == 44 {
		spec["suspend"] = true
	}
	obj.Object["spec"] = spec
	return obj
}

// addKubeConfig makes three of four objects be applied in another cluster.
func (g *generator) addKubeConfig(obj *unstructured.Unstructured) {
	if target := []string{"", "control-plane", "hypervisor", "storage"}[g.IntN(4)]; target != "" {
		spec := obj.Object["spec"].(map[string]any)
		spec["kubeConfig"] = map[string]any{"secretRef": map[string]any{"name": target + "-kubeconfig"}}
	}
}

// setStatus adds what the status of all kinds has. Changes of the status rely on Ready being the first condition.
func (g *generator) setStatus(obj *unstructured.Unstructured, status map[string]any, others ...string) {
	ready := g.i%50 != 21
	conditions := []any{ReadyCondition(obj.GetKind(), ready, g.text(120))}
	for _, conditionType := range others {
		conditions = append(conditions, map[string]any{
			"type": conditionType, "status": "True", "reason": "Succeeded", "message": g.text(100), "observedGeneration": int64(1),
		})
	}
	for _, c := range conditions {
		c.(map[string]any)["lastTransitionTime"] = g.time(1)
	}
	status["conditions"] = conditions
	status["observedGeneration"] = int64(1)
	obj.Object["status"] = status
}

// ReadyCondition returns a Ready condition without lastTransitionTime.
func ReadyCondition(kind string, ready bool, message string) map[string]any {
	status, reason := "True", "ReconciliationSucceeded"
	if !ready {
		status, reason = "False", "ReconciliationFailed"
	}
	switch {
	case kind == "HelmRelease" && ready:
		reason = "UpgradeSucceeded"
	case kind == "HelmRelease":
		reason = "UpgradeFailed"
	case kind != "Kustomization" && ready:
		reason = "Succeeded"
	case kind != "Kustomization":
		reason = "FetchFailed"
	}
	return map[string]any{"type": "Ready", "status": status, "reason": reason, "message": message, "observedGeneration": int64(1)}
}

func (g *generator) inventory(n int) []any {
	kinds := []string{"apps_Deployment", "_Service", "_ConfigMap", "_ServiceAccount", "rbac.authorization.k8s.io_Role", "networking.k8s.io_NetworkPolicy"}
	entries := make([]any, n)
	for j := range entries {
		entries[j] = map[string]any{"id": fmt.Sprintf("%s_%s-%d_%s", Namespace(g.i), g.name(), j, kinds[g.IntN(len(kinds))]), "v": "v1"}
	}
	return entries
}

// values returns Helm values of about size bytes.
func (g *generator) values(size int) map[string]any {
	values := map[string]any{
		"replicaCount": int64(1 + g.IntN(5)),
		"image":        map[string]any{"repository": "registry.example.org/" + g.name(), "tag": g.version()},
	}
	for j := 0; size > 0; j++ {
		n := min(size, 300+g.IntN(900))
		values[fmt.Sprintf("config%02d", j)] = g.text(n)
		size -= n
	}
	return values
}

func (g *generator) text(n int) string {
	words := []string{"nova", "compute", "retries", "timeout", "endpoint", "applied", "revision", "storage", "enabled", "level", "network", "default"}
	var b strings.Builder
	for b.Len() < n {
		b.WriteString(words[g.IntN(len(words))])
		b.WriteString([]string{" ", "=", "\n", ": "}[g.IntN(4)])
	}
	return b.String()[:n]
}

func (g *generator) hex(n int) string {
	b := make([]byte, n)
	for j := range b {
		b[j] = "0123456789abcdef"[g.IntN(16)]
	}
	return string(b)
}

func (g *generator) name() string {
	services := []string{"nova-api", "neutron-server", "keystone", "glance", "cinder-volume", "octavia-worker", "designate", "manila-share"}
	return fmt.Sprintf("%s-%05d", services[g.i%len(services)], g.i)
}

func (g *generator) region() string {
	return []string{"eu-de-1", "eu-nl-1", "na-us-1", "ap-jp-1"}[g.i/10%4]
}

func (g *generator) version() string {
	return fmt.Sprintf("%d.%d.%d", 1+g.IntN(4), g.IntN(30), g.IntN(10))
}

func (g *generator) time(hours int) string {
	return Timestamp(time.Date(2026, time.January, 1, hours, 0, 0, 0, time.UTC).Add(time.Duration(g.i) * time.Minute))
}
