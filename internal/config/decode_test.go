// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package config

import (
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestTagsAreRight(t *testing.T) {
	if _, err := newShape(reflect.TypeFor[Config]()); err != nil {
		t.Error(err)
	}
}

// every uses tags that Config does not use yet.
type every struct {
	Mounts map[string]string `yaml:"mounts" jsonschema:"minLength=2"`
	Tiers  map[string]tier   `yaml:"tiers"`
	Via    string            `yaml:"via" jsonschema:"default=proxy,enum=proxy,enum=direct"`
	Ratio  float64           `yaml:"ratio" jsonschema:"default=0.5,exclusiveMinimum=0"`
	Share  float64           `yaml:"share" jsonschema:"maximum=1"`
	Nested [][]int           `yaml:"nested"`
	Either *tier             `yaml:"either" jsonschema:"oneof_required=either"`
	Or     []tier            `yaml:"or" jsonschema:"oneof_required=or"`
}

type tier struct {
	For Duration `yaml:"for" jsonschema:"default=1m"`
}

func TestParseEveryKind(t *testing.T) {
	var got every
	err := parse([]byte(`
mounts: {kv-v2/bootstrap: kv-v2, "a.b": pki}
tiers: {x: {}, y: {for: 0s}}
ratio: 1e-3
nested: [[1, 2], [], [3]]
either: {}
`), "x.yaml", &got, func(*report) {})
	want := every{
		Mounts: map[string]string{"kv-v2/bootstrap": "kv-v2", "a.b": "pki"},
		Tiers:  map[string]tier{"x": {For: 60e9}, "y": {}},
		Via:    "proxy",
		Ratio:  0.001,
		Nested: [][]int{{1, 2}, nil, {3}},
		Either: &tier{For: 60e9},
	}
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("%v\n%s", err, diff)
	}
}

func TestParseEveryMistake(t *testing.T) {
	err := parse([]byte(`
mounts:
  a.b: x
  c d: [1]
  a.b: yy
tiers:
  - {}
via: prxy
ratio: 0
share: 1.5
nested: [[1, x], 2]
either: {for: 1x}
or: []
`), "x.yaml", new(every), func(*report) {})
	want := `x.yaml:3: mounts["a.b"]: "x" is too short: use at least 2 characters
x.yaml:4: mounts["c d"]: must be text, not a list
x.yaml:5: mounts: the key "a.b" is already in line 3: remove one of them
x.yaml:6: tiers: must be a mapping, not a list
x.yaml:8: via: "prxy" is not one of proxy, direct, did you mean "proxy"?
x.yaml:9: ratio: 0 is too small: use more than 0
x.yaml:10: share: 1.5 is too large: use at most 1
x.yaml:11: nested[0][1]: must be a whole number, not the text "x"
x.yaml:11: nested[1]: must be a list, not the number 2
x.yaml:12: either.for: "1x" is not a duration such as 30s, 5m or 1h30m: use whole numbers, with the units y, w, d, h, m, s, ms in this order`
	if err == nil {
		t.Fatal("no error")
	}
	got := strings.Split(err.Error(), "\n")
	if diff := cmp.Diff("x.yaml:2: either and or are mutually exclusive: keep exactly one of them", got[0]); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(want, strings.Join(got[1:], "\n")); diff != "" {
		t.Error(diff)
	}
}

func TestShapeRefuses(t *testing.T) {
	for _, tc := range []struct {
		name string
		typ  any
		want string
	}{
		{"type", struct {
			A chan int `yaml:"a"`
		}{}, "cannot have the type chan int"},
		{"optional scalar", struct {
			A *bool `yaml:"a"`
		}{}, "only a struct may be optional"},
		{"no key", struct{ A bool }{}, "not an exported field with a key"},
		{"option", struct {
			A string `yaml:"a" jsonschema:"minlength=1"`
		}{}, "unknown option"},
		{"number", struct {
			A int `yaml:"a" jsonschema:"minimum=few"`
		}{}, "minimum=few"},
		{"pattern", struct {
			A string `yaml:"a" jsonschema:"pattern=("`
		}{}, "missing closing )"},
		{"default", struct {
			A Duration `yaml:"a" jsonschema:"default=5"`
		}{}, "default=5"},
		{"unique structs", struct {
			A []tier `yaml:"a" jsonschema:"uniqueItems=true"`
		}{}, "uniqueItems is for lists of single values"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			_, err := newShape(reflect.TypeOf(tc.typ))
			if err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("the error is %v, want %s", err, tc.want)
			}
		})
	}
}

// TestAliasesAreBounded unfolds small documents that aliases make large.
func TestAliasesAreBounded(t *testing.T) {
	keys := make([]string, 1000)
	for i := range keys {
		keys[i] = fmt.Sprintf("k%d: 1", i)
	}
	many := strings.Repeat(", *a", 1000)
	for _, document := range []string{
		"clusters: [&a {" + strings.Join(keys, ", ") + "}" + many + "]",
		"metrics: {include: [&a [" + strings.Repeat("x, ", 1000) + "x]" + many + "]}",
		"clusters: &a [*a]",
		"clusters: &a [{name: x, kubeconfig: {path: *a}}, *a]",
	} {
		_, err := Parse([]byte(document), "x.yaml")
		if err == nil || len(document) > 1000 && !strings.Contains(err.Error(), "use fewer aliases") {
			t.Errorf("%.40s: the error is %.100v", document, err)
		}
	}
}

func TestNearest(t *testing.T) {
	known := []string{"name", "role", "kubeconfig", "inCluster", "watchList"}
	for word, want := range map[string]string{
		"nmae": "", "nam": "name", "Role": "role", "kube-config": "kubeconfig", "kubeConfg": "kubeconfig",
		"in_cluster": "inCluster", "incluster": "inCluster", "watchlists": "watchList", "": "", "x": "",
		strings.Repeat("kubeconfig", 100): "", "größe": "",
	} {
		if got := nearest(word, known); got != want {
			t.Errorf("nearest(%q) = %q, want %q", word, got, want)
		}
	}
}
