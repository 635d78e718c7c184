//go:build testbed

// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package fleet

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/app"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/testing/loadobject"
	"github.com/cobaltcore-dev/cobaltcore-exporter/test/e2e/harness"
	"github.com/cobaltcore-dev/cobaltcore-exporter/test/testbed"
)

const (
	churnBodies    = 10_000 // 2,000 unless thorough
	churnScrapers  = 3
	churnObjects   = 10 // of Flux in each cluster, and some more
	churnNamespace = "fleet"
	// Short times, for many outages.
	churnStale  = 6 * time.Second
	churnProbes = 2 * time.Second
)

// churn is a fleet that changes continuously, together with its readers.
type churn struct {
	exporter   *harness.Exporter
	management *testbed.Cluster
	members    []*member
	reference  *reference
	ledger     *ledger
	bodies     atomic.Int64
	enough     int64

	mu       sync.Mutex
	slowest  map[string]time.Duration
	happened map[string]int
}

// TestFleetChurn adds, rotates, disconnects and removes four clusters concurrently, one configured and three discovered
// in different ways, and checks every body of thousands of scrapes.
func TestFleetChurn(t *testing.T) {
	c := &churn{enough: churnBodies / 5, slowest: map[string]time.Duration{}, happened: map[string]int{},
		management: harness.StartCluster(t, "management")}
	if *harness.Thorough {
		c.enough = churnBodies
	}
	populate(t, c.management)
	harness.Must(t, c.management.ApplyCRDs(t.Context(), greenhouseClusters()))
	movable := []string{}
	for name, declared := range declarations() {
		m := &member{churn: c, cluster: harness.StartCluster(t, name), declared: declared}
		populate(t, m.cluster)
		harness.Must(t, m.cluster.Apply(t.Context(), readers()...))
		var err error
		m.proxy, err = testbed.StartFaultProxy(t.TempDir(), name, m.cluster)
		harness.Must(t, err)
		t.Cleanup(func() { harness.Stop(t, m.proxy.Stop) })
		c.members, movable = append(c.members, m), append(movable, name)
	}
	c.exporter = harness.StartExporter(t, fmt.Sprintf(`staleAfter: %s
collectors: {greenhouse: {enabled: false}}
discover:
- fluxSecrets: {cluster: management}
  allow: [loopback]
- greenhouse: {cluster: management, namespace: %s}
  allow: [loopback]
- secrets: {cluster: management, namespace: %s}
  allow: [loopback]
`, churnStale, harness.Organization, churnNamespace)+harness.ConfigFor("", c.management),
		func(o *app.Options) { o.ProbeInterval = churnProbes })
	c.exporter.WaitReady(t)
	before := usage()

	for _, m := range c.members {
		harness.Must(t, m.login(t.Context()))
	}
	c.know(t, append(movable, "management"), movable)
	c.run(t)
	t.Logf("%d bodies; times and the longest of each: %v %v", c.bodies.Load(), c.happened, c.slowest)

	for _, m := range c.members {
		harness.Must(t, m.remove(t.Context()))
		m.close()
	}
	harness.Eventually(t, time.Minute, func() error {
		for _, m := range c.members {
			if n := m.proxy.OpenConnections(); n > 0 {
				return fmt.Errorf("%s has %d connections", m.cluster.Name, n)
			}
		}
		if after := usage(); after.goroutines > before.goroutines+5 {
			return fmt.Errorf("%v became %v", before, after)
		}
		return nil
	})
}

// populate gives a cluster objects of several kinds that no other one has.
func populate(t *testing.T, c *testbed.Cluster) {
	t.Helper()
	crds, err := testbed.ESOCRDs(t.Context())
	harness.Must(t, err)
	crds = slices.DeleteFunc(crds, func(o *unstructured.Unstructured) bool { return o.GetName() != "externalsecrets.external-secrets.io" })
	harness.Must(t, c.ApplyCRDs(t.Context(), append(crds, seededCRDs(t)...)...))
	harness.Must(t, c.Apply(t.Context(), churnObjectsOf(c.Name)...))
}

// churnObjectsOf have a different number in each cluster. The objects in management are applied to the clusters that
// are added and removed, the objects in other clusters to management, which stays, and to an unknown cluster.
func churnObjectsOf(cluster string) []*unstructured.Unstructured {
	var all []*unstructured.Unstructured
	for i := range churnObjects + len(cluster)%5 {
		o := loadobject.Flux(i)
		if _, ok, _ := unstructured.NestedMap(o.Object, "spec", "kubeConfig"); ok && cluster != "management" {
			name := []string{"management-kubeconfig", "elsewhere-kubeconfig"}[i%2]
			_ = unstructured.SetNestedField(o.Object, name, "spec", "kubeConfig", "secretRef", "name")
		}
		all = append(all, o)
	}
	for i := range 2 + len(cluster)%3 {
		all = append(all, loadobject.ExternalSecret(i))
	}
	controller := testbed.NewObject("apps/v1", "Deployment", "flux-system", "controller")
	labels := map[string]any{"app.kubernetes.io/part-of": "flux", "app": "controller"}
	controller.Object["spec"] = map[string]any{
		"selector": map[string]any{"matchLabels": labels},
		"template": map[string]any{"metadata": map[string]any{"labels": labels}, "spec": map[string]any{
			"containers": []any{map[string]any{"name": "manager", "image": "registry.example.org/controller:v1"}},
		}},
	}
	for _, o := range append(all, controller) {
		o.SetName(cluster + "-" + o.GetName())
	}
	return append(all, controller)
}

// declarations are the three ways to discover a cluster.
func declarations() map[string]func(kubeconfig []byte) []*unstructured.Unstructured {
	return map[string]func([]byte) []*unstructured.Unstructured{
		"control-plane": func(kubeconfig []byte) []*unstructured.Unstructured {
			return []*unstructured.Unstructured{harness.SecretWith("flux-system", "control-plane-kubeconfig", "Opaque", "value", kubeconfig)}
		},
		"hypervisor": func(kubeconfig []byte) []*unstructured.Unstructured {
			return []*unstructured.Unstructured{
				testbed.NewObject(harness.GreenhouseV1, "Cluster", harness.Organization, "hypervisor"),
				harness.SecretWith(harness.Organization, "hypervisor", "greenhouse.sap/kubeconfig", "greenhousekubeconfig", kubeconfig),
			}
		},
		"storage": func(kubeconfig []byte) []*unstructured.Unstructured {
			o := harness.SecretWith(churnNamespace, "storage-kubeconfig", "Opaque", "kubeconfig", kubeconfig)
			o.SetLabels(map[string]string{"sigs.k8s.io/multicluster-runtime-kubeconfig": "true"})
			return []*unstructured.Unstructured{o}
		},
	}
}

// readers permits every ServiceAccount of a namespace to read everything.
func readers() []*unstructured.Unstructured {
	const name, group = "readers", "rbac.authorization.k8s.io"
	role := testbed.NewObject(group+"/v1", "ClusterRole", "", name)
	role.Object["rules"] = []any{rule("*", "*", []any{"get", "list", "watch"})}
	binding := testbed.NewObject(group+"/v1", "ClusterRoleBinding", "", name)
	binding.Object["roleRef"] = map[string]any{"apiGroup": group, "kind": "ClusterRole", "name": name}
	binding.Object["subjects"] = []any{map[string]any{"apiGroup": group, "kind": "Group", "name": "system:serviceaccounts:" + harness.AccountNamespace}}
	return []*unstructured.Unstructured{role, binding}
}

// know waits until all objects have rows with their target clusters, and records these rows. From then on, no other
// rows are allowed.
func (c *churn) know(t *testing.T, clusters, movable []string) {
	t.Helper()
	harness.Eventually(t, 2*time.Minute, func() error {
		_, body, err := c.exporter.Get(t.Context(), "/metrics")
		if err != nil {
			return err
		}
		rows, err := harness.Parse(body, "flux_resource_info", "cobaltcore_eso_externalsecret_info", "cobaltcore_controller_info")
		if err != nil {
			return err
		}
		objects := 0
		for _, cluster := range clusters {
			for _, o := range churnObjectsOf(cluster) {
				want := harness.Series{"cluster": cluster, "name": o.GetName()}
				if o.GroupVersionKind().Group != "external-secrets.io" {
					want["kind"] = o.GetKind()
				}
				if target := targetOf(cluster, o); target != "" {
					want["target_cluster"] = target
				}
				if n := len(harness.Find(rows, want)); n != 1 {
					return fmt.Errorf("%d rows like %v", n, want)
				}
				objects++
			}
		}
		if len(rows) != objects {
			return fmt.Errorf("%d objects, want %d", len(rows), objects)
		}
		c.reference, err = referenceOf(body, clusters, movable)
		return err
	})
	t.Logf("%d rows about objects of %d kinds", len(c.reference.rows), len(c.reference.units))
	c.ledger = newLedger(clusters...)
	for _, name := range clusters {
		c.ledger.set(name, whole)
	}
	for _, m := range c.members {
		m.eyes = c.newEyes()
	}
}

// targetOf returns the target cluster of an object when all clusters exist. It is empty for kinds
// without a target.
func targetOf(cluster string, o *unstructured.Unstructured) string {
	if !slices.Contains([]string{"Kustomization", "HelmRelease"}, o.GetKind()) {
		return ""
	}
	switch name, _, _ := unstructured.NestedString(o.Object, "spec", "kubeConfig", "secretRef", "name"); name {
	case "":
		return cluster
	case "elsewhere-kubeconfig":
		return name
	default:
		return name[:len(name)-len("-kubeconfig")]
	}
}

// run runs all changes until enough bodies were checked, or one is wrong.
func (c *churn) run(t *testing.T) {
	t.Helper()
	ctx, fail := context.WithCancelCause(t.Context())
	defer fail(nil)
	var scrapers, drivers sync.WaitGroup
	done := make(chan struct{})
	for i := range churnScrapers {
		e := c.newEyes()
		scrapers.Go(func() {
			defer e.close()
			for n := i; ctx.Err() == nil; n++ {
				select {
				case <-done:
					return
				default:
				}
				if err := e.look(ctx, c.form(n)); err != nil {
					fail(err)
				}
			}
		})
	}
	for i, m := range c.members {
		drivers.Go(func() {
			if err := m.run(ctx, 2*i); err != nil {
				fail(err)
			}
		})
	}
	drivers.Wait()
	close(done)
	scrapers.Wait()
	harness.Must(t, context.Cause(ctx))
}

// form is the format in which a body is requested.
type form struct {
	selection

	gzip, openMetrics bool
}

// form changes from scrape to scrape.
func (c *churn) form(n int) form {
	f := form{gzip: n%2 == 0, openMetrics: n%3 == 0}
	switch n % 8 {
	case 1:
		f.cluster = "management"
	case 3, 5:
		f.cluster = c.members[n/8%len(c.members)].cluster.Name
	case 7:
		f.collector = "flux"
	}
	return f
}

// took records a duration.
func (c *churn) took(what string, d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.happened[what]++
	c.slowest[what] = max(c.slowest[what], d.Round(time.Millisecond))
}
