// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package secretstores

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/exposition"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/lifecycle"
)

// labels returns the values of labels of a row.
func labels(line string, names ...string) string {
	var values []string
	for _, name := range names {
		_, rest, _ := strings.Cut(line, ","+name+`="`)
		value, _, _ := strings.Cut(rest, `"`)
		values = append(values, value)
	}
	return strings.Join(values, " ")
}

func newTestCluster(t *testing.T) (c *Cluster, rows func() []string) {
	t.Helper()
	e, err := exposition.New(exposition.Options{}, Families()...)
	if err != nil {
		t.Fatal(err)
	}
	group := e.Group(exposition.Key{Cluster: "c", Collector: "externalsecrets", Kind: "secretstores"}, Families())
	e.Swap(nil, []*exposition.Group{group})
	of := func(f *exposition.Family, prefix string, names ...string) []string {
		var found []string
		for _, b := range e.Blocks(f.Name)[f.Name] {
			for line := range strings.Lines(string(b.Append(nil))) {
				_, value, _ := strings.Cut(strings.TrimSpace(line), "} ")
				found = append(found, strings.Join([]string{prefix, labels(line, names...), value}, " "))
			}
		}
		return found
	}
	return NewCluster(group), func() []string {
		all := of(notReadySince, "since", "kind", "name", "status", "problem", "store", "backend")
		all = append(all, of(storeMissing, "missing", "name", "store")...)
		for _, row := range of(storeDependents, "dependents", "kind", "name", "dependent_kind") {
			if !strings.HasSuffix(row, " 0") {
				all = append(all, row)
			}
		}
		slices.Sort(all)
		return all
	}
}

func user(s lifecycle.State, stores ...Ref) *Node {
	return &Node{State: s, Onset: lifecycle.Onset{Time: time.Unix(1, 0)}, Stores: stores}
}

func store(s lifecycle.State) *Node {
	return &Node{State: s, Onset: lifecycle.Onset{Time: time.Unix(2, 0)}, Backend: "openbao"}
}

func TestStores(t *testing.T) {
	a, b := Ref{KindSecretStore, "ns", "a"}, Ref{KindClusterSecretStore, "", "b"}
	const ready, failed = lifecycle.Ready, lifecycle.Failed
	for _, tc := range []struct {
		name    string
		secrets map[string]any
		pushes  map[string]any
		stores  map[string]any // namespaced
		cluster map[string]any
		want    []string
	}{
		{"all ready", map[string]any{"ns/s": user(ready, a)}, nil, map[string]any{"ns/a": store(ready)}, nil,
			[]string{"dependents SecretStore a ExternalSecret 1"}},
		{"refused", map[string]any{"ns/s": user(failed, a)}, nil, map[string]any{"ns/a": store(ready)}, nil,
			[]string{"dependents SecretStore a ExternalSecret 1", "since ExternalSecret s failed  SecretStore/ns/a openbao 1"}},
		{"follows from the second store", map[string]any{"ns/s": user(failed, a, b)}, nil, map[string]any{"ns/a": store(ready)}, map[string]any{"b": store(failed)},
			[]string{
				"dependents ClusterSecretStore b ExternalSecret 1", "dependents SecretStore a ExternalSecret 1",
				"since ClusterSecretStore b failed  ClusterSecretStore/b openbao 2", "since ExternalSecret s failed  ClusterSecretStore/b openbao 1",
			}},
		{"missing", map[string]any{"ns/s": user(failed, a)}, nil, map[string]any{}, nil,
			[]string{"missing s SecretStore/ns/a 1", "since ExternalSecret s failed store_missing SecretStore/ns/a  1"}},
		{"missing and ready", map[string]any{"ns/s": user(ready, a)}, nil, map[string]any{}, nil, []string{"missing s SecretStore/ns/a 1"}},
		{"of another namespace", map[string]any{"other/s": user(failed, Ref{KindSecretStore, "other", "a"})}, nil, map[string]any{"ns/a": store(ready)}, nil,
			[]string{"missing s SecretStore/other/a 1", "since ExternalSecret s failed store_missing SecretStore/other/a  1"}},
		{"unknown stores", map[string]any{"ns/s": user(failed, a)}, nil, nil, nil,
			[]string{"since ExternalSecret s failed  SecretStore/ns/a  1"}},
		{"no store", map[string]any{"ns/s": user(failed)}, nil, map[string]any{}, nil, []string{"since ExternalSecret s failed    1"}},
		{"unused", map[string]any{}, nil, map[string]any{"ns/a": store(failed)}, nil, []string{"since SecretStore a failed unused SecretStore/ns/a openbao 2"}},
		{"use unknown", nil, nil, map[string]any{"ns/a": store(failed)}, nil, []string{"since SecretStore a failed  SecretStore/ns/a openbao 2"}},
		{"used by a push", map[string]any{}, map[string]any{"ns/p": user(ready, a)}, map[string]any{"ns/a": store(failed)}, nil,
			[]string{"dependents SecretStore a PushSecret 1", "since SecretStore a failed  SecretStore/ns/a openbao 2"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			kinds := map[string]map[string]any{KindExternalSecret: tc.secrets, KindPushSecret: tc.pushes, KindSecretStore: tc.stores,
				KindClusterSecretStore: tc.cluster}
			for _, order := range [][]string{
				{KindExternalSecret, KindPushSecret, KindSecretStore, KindClusterSecretStore},
				{KindClusterSecretStore, KindSecretStore, KindPushSecret, KindExternalSecret},
			} {
				c, rows := newTestCluster(t)
				for _, kind := range order {
					c.Replace(kind, kinds[kind])
				}
				if diff := cmp.Diff(tc.want, rows()); diff != "" {
					t.Errorf("in the order %v (-want +got):\n%s", order, diff)
				}
				for _, kind := range order {
					c.Replace(kind, nil)
				}
				if left := rows(); left != nil {
					t.Errorf("rows are left: %v", left)
				}
			}
		})
	}
}

func TestEvents(t *testing.T) {
	a := Ref{KindSecretStore, "ns", "a"}
	c, rows := newTestCluster(t)
	check := func(want ...string) {
		t.Helper()
		if diff := cmp.Diff(want, rows()); diff != "" {
			t.Errorf("rows (-want +got):\n%s", diff)
		}
	}
	c.Replace(KindSecretStore, map[string]any{})
	c.Replace(KindExternalSecret, map[string]any{})
	c.Set(KindExternalSecret, "ns/s", user(lifecycle.Failed, a))
	check("missing s SecretStore/ns/a 1", "since ExternalSecret s failed store_missing SecretStore/ns/a  1")
	c.Set(KindSecretStore, "ns/a", store(lifecycle.Failed))
	check("dependents SecretStore a ExternalSecret 1", "since ExternalSecret s failed  SecretStore/ns/a openbao 1", "since SecretStore a failed  SecretStore/ns/a openbao 2")
	c.Set(KindSecretStore, "ns/a", store(lifecycle.Ready))
	check("dependents SecretStore a ExternalSecret 1", "since ExternalSecret s failed  SecretStore/ns/a openbao 1")
	c.Set(KindExternalSecret, "ns/s", user(lifecycle.Ready, a))
	check("dependents SecretStore a ExternalSecret 1")
	c.Set(KindExternalSecret, "ns/s", nil)
	check()
}

func TestProblemOfAnObject(t *testing.T) {
	c, rows := newTestCluster(t)
	c.Replace(KindSecretStore, map[string]any{})
	behind := user(lifecycle.Unprocessed, Ref{KindSecretStore, "ns", "gone"})
	behind.Problem = "behind"
	c.Set(KindPushSecret, "ns/p", behind)
	if diff := cmp.Diff([]string{"since PushSecret p unprocessed behind SecretStore/ns/gone  1"}, rows()); diff != "" {
		t.Errorf("rows (-want +got):\n%s", diff)
	}
}
