// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package fleet_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/fleet"
)

func TestContexts(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	const head = "apiVersion: v1\nkind: Config\n"
	one := file("one", head+"current-context: admin@kind\ncontexts:\n- {name: admin@kind, context: {cluster: a}}\n- {name: admin/kind, context: {cluster: a}}\n")
	two := file("two", head+"current-context: b\ncontexts:\n- {name: b, context: {cluster: b}}\n- {name: admin@kind, context: {cluster: b}}\n- {name: '@', context: {cluster: b}}\n")
	none := file("none", head)
	other := file("other", head+"contexts: [{name: c, context: {cluster: x}}]\n")
	secret := file("secret", head+"users: [{name: a, user: {token: [hunter2]}}]\n")
	for name, tc := range map[string]struct {
		contexts fleet.Contexts
		want     []string // name = file of the context
		wrong    string
	}{
		"the current one":    {fleet.Contexts{Files: []string{one, two}}, []string{"admin-kind = one admin@kind"}, ""},
		"of the second file": {fleet.Contexts{Files: []string{none, two}}, []string{"b = two b"}, ""},
		"by name":            {fleet.Contexts{Files: []string{one, two}, Names: []string{"b", "admin/kind"}}, []string{"b = two b", "admin-kind = one admin/kind"}, ""},
		"all of them": {
			fleet.Contexts{Files: []string{one, two}, All: true},
			[]string{"cluster = two @", "admin-kind = one admin/kind", "admin-kind-2 = one admin@kind", "b = two b"}, "",
		},
		"an unknown one": {fleet.Contexts{Files: []string{two}, Names: []string{"c"}}, nil, `has no context "c", but @, admin@kind, b`},
		"no contexts":    {fleet.Contexts{Files: []string{none}}, nil, "none has no contexts"},
		"no current one": {fleet.Contexts{Files: []string{other}}, nil, "has no current context: choose with --context or --all-contexts"},
		"no file":        {fleet.Contexts{Files: []string{one + ".not"}}, nil, "no such file"},
		"not valid":      {fleet.Contexts{Files: []string{secret}}, nil, "secret is not valid"},
	} {
		clusters, err := tc.contexts.Clusters(t.Context())
		if (err != nil) != (tc.wrong != "") || err != nil && (!strings.Contains(err.Error(), tc.wrong) || strings.Contains(err.Error(), "hunter2")) {
			t.Errorf("%s: %v, want %q", name, err, tc.wrong)
		}
		var got []string
		for _, c := range clusters {
			got = append(got, c.Name+" = "+filepath.Base(c.Kubeconfig.Path)+" "+c.Kubeconfig.Context)
		}
		if diff := cmp.Diff(tc.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}
