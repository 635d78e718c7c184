// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package app

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/health"
)

// often sets short intervals for probes and evaluations.
func often(o *Options) {
	o.ProbeInterval, o.HealthInterval = 200*time.Millisecond, 200*time.Millisecond
}

// TestIdentityOutlivesReloads connects a name to another cluster during a reload that also changes its role. The
// cluster is replaced, but its identity is kept.
func TestIdentityOutlivesReloads(t *testing.T) {
	t.Parallel()
	s, first, second := newSite(t), newFakeCluster(t, "first"), newFakeCluster(t, "second")
	reload := func(e *exporter, role string) {
		s.write("fleet.yaml", fmt.Sprintf("clusters: [{name: storage, role: %q, kubeconfig: {path: storage.kubeconfig}}]\n", role))
		if e == nil {
			return
		}
		if code, body := e.ask(http.MethodPost, "/-/reload"); code != http.StatusOK {
			t.Fatalf("%d %s", code, body)
		}
	}
	s.write("storage.kubeconfig", first.Kubeconfig("t0ken"))
	reload(nil, "storage")
	e := s.run(often)
	e.wantRows("cluster=storage/first")
	e.wantReport(func(r health.Report) bool { return len(r.Clusters) == 1 && !has("FleetClusterChanged")(r) })

	s.write("storage.kubeconfig", second.Kubeconfig("t0ken"))
	reload(e, "another")
	e.wantRows("cluster=storage/second")
	const family = "cobaltcore_cluster_identity_changed_timestamp_seconds"
	changed := fmt.Sprintf(family+`{cluster="storage",cluster_uid=%q,first_cluster_uid=%q} `, second.URL, first.URL)
	e.wantPrefix(changed)
	e.wantReport(has("FleetClusterChanged"))
	reload(e, "a third")
	e.wantLine(fmt.Sprintf(`cobaltcore_cluster_info{cluster="storage",role="a third",region="",owner="",source="kubeconfig",version="v1.36.2",cluster_uid=%q} 1`, second.URL))
	e.wantPrefix(changed)

	s.write("storage.kubeconfig", first.Kubeconfig("t0ken"))
	e.wantRows("cluster=storage/first")
	e.wantNoLine(family + "{")
}
