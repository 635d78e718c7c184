// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package testbed

import (
	"errors"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestLoadDir(t *testing.T) {
	objs, err := LoadDir("testdata")
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, obj := range objs {
		got = append(got, describe(obj))
	}
	if diff := cmp.Diff([]string{"GitRepository flux-system/fleet", "Kustomization flux-system/apps", "Alert team-a/on-call"}, got); diff != "" {
		t.Error(diff)
	}
	if _, err := LoadDir("nonesuch"); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a directory that does not exist yields %v", err)
	}
}

func TestDecode(t *testing.T) {
	for name, test := range map[string]struct {
		content string
		want    int
		err     string
	}{
		"empty":     {content: "", want: 0},
		"comments":  {content: "# a\n---\n# b\n---\n", want: 0},
		"json":      {content: `{"apiVersion":"v1","kind":"Namespace","metadata":{"name":"a"}}`, want: 1},
		"no kind":   {content: "a: 1\n", err: "document 1: "},
		"no object": {content: "---\n# fine\n---\n- 1\n", err: "document 2: "},
		"no yaml":   {content: "a: [\n", err: "document 1: "},
	} {
		t.Run(name, func(t *testing.T) {
			objs, err := decode([]byte(test.content))
			if len(objs) != test.want || (err == nil) != (test.err == "") {
				t.Fatalf("%d objects, %v", len(objs), err)
			}
			if err != nil && !strings.Contains(err.Error(), test.err) {
				t.Errorf("error %q does not contain %q", err, test.err)
			}
		})
	}
}
