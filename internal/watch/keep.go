// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package watch

import (
	"bytes"
	"fmt"
	"maps"
	"reflect"
	"slices"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/failure"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/snapshot"
)

// shapeOf returns the shape of the slim struct of a resource, which keeps only the annotations and labels in names, and
// the labels in own.
func shapeOf(t reflect.Type, names, own []string) (*snapshot.Shape, error) {
	only := func(names []string) snapshot.Filter {
		return func(v jsontext.Value) (jsontext.Value, error) { return keptAnnotations(v, names) }
	}
	filters := map[reflect.Type]snapshot.Filter{
		reflect.TypeFor[Count]():       keptCount,
		reflect.TypeFor[Annotations](): only(names),
		reflect.TypeFor[OwnLabels]():   nil,
		reflect.TypeFor[Edits]():       keptEdits,
	}
	if len(own) > 0 {
		filters[reflect.TypeFor[OwnLabels]()] = only(own)
	}
	return snapshot.NewShapes(filters).ForType(t)
}

// Keep returns the part of the object in raw that a snapshot keeps: the fields from which its rows
// are rendered. Rendering the result gives the same rows.
func (r Resource) Keep(version string, raw []byte) ([]byte, error) {
	shape, err := r.shape()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", r.Kind, err)
	}
	kept, err := shape.KeepObject(r.apiVersion(version), r.Kind, raw)
	if err != nil {
		// Its text may quote a name in the object.
		return nil, fmt.Errorf("%w object: %s", failure.ErrDecode, r.Kind)
	}
	return kept, nil
}

func (r Resource) apiVersion(version string) string {
	return schema.GroupVersion{Group: r.Group, Version: version}.String()
}

// keptCount returns as many zeros as v has elements.
func keptCount(v jsontext.Value) (jsontext.Value, error) {
	if kind := v.Kind(); kind != '[' && kind != '{' {
		return jsontext.Value("null"), nil
	}
	var n Count
	if err := json.Unmarshal(v, &n, jsonOptions, utf8Options); err != nil {
		return nil, err
	}
	if n == 0 {
		return jsontext.Value("[]"), nil
	}
	return slices.Concat([]byte("[0"), bytes.Repeat([]byte(",0"), int(n)-1), []byte("]")), nil
}

func keptAnnotations(v jsontext.Value, names []string) (jsontext.Value, error) {
	var all Annotations
	if err := json.Unmarshal(v, &all, jsonOptions, utf8Options); err != nil {
		return nil, err
	}
	maps.DeleteFunc(all, func(name, _ string) bool { return !slices.Contains(names, name) })
	return json.Marshal(all, json.Deterministic(true))
}
