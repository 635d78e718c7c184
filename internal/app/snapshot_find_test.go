// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package app

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/fleet"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/snapshot"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/testing/testutil"
)

// TestSnapshotOfDiscoveredClusters checks that a snapshot contains discovered clusters with their
// properties, that references of objects to them stay valid, and that it contains no credentials.
func TestSnapshotOfDiscoveredClusters(t *testing.T) {
	t.Parallel()
	h, storage, arbiter := newHub(t, "m"), newFakeCluster(t, "s"), newFakeCluster(t, "a")
	h.write("fleet.yaml", `clusters:
- {name: management, role: hub, region: here, owner: us, kubeconfig: {path: management.kubeconfig}, watchList: false}
kubeconfigSuffixes: [.old]
discover:
- fluxSecrets: {cluster: management, namespace: n, suffix: .conf}
  allow: [loopback]
  watchList: false
- fluxSecrets: {cluster: management, namespace: n}
  allow: [loopback]
  watchList: false
`)
	h.management.labelled("storage.conf", storage.Kubeconfig("t0ken"), map[string]string{
		"metadata.greenhouse.sap/role": "ceph", "metadata.greenhouse.sap/region": "there", "greenhouse.sap/owned-by": "them",
	})
	h.management.secret("arbiter-kubeconfig", arbiter.Kubeconfig("t0ken"))
	h.management.secret("broken.conf", "t0ken")
	for name, secret := range map[string]string{"found": "storage.conf", "other": "arbiter-kubeconfig", "old": "storage.old", "unknown": "elsewhere", "own": ""} {
		h.management.Put(kustomizations, name, map[string]any{"spec": map[string]any{"kubeConfig": map[string]any{"secretRef": map[string]any{"name": secret}}}})
	}
	storage.Put(kustomizations, "there", map[string]any{"spec": map[string]any{"kubeConfig": map[string]any{"secretRef": map[string]any{"name": "arbiter.conf"}}}})
	e := h.run()
	target := func(cluster, name, of string) string {
		return fmt.Sprintf(`cobaltcore_flux_resource_status{cluster=%q,target_cluster=%q,kind="Kustomization",exported_namespace="n",name=%q,status="unprocessed"} 1`, cluster, of, name)
	}
	e.wantLine(target("management", "found", "storage"))
	e.wantLine(target("storage", "there", "arbiter"))

	taken, result, progress, err := h.snapshot()
	if err != nil {
		t.Fatal(err)
	}
	if len(result.Clusters) != 3 || !strings.Contains(progress, "warning: discovery in cluster management: broken.conf of flux-secret n: not_a_kubeconfig\n") {
		t.Errorf("%+v\n%s", result, progress)
	}
	text, err := os.ReadFile(taken.file("fleet.yaml"))
	if err != nil || strings.Contains(string(text), "discover") || strings.Contains(string(text), "t0ken") || strings.Contains(string(text), "127.0.0.1") {
		t.Errorf("%s, %v", text, err)
	}
	replayed := taken.run()
	testutil.Eventually(t, func() (bool, string) {
		diff := cmp.Diff(lasting(e.rows()), lasting(replayed.rows()))
		return diff == "", "rows (-live +replayed):\n" + diff
	})
	for _, row := range []string{
		target("management", "found", "storage"), target("management", "other", "arbiter"), target("management", "old", "storage"), target("management", "unknown", "elsewhere"),
		target("management", "own", "management"), target("storage", "there", "arbiter"),
		fmt.Sprintf(`cobaltcore_cluster_info{cluster="storage",role="ceph",region="there",owner="them",source="snapshot",version="v1.36.2",cluster_uid=%q} 1`, storage.URL),
		fmt.Sprintf(`cobaltcore_cluster_info{cluster="management",role="hub",region="here",owner="us",source="snapshot",version="v1.36.2",cluster_uid=%q} 1`, h.management.URL),
	} {
		replayed.wantLine(row)
	}

	only, _, _, err := h.snapshot(func(o *SnapshotOptions) { o.Clusters = []string{"storage"} })
	if err != nil {
		t.Fatal(err)
	}
	only.run().wantRows("cluster=storage/s", "cluster=storage/there")
}

// lasting returns the rows that are not about a connection or about discovery.
func lasting(rows []string) []string {
	var kept []string
	for _, row := range rows {
		switch name, _, _ := strings.Cut(row, "{"); {
		case strings.HasPrefix(name, "cobaltcore_discovery_"), strings.HasSuffix(name, "_expiry_timestamp_seconds"), name == "cobaltcore_watch_errors_total":
		case name == "cobaltcore_collector_errors_total", boundRow(row):
		case name == "cobaltcore_cluster_info":
			for _, source := range []string{fleet.SourceKubeconfig, fleet.SourceFluxSecret} {
				row = strings.Replace(row, `source="`+source+`"`, `source="snapshot"`, 1)
			}
			kept = append(kept, row)
		default:
			kept = append(kept, row)
		}
	}
	return kept
}

// boundRow reports whether a row is an onset that is only the time at which this exporter first saw
// the state. It differs in another exporter and in a replay.
func boundRow(row string) bool {
	return strings.Contains(row, "_since_timestamp_seconds{") && !strings.Contains(row, `onset="exact"`)
}

// TestSnapshotContinuesWithoutDiscovery checks that sources of discovery that cannot be read are recorded as missing,
// within the timeout.
func TestSnapshotContinuesWithoutDiscovery(t *testing.T) {
	t.Parallel()
	h := newHub(t, "m")
	h.objects("storage/objects.yaml", "x")
	h.discover("- {name: storage, snapshot: {path: storage}}\n")
	for name, change := range map[string]func(*testing.T){
		"down": func(*testing.T) { h.management.Kill(true) },
		"no answer": func(t *testing.T) {
			t.Helper()
			h.write("management.kubeconfig", strings.Replace(h.management.Kubeconfig("t0ken"), h.management.URL, "https://"+blackhole(t), 1))
		},
	} {
		t.Run(name, func(t *testing.T) {
			change(t)
			taken, result, progress, err := h.snapshot(func(o *SnapshotOptions) { o.Timeout = 3 * time.Second })
			if err != nil {
				t.Fatal(err)
			}
			want := snapshot.Missing{Cluster: "management", Endpoint: "discover flux-secret n", Reason: string(fleet.ReasonUnreachable)}
			if len(result.Missing) == 0 || result.Missing[0] != want || !strings.Contains(progress, "warning: discovery in cluster management: the search of flux-secret n: unreachable\n") {
				t.Errorf("%v\n%s", result.Missing, progress)
			}
			taken.run().wantRows("cluster=storage/x")
		})
	}
}
