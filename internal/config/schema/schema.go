// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

// Package schema writes the JSON schema and the documentation of the configuration file. It is
// separate from package config so that the exporter does not link a schema library.
package schema

import (
	"bytes"
	_ "embed" // for the example
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/invopop/jsonschema"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/config"
)

// example is a configuration file with every key. Its file names do not exist.
//
//go:embed example.yaml
var example []byte

// Generate returns the generated files by their path from the root of the repository.
func Generate() (map[string][]byte, error) {
	schema, err := Schema()
	if err != nil {
		return nil, err
	}
	return map[string][]byte{
		"internal/config/schema.json": schema,
		"docs/configuration.md":       renderDocs(reflectConfig()),
	}, nil
}

// Schema returns the JSON schema (draft 2020-12) of the configuration file. It accepts all files that
// config.Parse accepts, and a few more: a schema cannot refuse two clusters with the same name, or
// duplicate keys.
func Schema() ([]byte, error) {
	data, err := json.Marshal(reflectConfig())
	if err != nil {
		return nil, fmt.Errorf("cannot write the JSON schema: %w", err)
	}
	var out bytes.Buffer
	if err := json.Indent(&out, data, "", "  "); err != nil {
		return nil, fmt.Errorf("cannot write the JSON schema: %w", err)
	}
	out.WriteByte('\n')
	return out.Bytes(), nil
}

// durationTitle marks durations for the documentation and the refinement.
const durationTitle = "duration"

func reflectConfig() *jsonschema.Schema {
	reflector := jsonschema.Reflector{
		Anonymous:                  true,
		DoNotReference:             true,
		ExpandedStruct:             true,
		FieldNameTag:               "yaml",
		RequiredFromJSONSchemaTags: true,
		Mapper: func(t reflect.Type) *jsonschema.Schema {
			if t != reflect.TypeFor[config.Duration]() {
				return nil
			}
			one := uint64(1)
			return &jsonschema.Schema{Type: "string", Title: durationTitle, MinLength: &one, Pattern: config.DurationPattern}
		},
	}
	root := reflector.Reflect(&config.Config{})
	root.Title = "Configuration of cobaltcore-exporter"
	refine(root, reflect.TypeFor[config.Config]())
	if label, ok := root.Properties.Get("clusterLabel"); ok {
		label.Not = &jsonschema.Schema{}
		for _, name := range config.ReservedLabels() {
			label.Not.Enum = append(label.Not.Enum, name)
		}
	}
	return root
}

// refine adds the struct tags that the library does not read; package config explains the tags.
func refine(s *jsonschema.Schema, t reflect.Type) {
	switch {
	case t.Kind() == reflect.Pointer:
		refine(s, t.Elem())
	case t.Kind() == reflect.Slice:
		refine(s.Items, t.Elem())
	case t.Kind() == reflect.Map:
		refine(s.AdditionalProperties, t.Elem())
	case t.Kind() == reflect.Struct:
		i := 0
		for pair := s.Properties.Oldest(); pair != nil; pair = pair.Next() {
			refineField(s, pair.Key, pair.Value, t.Field(i))
			i++
		}
		restrict(s, t)
	}
}

func refineField(parent *jsonschema.Schema, key string, s *jsonschema.Schema, field reflect.StructField) {
	if hint := field.Tag.Get("hint"); hint != "" {
		s.Description += " " + hint + "."
	}
	if other := field.Tag.Get("conflicts"); other != "" {
		if parent.DependentSchemas == nil {
			parent.DependentSchemas = map[string]*jsonschema.Schema{}
		}
		parent.DependentSchemas[key] = &jsonschema.Schema{Not: &jsonschema.Schema{Required: []string{other}}}
		s.Description += " Not together with `" + other + "`."
	}
	if field.Type.Kind() == reflect.Map && hasOption(field, "minLength=1") { // the library reads no tags of maps
		one := uint64(1)
		s.AdditionalProperties.MinLength = &one
	}
	if s.Title == durationTitle && hasOption(field, "exclusiveMinimum=0") {
		s.AllOf = append(s.AllOf, &jsonschema.Schema{Pattern: "[1-9]"})
	}
	for _, text := range []*jsonschema.Schema{s, s.Items} {
		if text != nil {
			text.Pattern = strings.ReplaceAll(text.Pattern, anyPort, validPort)
		}
	}
	refine(s, field.Type)
}

func hasOption(field reflect.StructField, option string) bool {
	return slices.Contains(strings.Split(field.Tag.Get("jsonschema"), ","), option)
}
