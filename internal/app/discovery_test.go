// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package app

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/testing/testutil"
)

// hub is a site with the host cluster management, in which other clusters are discovered.
type hub struct {
	site

	management fakeCluster
}

func newHub(t *testing.T, repositories ...string) hub {
	t.Helper()
	h := hub{newSite(t), newFakeCluster(t, repositories...)}
	h.write("management.kubeconfig", h.management.Kubeconfig("t0ken"))
	h.discover("")
	return h
}

// discover writes fleet.yaml, with the text in more after the cluster management.
func (h hub) discover(more string) {
	h.t.Helper()
	h.write("fleet.yaml", `clusters:
- {name: management, kubeconfig: {path: management.kubeconfig}, watchList: false}
`+more+`discover:
- fluxSecrets: {cluster: management, namespace: n}
  allow: [loopback]
  watchList: false
`)
}

// within waits for the rows, and fails if they take too long.
func (e *exporter) within(limit time.Duration, want ...string) {
	e.t.Helper()
	started := time.Now()
	e.wantRows(want...)
	if took := time.Since(started); took > limit {
		e.t.Errorf("took %s", took)
	}
}

// always scrapes until stop is called, and fails if a row is missing.
func (e *exporter) always(want ...string) (stop func()) {
	done := make(chan struct{})
	var task sync.WaitGroup
	task.Go(func() {
		for {
			select {
			case <-done:
				return
			default:
			}
			got := e.scrape()
			for _, row := range want {
				if !slices.Contains(got, row) {
					e.t.Errorf("%s is not in %v", row, got)
					return
				}
			}
		}
	})
	return func() { close(done); task.Wait() }
}

// TestClustersComeAndGo checks a cluster from discovery, through a rotation of its token, to its removal.
func TestClustersComeAndGo(t *testing.T) {
	t.Parallel()
	h, storage := newHub(t, "m"), newFakeCluster(t, "s1", "s2")
	h.discover("collectors: {controllers: {enabled: false}}\n") // these clusters have a second connection, for pods
	h.management.secret("broken-kubeconfig", "t0ken")
	e := h.run()
	e.wantRows("cluster=management/m")
	e.wantLine(`cobaltcore_discovery_up{cluster="management",source="flux-secret",namespace="n"} 1`)
	e.wantLine(`cobaltcore_discovery_finding{cluster="management",source="flux-secret",namespace="n",name="broken-kubeconfig",reason="not_a_kubeconfig",other=""} 1`)

	h.management.secret("storage-kubeconfig", storage.Kubeconfig("t0ken"))
	e.within(10*time.Second, "cluster=management/m", "cluster=storage/s1", "cluster=storage/s2")
	e.wantLine(`cobaltcore_discovery_clusters{cluster="management",source="flux-secret",namespace="n"} 1`)
	e.wantLine(fmt.Sprintf(`cobaltcore_cluster_info{cluster="storage",role="storage",region="",owner="",source="flux-secret",version="v1.36.2",cluster_uid=%q} 1`, storage.URL))
	e.wantLine(fmt.Sprintf(`cobaltcore_cluster_api_certificate_expiry_timestamp_seconds{cluster="storage"} %d`, storage.Certificate().NotAfter.Unix()))

	stop := e.always("cluster=management/m", "cluster=storage/s1", "cluster=storage/s2")
	storage.rotate("rotated")
	h.management.secret("storage-kubeconfig", storage.Kubeconfig("rotated"))
	started := time.Now()
	storage.Put(repositories, "s3", nil)
	e.wantRows("cluster=management/m", "cluster=storage/s1", "cluster=storage/s2", "cluster=storage/s3")
	if took := time.Since(started); took > 10*time.Second {
		t.Errorf("a rotation took %s", took)
	}
	e.wantLine(`cobaltcore_cluster_up{cluster="storage"} 1`)
	stop()
	testutil.Eventually(t, func() (bool, string) { return storage.Connections() == 1, "the old connection is open" })

	h.management.Remove(secrets, "storage-kubeconfig")
	e.within(10*time.Second, "cluster=management/m")
	testutil.Eventually(t, func() (bool, string) { return storage.Connections() == 0, "still connected" })
	if _, body := e.ask(http.MethodGet, "/metrics"); strings.Contains(body, `"storage"`) {
		t.Error("rows of a cluster that has gone")
	}
}

// TestClusterNamesClash checks that a configured cluster keeps its name, even if a discovered cluster had it first.
func TestClusterNamesClash(t *testing.T) {
	t.Parallel()
	h, storage := newHub(t, "m"), newFakeCluster(t, "found")
	h.objects("storage/objects.yaml", "configured")
	const configured = "- {name: storage, snapshot: {path: storage}}\n"
	h.management.secret("storage-kubeconfig", storage.Kubeconfig("t0ken"))
	h.discover(configured)
	e := h.run()
	const clash = `cobaltcore_discovery_finding{cluster="management",source="flux-secret",namespace="n",name="storage-kubeconfig",reason="name_taken",other="cluster storage of the configuration"} 1`
	e.wantRows("cluster=management/m", "cluster=storage/configured")
	e.wantLine(clash)
	stop := e.always("cluster=management/m")
	h.discover("")
	e.wantRows("cluster=management/m", "cluster=storage/found")
	h.discover(configured)
	e.wantRows("cluster=management/m", "cluster=storage/configured")
	e.wantLine(clash)
	stop()
}

// TestChangedClusterServesUntilTheNewOneDoes checks that a changed cluster is served until its replacement is ready,
// even if only the role or the owner changes.
func TestChangedClusterServesUntilTheNewOneDoes(t *testing.T) {
	t.Parallel()
	h, storage := newHub(t, "m"), newFakeCluster(t, "s")
	h.management.secret("storage-kubeconfig", storage.Kubeconfig("t0ken"))
	e := h.run()
	e.wantRows("cluster=management/m", "cluster=storage/s")
	stop := e.always("cluster=management/m", "cluster=storage/s")
	h.management.labelled("storage-kubeconfig", storage.Kubeconfig("t0ken"), map[string]string{"metadata.greenhouse.sap/role": "ceph"})
	e.wantLine(fmt.Sprintf(`cobaltcore_cluster_info{cluster="storage",role="ceph",region="",owner="",source="flux-secret",version="v1.36.2",cluster_uid=%q} 1`, storage.URL))
	stop()
}

// TestDeadClusterDelaysNoOther checks that a cluster that does not respond delays neither the discovery nor the removal
// of another cluster.
func TestDeadClusterDelaysNoOther(t *testing.T) {
	t.Parallel()
	h, storage := newHub(t, "m"), newFakeCluster(t, "s")
	e := h.run()
	e.wantRows("cluster=management/m")
	dead := strings.Replace(storage.Kubeconfig("t0ken"), storage.URL, "https://"+blackhole(t), 1)
	h.management.secret("dead-kubeconfig", dead)
	e.wantLine(`cobaltcore_cluster_up{cluster="dead"} 0`)
	h.management.secret("storage-kubeconfig", storage.Kubeconfig("t0ken"))
	e.within(10*time.Second, "cluster=management/m", "cluster=storage/s")
	h.write("dead.kubeconfig", dead)
	h.discover("- {name: configured-dead, kubeconfig: {path: dead.kubeconfig}}\n")
	reloaded := make(chan struct{})
	go func() {
		defer close(reloaded)
		e.ask(http.MethodPost, "/-/reload")
	}()
	h.management.Remove(secrets, "storage-kubeconfig")
	e.within(10*time.Second, "cluster=management/m")
	select {
	case <-reloaded:
		t.Error("the reload has not waited for the cluster that it adds")
	default:
	}
	e.stop()
	<-reloaded
}

// TestReloadDuringDiscovery checks that discovered clusters are kept by a new configuration, also while their host
// cluster is down.
func TestReloadDuringDiscovery(t *testing.T) {
	t.Parallel()
	h, storage := newHub(t, "m"), newFakeCluster(t, "s")
	h.objects("more/objects.yaml", "x")
	h.management.secret("storage-kubeconfig", storage.Kubeconfig("t0ken"))
	e := h.run()
	e.wantRows("cluster=management/m", "cluster=storage/s")
	stop := e.always("cluster=management/m", "cluster=storage/s")
	h.discover("- {name: more, snapshot: {path: more}}\n")
	e.wantRows("cluster=management/m", "cluster=more/x", "cluster=storage/s")
	stop()

	h.management.Kill(true)
	e.wantLine(`cobaltcore_discovery_up{cluster="management",source="flux-secret",namespace="n"} 0`)
	stop = e.always("cluster=storage/s")
	h.discover("- {name: more, snapshot: {path: more}}\nlimits: {objectsPerKind: 100}\n") // all clusters are rebuilt
	if code, body := e.ask(http.MethodPost, "/-/reload"); code != http.StatusOK {
		t.Errorf("%d %s", code, body)
	}
	e.wantLine(`cobaltcore_discovery_finding{cluster="management",source="flux-secret",namespace="n",name="",reason="unreachable",other=""} 1`)
	stop()
	h.management.Kill(false)
	e.wantRows("cluster=management/m", "cluster=more/x", "cluster=storage/s")
}

// TestNotReadyBeforeClustersAreFound checks that the first scrape has the discovered clusters.
func TestNotReadyBeforeClustersAreFound(t *testing.T) {
	t.Parallel()
	h, storage := newHub(t, "m"), newFakeCluster(t, "s")
	h.management.secret("storage-kubeconfig", storage.Kubeconfig("t0ken"))
	e := h.run()
	testutil.Eventually(t, func() (bool, string) {
		code, body := e.ask(http.MethodGet, "/metrics")
		if code == http.StatusOK {
			if diff := cmp.Diff([]string{"cluster=management/m", "cluster=storage/s"}, rows(body)); diff != "" {
				t.Errorf("the first scrape: %s", diff)
			}
		}
		return code == http.StatusOK, body
	})
}

// TestTargetFollowsDiscovery checks the target of a Secret whose name differs from the name of its cluster.
func TestTargetFollowsDiscovery(t *testing.T) {
	t.Parallel()
	h, storage := newHub(t), newFakeCluster(t)
	h.write("fleet.yaml", `clusters:
- {name: management, kubeconfig: {path: management.kubeconfig}, watchList: false}
discover:
- fluxSecrets: {cluster: management, namespace: n, suffix: .conf}
  allow: [loopback]
- fluxSecrets: {cluster: management, namespace: n, suffix: .other}
  allow: [loopback]
`)
	for name, secret := range map[string]string{"found": "other.conf", "unknown": "elsewhere", "own": ""} {
		h.management.Put(kustomizations, name, map[string]any{"spec": map[string]any{"kubeConfig": map[string]any{"secretRef": map[string]any{"name": secret}}}})
	}
	e := h.run()
	target := func(name, cluster string) {
		t.Helper()
		e.wantLine(fmt.Sprintf(`cobaltcore_flux_resource_status{cluster="management",target_cluster=%q,kind="Kustomization",exported_namespace="n",name=%q,status="unprocessed"} 1`, cluster, name))
	}
	target("found", "other.conf") // not yet discovered
	h.management.secret("other.conf", storage.Kubeconfig("t0ken"))
	target("found", "other")
	target("unknown", "elsewhere")
	target("own", "management")
	// Two sources with the same labels count once in metrics.
	e.wantLine(`cobaltcore_discovery_clusters{cluster="management",source="flux-secret",namespace="n"} 1`)
	if _, body := e.ask(http.MethodGet, "/metrics"); strings.Count(body, "\ncobaltcore_discovery_up{") != 1 {
		t.Error("a place has two rows")
	}
	h.management.Remove(secrets, "other.conf")
	target("found", "other.conf")
}
