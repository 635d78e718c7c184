// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package app

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/objects"
)

// TestObjectGraph follows the references of objects of test/fleet, also across clusters.
func TestObjectGraph(t *testing.T) {
	t.Parallel()
	e := exporterOf(t, "../../test/fleet/fleet.yaml")
	e.body()
	var text strings.Builder
	for _, path := range []string{
		"management/HelmRelease/glance-system/glance-operator",
		"management/HelmRelease/my-organization/kube-monitoring-hypervisor",
		"management/PluginDefinition/my-organization/kube-monitoring",
		"management/ImageUpdateAutomation/flux-system/aurora-images",
		"management/ImagePolicy/flux-system/cobaltcore-exporter",
		"management/Provider/flux-system/alertmanager",
		"management/Receiver/flux-system/gitops-push",
		"management/OCIRepository/glance-system/glance-operator",
		"management/Certificate/aurora/aurora-tls",
		"storage/PushSecret/rook-ceph/ceph-client-nova",
		"storage/ExternalSecret/rook-ceph/ceph-dashboard-password",
		"hypervisor/StatefulSet/kube-monitoring/prometheus-kube-monitoring",
	} {
		code, answer := e.ask(http.MethodGet, "/api/v1/objects/"+path)
		var d objects.Detail
		if err := json.Unmarshal([]byte(answer), &d); err != nil || code != http.StatusOK {
			t.Errorf("%s: %d %v", path, code, err)
			continue
		}
		fmt.Fprintf(&text, "%s\n", path)
		for _, edge := range d.Graph.Edges {
			from, to := d.Graph.Nodes[edge[0]], d.Graph.Nodes[edge[1]]
			fmt.Fprintf(&text, "\t%s@%s -> %s@%s\n", from.Ref(), from.Cluster, to.Ref(), to.Cluster)
		}
		if len(d.Rows) == 0 || d.Graph.Nodes[0].State != d.State {
			t.Errorf("%s: %d rows, state %q and %q", path, len(d.Rows), d.State, d.Graph.Nodes[0].State)
		}
	}
	const golden = "testdata/graphs.golden"
	if *update {
		if err := os.WriteFile(golden, []byte(text.String()), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), text.String()); diff != "" {
		t.Errorf("edges (-want +got, -update accepts it):\n%s", diff)
	}
	if code, _ := e.ask(http.MethodGet, "/api/v1/objects/storage/ExternalSecret/rook-ceph/none"); code != http.StatusNotFound {
		t.Errorf("no such object: %d", code)
	}
}
