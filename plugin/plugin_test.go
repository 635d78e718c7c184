// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

// Package plugin_test checks the plugin as Greenhouse will.
package plugin_test

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"sigs.k8s.io/yaml"
)

func definition(t *testing.T) *object {
	t.Helper()
	o, err := check(compiler(t), nil, file(t, "plugindefinition.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	return o
}

func file(t *testing.T, name string) []byte {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func TestDefinition(t *testing.T) {
	d := definition(t)
	if len(d.Spec.Options) < 30 {
		t.Errorf("there are %d options", len(d.Spec.Options))
	}
	var chart struct{ Name, Version string }
	if err := yaml.Unmarshal(file(t, "../charts/cobaltcore-exporter/Chart.yaml"), &chart); err != nil {
		t.Fatal(err)
	}
	if c := d.Spec.HelmChart; d.Spec.Version != chart.Version || c.Version != chart.Version || c.Name != chart.Name {
		t.Errorf("version %s of the plugin has the chart %+v, which is %+v", d.Spec.Version, c, chart)
	}
}

// Options are values of the chart, and a default is the one that the chart has.
func TestOptionsAreValuesOfTheChart(t *testing.T) {
	var values map[string]any
	if err := yaml.Unmarshal(file(t, "../charts/cobaltcore-exporter/values.yaml"), &values); err != nil {
		t.Fatal(err)
	}
	for _, o := range definition(t).Spec.Options {
		value, ok := lookup(values, o.Name)
		if !ok {
			t.Errorf("%s is no value of the chart", o.Name)
			continue
		}
		if err := checkType(o.Type, value); err != nil {
			t.Errorf("%s in the chart: %v", o.Name, err)
		}
		if o.Default != nil && marshal(t, o.Default) != marshal(t, value) {
			t.Errorf("%s is %v, in the chart %v", o.Name, o.Default, value)
		}
		if o.Type == "secret" {
			t.Errorf("%s: what Greenhouse does with secrets breaks certificates; take the name of a Secret", o.Name)
		}
		if o.Required {
			t.Errorf("%s is required, but the chart has a default", o.Name)
		}
	}
}

func lookup(values map[string]any, path string) (any, bool) {
	first, rest, nested := strings.Cut(path, ".")
	value, ok := values[first]
	if !nested || !ok {
		return value, ok
	}
	below, ok := value.(map[string]any)
	if !ok {
		return nil, false
	}
	return lookup(below, rest)
}

func marshal(t *testing.T, v any) string {
	t.Helper()
	text, err := yaml.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestExamples(t *testing.T) {
	files, err := filepath.Glob("examples/*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatalf("%d examples, %v", len(files), err)
	}
	kinds := map[string]int{}
	for _, name := range files {
		o, err := check(compiler(t), definition(t), file(t, name))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		kinds[o.Kind]++
	}
	for _, kind := range []string{"Plugin", "PluginPreset", "Catalog"} {
		if kinds[kind] == 0 {
			t.Errorf("there is no example of a %s", kind)
		}
	}
}

// Each rule finds what it is there for.
func TestMistakes(t *testing.T) {
	d := definition(t)
	definitionText := string(file(t, "plugindefinition.yaml"))
	central, catalog := string(file(t, "examples/central.yaml")), string(file(t, "examples/catalog.yaml"))
	preset := string(file(t, "examples/preset.yaml"))
	tests := []struct{ name, text, old, new, want string }{
		{"no version", definitionText, "  version: 0.", "  # version: 0.", "version"},
		{"no chart", definitionText, "  helmChart:", "  uiApplication:", "helmChart"},
		{"a chart without a version", definitionText, "    version: 0.", "    # version: 0.", "version"},
		{"an icon that is not shown", definitionText, "logo.png", "logo.svg", "icon"},
		{"a type that Greenhouse lacks", definitionText, "type: bool", "type: boolean", "type"},
		{"a default of another type", definitionText, "default: true", `default: "true"`, "is no bool"},
		{"a number that is none", definitionText, "default: 1\n", "default: 1.5\n", "is no int"},
		{"a secret with a default", definitionText, "type: string\n      default: cluster\n", "type: secret\n      default: cluster\n", "no default"},
		{"no required", definitionText, "      required: false\n", "", "required"},
		{"a field that nobody knows", definitionText, "displayName: CobaltCore Exporter", "title: CobaltCore Exporter", "title"},
		{"the same option twice", definitionText, "name: localCluster.role", "name: localCluster.name", "twice"},
		{"a default that does not match", definitionText, `default: 30s`, `default: soon`, "does not match"},
		{"the central cluster from elsewhere", central, "namespace: greenhouse\n", "namespace: my-organization\n", "central cluster"},
		{"no namespace", central, "  namespace: greenhouse\n", "", "namespace"},
		{"an option that is not there", central, "name: service.expose", "name: service.exposed", "none of this name"},
		{"a value of another type", central, "value: true", `value: "yes"`, "is no bool"},
		{"an option twice", central, "name: localCluster.name", "name: service.expose", "twice"},
		{"a definition that is not there", central, "    name: cobaltcore-exporter\n", "    name: exporter\n", "no definition"},
		{"what was removed", central, "  displayName:", "  disabled: false\n  displayName:", "disabled"},
		{"no value", central, "      value: greenhouse\n", "", "oneOf"},
		{"two values", central, "      value: greenhouse\n", "      value: greenhouse\n      valueFrom: {secret: {name: a, key: b}}\n", "oneOf"},
		{"from a Secret, but no secret", central, "      value: greenhouse\n", "      valueFrom: {secret: {name: a, key: b}}\n", "not read from a Secret"},
		{"a release name that is too long", central, "releaseName: cobaltcore-exporter", "releaseName: " + strings.Repeat("x", 54), "releaseName"},
		{"a preset with a cluster", preset, "    releaseName:", "    clusterName: management\n    releaseName:", "clusterName"},
		{"a preset of no clusters", preset, "clusterSelector", "selector", "clusterSelector"},
		{"an override that is not there", preset, "- name: dashboards.create\n          value: true", "- name: dashboard\n          value: true", "none of this name"},
		{"a catalog by another protocol", catalog, "https://", "ssh://", "repository"},
		{"a catalog of nothing", catalog, "resources: [plugin/plugindefinition.yaml]", "resources: []", "resources"},
		{"a kind that is none", catalog, "kind: Catalog", "kind: PluginDefinitionCatalog", "PluginDefinitionCatalog"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			text := strings.Replace(tt.text, tt.old, tt.new, 1)
			if text == tt.text {
				t.Fatalf("%q is not there to be changed", tt.old)
			}
			if _, err := check(compiler(t), d, []byte(text)); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error is %v, want %q", err, tt.want)
			}
		})
	}
}

// A required option without a default has to be set, and a secret comes from a Secret.
func TestRequiredAndSecret(t *testing.T) {
	d := &object{}
	d.Spec.Options = []definedOption{{Name: "a", Type: "string", Required: true}, {Name: "b", Type: "secret"}}
	for want, values := range map[string][]optionValue{
		"option a is required":           nil,
		"a secret is read from a Secret": {{Name: "a", Value: "x"}, {Name: "b", Value: "x"}},
	} {
		if err := checkValues(d, values); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error is %v, want %q", err, want)
		}
	}
	if err := checkValues(d, []optionValue{{Name: "a", Value: "x"}, {Name: "b", Value: "vault+kvv2:///kv/x#y"}}); err != nil {
		t.Error(err)
	}
}

var withoutCode = regexp.MustCompile("(?ms)^ *```.*?^ *```$")

// TestPage checks the layout of Greenhouse's plugins: a title in the front matter, and the sections in their order.
func TestPage(t *testing.T) {
	page := string(file(t, "README.md"))
	if !strings.HasPrefix(page, "---\ntitle: ") {
		t.Errorf("no front matter: %.40q", page)
	}
	sections := regexp.MustCompile(`(?m)^# .*|^## (Overview|Prerequisites|Quick start|Examples|Options)$`).FindAllString(withoutCode.ReplaceAllString(page, ""), -1)
	if want := []string{"## Overview", "## Prerequisites", "## Quick start", "## Examples", "## Options"}; !slices.Equal(sections, want) {
		t.Errorf("sections are %q, want %q: the title is that of the front matter", sections, want)
	}
	for _, o := range definition(t).Spec.Options {
		if !strings.Contains(page, "| `"+o.Name+"` |") {
			t.Errorf("%s is not explained", o.Name)
		}
	}
	for _, name := range []string{"logo.png", "logo.svg"} {
		if _, err := os.Stat(name); err != nil {
			t.Error(err)
		}
	}
}
