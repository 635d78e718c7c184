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

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/slim"
)

// shapeOf is what the slim struct of a resource reads; names are those of annotations
// and labels, own those of labels that are wanted of every kind.
func shapeOf(t reflect.Type, names, own []string) (*slim.Shape, error) {
	only := func(names []string) slim.Filter {
		return func(v jsontext.Value) (jsontext.Value, error) { return keptAnnotations(v, names) }
	}
	filters := map[reflect.Type]slim.Filter{
		reflect.TypeFor[Count]():       keptCount,
		reflect.TypeFor[Annotations](): only(names),
		reflect.TypeFor[OwnLabels]():   nil,
	}
	if len(own) > 0 {
		filters[reflect.TypeFor[OwnLabels]()] = only(own)
	}
	return slim.NewShapes(filters).Of(t)
}

// Project returns the object in raw with the fields only that its rows are made
// from: a snapshot holds that. Rendering it gives the same rows. Messages, values
// and whatever else nobody reads are not in it, nor what may be a secret in a URL.
func (r Resource) Project(version string, raw []byte) ([]byte, error) {
	shape, err := r.shape()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", r.Kind, err)
	}
	kept, err := shape.Keep(raw)
	if err != nil {
		// What it says of the place may quote a name in the object.
		return nil, fmt.Errorf("%w object: %s", errDecode, r.Kind)
	}
	head, err := json.Marshal(typed{apiVersion(r.Group, version), r.Kind})
	if err != nil {
		return nil, err
	}
	members, ok := bytes.CutPrefix(kept, []byte("{"))
	if !ok || bytes.Equal(members, []byte("}")) { // not an object: it has no name, and no rows
		return head, nil
	}
	return slices.Concat(bytes.TrimSuffix(head, []byte("}")), []byte(","), members), nil
}

// typed is how every object begins.
type typed struct {
	APIVersion string `json:"apiVersion"`
	Kind       string `json:"kind"`
}

func apiVersion(group, version string) string {
	if group == "" {
		return version
	}
	return group + "/" + version
}

// keptCount is as many zeros.
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
