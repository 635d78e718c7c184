// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.yaml.in/yaml/v3"

	"github.com/cobaltcore-dev/cobaltcore-exporter/alerts"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/app"
)

func TestOptions(t *testing.T) {
	const text = `# About the file.

# What it is,
# in two lines.
name: ""
outer:
  # How many.
  # @schema {minimum: 1}
  count: 3
  plain: true
  # @schema {additionalProperties: {type: string}}
  labels: {}
list: [a]
`
	values, err := readOptions([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	got, err := values.schema()
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]any{"type": "object", "additionalProperties": false, "properties": map[string]any{
		"name": map[string]any{"type": "string", "default": "", "description": "What it is, in two lines."},
		"outer": map[string]any{"type": "object", "additionalProperties": false, "properties": map[string]any{
			"count":  map[string]any{"type": "integer", "default": 3, "minimum": 1, "description": "How many."},
			"plain":  map[string]any{"type": "boolean", "default": true},
			"labels": map[string]any{"type": "object", "properties": map[string]any{}, "additionalProperties": map[string]any{"type": "string"}},
		}},
		"list": map[string]any{"type": "array"},
	}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	page := string(chartPage(values))
	for _, row := range []string{"| `name` | string | `\"\"` | What it is, in two lines. |", "| `outer.count` | int | `3` | How many. |", "| `list` | list | `[\"a\"]` |  |"} {
		if !strings.Contains(page, row) {
			t.Errorf("the page has no row %s", row)
		}
	}
	if strings.Contains(page, "About the file") || strings.Contains(page, "`outer` ") {
		t.Error("the page has a row of something that is no option")
	}
}

func TestBadOptions(t *testing.T) {
	for text, says := range map[string]string{
		"open: {}\n":                    "open: an empty mapping needs additionalProperties",
		"nothing: null\n":               "nothing: a default that is !!null",
		"half: 0.5\n":                   "half: a default that is !!float",
		"# @schema {minimum\nbad: 1\n":  "bad: @schema",
		"outer:\n  # @schema [\n  x: 1": "outer.x: @schema",
	} {
		values, err := readOptions([]byte(text))
		if err == nil {
			_, err = valuesSchema(values)
		}
		if err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%q: want an error with %q, got %v", text, says, err)
		}
	}
}

// The chart adds a cluster, so none need be given; else the schema is that of the exporter.
func TestSchemaOfConfig(t *testing.T) {
	s, err := configSchema()
	if err != nil {
		t.Fatal(err)
	}
	if s["required"] != nil || s["additionalProperties"] != false {
		t.Errorf("required %v, additionalProperties %v", s["required"], s["additionalProperties"])
	}
}

func TestNeutralDashboard(t *testing.T) {
	const text = `{"q": "sum by (clusterName) (up)", "order": {"clusterName": 0}, "title": "A cluster"}`
	for name, c := range map[string]struct {
		want string
		same bool
	}{
		"only the label": {`{"q": "sum by (cluster) (up)", "order": {"cluster": 0}, "title": "A cluster"}`, true},
		"a query":        {`{"q": "max by (cluster) (up)", "order": {"cluster": 0}, "title": "A cluster"}`, false},
		"a key":          {`{"q": "sum by (cluster) (up)", "order": {"clusterName": 0}, "title": "A cluster"}`, false},
		"no JSON":        {``, false},
	} {
		got, err := neutralDashboard([]byte(text), []byte(c.want))
		want := `{"q":"sum by (\u0063luster) (up)","order":{"\u0063luster":0},"title":"A cluster"}` + "\n"
		if c.same != (err == nil) || c.same != (string(got) == want) {
			t.Errorf("%s: %q, %v", name, got, err)
		}
	}
}

func TestChartKinds(t *testing.T) {
	var got map[string]map[string][]string
	if err := yaml.Unmarshal(chartKinds(), &got); err != nil {
		t.Fatal(err)
	}
	var want, found int
	for _, set := range app.Watched() {
		want += len(set.Resources)
		for _, resources := range got[alerts.Describe(alerts.System(set.Collector)).Key] {
			found += len(resources)
		}
	}
	if want == 0 || want != found {
		t.Errorf("%d kinds are watched, and %d are in the roles", want, found)
	}
}
