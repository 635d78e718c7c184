// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package collectortest

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"sigs.k8s.io/yaml"
)

// Object is the JSON of an object from an API server, with its identity.
type Object struct {
	APIVersion, Kind string
	Metadata         struct{ Namespace, Name string }

	Raw []byte `json:"-"`
}

func (o Object) is(kinds ...string) bool { return slices.Contains(kinds, o.Kind) }

// Parse reads the JSON of an object.
func Parse(tb testing.TB, raw []byte) Object {
	tb.Helper()
	o := Object{Raw: raw}
	o.Into(tb, &o)
	return o
}

// Into decodes the object into a value.
func (o Object) Into(tb testing.TB, v any) {
	tb.Helper()
	if err := json.Unmarshal(o.Raw, v); err != nil {
		tb.Fatal(err)
	}
}

// Documents splits a file of YAML.
func Documents(text []byte) []string { return regexp.MustCompile(`(?m)^---$`).Split(string(text), -1) }

// Read reads a file with YAML documents, or with the JSON of a List from a real cluster.
func Read(tb testing.TB, file string) []Object {
	tb.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		tb.Fatal(err)
	}
	var all []Object
	if filepath.Ext(file) == ".json" {
		var list struct{ Items []json.RawMessage }
		if err := json.Unmarshal(data, &list); err != nil {
			tb.Fatalf("%s: %v", file, err)
		}
		for _, raw := range list.Items {
			all = append(all, Parse(tb, raw))
		}
		return all
	}
	for _, doc := range Documents(data) {
		raw, err := yaml.YAMLToJSONStrict([]byte(doc))
		if err != nil {
			tb.Fatalf("%s: %v", file, err)
		}
		if string(raw) != "null" {
			all = append(all, Parse(tb, raw))
		}
	}
	return all
}

// Find returns one object of a file of testdata. An empty kind or name matches any.
func Find(tb testing.TB, file, kind, name string) Object {
	tb.Helper()
	for _, o := range Read(tb, filepath.Join("testdata", file)) {
		if (kind == "" || o.Kind == kind) && (name == "" || o.Metadata.Name == name) {
			return o
		}
	}
	tb.Fatalf("%s has no %s %s", file, kind, name)
	return Object{}
}

// With returns the object with another value at an existing dotted path. The identity does not
// change, even if the path is part of it.
func (o Object) With(tb testing.TB, path string, value any) (Object, bool) {
	tb.Helper()
	var root any
	o.Into(tb, &root)
	at, names := root, strings.Split(path, ".")
	for i, name := range names {
		last := i == len(names)-1
		switch in := at.(type) {
		case map[string]any:
			if at = in[name]; at == nil {
				return o, false
			}
			if last {
				in[name] = value
			}
		case []any:
			n, err := strconv.Atoi(name)
			if err != nil || n >= len(in) {
				return o, false
			}
			if at = in[n]; last {
				in[n] = value
			}
		default:
			return o, false
		}
	}
	var err error
	if o.Raw, err = json.Marshal(root); err != nil {
		tb.Fatal(err)
	}
	return o, true
}
