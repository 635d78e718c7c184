// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package schema_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	validator "github.com/santhosh-tekuri/jsonschema/v6"
	"go.yaml.in/yaml/v3"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/config"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/config/schema"
)

var update = flag.Bool("update", false, "write the generated files")

const root = "../../.." // of the repository

func TestGeneratedFilesAreCommitted(t *testing.T) {
	files, err := schema.Generate()
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range files {
		file := filepath.Join(root, filepath.FromSlash(name))
		if *update {
			if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(file, want, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		got, err := os.ReadFile(file)
		if err != nil {
			t.Error(err)
		}
		if diff := cmp.Diff(string(want), string(got)); diff != "" {
			t.Errorf("%s is not as generated: run make generate (-want +got):\n%s", name, diff)
		}
	}
}

// beyondSchema are the documents of package config that only Parse can refuse.
var beyondSchema = map[string]string{
	"duplicate-name.bad.yaml":    "a schema cannot compare items",
	"two-documents.bad.yaml":     "a schema sees one document",
	"duration-too-long.bad.yaml": "a schema cannot add up",

	"discover-hosts.bad.yaml":    "a schema cannot compare with clusters",
	"discover-selector.bad.yaml": "a schema cannot read label selectors",

	"openbao-duplicate-name.bad.yaml": "a schema cannot compare items",
	"openbao-login-probe.bad.yaml":    "a schema cannot count clusters that are not snapshots",
	"openbao-timeout.bad.yaml":        "a schema cannot compare durations",
	"openbao-voters.bad.yaml":         "a schema cannot add up",

	"aurora-cluster.bad.yaml":        "a schema cannot compare with clusters",
	"aurora-duplicate-name.bad.yaml": "a schema cannot compare items",
	"aurora-timeout.bad.yaml":        "a schema cannot compare durations",
}

// notData are documents that are not even an instance for a schema.
var notData = map[string]bool{
	"syntax.bad.yaml": true, "indentation.bad.yaml": true, "unknown-anchor.bad.yaml": true, "binary.bad.yaml": true, "empty.bad.yaml": true, "comments.bad.yaml": true,
	"merge-key.bad.yaml": true, "odd-keys.bad.yaml": true, "duplicate-key.bad.yaml": true,
	"infinity.bad.yaml": true, "tab.bad.yaml": true,
}

func TestSchemaAgreesWithParse(t *testing.T) {
	s := compile(t)
	files, err := filepath.Glob("../testdata/*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatal("no test data: ", err)
	}
	for _, file := range files {
		name := filepath.Base(file)
		t.Run(name, func(t *testing.T) {
			data, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			_, parseErr := config.Parse(data, file)
			if good := strings.HasSuffix(name, ".good.yaml"); good != (parseErr == nil) {
				t.Errorf("Parse: %v", parseErr)
			}
			if notData[name] {
				return
			}
			schemaErr := s.Validate(instance(t, data))
			if _, ok := beyondSchema[name]; ok {
				if schemaErr != nil {
					t.Errorf("the schema can tell after all: %v", schemaErr)
				}
				return
			}
			if (parseErr == nil) != (schemaErr == nil) {
				t.Errorf("Parse: %v\nschema: %v", parseErr, schemaErr)
			}
		})
	}
}

func TestExample(t *testing.T) {
	doc, err := os.ReadFile(filepath.Join(root, "docs", "configuration.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(doc), "```yaml\n")
	example, _, ok := strings.Cut(rest, "```\n")
	if !ok {
		t.Fatal("docs/configuration.md has no example")
	}
	if _, err := config.Parse([]byte(example), "example.yaml"); err != nil {
		t.Error(err)
	}
	value := instance(t, []byte(example))
	if err := compile(t).Validate(value); err != nil {
		t.Error(err)
	}

	data, err := schema.Schema()
	if err != nil {
		t.Fatal(err)
	}
	var s map[string]any
	if err := json.Unmarshal(data, &s); err != nil {
		t.Fatal(err)
	}
	used := map[string]bool{}
	usedKeys(value, "", used)
	requireKeys(t, s, "", used)
}

// usedKeys collects the paths of a document, with [] for every item.
func usedKeys(value any, path string, used map[string]bool) {
	switch value := value.(type) {
	case map[string]any:
		for key, v := range value {
			used[path+"."+key] = true
			usedKeys(v, path+"."+key, used)
		}
	case []any:
		for _, v := range value {
			usedKeys(v, path+"[]", used)
		}
	}
}

// requireKeys checks that every key of a schema is used, described, and that
// no object lets others pass.
func requireKeys(t *testing.T, s map[string]any, path string, used map[string]bool) {
	t.Helper()
	if properties, ok := s["properties"].(map[string]any); ok {
		if s["additionalProperties"] != false {
			t.Errorf("%s: the schema allows unknown keys", path)
		}
		for key, v := range properties {
			property, at := v.(map[string]any), path+"."+key
			if !used[at] {
				t.Errorf("the example lacks %s", at)
			}
			if property["description"] == nil {
				t.Errorf("%s has no description", at)
			}
			requireKeys(t, property, at, used)
		}
	}
	if items, ok := s["items"].(map[string]any); ok {
		requireKeys(t, items, path+"[]", used)
	}
}

func compile(t *testing.T) *validator.Schema {
	t.Helper()
	data, err := schema.Schema()
	if err != nil {
		t.Fatal(err)
	}
	doc, err := validator.UnmarshalJSON(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	c := validator.NewCompiler()
	if err := c.AddResource("schema.json", doc); err != nil {
		t.Fatal(err)
	}
	s, err := c.Compile("schema.json")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// instance is the document as a schema sees it.
func instance(t *testing.T, data []byte) any {
	t.Helper()
	var value any
	if err := yaml.Unmarshal(data, &value); err != nil {
		t.Fatal(err)
	}
	asJSON, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	out, err := validator.UnmarshalJSON(bytes.NewReader(asJSON))
	if err != nil {
		t.Fatal(err)
	}
	return out
}
