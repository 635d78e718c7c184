//go:build testbed

// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package dashboards

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/cobaltcore-dev/cobaltcore-exporter/test/e2e/harness"
	"github.com/cobaltcore-dev/cobaltcore-exporter/test/testbed"
)

// TestDashboardsByGrafanaSchema validates the generated dashboards and the options of their
// plugins with the JSON schemas of the Foundation SDK.
func TestDashboardsByGrafanaSchema(t *testing.T) {
	t.Parallel()
	sdk, err := testbed.ModuleDir(t.Context(), "percli", "github.com/grafana/grafana-foundation-sdk")
	harness.Must(t, err)
	schemas := map[string]*jsonschema.Schema{}
	valid := func(where, file, definition string, value any) {
		if value == nil {
			return
		}
		s, ok := schemas[file+definition]
		if !ok {
			s = grafanaSchema(t, filepath.Join(sdk, "jsonschema", file+".jsonschema.json"), definition)
			schemas[file+definition] = s
		}
		if err := s.Validate(value); err != nil {
			t.Errorf("%s: %v", where, err)
		}
	}
	plugins := map[string]string{ // of a type of panel: the schema, which has options and custom fields
		"gauge": "gauge", "stat": "stat", "status-history": "statushistory", "table": "table", "text": "text", "timeseries": "timeseries",
	}
	for _, file := range generatedDashboards(t, "grafana") {
		var page map[string]any
		readJSON(t, file, &page)
		valid(file, "dashboard", "Dashboard", page)
		var panels []any
		for _, p := range page["panels"].([]any) {
			panels = append(panels, p)
			if inner, ok := p.(map[string]any)["panels"].([]any); ok {
				panels = append(panels, inner...)
			}
		}
		for _, p := range panels {
			p := p.(map[string]any)
			if p["type"] == "row" {
				continue
			}
			plugin, ok := plugins[p["type"].(string)]
			if !ok {
				t.Fatalf("%s: no schema of %v", file, p["type"])
			}
			where := filepath.Base(file) + ": " + p["title"].(string)
			valid(where, plugin, "Options", p["options"])
			if fields, ok := p["fieldConfig"].(map[string]any); ok && fields["defaults"].(map[string]any)["custom"] != nil {
				valid(where, plugin, "FieldConfig", fields["defaults"].(map[string]any)["custom"])
			}
			targets, _ := p["targets"].([]any)
			for _, q := range targets {
				valid(where, "prometheus", "Dataquery", q)
			}
		}
	}
}

// grafanaSchema is a definition of one of the SDK's schemas, in which the options of a matcher and the
// value of a property are objects.
func grafanaSchema(t *testing.T, file, definition string) *jsonschema.Schema {
	t.Helper()
	var text map[string]any
	readJSON(t, file, &text)
	definitions := text["definitions"].(map[string]any)
	for name, field := range map[string]string{"MatcherConfig": "options", "DynamicConfigValue": "value"} {
		if d, ok := definitions[name].(map[string]any); ok {
			d["properties"].(map[string]any)[field] = map[string]any{}
		}
	}
	text["$ref"] = "#/definitions/" + definition
	c := jsonschema.NewCompiler()
	harness.Must(t, c.AddResource("schema.json", text))
	s, err := c.Compile("schema.json")
	harness.Must(t, err)
	return s
}

// generatedDashboards returns the files of a format, for both labels.
func generatedDashboards(t *testing.T, format string) []string {
	t.Helper()
	var files []string
	for _, label := range []string{"cluster", "clusterName"} {
		found, err := filepath.Glob(filepath.Join(generated(t, format, label), "*.json"))
		harness.Must(t, err)
		files = append(files, found...)
	}
	if len(files) < 20 {
		t.Fatalf("%d dashboards for %s", len(files), format)
	}
	return files
}

func readJSON(t *testing.T, file string, v any) {
	t.Helper()
	text, err := os.ReadFile(file)
	harness.Must(t, err)
	harness.Must(t, json.Unmarshal(text, v))
}
