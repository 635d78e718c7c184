// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package dependencies

import (
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/exposition"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/lifecycle"
)

// newInstance returns a cluster with a FluxInstance, and a function that returns the aspects, objects and values that
// differ from its expectations.
func newInstance(t *testing.T, d Demand) (c *Cluster, rows func() []string) {
	t.Helper()
	e, err := exposition.New(exposition.Options{}, Families()...)
	if err != nil {
		t.Fatal(err)
	}
	group := e.Group(exposition.Key{Cluster: "c", Collector: "flux", Kind: "dependencies"}, Families())
	e.Swap(nil, []*exposition.Group{group})
	c = NewCluster(group)
	c.Replace("FluxInstance", map[string]any{"flux-system/flux": &Node{Target: "c", Demand: &d}})
	labels := regexp.MustCompile(`.*name="flux",(?:aspect|policy)="([^"]*)"(?:,object="([^"]*)",desired="([^"]*)",actual="([^"]*)")?} (.)`)
	return c, func() []string {
		var found []string
		for _, f := range []*exposition.Family{policyPresent, mismatchInfo} {
			for _, b := range e.Blocks(f.Name)[f.Name] {
				for line := range strings.Lines(string(b.Append(nil))) {
					found = append(found, strings.Join(strings.Fields(labels.ReplaceAllString(strings.TrimSpace(line), "$1 $2 $3 $4 $5")), " "))
				}
			}
		}
		slices.Sort(found)
		return found
	}
}

func TestInstance(t *testing.T) {
	source, applier := "flux-system/fleet", "flux-system/fleet"
	git := Ref{"GitRepository", "flux-system", "fleet"}
	sync := Sync{Source: git, URL: "https://git/fleet", Ref: "main", Path: "clusters/c"}
	upgraded := time.Date(2026, 11, 20, 9, 0, 0, 0, time.UTC)
	for _, tc := range []struct {
		name   string
		demand Demand
		nodes  map[string]map[string]any // by kind
		want   []string
	}{
		{"nothing is known", Demand{Policies: []string{"allow-egress"}, Sync: sync}, nil, nil},
		{"policies", Demand{Policies: []string{"allow-egress", "allow-webhooks"}},
			map[string]map[string]any{KindNetworkPolicy: {"flux-system/allow-egress": &Node{}, "other/allow-webhooks": &Node{}}},
			[]string{"allow-egress 1", "allow-webhooks 0"}},
		{"no sync", Demand{Sync: sync}, map[string]map[string]any{"GitRepository": {}, kindKustomization: {}},
			[]string{"sync GitRepository/flux-system/fleet https://git/fleet missing 1", "sync Kustomization/flux-system/fleet GitRepository/flux-system/fleet missing 1"}},
		{"another sync", Demand{Sync: sync}, map[string]map[string]any{
			"GitRepository":   {source: &Node{Origin: &Origin{URL: "https://git/other", Ref: "dev"}}},
			kindKustomization: {applier: &Node{Source: Ref{"Bucket", "flux-system", "fleet"}}},
		}, []string{
			"sync GitRepository/flux-system/fleet https://git/fleet https://git/other 1", "sync GitRepository/flux-system/fleet main dev 1",
			"sync Kustomization/flux-system/fleet GitRepository/flux-system/fleet Bucket/flux-system/fleet 1", "sync Kustomization/flux-system/fleet clusters/c none 1",
		}},
		{"the sync", Demand{Sync: sync}, map[string]map[string]any{
			"GitRepository":   {source: &Node{Origin: &Origin{URL: "https://git/fleet", Ref: "main"}}},
			kindKustomization: {applier: &Node{Source: git, Origin: &Origin{Path: "clusters/c"}}},
		}, nil},
		{"a sync that is patched", Demand{Sync: func() Sync { s := sync; s.Patched = true; return s }()}, map[string]map[string]any{
			"GitRepository": {source: &Node{}}, kindKustomization: {applier: &Node{}},
		}, nil},
		{"registries", Demand{Registry: "r/fluxcd", Images: []Image{{"a", "r/fluxcd/a"}, {"b", "r/fluxcd/distroless/b"}, {"c", "r/fluxcd-fork/c"}, {"d", ""}}}, nil,
			[]string{"registry c r/fluxcd r/fluxcd-fork 1"}},
		{"an older report", Demand{Version: "v2", Since: upgraded, Registry: "r"}, map[string]map[string]any{
			kindReport: {"flux-system/flux": &Node{Report: &Report{Version: "v1", ManagedBy: "flux bootstrap", Images: []Image{{"a", "s/a:1"}}, Written: upgraded.Add(-time.Second)}}},
		}, nil},
		{"a report", Demand{Version: "v2", Since: upgraded, Registry: "r"}, map[string]map[string]any{
			kindReport: {"flux-system/flux": &Node{Report: &Report{Version: "v1", ManagedBy: "flux bootstrap", Images: []Image{{"a", "s/a:1"}}, Written: upgraded}}},
		}, []string{"distribution FluxReport/flux-system/flux flux-operator flux bootstrap 1", "distribution FluxReport/flux-system/flux v2 v1 1", "registry a r s 1"}},
		{"no shards", Demand{}, map[string]map[string]any{"K": {"ns/a": &Node{Shard: "one"}}}, nil},
		{"shards", Demand{Shards: []string{"one"}}, map[string]map[string]any{"K": {"ns/a": &Node{Shard: "one"}, "ns/b": &Node{Shard: "two"}, "ns/c": &Node{Shard: "two"}}},
			[]string{"shard two one objects: 2 1"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			c, rows := newInstance(t, tc.demand)
			for kind, nodes := range tc.nodes {
				c.Replace(kind, nodes)
			}
			if diff := cmp.Diff(tc.want, rows()); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// TestInstanceFollows changes one object after the other.
func TestInstanceFollows(t *testing.T) {
	source := Ref{"GitRepository", "flux-system", "fleet"}
	demand := Demand{Policies: []string{"allow-egress"}, Shards: []string{"one"}, Sync: Sync{Source: source, URL: "u"}}
	c, rows := newInstance(t, demand)
	want := func(want ...string) {
		t.Helper()
		if diff := cmp.Diff(want, rows()); diff != "" {
			t.Fatal(diff)
		}
	}
	c.Replace(KindNetworkPolicy, map[string]any{})
	want("allow-egress 0")
	c.Set(KindNetworkPolicy, "flux-system/allow-egress", &Node{})
	want("allow-egress 1")
	c.Set("GitRepository", "flux-system/fleet", &Node{Origin: &Origin{URL: "v"}})
	want("allow-egress 1", "sync GitRepository/flux-system/fleet u v 1")
	c.Set("GitRepository", "flux-system/fleet", &Node{Origin: &Origin{URL: "u"}})
	c.Set("K", "ns/a", &Node{Shard: "two"})
	want("allow-egress 1", "shard two one objects: 1 1")
	c.Set("K", "ns/a", nil)
	want("allow-egress 1")
	c.Set("FluxInstance", "flux-system/flux", &Node{})
	want()
	c.Set("FluxInstance", "flux-system/flux", &Node{Demand: &demand})
	want("allow-egress 1")
	c.Replace("FluxInstance", nil)
	want()
}

// TestMismatchSince checks that a difference begins with the later of two changes, and has no date if one of them is
// not recorded.
func TestMismatchSince(t *testing.T) {
	asked, changed := time.Date(2026, 11, 20, 9, 0, 0, 0, time.UTC), time.Date(2026, 11, 20, 10, 0, 0, 0, time.UTC)
	git := Ref{"GitRepository", "flux-system", "fleet"}
	for _, tc := range []struct {
		name    string
		changed time.Time
		want    lifecycle.Onset
	}{{"both on record", changed, lifecycle.Onset{Time: changed}}, {"one on record", time.Time{}, lifecycle.Onset{}}} {
		t.Run(tc.name, func(t *testing.T) {
			c, _ := newTestCluster(t)
			c.Replace("GitRepository", map[string]any{"flux-system/fleet": &Node{Origin: &Origin{URL: "https://git/other", Changed: tc.changed}}})
			c.Replace(kindKustomization, nil)
			all := c.syncMismatches(&Sync{Source: git, URL: "https://git/fleet"}, asked)
			if len(all) != 1 || all[0].since != tc.want {
				t.Errorf("got %+v, want since %+v", all, tc.want)
			}
		})
	}
}
