// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package secretflow

import "testing"

func TestResolve(t *testing.T) {
	vault := func(path string) *Store { return &Store{Vault: true, Path: path} }
	v1 := func(path string) *Store { return &Store{Vault: true, Path: path, V1: true} }
	for name, tc := range map[string]struct {
		key   string
		store *Store
		find  bool
		want  Path
		why   string
	}{
		"mount and key":                     {key: "nova/db", store: vault("kv-v2/openstack"), want: Path{Mount: "kv-v2/openstack", Key: "nova/db"}},
		"the mount is in the key, too":      {key: "kv-v2/openstack/nova/db", store: vault("kv-v2/openstack"), want: Path{Mount: "kv-v2/openstack", Key: "nova/db"}},
		"… with data":                       {key: "kv-v2/openstack/data/nova/db", store: vault("kv-v2/openstack"), want: Path{Mount: "kv-v2/openstack", Key: "nova/db"}},
		"data alone is part of the key":     {key: "data/nova/db", store: vault("kv-v2/openstack"), want: Path{Mount: "kv-v2/openstack", Key: "data/nova/db"}},
		"a mount above the real one":        {key: "ceph/client-nova", store: vault("kv-v2"), want: Path{Mount: "kv-v2", Key: "ceph/client-nova"}},
		"no path, whole key":                {key: "kv-v2/ceph/data/client-nova", store: vault(""), want: Path{Mount: "kv-v2/ceph", Key: "client-nova"}},
		"no path, data twice":               {key: "kv/data/a/data/b", store: vault(""), want: Path{Mount: "kv", Key: "a/data/b"}},
		"no path, no data":                  {key: "kv-v2/ceph/client-nova", store: vault(""), want: Path{Mount: "kv-v2", Key: "ceph/client-nova"}},
		"no path, one part":                 {key: "secret", store: vault(""), why: "key"},
		"no path, leading slash":            {key: "/kv-v2/ceph/data/client-nova", store: vault(""), want: Path{Mount: "kv-v2/ceph", Key: "client-nova"}},
		"slashes all over":                  {key: "/nova//db/", store: vault("kv-v2/openstack/"), want: Path{Mount: "kv-v2/openstack", Key: "nova/db"}},
		"out of the mount":                  {key: "../other/db", store: vault("kv-v2/openstack"), why: "key"},
		"no key":                            {key: "", store: vault("kv-v2/openstack"), why: "key"},
		"version 1, one part":               {key: "secret", store: v1(""), why: "key"},
		"a namespace":                       {key: "a", store: &Store{Vault: true, Path: "kv", Namespace: true}, why: "namespace"},
		"version 1":                         {key: "a/b", store: v1("kv"), want: Path{Mount: "kv", Key: "a/b"}},
		"version 1, the mount in the key":   {key: "kv/data/b", store: v1("kv"), want: Path{Mount: "kv", Key: "data/b"}},
		"version 1, no path":                {key: "kv/data/b", store: v1(""), want: Path{Mount: "kv", Key: "data/b"}},
		"keys are searched for":             {find: true, store: vault("kv"), why: "find"},
		"no store":                          {key: "a", why: "store_missing"},
		"searched for in a missing store":   {find: true, why: "find"},
		"a store that leads somewhere else": {key: "a", store: &Store{}, why: "provider"},
	} {
		t.Run(name, func(t *testing.T) {
			got, why := resolve(Reference{Key: tc.key, Find: tc.find}, tc.store)
			if got != tc.want || why != tc.why {
				t.Errorf("%+v %q, want %+v %q", got, why, tc.want, tc.why)
			}
		})
	}
}

// TestIDIsStable checks that IDs do not depend on the version of the exporter.
func TestIDIsStable(t *testing.T) {
	p := Path{Mount: "kv-v2/ceph", Key: "client-nova"}
	if got := p.ID(); got != "1ce5aa570df580b0" {
		t.Error(got)
	}
	if p.ID() == (Path{Mount: "kv-v2", Key: "ceph/client-nova"}).ID() || p.ID() == (Path{Mount: "kv-v2/cephclient-nova"}).ID() {
		t.Error("different paths have one name")
	}
}
