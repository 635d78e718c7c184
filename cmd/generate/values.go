// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/config/schema"
)

// option is a key of the chart's values.yaml, with the comment above it.
type option struct {
	name, path  string
	description string
	refinement  map[string]any // of the schema, from the line @schema
	value       *yaml.Node
	children    []*option
}

// configOption is the option with the configuration of the exporter, which has its own schema.
const configOption = "config"

// valuesFiles returns the schema and the page that are generated from values.yaml.
func valuesFiles(out map[string][]byte) error {
	values, err := chartOptions()
	if err != nil {
		return err
	}
	if out[chartDir+"values.schema.json"], err = valuesSchema(values); err != nil {
		return fmt.Errorf("values.yaml: %w", err)
	}
	out[chartDir+"README.md"] = chartPage(values)
	return nil
}

// chartOptions returns the options of the chart from values.yaml.
func chartOptions() (*option, error) {
	text, err := chartFile("values.yaml")
	if err != nil {
		return nil, err
	}
	values, err := readOptions(text)
	if err != nil {
		return nil, fmt.Errorf("values.yaml: %w", err)
	}
	return values, nil
}

// chartFile returns the content of a handwritten file of the chart.
func chartFile(name string) ([]byte, error) {
	repository, err := root()
	if err != nil {
		return nil, err
	}
	return os.ReadFile(filepath.Join(repository, filepath.FromSlash(chartDir), name))
}

// root returns the directory of the repository, because tests run in the directory of their package.
func root() (string, error) {
	dir, err := os.Getwd()
	for err == nil {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir, nil
		}
		if dir == filepath.Dir(dir) {
			return "", errors.New("run this in the repository: go.mod does not exist here")
		}
		dir = filepath.Dir(dir)
	}
	return "", err
}

func readOptions(text []byte) (*option, error) {
	var document yaml.Node
	if err := yaml.Unmarshal(text, &document); err != nil {
		return nil, err
	}
	values := &option{value: document.Content[0]}
	return values, values.read()
}

// read adds the children of a mapping.
func (o *option) read() error {
	if o.value.Kind != yaml.MappingNode {
		return nil
	}
	for i := 0; i < len(o.value.Content); i += 2 {
		key := o.value.Content[i]
		child := &option{name: key.Value, path: strings.TrimPrefix(o.path+"."+key.Value, "."), value: o.value.Content[i+1]}
		// A comment above an empty line is about the file, not about the key.
		paragraphs := strings.Split(key.HeadComment, "\n\n")
		for line := range strings.Lines(paragraphs[len(paragraphs)-1]) {
			line = strings.TrimSpace(strings.TrimPrefix(line, "#"))
			refinement, ok := strings.CutPrefix(line, "@schema ")
			if !ok {
				child.description = strings.TrimSpace(child.description + " " + line)
				continue
			}
			if err := yaml.Unmarshal([]byte(refinement), &child.refinement); err != nil {
				return fmt.Errorf("%s: @schema: %w", child.path, err)
			}
		}
		if err := child.read(); err != nil {
			return err
		}
		o.children = append(o.children, child)
	}
	return nil
}

// valuesSchema returns the schema with which Helm validates values.
func valuesSchema(values *option) ([]byte, error) {
	s, err := values.schema()
	if err != nil {
		return nil, err
	}
	s["$schema"] = "https://json-schema.org/draft/2020-12/schema"
	s["title"] = "Values of the chart cobaltcore-exporter"
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetIndent("", "  ")
	enc.SetEscapeHTML(false)
	err = enc.Encode(s)
	return b.Bytes(), err
}

func (o *option) schema() (map[string]any, error) {
	s := map[string]any{}
	if o.path == configOption {
		var err error
		if s, err = configSchema(); err != nil {
			return nil, err
		}
	} else if err := o.shape(s); err != nil {
		return nil, err
	}
	if o.description != "" {
		s["description"] = o.description
	}
	maps.Copy(s, o.refinement)
	return s, nil
}

// shape derives the schema of an option from its default.
func (o *option) shape(s map[string]any) error {
	switch o.value.Kind {
	case yaml.MappingNode:
		properties := map[string]any{}
		for _, child := range o.children {
			sub, err := child.schema()
			if err != nil {
				return err
			}
			properties[child.name] = sub
		}
		if len(properties) == 0 && o.refinement["additionalProperties"] == nil {
			return fmt.Errorf("%s: an empty mapping needs additionalProperties in @schema", o.path)
		}
		s["type"], s["properties"], s["additionalProperties"] = "object", properties, false
	case yaml.SequenceNode:
		s["type"] = "array"
	default:
		types := map[string]string{"!!str": "string", "!!bool": "boolean", "!!int": "integer"}
		kind, ok := types[o.value.ShortTag()]
		if !ok {
			return fmt.Errorf("%s: a default that is %s", o.path, o.value.ShortTag())
		}
		var value any
		if err := o.value.Decode(&value); err != nil {
			return err
		}
		s["type"], s["default"] = kind, value
	}
	return nil
}

// configSchema returns the schema of the exporter's configuration, except that clusters may be
// empty, because the chart adds the cluster in which it is installed.
func configSchema() (map[string]any, error) {
	text, err := schema.Schema()
	if err != nil {
		return nil, err
	}
	var s map[string]any
	if err := json.Unmarshal(text, &s); err != nil {
		return nil, err
	}
	properties, _ := s["properties"].(map[string]any)
	clusters, ok := properties["clusters"].(map[string]any)
	if !ok {
		return nil, errors.New("the schema of the configuration has no clusters")
	}
	delete(clusters, "minItems")
	delete(s, "required")
	delete(s, "$schema")
	return s, nil
}
