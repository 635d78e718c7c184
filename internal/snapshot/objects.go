// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package snapshot

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"k8s.io/apimachinery/pkg/runtime/schema"
	utilyaml "k8s.io/apimachinery/pkg/util/yaml"
)

// Object is an object in a snapshot.
type Object struct {
	File    string
	Version string
	Raw     []byte // JSON; nil is the head of a list, which shows that the kind is served
}

// Objects are objects by kind, in the order in which they are read: if two have the same
// name, the later one counts.
type Objects map[schema.GroupKind][]Object

// ReadObjects reads every Kubernetes object below dir: single objects, lists
// and multi-document streams, as YAML or JSON.
func ReadObjects(dir string) (Objects, error) {
	objects := Objects{}
	// The separator makes it follow a link.
	err := filepath.WalkDir(dir+string(filepath.Separator), func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || d.Name() == MetaFile {
			return err
		}
		switch strings.ToLower(filepath.Ext(path)) {
		case ".yaml", ".yml", ".json":
		default:
			return nil
		}
		file, err := os.Open(path) //nolint:gosec // below the configured directory
		if err != nil {
			return err
		}
		defer func() { _ = file.Close() }()
		return objects.readDocuments(path, file)
	})
	return objects, err
}

func (objects Objects) readDocuments(path string, r io.Reader) error {
	documents := utilyaml.NewYAMLOrJSONDecoder(r, 4096)
	for n := 1; ; n++ {
		var raw json.RawMessage
		err := documents.Decode(&raw)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err == nil {
			err = objects.add(path, raw)
		}
		if err != nil {
			return fmt.Errorf("%s: document %d: %w", path, n, err)
		}
	}
}

func (objects Objects) add(path string, raw []byte) error {
	if raw = bytes.TrimSpace(raw); len(raw) == 0 || raw[0] != '{' {
		return nil // an empty document
	}
	var head struct {
		APIVersion string            `json:"apiVersion"`
		Kind       string            `json:"kind"`
		Items      []json.RawMessage `json:"items"`
	}
	if err := json.Unmarshal(raw, &head); err != nil {
		return err
	}
	if kind, ok := strings.CutSuffix(head.Kind, "List"); ok && head.Items != nil {
		if gv, err := schema.ParseGroupVersion(head.APIVersion); err == nil && kind != "" {
			// Even an empty list shows that the kind is served.
			gk := schema.GroupKind{Group: gv.Group, Kind: kind}
			objects[gk] = append(objects[gk], Object{File: path, Version: gv.Version})
		}
		for _, item := range head.Items {
			if err := objects.add(path, item); err != nil {
				return err
			}
		}
		return nil
	}
	gv, err := schema.ParseGroupVersion(head.APIVersion)
	if err != nil || head.Kind == "" {
		return nil //nolint:nilerr // not a Kubernetes object
	}
	gk := schema.GroupKind{Group: gv.Group, Kind: head.Kind}
	objects[gk] = append(objects[gk], Object{File: path, Version: gv.Version, Raw: raw})
	return nil
}
