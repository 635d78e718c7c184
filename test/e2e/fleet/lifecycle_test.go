//go:build testbed

// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package fleet

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/app"
	"github.com/cobaltcore-dev/cobaltcore-exporter/test/e2e/harness"
	"github.com/cobaltcore-dev/cobaltcore-exporter/test/testbed"
)

// scraper scrapes all the time and checks every body.
type scraper struct {
	stop   func()
	bodies atomic.Int64
	broken error // valid after stop
}

// watchBodies starts a scraper that accepts errors of the connection, and 503
// until the first 200; every other body must satisfy check.
func watchBodies(t *testing.T, e *harness.Exporter, check func(body string) error) *scraper {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	s := &scraper{}
	var task sync.WaitGroup
	task.Go(func() {
		for ctx.Err() == nil {
			code, body, err := e.Get(ctx, "/metrics", "Accept-Encoding", "identity")
			switch {
			case err != nil:
			case code == http.StatusServiceUnavailable && s.bodies.Load() == 0:
			case code != http.StatusOK:
				s.broken = errors.Join(s.broken, fmt.Errorf("status %d: %s", code, body))
			default:
				s.bodies.Add(1)
				if err := check(string(body)); err != nil {
					s.broken = errors.Join(s.broken, err)
				}
			}
			if s.broken != nil {
				return
			}
		}
	})
	s.stop = sync.OnceFunc(func() { cancel(); task.Wait() })
	t.Cleanup(s.stop)
	return s
}

func (s *scraper) verify(t *testing.T) {
	t.Helper()
	s.stop()
	if s.broken != nil {
		t.Error(s.broken)
	}
	t.Logf("%d bodies checked", s.bodies.Load())
}

func seeded(t *testing.T, c *testbed.Cluster, n int) *testbed.Seed {
	t.Helper()
	harness.Must(t, c.ApplyCRDs(t.Context(), harness.FluxCRDs(t)...))
	s, err := testbed.SeedFlux(t.Context(), c, n)
	harness.Must(t, err)
	return s
}

// From the first 200 on, through two restarts of the API server and a reload
// that renames the cluster label, every scrape has every object, once.
func TestNoPartialScrape(t *testing.T) {
	t.Parallel()
	const n = 600
	restarts := 1
	if *harness.Thorough {
		restarts = 3
	}
	c := harness.StartCluster(t, "management")
	seeded(t, c, n)
	for name, watchList := range map[string]bool{"WatchList": true, "LIST": false} {
		t.Run(name, func(t *testing.T) {
			config := fmt.Sprintf("clusters: [{name: management, watchList: %v, kubeconfig: {path: %s}}]\n", watchList, c.Kubeconfig)
			e := harness.StartExporter(t, config)
			s := watchBodies(t, e, func(body string) error {
				if got := strings.Count(body, "\nflux_resource_info{"); got != n {
					return fmt.Errorf("%d objects in a scrape, want %d", got, n)
				}
				if a, b := strings.Contains(body, `{cluster="`), strings.Contains(body, `{clusterName="`); a == b {
					return errors.New("two configurations in one scrape")
				}
				return nil
			})
			e.WaitReady(t)
			for range restarts {
				harness.Must(t, c.RestartAPIServer(harness.WithoutCancel(t)))
				e.Expect(t, 0, harness.Series{"": "cobaltcore_watch_failing"})
				e.Expect(t, 1, harness.Series{"": "cobaltcore_cluster_up", "=": "1"})
			}
			e.Configure(t, config+"clusterLabel: clusterName\n")
			e.Reload(t)
			e.Expect(t, 1, harness.Series{"": "cobaltcore_cluster_up", "clusterName": "management"})
			s.verify(t)
			if s.bodies.Load() < 50 {
				t.Errorf("only %d bodies were checked", s.bodies.Load())
			}
		})
	}
}

// Objects are created, changed and deleted, as are kinds and their etcd.
func TestFollowsObjectsAndKinds(t *testing.T) {
	t.Parallel()
	c := harness.StartCluster(t, "management")
	var late, early []*unstructured.Unstructured
	for _, crd := range harness.FluxCRDs(t) {
		if strings.HasPrefix(crd.GetName(), "kustomizations.") {
			late = append(late, crd)
		} else {
			early = append(early, crd)
		}
	}
	harness.Must(t, c.ApplyCRDs(t.Context(), early...))
	e := harness.StartExporter(t, harness.ConfigFor("", c), func(o *app.Options) { o.ProbeInterval = time.Second })
	e.WaitReady(t)
	e.Expect(t, 1, harness.Series{"": "cobaltcore_watch_present", "kind": "Kustomization", "=": "0"})
	e.Expect(t, 18, harness.Series{"": "cobaltcore_watch_present", "collector": "flux", "=": "1"})

	harness.Must(t, c.ApplyCRDs(t.Context(), late...))
	applied := time.Now()
	e.Expect(t, 1, harness.Series{"": "cobaltcore_watch_synced", "kind": "Kustomization", "=": "1"})
	if took := time.Since(applied); took > 30*time.Second {
		t.Errorf("a kind that appeared was watched after %s", took)
	}

	o := testbed.NewObject("kustomize.toolkit.fluxcd.io/v1", "Kustomization", "flux-system", "apps")
	o.Object["spec"] = map[string]any{
		"interval": "10m", "prune": true, "path": "./apps",
		"sourceRef":  map[string]any{"kind": "GitRepository", "name": "fleet"},
		"kubeConfig": map[string]any{"secretRef": map[string]any{"name": "management-kubeconfig"}},
	}
	harness.Must(t, c.Apply(t.Context(), o))
	e.Expect(t, 1, harness.Series{"": "cobaltcore_flux_resource_status", "name": "apps", "status": "unprocessed", "target_cluster": "management"})
	o.Object["status"] = map[string]any{"observedGeneration": int64(1), "conditions": []any{map[string]any{
		"type": "Ready", "status": "False", "reason": "BuildFailed", "message": "secret text", "lastTransitionTime": "2026-11-20T09:00:00Z",
	}}}
	harness.Must(t, c.Apply(t.Context(), o))
	e.Expect(t, 1, harness.Series{"": "cobaltcore_flux_resource_status", "name": "apps", "status": "failed"})
	e.Expect(t, 1, harness.Series{"": "flux_resource_info", "name": "apps", "ready": "False", "reason": "BuildFailed"})
	if _, body, err := e.Get(t.Context(), "/metrics"); err != nil || strings.Contains(string(body), "secret text") {
		t.Errorf("the message of a condition is exported: %v", err)
	}
	harness.Must(t, c.Delete(t.Context(), o))
	e.Expect(t, 0, harness.Series{"": "flux_resource_info", "name": "apps"})

	harness.Must(t, c.Apply(t.Context(), o))
	e.Expect(t, 1, harness.Series{"": "flux_resource_info", "name": "apps"})
	harness.Must(t, c.Delete(t.Context(), late...))
	e.Expect(t, 0, harness.Series{"": "flux_resource_info", "name": "apps"})
	e.Expect(t, 1, harness.Series{"": "cobaltcore_watch_present", "kind": "Kustomization", "=": "0"})
	e.Expect(t, 1, harness.Series{"": "cobaltcore_collector_up", "collector": "flux", "=": "1"})

	harness.Must(t, c.ApplyCRDs(t.Context(), late...))
	e.Expect(t, 1, harness.Series{"": "cobaltcore_watch_synced", "kind": "Kustomization", "=": "1"})
	harness.Must(t, c.Apply(t.Context(), o))
	e.Expect(t, 1, harness.Series{"": "flux_resource_info", "name": "apps"})
	withoutEtcd(t, e, c, o)
}

// withoutEtcd stops etcd for some time, in full for 90 s. The API server still answers, from
// memory and not to all requests: that is shown, and every body has the object.
func withoutEtcd(t *testing.T, e *harness.Exporter, c *testbed.Cluster, o *unstructured.Unstructured) {
	t.Helper()
	s := watchBodies(t, e, wholeSet(1))
	stopped := time.Now()
	harness.Must(t, c.Etcd().Signal(syscall.SIGSTOP))
	e.Expect(t, 1, harness.Series{"": "cobaltcore_cluster_failing", "cluster": c.Name})
	t.Logf("etcd is missed %s after it stopped", time.Since(stopped).Round(time.Second/10))
	for *harness.Thorough && time.Since(stopped) < 90*time.Second {
		e.Expect(t, 1, harness.Series{"": "flux_resource_info", "name": "apps"})
	}
	harness.Must(t, c.Etcd().Signal(syscall.SIGCONT))
	e.Expect(t, 0, harness.Series{"": "cobaltcore_cluster_failing"})
	e.Expect(t, 0, harness.Series{"": "cobaltcore_watch_failing"})
	e.Expect(t, 1, harness.Series{"": "cobaltcore_cluster_up", "=": "1"})
	s.verify(t)
	harness.Must(t, c.Delete(t.Context(), o))
	e.Expect(t, 0, harness.Series{"": "flux_resource_info", "name": "apps"})
}

// TestDeadClusterIsUnknown checks that a cluster that cannot be reached delays no other cluster and is reported as
// such.
func TestDeadClusterIsUnknown(t *testing.T) {
	t.Parallel()
	c := harness.StartCluster(t, "management")
	seeded(t, c, 20)
	e := harness.StartExporter(t, "staleAfter: 20s\n"+harness.ConfigFor("", c)+"  - {name: storage, kubeconfig: {path: nowhere.kubeconfig}}\n")
	e.WaitReady(t)
	e.Expect(t, 20, harness.Series{"": "flux_resource_info", "cluster": "management"})
	e.Expect(t, 1, harness.Series{"": "cobaltcore_cluster_up", "cluster": "storage", "=": "0"})
	e.Expect(t, 1, harness.Series{"": "cobaltcore_cluster_failing", "cluster": "storage", "reason": "config"})

	harness.Must(t, c.StopAPIServer())
	e.Expect(t, 1, harness.Series{"": "cobaltcore_cluster_up", "cluster": "management", "=": "0"})
	e.Expect(t, 0, harness.Series{"": "flux_resource_info", "cluster": "management"})
	harness.Must(t, c.StartAPIServer(harness.WithoutCancel(t)))
	e.Expect(t, 1, harness.Series{"": "cobaltcore_cluster_up", "cluster": "management", "=": "1"})
	e.Expect(t, 20, harness.Series{"": "flux_resource_info", "cluster": "management"})
}
