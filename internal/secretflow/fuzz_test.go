// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package secretflow

import (
	"slices"
	"strings"
	"testing"
)

// FuzzResolve resolves any key in a store with any path. The result is a path inside a mount, or a reason.
func FuzzResolve(f *testing.F) {
	f.Add("nova/db", "kv-v2/openstack", false)
	f.Add("kv-v2/openstack/data/nova/db", "kv-v2/openstack", false)
	f.Add("/kv-v2/ceph/data/../client", "", false)
	f.Add("kv/data/b", "", true)
	f.Add("../../a", "kv", true)
	f.Fuzz(func(t *testing.T, key, store string, v1 bool) {
		p, why := resolve(Reference{Key: key}, &Store{Vault: true, Backend: "b", Path: store, V1: v1})
		if (why == "") == (p == Path{}) {
			t.Fatalf("%+v, %q", p, why)
		}
		if why != "" {
			return
		}
		for _, part := range []string{p.Mount, p.Key} {
			if part == "" || strings.Trim(part, "/") != part && part == p.Mount || slices.Contains(strings.Split(part, "/"), "..") {
				t.Errorf("%q in %q is %+v", key, store, p)
			}
		}
		if id := p.ID(); len(id) != 16 || strings.Trim(id, "0123456789abcdef") != "" {
			t.Errorf("ID %q", id)
		}
	})
}
