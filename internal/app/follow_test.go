// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package app

import (
	"testing"
	"time"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/health"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/testing/fakeapi"
)

// TestFindingsFollowChanges checks that a finding begins and ends after a change of an object, and after a change of
// the state of a watch. TestPace checks the delay.
func TestFindingsFollowChanges(t *testing.T) {
	t.Parallel()
	s, c := newSite(t), newFakeCluster(t)
	condition := func(kind, status string) {
		c.Put(kustomizations, "apps", map[string]any{"status": map[string]any{"conditions": []any{map[string]any{
			"type": kind, "status": status, "reason": "Test", "lastTransitionTime": "2026-11-20T09:00:00Z",
		}}}})
	}
	s.write("c.kubeconfig", c.Kubeconfig("t0ken"))
	s.write("fleet.yaml", "clusters: [{name: c, kubeconfig: {path: c.kubeconfig}}]\n")
	condition("Ready", "True")
	e := s.run(func(o *Options) { o.ProbeInterval, o.HealthInterval = 100*time.Millisecond, 20*time.Second })
	active := func(rule string) func(health.Report) bool {
		return func(r health.Report) bool {
			for _, f := range r.Findings {
				if f.Rule == rule && f.ResolvedAt == nil {
					return true
				}
			}
			return false
		}
	}
	not := func(ok func(health.Report) bool) func(health.Report) bool {
		return func(r health.Report) bool { return len(r.Clusters) > 0 && !ok(r) }
	}
	e.wantReport(not(active("FluxStalled")))
	condition("Stalled", "True")
	e.wantReport(active("FluxStalled"))
	condition("Ready", "True")
	e.wantReport(not(active("FluxStalled")))
	c.Change(func(state *fakeapi.State) { state.Token = "another"; state.CutAll() })
	e.wantReport(active("FleetClusterDown"))
}
