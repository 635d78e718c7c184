// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package testbed

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	utilyaml "k8s.io/apimachinery/pkg/util/yaml"
)

// LoadDir reads the objects of all .yaml, .yml and .json files in dir and below, in the
// lexical order of the paths.
func LoadDir(dir string) ([]*unstructured.Unstructured, error) {
	var objs []*unstructured.Unstructured
	err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || !slices.Contains([]string{".yaml", ".yml", ".json"}, filepath.Ext(path)) {
			return err
		}
		loaded, err := Load(path)
		objs = append(objs, loaded...)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("testbed: load objects: %w", err)
	}
	return objs, nil
}

// Load reads the objects of a file of YAML documents or JSON. It returns the items of lists and skips empty documents.
func Load(file string) ([]*unstructured.Unstructured, error) {
	content, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("testbed: %w", err)
	}
	objs, err := decode(content)
	if err != nil {
		return nil, fmt.Errorf("testbed: %s: %w", file, err)
	}
	return objs, nil
}

func decode(content []byte) ([]*unstructured.Unstructured, error) {
	var objs []*unstructured.Unstructured
	documents := utilyaml.NewYAMLReader(bufio.NewReader(bytes.NewReader(content)))
	for i := 1; ; i++ {
		document, err := documents.Read()
		if errors.Is(err, io.EOF) {
			return objs, nil
		}
		if err != nil {
			return nil, fmt.Errorf("document %d: %w", i, err)
		}
		json, err := utilyaml.ToJSON(document)
		if err != nil {
			return nil, fmt.Errorf("document %d: %w", i, err)
		}
		if string(json) == "null" {
			continue
		}
		obj := &unstructured.Unstructured{}
		if err := obj.UnmarshalJSON(json); err != nil {
			return nil, fmt.Errorf("document %d: %w", i, err)
		}
		if !obj.IsList() {
			objs = append(objs, obj)
			continue
		}
		if err := obj.EachListItem(func(item runtime.Object) error {
			objs = append(objs, item.(*unstructured.Unstructured))
			return nil
		}); err != nil {
			return nil, fmt.Errorf("document %d: %w", i, err)
		}
	}
}
