//go:build testbed

// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/tools/clientcmd"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/app"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/testing/loadobject"
	"github.com/cobaltcore-dev/cobaltcore-exporter/test/testbed"
)

const accountNamespace = "monitoring"

// revokedToken deletes the ServiceAccount whose token the exporter has.
func revokedToken(c *testbed.Cluster) *outage {
	const name = "revoked-token"
	return &outage{
		name: name, cluster: "unauthorized", watch: "unauthorized", gone: allKinds,
		hurt: func(t *testing.T, p *testbed.FaultProxy) error {
			if err := c.Delete(t.Context(), serviceAccount(name)); err != nil {
				return err
			}
			return refused(t, p, apierrors.IsUnauthorized)
		},
		heal: func(t *testing.T, p *testbed.FaultProxy) error { return login(t, c, p, seededKinds) },
	}
}

// removedRule takes away the right to list one kind.
func removedRule(c *testbed.Cluster) *outage {
	const name = "removed-rule"
	return &outage{
		name: name, watch: "forbidden", gone: forbiddenKind,
		hurt: func(t *testing.T, p *testbed.FaultProxy) error {
			var others []string
			for _, k := range seededKinds {
				if k != testbed.ForbiddenResource {
					others = append(others, k)
				}
			}
			if err := c.Apply(t.Context(), role(name, others)); err != nil {
				return err
			}
			return refused(t, p, apierrors.IsForbidden)
		},
		heal: func(t *testing.T, p *testbed.FaultProxy) error {
			if _, err := c.Get(t.Context(), serviceAccount(name)); err == nil {
				return c.Apply(t.Context(), role(name, seededKinds))
			}
			return login(t, c, p, seededKinds)
		},
	}
}

func serviceAccount(name string) *unstructured.Unstructured {
	return testbed.NewObject("v1", "ServiceAccount", accountNamespace, name)
}

func role(name string, kinds []string) *unstructured.Unstructured {
	o := testbed.NewObject("rbac.authorization.k8s.io/v1", "ClusterRole", "", name)
	var list []any
	for _, k := range kinds {
		list = append(list, k)
	}
	o.Object["rules"] = []any{map[string]any{"apiGroups": []any{"*"}, "resources": list, "verbs": []any{"get", "list", "watch"}}}
	return o
}

// login gives the proxy's clients a ServiceAccount that may list the kinds.
func login(t *testing.T, c *testbed.Cluster, p *testbed.FaultProxy, kinds []string) error {
	binding := testbed.NewObject("rbac.authorization.k8s.io/v1", "ClusterRoleBinding", "", p.Name)
	binding.Object["roleRef"] = map[string]any{"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": p.Name}
	binding.Object["subjects"] = []any{map[string]any{"kind": "ServiceAccount", "namespace": accountNamespace, "name": p.Name}}
	if err := c.Apply(t.Context(), serviceAccount(p.Name), role(p.Name, kinds), binding); err != nil {
		return err
	}
	token, err := c.ServiceAccountToken(t.Context(), accountNamespace, p.Name, time.Hour)
	if err != nil {
		return err
	}
	return p.Login(token)
}

// refused waits until the API server turns the proxy's clients down: it caches
// what it knows about tokens and rules. It looks at a request when it begins only,
// so that watches go on for up to ten minutes; their connections are ended here.
func refused(t *testing.T, p *testbed.FaultProxy, as func(error) bool) error {
	config, err := clientcmd.BuildConfigFromFlags("", p.Kubeconfig)
	if err != nil {
		return err
	}
	client, err := dynamic.NewForConfig(config)
	if err != nil {
		return err
	}
	kustomizations := schema.GroupVersionResource{Group: "kustomize.toolkit.fluxcd.io", Version: "v1", Resource: testbed.ForbiddenResource}
	if err := testbed.Poll(t.Context(), time.Minute, func(ctx context.Context) error {
		_, err := client.Resource(kustomizations).List(ctx, metav1.ListOptions{Limit: 1})
		if as(err) {
			return nil
		}
		return errors.Join(errors.New("not refused yet"), err)
	}); err != nil {
		return err
	}
	return p.Cut()
}

// After a compaction of etcd, a watch that wants to go on from before it gets 410
// Gone. The kind is listed again, and no scrape sees half of it.
func TestCompaction(t *testing.T) {
	const n = 24
	c := startCluster(t, "management", "--watch-cache=false") // else the API server itself remembers
	must(t, c.ApplyCRDs(t.Context(), seededCRDs(t)...))
	_, err := testbed.SeedFlux(t.Context(), c, n)
	must(t, err)
	p, err := testbed.StartFaultProxy(t.TempDir(), c.Name, c)
	must(t, err)
	t.Cleanup(func() { stop(t, p.Stop) })
	e := startExporter(t, fmt.Sprintf("collectors: {controllers: {enabled: false}}\nclusters: [{name: management, kubeconfig: {path: %s}}]\n", p.Kubeconfig),
		func(o *app.Options) { o.ProbeInterval = time.Hour }) // else a probe may fail, and the next start the watches anew
	s := watchBodies(t, e, wholeSet(n, n+1))
	e.ready(t)
	e.expect(t, len(seededKinds), series{"": "cobaltcore_watch_synced", "=": "1"})
	// A reflector lists again after a watch that did not even last a second.
	open := time.Now()
	eventually(t, time.Minute, func() error {
		if time.Since(open) < 2*time.Second {
			return errors.New("the watches have just been opened")
		}
		return nil
	})

	// Watches that are told to come back later try again from where they were.
	must(t, p.Set(testbed.Throttled))
	e.expect(t, len(seededKinds), series{"": "cobaltcore_watch_failing", "reason": "throttled"})
	o := loadobject.Flux(0)
	o.SetName("late")
	must(t, c.Apply(t.Context(), o))
	must(t, c.Compact(t.Context()))
	must(t, p.Heal())
	e.expect(t, 1, series{"": "flux_resource_info", "name": "late"})
	e.expect(t, 0, series{"": "cobaltcore_watch_failing"})
	e.expect(t, 1, series{"": "cobaltcore_watch_errors_total", "kind": o.GetKind(), "reason": "expired"})
	s.verify(t)
}

// wholeSet accepts these numbers of objects.
func wholeSet(numbers ...int) func(body string) error {
	return func(body string) error {
		got := strings.Count(body, "\nflux_resource_info{")
		if slices.Contains(numbers, got) {
			return nil
		}
		return fmt.Errorf("%d objects in a scrape, want one of %v", got, numbers)
	}
}
