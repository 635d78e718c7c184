// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package testutil

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"

	"go.yaml.in/yaml/v3"
)

// ChartExamples returns the values of the chart in the files of docs/examples, by the name of the file: those of a
// HelmRelease, those of an Application, or the file itself.
func ChartExamples(t *testing.T, root string) map[string]map[string]any {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(root, "docs", "examples", "*.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]map[string]any{}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for documents := yaml.NewDecoder(bytes.NewReader(text)); ; {
			var document map[string]any
			if err := documents.Decode(&document); errors.Is(err, io.EOF) {
				break
			} else if err != nil {
				t.Fatalf("%s: %v", file, err)
			}
			if values := chartValues(document); values != nil {
				out[filepath.Base(file)] = values
			}
		}
	}
	if len(out) == 0 || len(out) != len(files) {
		t.Fatalf("%d of %d files in docs/examples have values", len(out), len(files))
	}
	return out
}

// chartValues returns the values of the chart in a document, or nil if it has none.
func chartValues(document map[string]any) map[string]any {
	path := []string{}
	switch document["kind"] {
	case nil:
	case "HelmRelease":
		path = []string{"spec", "values"}
	case "Application":
		path = []string{"spec", "source", "helm", "valuesObject"}
	default:
		return nil
	}
	for _, key := range path {
		document, _ = document[key].(map[string]any)
	}
	return document
}
