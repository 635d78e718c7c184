// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package snapshot

import (
	"context"
	"encoding/json"
	"fmt"
	"path/filepath"
	"strings"

	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/files"
)

// Object is an object in a snapshot.
type Object struct {
	// File and Line are the position of the object, or of its list.
	File    string
	Line    int
	Version string
	Raw     []byte // JSON; nil for an empty list, which shows that the kind is served
}

// Errorf returns an error about the object, with its position.
func (o Object) Errorf(format string, args ...any) error {
	return position{o.File, o.Line}.errorf(format, args...)
}

// Objects has the objects by kind, in the order of reading. If two have the same name, the later one is used.
type Objects map[schema.GroupKind][]Object

// ReadObjects reads every Kubernetes object below dir: single objects, lists and multi-document
// streams, as YAML or JSON. Other content of such files is an error, except answers of other
// systems.
func ReadObjects(ctx context.Context, dir string) (Objects, error) {
	objects := Objects{}
	entries, err := files.List(ctx, dir, maxFiles)
	if err != nil {
		return nil, err
	}
	read := 0
	for _, e := range entries {
		if filepath.Base(e.Path) == MetaFile {
			continue
		}
		switch strings.ToLower(filepath.Ext(e.Path)) {
		case ".yaml", ".yml", ".json":
		default:
			continue
		}
		text, err := readFile(ctx, e.Path)
		if err != nil {
			return nil, err
		}
		if read += len(text); read > maxDirectory {
			return nil, fmt.Errorf("%s: the files together are larger than the limit of %d MiB", dir, maxDirectory>>20)
		}
		err = readDocuments(e.Path, text, func(at position, raw []byte) error {
			if err := ctx.Err(); err != nil {
				return err
			}
			return objects.add(at, raw, documentHead{}, 0)
		})
		if err != nil {
			return nil, err
		}
	}
	return objects, nil
}

// documentHead has the members that show which objects a document contains.
type documentHead struct {
	APIVersion string            `json:"apiVersion"`
	Kind       string            `json:"kind"`
	Items      []json.RawMessage `json:"items"`

	// An answer of another system has one of these, see [ReadAnswer].
	Status   json.RawMessage `json:"_status"`
	Reason   json.RawMessage `json:"_reason"`
	NotAfter json.RawMessage `json:"not_after"`
}

func (h documentHead) isAnswer() bool { return h.Status != nil || h.Reason != nil || h.NotAfter != nil }

// add adds the objects of a document. Items without a type get that of their list, because an API
// server writes no type into items of built-in kinds. depth is the number of enclosing lists.
func (objects Objects) add(at position, raw []byte, list documentHead, depth int) error {
	if string(raw) == "null" {
		return nil // an empty document
	}
	if raw[0] != '{' {
		return at.errorf("not a Kubernetes object")
	}
	var h documentHead
	if err := json.Unmarshal(raw, &h); err != nil {
		return at.errorf("not a Kubernetes object: %w", err)
	}
	if h.Kind == "" && h.APIVersion == "" {
		h.Kind, h.APIVersion = list.Kind, list.APIVersion
	}
	gv, err := schema.ParseGroupVersion(h.APIVersion)
	kind, isList := strings.CutSuffix(h.Kind, "List")
	switch {
	case h.Kind == "" && h.Items != nil:
		return at.errorf("a list without kind: the file is cut off")
	case isList && h.Items != nil && depth == maxDepth:
		return at.errorf("lists are nested more than %d deep", maxDepth)
	case isList && h.Items != nil:
		if gv.Version != "" && kind != "" {
			// Even an empty list shows that the kind is served.
			gk := schema.GroupKind{Group: gv.Group, Kind: kind}
			objects[gk] = append(objects[gk], Object{File: at.file, Line: at.line, Version: gv.Version})
		}
		for _, item := range h.Items {
			if err := objects.add(at, item, documentHead{APIVersion: h.APIVersion, Kind: kind}, depth+1); err != nil {
				return err
			}
		}
		return nil
	case h.isAnswer():
		return nil
	case err != nil:
		return at.errorf("not a Kubernetes object: %w", err)
	case h.Kind == "" || h.APIVersion == "":
		return at.errorf("not a Kubernetes object: it has no apiVersion and kind")
	case h.Kind == "Status" && h.APIVersion == "v1":
		return at.errorf("an API server error, not an object")
	}
	gk := schema.GroupKind{Group: gv.Group, Kind: h.Kind}
	objects[gk] = append(objects[gk], Object{File: at.file, Line: at.line, Version: gv.Version, Raw: raw})
	return nil
}
