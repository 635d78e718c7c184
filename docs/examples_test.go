// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package docs_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/config"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/testing/testutil"
)

const chartSchema = "charts/cobaltcore-exporter/values.schema.json"

// TestChartExamples checks the values of the examples with the schema of the chart.
func TestChartExamples(t *testing.T) {
	document, err := jsonschema.UnmarshalJSON(strings.NewReader(read(t, chartSchema)))
	if err != nil {
		t.Fatal(err)
	}
	compiler := jsonschema.NewCompiler()
	if err := compiler.AddResource(chartSchema, document); err != nil {
		t.Fatal(err)
	}
	schema, err := compiler.Compile(chartSchema)
	if err != nil {
		t.Fatal(err)
	}
	for name, values := range testutil.ChartExamples(t, root) {
		if err := schema.Validate(instance(t, values)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		values["unknown"] = true
		if schema.Validate(instance(t, values)) == nil {
			t.Errorf("%s: an unknown value is accepted", name)
		}
	}
}

// instance returns values as Helm validates them: as JSON, without those that null removes.
func instance(t *testing.T, values map[string]any) any {
	t.Helper()
	text, err := json.Marshal(withoutNull(values))
	if err != nil {
		t.Fatal(err)
	}
	value, err := jsonschema.UnmarshalJSON(strings.NewReader(string(text)))
	if err != nil {
		t.Fatal(err)
	}
	return value
}

func withoutNull(values map[string]any) map[string]any {
	out := map[string]any{}
	for key, value := range values {
		if below, ok := value.(map[string]any); ok {
			out[key] = withoutNull(below)
		} else if value != nil {
			out[key] = value
		}
	}
	return out
}

// TestRulesExample checks the configuration of the example for Kustomize.
func TestRulesExample(t *testing.T) {
	c, err := config.Parse([]byte(read(t, "docs/examples/rules/exporter.yaml")), "exporter.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if len(c.Rules.Overrides) == 0 {
		t.Error("the example changes no alert")
	}
}
