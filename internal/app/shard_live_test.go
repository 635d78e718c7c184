// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package app

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/fleet"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/secretflow"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/testing/testutil"
)

// nameIn returns a name with the prefix that belongs to a shard.
func nameIn(index, count int, prefix string) string {
	for i := 0; ; i++ {
		if name := fmt.Sprint(prefix, i); fleet.OwnerOf(name, count) == index {
			return name
		}
	}
}

// divided is a hub that is watched by two shards, and by an exporter without shards. A snapshot in
// shard 0 has an OpenBao.
type divided struct {
	hub

	bao       string
	shards    [2]*exporter
	undivided *exporter
}

func newDivided(t *testing.T, prepare func(hub)) *divided {
	t.Helper()
	d := &divided{hub: newHub(t, "m"), bao: nameIn(0, 2, "bao-")}
	answers, err := filepath.Abs("../../test/fleet/openbao")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(answers, d.file("openbao")); err != nil {
		t.Fatal(err)
	}
	d.objects("bao/objects.yaml", "b")
	d.configure("")
	prepare(d.hub)
	d.undivided = d.run()
	for i := range d.shards {
		d.shards[i] = d.run(shard(i, len(d.shards)))
	}
	return d
}

// configure writes fleet.yaml with additional clusters and sections.
func (d *divided) configure(clusters string, more ...string) {
	d.t.Helper()
	d.discover("- {name: " + d.bao + ", snapshot: {path: bao}}\n" + clusters)
	text, err := os.ReadFile(d.file("fleet.yaml"))
	if err != nil {
		d.t.Fatal(err)
	}
	d.write("fleet.yaml", string(text)+"collectors: {openbao: [{name: openbao, cluster: "+d.bao+", interval: 100ms, addresses: [bao.example.com]}]}\n"+strings.Join(more, ""))
}

// wantEqual waits until the shards together have the rows of the exporter without shards, including
// the given rows.
func (d *divided) wantEqual(with ...string) {
	d.t.Helper()
	testutil.Eventually(d.t, func() (bool, string) {
		var all []string
		for _, e := range d.shards {
			all = append(all, objectRows(e.body())...)
		}
		slices.Sort(all)
		want := objectRows(d.undivided.body())
		for _, part := range with {
			if !slices.ContainsFunc(want, func(row string) bool { return strings.HasPrefix(row, part) }) {
				return false, "no row " + part
			}
		}
		diff := cmp.Diff(want, all)
		return diff == "", "-undivided +shards: " + diff
	})
}

func stored(bao, key string) string {
	return fmt.Sprintf(`cobaltcore_secretflow_stored_version{cluster=%q,openbao="openbao",backend=%q,mount="kv-v2/bootstrap",path_id=%q} `,
		bao, bao+"/openbao", secretflow.Path{Mount: "kv-v2/bootstrap", Key: key}.ID())
}

// TestShardsFollowDiscovery checks that a cluster is discovered by all shards and watched by its owner, and that the
// targets of objects are the same in all shards.
func TestShardsFollowDiscovery(t *testing.T) {
	t.Parallel()
	mine, other := nameIn(0, 2, "found-"), nameIn(1, 2, "found-")
	first, second := newFakeCluster(t, "f"), newFakeCluster(t, "s")
	d := newDivided(t, func(h hub) {
		h.management.secret("broken-kubeconfig", "t0ken")
		h.management.secret(mine+"-kubeconfig", first.Kubeconfig("t0ken"))
		for _, c := range []fakeCluster{h.management, first, second} {
			c.Put(kustomizations, "k", map[string]any{"spec": map[string]any{"kubeConfig": map[string]any{"secretRef": map[string]any{"name": other + "-kubeconfig"}}}})
		}
	})
	applied := func(cluster, target string) string {
		return fmt.Sprintf("cobaltcore_flux_resource_status{cluster=%q,target_cluster=%q,kind=\"Kustomization\"", cluster, target)
	}
	d.wantEqual(applied("management", other+"-kubeconfig"), applied(mine, other+"-kubeconfig"),
		`cobaltcore_discovery_clusters{cluster="management",source="flux-secret",namespace="n"} 1`, `cobaltcore_discovery_finding{cluster="management"`)
	d.management.secret(other+"-kubeconfig", second.Kubeconfig("t0ken"))
	d.wantEqual(applied("management", other), applied(mine, other), applied(other, other),
		`cobaltcore_discovery_clusters{cluster="management",source="flux-secret",namespace="n"} 2`)
	if _, body := d.shards[1].ask(http.MethodGet, "/metrics"); strings.Contains(body, "cobaltcore_discovery_") {
		t.Error("the rows of the search are not those of the host's shard")
	}

	more := nameIn(1, 2, "more-")
	d.objects("more/objects.yaml", "x")
	d.configure("- {name: " + more + ", snapshot: {path: more}}\n")
	d.wantEqual(fmt.Sprintf("flux_resource_info{cluster=%q", more), applied(other, other))
	d.configure("- {name: "+more+", snapshot: {path: more}}\n", "limits: {objectsPerKind: 100}\n") // everything is built anew
	d.wantEqual(fmt.Sprintf("flux_resource_info{cluster=%q", more), applied(other, other))
	if code, body := d.shards[0].ask(http.MethodPost, "/-/reload"); code != http.StatusOK {
		t.Errorf("%d %s", code, body)
	}

	d.management.Remove(secrets, other+"-kubeconfig")
	d.wantEqual(applied("management", other+"-kubeconfig"), `cobaltcore_discovery_clusters{cluster="management",source="flux-secret",namespace="n"} 1`)
	testutil.Eventually(t, func() (bool, string) { return second.Connections() == 0, "still connected" })
}

// TestShardFollowsReferences checks references to clusters of another shard, during a rotation of their credentials.
func TestShardFollowsReferences(t *testing.T) {
	t.Parallel()
	other := nameIn(1, 2, "found-")
	c := newFakeCluster(t)
	d := newDivided(t, func(h hub) { h.management.secret(other+"-kubeconfig", c.Kubeconfig("t0ken")) })
	d.wantEqual()
	c.external("a", "keystone-admin")
	d.wantEqual(stored(d.bao, "keystone-admin"), fmt.Sprintf("cobaltcore_secretflow_consumer_last_sync_timestamp_seconds{cluster=%q", other))
	if _, body := d.shards[0].ask(http.MethodGet, "/metrics"); strings.Contains(body, fmt.Sprintf("cluster=%q", other)) {
		t.Error("a cluster that is followed has rows")
	}
	if code, _ := d.shards[0].ask(http.MethodGet, "/metrics?cluster[]="+other); code != http.StatusBadRequest {
		t.Errorf("a cluster that is followed can be asked for: %d", code)
	}

	c.rotate("rotated")
	d.management.secret(other+"-kubeconfig", c.Kubeconfig("rotated"))
	c.external("b", "keystone-db")
	d.wantEqual(stored(d.bao, "keystone-admin"), stored(d.bao, "keystone-db"))

	c.Remove(externalSecrets, "a")
	d.wantEqual(stored(d.bao, "keystone-db"))
	testutil.Eventually(t, func() (bool, string) {
		_, body := d.shards[0].ask(http.MethodGet, "/metrics")
		return !strings.Contains(body, stored(d.bao, "keystone-admin")), "still asked for"
	})

	d.management.Remove(secrets, other+"-kubeconfig")
	testutil.Eventually(t, func() (bool, string) {
		_, body := d.shards[0].ask(http.MethodGet, "/metrics")
		return !strings.Contains(body, stored(d.bao, "keystone-db")) && c.Connections() == 0, "still followed"
	})
	d.wantEqual()
}

// TestReadyWhenReferencesAreKnown checks that the first scrape of a shard has the OpenBao rows of secrets to which a
// cluster of another shard refers.
func TestReadyWhenReferencesAreKnown(t *testing.T) {
	t.Parallel()
	other := nameIn(1, 2, "found-")
	c := newFakeCluster(t)
	c.external("a", "keystone-admin")
	d := newDivided(t, func(h hub) { h.management.secret(other+"-kubeconfig", c.Kubeconfig("t0ken")) })
	if body := d.shards[0].body(); !strings.Contains(body, stored(d.bao, "keystone-admin")) {
		t.Error("the first scrape has no row of the secret")
	}
}
