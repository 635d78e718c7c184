// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package config

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// maxValues limits the number of values of a document after its aliases are expanded. Otherwise, a small file could expand
// without limit.
const maxValues = 100_000

// section is a type with rules that its tags cannot express, or with defaults that depend on other keys. check is called
// after all of its keys are decoded. Invalid values are zero and already reported.
type section interface {
	check(at string, r *report)
}

// decoder decodes a document by its shape and collects every mistake.
type decoder struct {
	report *report
	dir    string // base of relative paths
	values int
}

// decodeValue decodes n into v, which is zero, and reports whether it succeeded.
func (d *decoder) decodeValue(n *yaml.Node, s *shape, rules constraints, v reflect.Value, path string) bool {
	if n.Kind == yaml.AliasNode {
		n = n.Alias
	}
	if !d.countValues(n, path) {
		return false
	}
	if isNull(n) {
		d.report.errorf(path, "the value is missing: fill it in, or remove it")
		return false
	}
	if s.optional {
		v.Set(reflect.New(s.typ))
		v = v.Elem()
	}
	switch s.kind {
	case object:
		return d.decodeObject(n, s, v, path)
	case dict:
		return d.decodeMap(n, s, rules, v, path)
	case list:
		return d.decodeList(n, s, rules, v, path)
	default:
		return d.decodeScalar(n, s, rules, v, path)
	}
}

// countValues reports whether the document is still within its limits. It records an error once.
func (d *decoder) countValues(n *yaml.Node, path string) bool {
	before := d.values
	d.values += 1 + len(n.Content)
	if before <= maxValues && d.values > maxValues {
		d.report.errorf(path, "the document expands to more than %d values: use fewer aliases", maxValues)
	}
	return d.values <= maxValues
}

func (d *decoder) decodeObject(n *yaml.Node, s *shape, v reflect.Value, path string) bool {
	values, ok := d.readMapping(n, s.keys(), path)
	if !ok {
		return false
	}
	for _, f := range s.fields {
		at := joinPath(path, f.key)
		switch value, given := values[f.key]; {
		case value != nil:
			d.decodeValue(value, f.shape, f.constraints, v.Field(f.index), at)
			if values[f.conflicts] != nil {
				d.report.errorf(at, "has no effect in combination with %s: remove one of them", f.conflicts)
			}
		case given: // misspelt, and reported already
		case f.required:
			d.report.errorf(path, "the key %q is missing: add it", f.key)
		default:
			f.fillDefault(v.Field(f.index))
		}
	}
	d.checkAlternatives(s, values, path)
	if checker, ok := reflect.TypeAssert[section](v.Addr()); ok {
		checker.check(path, d.report)
	}
	return true
}

// checkAlternatives reports an error unless exactly one of the alternative keys is set.
func (d *decoder) checkAlternatives(s *shape, values map[string]*yaml.Node, path string) {
	var possible, present []string
	misspelt := false
	for _, f := range s.fields {
		if !f.isAlternative {
			continue
		}
		possible = append(possible, f.key)
		switch value, given := values[f.key]; {
		case value != nil:
			present = append(present, f.key)
		case given:
			misspelt = true
		}
	}
	switch {
	case len(present) > 1:
		d.report.errorf(path, "%s are mutually exclusive: keep exactly one of them", strings.Join(present, " and "))
	case len(present) == 0 && len(possible) > 0 && !misspelt:
		d.report.errorf(path, "one of %s is missing: add exactly one of them", strings.Join(possible, ", "))
	}
}

func (d *decoder) decodeMap(n *yaml.Node, s *shape, rules constraints, v reflect.Value, path string) bool {
	values, ok := d.readMapping(n, nil, path)
	if !ok {
		return false
	}
	v.Set(reflect.MakeMap(s.typ))
	for _, key := range slices.Sorted(maps.Keys(values)) {
		elem := reflect.New(s.typ.Elem()).Elem()
		if d.decodeValue(values[key], s.elem, rules, elem, joinEntry(path, key)) {
			v.SetMapIndex(reflect.ValueOf(key).Convert(s.typ.Key()), elem)
		}
	}
	return true
}

// readMapping returns the values of n by key, records their lines, and reports duplicate and unknown keys. If known is nil,
// all keys are allowed. A known key that is misspelt in the file has the value nil.
func (d *decoder) readMapping(n *yaml.Node, known []string, path string) (map[string]*yaml.Node, bool) {
	if n.Kind != yaml.MappingNode {
		want := "a mapping"
		if known != nil {
			want += " with the keys " + strings.Join(known, ", ")
		}
		d.reportWrongType(n, path, want)
		return nil, false
	}
	values, lines := map[string]*yaml.Node{}, map[string]int{}
	var misspelt []string
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		line := key.Line
		if key.Kind == yaml.AliasNode {
			key = key.Alias
		}
		switch first, seen := lines[key.Value]; {
		case key.Kind != yaml.ScalarNode:
			d.report.errorAt(line, path, "a key must be plain text, not %s", describe(key))
			continue
		case key.ShortTag() == "!!merge":
			misspelt = append(misspelt, known...) // a merge key may add any of them
			d.report.errorAt(line, path, "merge keys (<<) are not supported: write the keys out, or use an alias for the whole value")
			continue
		case seen:
			d.report.errorAt(line, path, "the key %s is already in line %d: remove one of them", quote(key.Value), first)
			continue
		}
		lines[key.Value] = line
		switch {
		case known == nil:
			d.report.recordLine(joinEntry(path, key.Value), line)
		case slices.Contains(known, key.Value):
			d.report.recordLine(joinPath(path, key.Value), line)
		default:
			misspelt = append(misspelt, nearest(key.Value, known))
			d.report.errorAt(line, path, "unknown key %s%s", quote(key.Value), suggestion(key.Value, known))
			continue
		}
		values[key.Value] = value
	}
	for _, key := range misspelt {
		if values[key] == nil {
			values[key] = nil
		}
	}
	return values, true
}

// joinEntry appends an arbitrary key to a path of the document.
func joinEntry(path, key string) string { return path + "[" + quote(key) + "]" }

func (d *decoder) decodeList(n *yaml.Node, s *shape, rules constraints, v reflect.Value, path string) bool {
	if n.Kind != yaml.SequenceNode {
		d.reportWrongType(n, path, "a list")
		return false
	}
	if len(n.Content) < rules.minItems {
		d.report.errorf(path, "%d items are too few: add at least %d", len(n.Content), rules.minItems)
	}
	first := map[any]int{}
	for i, item := range n.Content {
		at := fmt.Sprintf("%s[%d]", path, i)
		d.report.recordLine(at, item.Line)
		elem := reflect.New(s.typ.Elem()).Elem()
		ok := d.decodeValue(item, s.elem, rules, elem, at)
		if d.values > maxValues {
			return false
		}
		v.Set(reflect.Append(v, elem))
		if !ok || !rules.uniqueItems {
			continue
		}
		if j, seen := first[elem.Interface()]; seen {
			d.report.errorf(at, "%s is already in the list, in line %d: remove one of them", quote(fmt.Sprint(elem)), d.report.line(fmt.Sprintf("%s[%d]", path, j)))
			continue
		}
		first[elem.Interface()] = i
	}
	return true
}
