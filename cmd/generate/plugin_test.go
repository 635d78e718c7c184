// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"maps"
	"slices"
	"strings"
	"testing"
)

// TestEveryValueIsDecided checks that each value of the chart is listed either as an option of the plugin or as not an
// option.
func TestEveryValueIsDecided(t *testing.T) {
	values, err := chartOptions()
	if err != nil {
		t.Fatal(err)
	}
	decided := map[string]bool{}
	for _, o := range pluginOptions() {
		if o.displayName == "" {
			t.Errorf("%s has no name to be displayed", o.path)
		}
		if decided[o.path] {
			t.Errorf("%s is there twice", o.path)
		}
		decided[o.path] = true
	}
	for _, path := range notPluginOptions() {
		if decided[path] {
			t.Errorf("%s is an option and is not", path)
		}
		decided[path] = true
	}
	var walk func(o *option)
	walk = func(o *option) {
		if decided[o.path] {
			delete(decided, o.path)
			return
		}
		if len(o.children) == 0 {
			t.Errorf("%s is neither in pluginOptions nor in notPluginOptions", o.path)
		}
		for _, child := range o.children {
			walk(child)
		}
	}
	walk(values)
	for _, path := range slices.Sorted(maps.Keys(decided)) {
		t.Errorf("%s is no value of the chart, or below one that is an option", path)
	}
}

func TestOptionsOfThePlugin(t *testing.T) {
	values, err := readOptions([]byte(`
# How many.
count: 3
none: ""
off: false
empty: {}
labels:
  a: b
nested:
  # @schema {pattern: "^x$"}
  name: x
  # @schema {enum: ["", one, two]}
  choice: one
`))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []struct {
		path, kind, defaultText, description, regex string
	}{
		{"count", "int", "3", "How many.", ""},
		{"none", "string", "null", "", ""},
		{"off", "bool", "false", "", ""},
		{"empty", "map", "null", "", ""},
		{"labels", "map", `{"a":"b"}`, "", ""},
		{"nested.name", "string", `"x"`, "", "^x$"},
		{"nested.choice", "string", `"one"`, "One of one, two.", ""},
	} {
		got, err := newPluginOption(values, pluginOption{want.path, "Name"})
		if err != nil {
			t.Error(err)
			continue
		}
		if got.Type != want.kind || flowText(got.Default) != want.defaultText || got.Description != want.description || got.Regex != want.regex {
			t.Errorf("%s is %+v, want %+v", want.path, got, want)
		}
	}
	if _, err := newPluginOption(values, pluginOption{"nested.other", "Name"}); err == nil || !strings.Contains(err.Error(), "no such value") {
		t.Errorf("an option that the chart lacks: %v", err)
	}
}
