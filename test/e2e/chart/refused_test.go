//go:build testbed

// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package chart

import (
	"errors"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"sigs.k8s.io/yaml"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/app"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/config"
	"github.com/cobaltcore-dev/cobaltcore-exporter/test/e2e/harness"
	"github.com/cobaltcore-dev/cobaltcore-exporter/test/testbed"
)

// onlyExporter returns the invalid configurations that the chart accepts. The test of the release detects them
// (check-config).
func onlyExporter() *regexp.Regexp {
	return regexp.MustCompile(`is not a label selector|is already an address of|is too long: use a shorter duration`)
}

// TestChartRefusesLikeTheExporter checks each invalid configuration of the configuration tests: if the exporter refuses
// it, the schema or a template refuses it, too.
func TestChartRefusesLikeTheExporter(t *testing.T) {
	t.Parallel()
	schema, err := jsonschema.NewCompiler().Compile(filepath.Join(chartDir(t), "values.schema.json"))
	harness.Must(t, err)
	check := checker(app.KnownNames())
	mistakes := check.mistakenConfigs(t)
	if len(mistakes) < 200 {
		t.Fatalf("only %d mistakes", len(mistakes))
	}
	for message, mistaken := range mistakes {
		values := map[string]any{"config": mistaken, "localCluster": map[string]any{"enabled": false}}
		text, err := yaml.Marshal(values)
		harness.Must(t, err)
		var instance any
		harness.Must(t, yaml.Unmarshal(text, &instance))
		if schema.Validate(instance) != nil {
			continue
		}
		t.Run(message, func(t *testing.T) {
			t.Parallel()
			file := filepath.Join(t.TempDir(), "values.yaml")
			harness.Must(t, os.WriteFile(file, text, 0o600))
			rendered, err := renderChart(t, "--values", file)
			accepted := err == nil
			if accepted {
				written, marshalErr := yaml.Marshal(exporterConfig(t, decodeObjects(t, rendered)))
				harness.Must(t, marshalErr)
				err = check.parse(written)
			}
			if late := accepted && err != nil; late != onlyExporter().MatchString(message) {
				t.Errorf("only the exporter refuses it: %t, error %v\n%s", late, err, text)
			}
		})
	}
}

// checker parses configurations.
type checker config.KnownNames

func (c checker) parse(text []byte) error {
	_, err := config.Parse(text, "exporter.yaml", config.KnownNames(c))
	return err
}

var unsteady = regexp.MustCompile(`^exporter\.yaml:\d+: |in line \d+|\[\d+\]`)

// messages returns the errors in a configuration, without lines and the numbers of elements.
func (c checker) messages(document map[string]any) map[string]bool {
	text, err := yaml.Marshal(document)
	if err != nil {
		return nil
	}
	all := map[string]bool{}
	if list, ok := errors.AsType[config.Errors](c.parse(text)); ok {
		for _, e := range list {
			all[unsteady.ReplaceAllString(e.Error(), "")] = true
		}
	}
	return all
}

// mistakenConfigs returns the smallest configuration for each error in the files of the tests.
func (c checker) mistakenConfigs(t *testing.T) map[string]map[string]any {
	t.Helper()
	root, err := testbed.RepoRoot()
	harness.Must(t, err)
	files, err := filepath.Glob(filepath.Join(root, "internal", "config", "testdata", "*.bad.yaml"))
	harness.Must(t, err)
	out := map[string]map[string]any{}
	for _, file := range files {
		text, err := os.ReadFile(file)
		harness.Must(t, err)
		var document map[string]any
		if yaml.Unmarshal(text, &document) != nil || document == nil {
			continue // values of Helm are YAML, too
		}
		for message := range c.messages(document) {
			if out[message] == nil {
				out[message] = c.smallest(document, message)
			}
		}
	}
	return out
}

// smallest removes what a message does not depend on.
func (c checker) smallest(document map[string]any, message string) map[string]any {
	known := c.messages(document)
	all := paths(document, nil)
	for i := 0; i < len(all); {
		smaller := clone(document).(map[string]any) //nolint:forcetypeassert // of a map
		remove(smaller, all[i])
		if left := c.messages(smaller); left[message] && subset(left, known) {
			document, known = smaller, left
			all = paths(document, nil)
			continue
		}
		i++
	}
	return document
}

func subset(a, b map[string]bool) bool {
	for message := range a {
		if !b[message] {
			return false
		}
	}
	return true
}

// paths returns the paths of all values, those that contain others first.
func paths(value any, prefix []string) [][]string {
	var out [][]string
	below := func(key string, v any) {
		path := append(slices.Clone(prefix), key)
		out = append(append(out, path), paths(v, path)...)
	}
	switch v := value.(type) {
	case map[string]any:
		for _, key := range slices.Sorted(maps.Keys(v)) {
			below(key, v[key])
		}
	case []any:
		for i, element := range v {
			below(strconv.Itoa(i), element)
		}
	}
	slices.SortStableFunc(out, func(a, b []string) int { return len(a) - len(b) })
	return out
}

// remove removes the value at a path, and returns the value below which it was.
func remove(value any, path []string) any {
	switch v := value.(type) {
	case map[string]any:
		if len(path) == 1 {
			delete(v, path[0])
		} else {
			v[path[0]] = remove(v[path[0]], path[1:])
		}
	case []any:
		i, err := strconv.Atoi(path[0])
		switch {
		case err != nil:
		case len(path) == 1:
			return slices.Delete(v, i, i+1)
		default:
			v[i] = remove(v[i], path[1:])
		}
	}
	return value
}

func clone(value any) any {
	switch v := value.(type) {
	case map[string]any:
		out := map[string]any{}
		for key, below := range v {
			out[key] = clone(below)
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i, below := range v {
			out[i] = clone(below)
		}
		return out
	}
	return value
}
