//go:build testbed

// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package fleet

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/app"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/testing/loadobject"
	"github.com/cobaltcore-dev/cobaltcore-exporter/test/e2e/harness"
	"github.com/cobaltcore-dev/cobaltcore-exporter/test/testbed"
)

// revokedToken deletes the ServiceAccount whose token the exporter has.
func revokedToken(c *testbed.Cluster) *outage {
	const name = "revoked-token"
	return &outage{
		name: name, cluster: "unauthorized", watch: "unauthorized", gone: allKinds,
		hurt: func(t *testing.T, p *testbed.FaultProxy) error {
			if err := c.Delete(t.Context(), harness.ServiceAccount(name)); err != nil {
				return err
			}
			return harness.WaitForRefusal(t, p, apierrors.IsUnauthorized)
		},
		heal: func(t *testing.T, p *testbed.FaultProxy) error { return harness.Login(t, c, p, seededKinds) },
	}
}

// removedRule removes the permission to list one kind.
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
			if err := c.Apply(t.Context(), harness.ReaderRole(name, others)); err != nil {
				return err
			}
			return harness.WaitForRefusal(t, p, apierrors.IsForbidden)
		},
		heal: func(t *testing.T, p *testbed.FaultProxy) error {
			if _, err := c.Get(t.Context(), harness.ServiceAccount(name)); err == nil {
				return c.Apply(t.Context(), harness.ReaderRole(name, seededKinds))
			}
			return harness.Login(t, c, p, seededKinds)
		},
	}
}

// After a compaction of etcd, a watch that resumes from an older version gets 410 Gone. The kind is listed again, and
// no scrape has an incomplete set.
func TestCompaction(t *testing.T) {
	t.Parallel()
	const n = 24
	c := harness.StartCluster(t, "management", "--watch-cache=false") // else the API server itself remembers
	harness.Must(t, c.ApplyCRDs(t.Context(), seededCRDs(t)...))
	_, err := testbed.SeedFlux(t.Context(), c, n)
	harness.Must(t, err)
	p, err := testbed.StartFaultProxy(t.TempDir(), c.Name, c)
	harness.Must(t, err)
	t.Cleanup(func() { harness.Stop(t, p.Stop) })
	e := harness.StartExporter(t, fmt.Sprintf("collectors: {controllers: {enabled: false}}\nclusters: [{name: management, kubeconfig: {path: %s}}]\n", p.Kubeconfig),
		func(o *app.Options) { o.ProbeInterval = time.Hour }) // else a probe may fail, and the next start the watches anew
	s := watchBodies(t, e, wholeSet(n, n+1))
	e.WaitReady(t)
	e.Expect(t, len(seededKinds), harness.Series{"": "cobaltcore_watch_synced", "=": "1"})
	// A reflector lists again after a watch that did not even last a second.
	open := time.Now()
	harness.Eventually(t, time.Minute, func() error {
		if time.Since(open) < 2*time.Second {
			return errors.New("the watches have just been opened")
		}
		return nil
	})

	// Watches that are throttled continue from their resource version.
	harness.Must(t, p.Set(testbed.Throttled))
	e.Expect(t, len(seededKinds), harness.Series{"": "cobaltcore_watch_failing", "reason": "throttled"})
	o := loadobject.Flux(0)
	o.SetName("late")
	harness.Must(t, c.Apply(t.Context(), o))
	harness.Must(t, c.Compact(t.Context()))
	harness.Must(t, p.Heal())
	e.Expect(t, 1, harness.Series{"": "flux_resource_info", "name": "late"})
	e.Expect(t, 0, harness.Series{"": "cobaltcore_watch_failing"})
	e.Expect(t, 1, harness.Series{"": "cobaltcore_watch_errors_total", "kind": o.GetKind(), "reason": "expired"})
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
