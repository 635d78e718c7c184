// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package app

import (
	"encoding/json"
	"fmt"
	"net/http"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/objects"
)

// TestObjectGraph follows the references of objects of test/fleet, also across clusters.
func TestObjectGraph(t *testing.T) {
	t.Parallel()
	e := exporterOf(t, "../../test/fleet/fleet.yaml")
	e.body()
	for path, want := range map[string][]string{
		"management/HelmRelease/glance-system/glance-operator": {
			"OCIRepository/glance-system/glance-operator@management -> HelmRelease/glance-system/glance-operator@management",
			"HelmRelease/mariadb-system/mariadb-operator@management -> HelmRelease/glance-system/glance-operator@management",
			"HelmRepository/mariadb-system/mariadb-operator@management -> HelmRelease/mariadb-system/mariadb-operator@management",
		},
		"storage/ExternalSecret/rook-ceph/ceph-dashboard-password": {
			"ClusterSecretStore/openbao-cluster-store@storage -> ExternalSecret/rook-ceph/ceph-dashboard-password@storage",
			"OpenBao/openbao@management -> ClusterSecretStore/openbao-cluster-store@storage",
		},
		"hypervisor/StatefulSet/kube-monitoring/prometheus-kube-monitoring": {
			"HelmRelease/my-organization/kube-monitoring-hypervisor@management -> StatefulSet/kube-monitoring/prometheus-kube-monitoring@hypervisor",
			"HelmChart/my-organization/kube-monitoring-26.4.1@management -> HelmRelease/my-organization/kube-monitoring-hypervisor@management",
			"HelmRepository/my-organization/greenhouse-extensions@management -> HelmChart/my-organization/kube-monitoring-26.4.1@management",
		},
	} {
		code, text := e.ask(http.MethodGet, "/api/v1/objects/"+path)
		var d objects.Detail
		if err := json.Unmarshal([]byte(text), &d); err != nil || code != http.StatusOK {
			t.Errorf("%s: %d %v", path, code, err)
			continue
		}
		var got []string
		for _, edge := range d.Graph.Edges {
			from, to := d.Graph.Nodes[edge[0]], d.Graph.Nodes[edge[1]]
			got = append(got, fmt.Sprintf("%s@%s -> %s@%s", from.Ref(), from.Cluster, to.Ref(), to.Cluster))
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got): %s", path, diff)
		}
		if len(d.Rows) == 0 || d.Graph.Nodes[0].State != d.State {
			t.Errorf("%s: %d rows, state %q and %q", path, len(d.Rows), d.State, d.Graph.Nodes[0].State)
		}
	}
	if code, _ := e.ask(http.MethodGet, "/api/v1/objects/storage/ExternalSecret/rook-ceph/none"); code != http.StatusNotFound {
		t.Errorf("no such object: %d", code)
	}
}
