// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package secretflow

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/exposition"
)

// rig is a graph of two clusters whose rows are served.
type rig struct {
	*Graph

	t               *testing.T
	exposition      *exposition.Exposition
	storage, reader *Cluster
}

func newRig(t *testing.T) *rig {
	t.Helper()
	e, err := exposition.New(exposition.Options{}, Families()...)
	if err != nil {
		t.Fatal(err)
	}
	r := &rig{Graph: NewGraph(true), t: t, exposition: e}
	add := func(name string) *Cluster {
		g := e.Group(exposition.Key{Cluster: name, Collector: "externalsecrets", Kind: "secretflow"}, ClusterFamilies())
		e.Swap(nil, []*exposition.Group{g})
		return r.Add(name, g)
	}
	r.storage, r.reader = add("storage"), add("hypervisor")
	return r
}

// want compares the rows without the common prefix of their names.
func (r *rig) want(rows ...string) {
	r.t.Helper()
	w := httptest.NewRecorder()
	h := exposition.Handler{Exposition: r.exposition, Collectors: []string{"externalsecrets"}}
	h.ServeHTTP(w, httptest.NewRequestWithContext(r.t.Context(), http.MethodGet, "/metrics", http.NoBody))
	var got []string
	for line := range strings.Lines(w.Body.String()) {
		if !strings.HasPrefix(line, "#") {
			got = append(got, strings.TrimPrefix(strings.TrimPrefix(strings.TrimSpace(line), "cobaltcore_secretflow_"), "cobaltcore_eso_"))
		}
	}
	if diff := cmp.Diff(rows, got); diff != "" {
		r.t.Error(diff)
	}
}

// bao is the OpenBao behind the stores.
const bao = "management/main"

var ceph = Path{bao, "kv-v2/ceph", "client-nova"}

// consumes is the row about a path of an ExternalSecret without a success.
func consumes(p Path) string {
	return fmt.Sprintf(`consumer_last_sync_timestamp_seconds{cluster="hypervisor",namespace="openstack",name="nova",backend=%q,mount=%q,path_id=%q} 0`, p.Backend, p.Mount, p.ID())
}

func nova(key string, last time.Time) *User {
	return &User{References: []Reference{{StoreKind: KindClusterSecretStore, StoreName: "openbao", Key: key}}, LastSync: last}
}

func TestRowsFollowStoresAndUsers(t *testing.T) {
	r := newRig(t)
	const missing = `unresolved{cluster="hypervisor",kind="ExternalSecret",namespace="openstack",name="nova",reason="store_missing"} 1`
	r.reader.Set(KindExternalSecret, "openstack/nova", nova("client-nova", time.Time{}))
	r.want(missing)
	r.reader.Set(KindSecretStore, "openstack/openbao", &Store{Vault: true, Backend: bao, Path: "elsewhere"}) // another kind
	r.storage.Set(KindClusterSecretStore, "openbao", &Store{Vault: true, Backend: bao, Path: "elsewhere"})   // another cluster
	r.want(missing)
	r.reader.Set(KindClusterSecretStore, "openbao", &Store{Vault: true, Backend: bao, Path: "kv-v2/ceph"})
	r.want(consumes(ceph))
	r.reader.Set(KindClusterSecretStore, "openbao", &Store{Vault: true, Backend: bao, Path: "kv-v2/other"})
	r.want(consumes(Path{bao, "kv-v2/other", "client-nova"}))
	r.reader.Set(KindClusterSecretStore, "openbao", nil)
	r.want(missing)
	r.reader.Replace(KindClusterSecretStore, map[string]any{"openbao": &Store{Vault: true, Backend: bao, Path: "kv-v2/ceph"}})
	r.want(consumes(ceph))
	if diff := cmp.Diff([]Path{ceph}, r.Paths(bao)); diff != "" {
		t.Error(diff)
	}
	r.reader.Replace(KindExternalSecret, map[string]any{"openstack/other": nova("x", time.Time{})})
	r.want(strings.Replace(consumes(Path{bao, "kv-v2/ceph", "x"}), `"nova"`, `"other"`, 1))
	r.reader.Replace(KindExternalSecret, nil)
	r.want()
	if got := r.Paths(bao); len(got) != 0 {
		t.Error(got)
	}
}

// TestOwnStores checks that a SecretStore belongs to its namespace.
func TestOwnStores(t *testing.T) {
	r := newRig(t)
	r.reader.Set(KindSecretStore, "openstack/openbao", &Store{Vault: true, Backend: bao, Path: "kv-v2/ceph"})
	r.reader.Set(KindSecretStore, "other/openbao", &Store{Vault: true, Backend: bao, Path: "kv-v2/other"})
	u := nova("client-nova", time.Time{})
	u.References[0].StoreKind = KindSecretStore
	u.References = append(u.References, u.References[0], Reference{Find: true})
	r.reader.Set(KindExternalSecret, "openstack/nova", u)
	r.want(consumes(ceph), `unresolved{cluster="hypervisor",kind="ExternalSecret",namespace="openstack",name="nova",reason="find"} 1`)
}

func TestReport(t *testing.T) {
	r := newRig(t)
	at := func(minute int) time.Time { return time.Date(2026, 11, 20, 9, minute, 0, 0, time.UTC) }
	for _, c := range []*Cluster{r.storage, r.reader} {
		c.Set(KindClusterSecretStore, "openbao", &Store{Vault: true, Backend: bao, Path: "kv-v2/ceph"})
	}
	r.storage.Set(KindPushSecret, "rook-ceph/nova", nova("client-nova", at(1)))
	r.reader.Set(KindExternalSecret, "a/early", nova("client-nova", at(0)))
	r.reader.Set(KindExternalSecret, "b/late", nova("client-nova", at(5)))
	r.reader.Set(KindExternalSecret, "c/never", nova("client-nova", time.Time{}))
	r.reader.Set(KindExternalSecret, "d/unknown", nova("not-stored", at(0)))
	r.reader.Set(KindExternalSecret, "e/lost", &User{References: []Reference{{StoreKind: KindSecretStore, StoreName: "gone", Key: "x"}}})
	r.SetStored("main", map[Path]Stored{ceph: {OpenBao: "main", Version: 2, Updated: at(2).Add(300 * time.Millisecond)}})

	text, err := json.MarshalIndent(r.Report(at(10), true), "", " ")
	if err != nil {
		t.Fatal(err)
	}
	var got Report
	if err := json.Unmarshal(text, &got); err != nil {
		t.Fatal(err)
	}
	truth, lie := true, false
	number := func(f float64) *float64 { return &f }
	when := func(minute int) *time.Time { w := at(minute); return &w }
	other := Path{bao, "kv-v2/ceph", "not-stored"}
	want := Report{
		GeneratedAt: at(10),
		Paths: []PathReport{{
			ID: ceph.ID(), Backend: bao, Mount: ceph.Mount, Path: "kv-v2/ceph/client-nova",
			Stored:    []StoredReport{{OpenBao: "main", Version: 2, Updated: at(2).Add(300 * time.Millisecond)}},
			Producers: []UserReport{{Cluster: "storage", Namespace: "rook-ceph", Name: "nova", LastSync: when(1)}},
			Consumers: []UserReport{
				{Cluster: "hypervisor", Namespace: "a", Name: "early", LastSync: when(0), Behind: &truth, LagSeconds: number(479.7)},
				{Cluster: "hypervisor", Namespace: "b", Name: "late", LastSync: when(5), Behind: &lie},
				{Cluster: "hypervisor", Namespace: "c", Name: "never"},
			},
		}, {
			ID: other.ID(), Backend: bao, Mount: other.Mount, Path: "kv-v2/ceph/not-stored", Stored: []StoredReport{}, Producers: []UserReport{},
			Consumers: []UserReport{{Cluster: "hypervisor", Namespace: "d", Name: "unknown", LastSync: when(0)}},
		}},
		Unresolved: []UnresolvedReport{{Cluster: "hypervisor", Kind: KindExternalSecret, Namespace: "e", Name: "lost", Reason: "store_missing"}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if hidden, _ := json.Marshal(r.Report(at(10), false)); strings.Contains(string(hidden), "client-nova") {
		t.Error("a path is shown that should not be")
	}
	r.SetStored("main", nil)
	r.Remove(r.reader)
	if left := r.Report(at(10), true); len(left.Paths) != 1 || len(left.Paths[0].Consumers) != 0 || len(left.Paths[0].Stored) != 0 {
		t.Errorf("%+v", left)
	}
}

// TestLag checks that the lag of a reader is kept across later refreshes.
func TestLag(t *testing.T) {
	at := func(second int) time.Time { return time.Date(2026, 11, 20, 9, 0, second, 0, time.UTC) }
	r := newRig(t)
	r.reader.Set(KindClusterSecretStore, "openbao", &Store{Vault: true, Backend: bao, Path: "kv-v2/ceph"})
	sync := func(second int) { r.reader.Set(KindExternalSecret, "openstack/nova", nova("client-nova", at(second))) }
	stored := func(version, second int) {
		r.SetStored("main", map[Path]Stored{ceph: {Version: version, Updated: at(second)}})
	}
	want := func(step string, behind bool, lag float64) {
		t.Helper()
		got := r.Report(at(50), false).Paths[0].Consumers[0]
		switch {
		case got.Behind == nil || *got.Behind != behind:
			t.Errorf("%s: behind %v, want %v", step, got.Behind, behind)
		case lag < 0 && got.LagSeconds != nil, lag >= 0 && (got.LagSeconds == nil || *got.LagSeconds != lag):
			t.Errorf("%s: lag %v, want %v", step, got.LagSeconds, lag)
		}
	}
	sync(5)
	stored(1, 1)
	want("its arrival was not seen", false, -1)
	stored(2, 10)
	want("a new version", true, 40)
	sync(14)
	want("it is there", false, 4)
	sync(24)
	want("it still is", false, 4)
	sync(34)
	stored(3, 31)
	want("there before we heard of it", false, 3)
	sync(44)
	want("and still", false, 3)
	stored(4, 44)
	want("in the same second", false, 0)
}

// TestFirstPathIsOnTheLastSuccess checks that a healthy object with one path has no additional row.
func TestFirstPathIsOnTheLastSuccess(t *testing.T) {
	r := newRig(t)
	r.reader.Set(KindClusterSecretStore, "openbao", &Store{Vault: true, Backend: bao, Path: "kv-v2/ceph"})
	two := nova("client-nova", time.Unix(100, 0))
	two.References = append(two.References, Reference{StoreKind: KindClusterSecretStore, StoreName: "openbao", Key: "other"})
	r.reader.Set(KindExternalSecret, "openstack/nova", two)
	r.reader.Set(KindPushSecret, "openstack/push", two)
	further := Path{bao, "kv-v2/ceph", "other"}
	labels := func(name string, p Path) string {
		return fmt.Sprintf(`{cluster="hypervisor",namespace="openstack",name=%q,backend=%q,mount=%q,path_id=%q} 100`, name, p.Backend, p.Mount, p.ID())
	}
	r.want(
		"externalsecret_last_sync_timestamp_seconds"+labels("nova", ceph), "pushsecret_last_sync_timestamp_seconds"+labels("push", ceph),
		"consumer_last_sync_timestamp_seconds"+labels("nova", further), "producer_last_sync_timestamp_seconds"+labels("push", further),
	)
}

// TestPathsOfOneOpenBao checks that the same path of two servers means two secrets.
func TestPathsOfOneOpenBao(t *testing.T) {
	r := newRig(t)
	r.storage.Set(KindClusterSecretStore, "openbao", &Store{Vault: true, Backend: "sandbox/main", Path: "kv-v2/ceph"})
	r.reader.Set(KindClusterSecretStore, "openbao", &Store{Vault: true, Backend: bao, Path: "kv-v2/ceph"})
	at := func(minute int) time.Time { return time.Date(2026, 11, 20, 9, minute, 0, 0, time.UTC) }
	for _, c := range []*Cluster{r.storage, r.reader} {
		c.Set(KindExternalSecret, "openstack/nova", nova("client-nova", at(1)))
	}
	r.SetStored("sandbox", map[Path]Stored{{"sandbox/main", ceph.Mount, ceph.Key}: {OpenBao: "sandbox", Version: 9, Updated: at(5)}})
	r.SetStored("main", map[Path]Stored{ceph: {OpenBao: "main", Version: 1, Updated: at(0)}})
	if got := r.Paths(bao); len(got) != 1 || got[0] != ceph {
		t.Errorf("paths of %s are %v", bao, got)
	}
	behind := map[string]bool{}
	for _, p := range r.Report(at(9), false).Paths {
		behind[p.Consumers[0].Cluster+" "+p.Backend] = *p.Consumers[0].Behind
	}
	if diff := cmp.Diff(map[string]bool{"storage sandbox/main": true, "hypervisor management/main": false}, behind); diff != "" {
		t.Error(diff)
	}
}

// TestNotExported checks that the graph has paths, but no rows about them, if no OpenBao is configured.
func TestNotExported(t *testing.T) {
	r := newRig(t)
	r.exported = false
	r.reader.Set(KindClusterSecretStore, "openbao", &Store{Vault: true, Backend: bao, Path: "kv-v2/ceph"})
	r.reader.Set(KindExternalSecret, "ns/never", nova("a", time.Time{}))
	r.reader.Set(KindExternalSecret, "ns/reader", nova("a", time.Unix(100, 0)))
	r.want(`externalsecret_last_sync_timestamp_seconds{cluster="hypervisor",namespace="ns",name="reader",backend="",mount="",path_id=""} 100`)
	if got := len(r.Paths(bao)); got != 1 {
		t.Errorf("the graph has %d paths, want 1", got)
	}
}
