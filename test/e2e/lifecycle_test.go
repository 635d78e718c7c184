//go:build testbed

// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

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
func watchBodies(t *testing.T, e *exporter, check func(body string) error) *scraper {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	s := &scraper{}
	var task sync.WaitGroup
	task.Go(func() {
		for ctx.Err() == nil {
			code, body, err := e.get(ctx, "/metrics", "Accept-Encoding", "identity")
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
	must(t, c.ApplyCRDs(t.Context(), fluxCRDs(t)...))
	s, err := testbed.SeedFlux(t.Context(), c, n)
	must(t, err)
	return s
}

// From the first 200 on, through two restarts of the API server and a reload
// that renames the cluster label, every scrape has every object, once.
func TestNoPartialScrape(t *testing.T) {
	const n = 600
	restarts := 1
	if *thorough {
		restarts = 3
	}
	c := startCluster(t, "management")
	seeded(t, c, n)
	for name, watchList := range map[string]bool{"WatchList": true, "LIST": false} {
		t.Run(name, func(t *testing.T) {
			config := fmt.Sprintf("clusters: [{name: management, watchList: %v, kubeconfig: {path: %s}}]\n", watchList, c.Kubeconfig)
			e := startExporter(t, config)
			s := watchBodies(t, e, func(body string) error {
				if got := strings.Count(body, "\nflux_resource_info{"); got != n {
					return fmt.Errorf("%d objects in a scrape, want %d", got, n)
				}
				if a, b := strings.Contains(body, `{cluster="`), strings.Contains(body, `{clusterName="`); a == b {
					return errors.New("two configurations in one scrape")
				}
				return nil
			})
			e.ready(t)
			for range restarts {
				must(t, c.RestartAPIServer(lasting(t)))
				e.expect(t, 0, series{"": "cobaltcore_watch_failing"})
				e.expect(t, 1, series{"": "cobaltcore_cluster_up", "=": "1"})
			}
			e.configure(t, config+"clusterLabel: clusterName\n")
			e.reload(t)
			e.expect(t, 1, series{"": "cobaltcore_cluster_up", "clusterName": "management"})
			s.verify(t)
			if s.bodies.Load() < 50 {
				t.Errorf("only %d bodies were checked", s.bodies.Load())
			}
		})
	}
}

func (e *exporter) reload(t *testing.T) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, e.URL+"/-/reload", nil)
	must(t, err)
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	response, err := client.Do(r)
	must(t, err)
	must(t, response.Body.Close())
	if response.StatusCode != http.StatusOK {
		t.Fatalf("reload: %s", response.Status)
	}
}

// Objects come, change and go; so do kinds.
func TestFollowsObjectsAndKinds(t *testing.T) {
	c := startCluster(t, "management")
	var late, early []*unstructured.Unstructured
	for _, crd := range fluxCRDs(t) {
		if strings.HasPrefix(crd.GetName(), "kustomizations.") {
			late = append(late, crd)
		} else {
			early = append(early, crd)
		}
	}
	must(t, c.ApplyCRDs(t.Context(), early...))
	e := startExporter(t, configFor("", c))
	e.ready(t)
	e.expect(t, 1, series{"": "cobaltcore_watch_present", "kind": "Kustomization", "=": "0"})
	e.expect(t, 18, series{"": "cobaltcore_watch_present", "collector": "flux", "=": "1"})

	must(t, c.ApplyCRDs(t.Context(), late...))
	applied := time.Now()
	e.expect(t, 1, series{"": "cobaltcore_watch_synced", "kind": "Kustomization", "=": "1"})
	if took := time.Since(applied); took > 30*time.Second {
		t.Errorf("a kind that appeared was watched after %s", took)
	}

	o := testbed.NewObject("kustomize.toolkit.fluxcd.io/v1", "Kustomization", "flux-system", "apps")
	o.Object["spec"] = map[string]any{
		"interval": "10m", "prune": true, "path": "./apps",
		"sourceRef":  map[string]any{"kind": "GitRepository", "name": "fleet"},
		"kubeConfig": map[string]any{"secretRef": map[string]any{"name": "management-kubeconfig"}},
	}
	must(t, c.Apply(t.Context(), o))
	e.expect(t, 1, series{"": "cobaltcore_flux_resource_status", "name": "apps", "status": "unknown", "target_cluster": "management"})
	o.Object["status"] = map[string]any{"observedGeneration": int64(1), "conditions": []any{map[string]any{
		"type": "Ready", "status": "False", "reason": "BuildFailed", "message": "secret text", "lastTransitionTime": "2026-11-20T09:00:00Z",
	}}}
	must(t, c.Apply(t.Context(), o))
	e.expect(t, 1, series{"": "cobaltcore_flux_resource_status", "name": "apps", "status": "failed"})
	e.expect(t, 1, series{"": "flux_resource_info", "name": "apps", "ready": "False", "reason": "BuildFailed"})
	if _, body, err := e.get(t.Context(), "/metrics"); err != nil || strings.Contains(string(body), "secret text") {
		t.Errorf("the message of a condition is exported: %v", err)
	}
	must(t, c.Delete(t.Context(), o))
	e.expect(t, 0, series{"": "flux_resource_info", "name": "apps"})

	must(t, c.Apply(t.Context(), o))
	e.expect(t, 1, series{"": "flux_resource_info", "name": "apps"})
	must(t, c.Delete(t.Context(), late...))
	e.expect(t, 0, series{"": "flux_resource_info", "name": "apps"})
	e.expect(t, 1, series{"": "cobaltcore_watch_present", "kind": "Kustomization", "=": "0"})
	e.expect(t, 1, series{"": "cobaltcore_collector_up", "collector": "flux", "=": "1"})
}

// A cluster that cannot be reached holds up nobody and looks like what it is.
func TestDeadClusterIsUnknown(t *testing.T) {
	c := startCluster(t, "management")
	seeded(t, c, 20)
	e := startExporter(t, "staleAfter: 20s\n"+configFor("", c)+"  - {name: storage, kubeconfig: {path: nowhere.kubeconfig}}\n")
	e.ready(t)
	e.expect(t, 20, series{"": "flux_resource_info", "cluster": "management"})
	e.expect(t, 1, series{"": "cobaltcore_cluster_up", "cluster": "storage", "=": "0"})
	e.expect(t, 1, series{"": "cobaltcore_cluster_failing", "cluster": "storage", "reason": "config"})

	must(t, c.StopAPIServer())
	e.expect(t, 1, series{"": "cobaltcore_cluster_up", "cluster": "management", "=": "0"})
	e.expect(t, 0, series{"": "flux_resource_info", "cluster": "management"})
	must(t, c.StartAPIServer(lasting(t)))
	e.expect(t, 1, series{"": "cobaltcore_cluster_up", "cluster": "management", "=": "1"})
	e.expect(t, 20, series{"": "flux_resource_info", "cluster": "management"})
}
