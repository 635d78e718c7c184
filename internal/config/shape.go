// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package config

import (
	"errors"
	"fmt"
	"reflect"
	"regexp"
	"strconv"
	"strings"
)

// kind is the type of a value in the file.
type kind int

const (
	object   kind = iota // a struct: the keys are known
	dict                 // a map from text
	list                 // a slice
	text                 // a string, the first of the single values
	boolean              // a bool
	integer              // an int
	number               // a float64
	duration             // a Duration
)

// shape is a type of this package with its parsed struct tags. The types must not be recursive.
//
// A field may have the following tags. A struct field may be a pointer, which is nil if the key is missing.
//
//	yaml:"key"                      the key; its options affect only writing
//	jsonschema_description:"…"      for the schema and the documentation
//	hint:"…"                        the pattern in words
//	file:"true"                     a path: made absolute
//	conflicts:"key"                 cannot be set together with that key
//	jsonschema_extras:"const=true"  the only allowed value
//	jsonschema:"…,…"
//	    required
//	    oneof_required=key    exactly one of the keys with this option is set
//	    default=value
//	    minimum=n, maximum=n    number
//	    exclusiveMinimum=n      number or duration (0 only)
//	    minLength=n, maxLength=n, pattern=regexp, enum=value    text
//	    minItems=n, uniqueItems=true     list; the rest applies to its items,
//	                                     and to the values of a map
//
// No value of an option may contain a comma.
type shape struct {
	kind     kind
	optional bool    // a pointer
	fields   []field // of an object
	elem     *shape  // of a dict or list
	typ      reflect.Type
}

// field is one key of an object.
type field struct {
	key           string
	index         int
	shape         *shape
	required      bool
	isAlternative bool // exactly one of these fields is set
	conflicts     string
	constraints   constraints
}

// constraints has the limits of a value.
type constraints struct {
	defaultValue     *string // the default, as in the tag
	mustBeTrue       bool
	isFile           bool
	minimum          *float64
	maximum          *float64
	exclusiveMinimum *float64
	minLength        int
	maxLength        int // 0: any
	pattern          *regexp.Regexp
	hint             string
	enum             []string
	minItems         int
	uniqueItems      bool
}

// newShape reads the tags of t. An error is a mistake in this package; the shape is usable without
// the wrong tag.
func newShape(t reflect.Type) (*shape, error) {
	s := &shape{typ: t}
	if t.Kind() == reflect.Pointer {
		s.optional = true
		t = t.Elem()
		s.typ = t
	}
	var err error
	switch {
	case t == reflect.TypeFor[Duration]():
		s.kind = duration
	case t.Kind() == reflect.Struct:
		s.kind = object
		return s, s.readFields()
	case t.Kind() == reflect.Map && t.Key().Kind() == reflect.String:
		s.kind = dict
		s.elem, err = newShape(t.Elem())
	case t.Kind() == reflect.Slice:
		s.kind = list
		s.elem, err = newShape(t.Elem())
	case t.Kind() == reflect.String:
		s.kind = text
	case t.Kind() == reflect.Bool:
		s.kind = boolean
	case t.Kind() == reflect.Int:
		s.kind = integer
	case t.Kind() == reflect.Float64:
		s.kind = number
	default:
		return s, fmt.Errorf("a configuration key cannot have the type %v", t)
	}
	if s.optional {
		return s, fmt.Errorf("only a struct may be optional, not %v", t)
	}
	return s, err
}

func (s *shape) readFields() error {
	var errs []string
	for i := range s.typ.NumField() {
		sf := s.typ.Field(i)
		key, _, _ := strings.Cut(sf.Tag.Get("yaml"), ",")
		f := field{key: key, index: i, conflicts: sf.Tag.Get("conflicts")}
		var err error
		if f.shape, err = newShape(sf.Type); err == nil {
			err = f.readTags(sf.Tag)
		}
		if err == nil && (key == "" || !sf.IsExported()) {
			err = errors.New("not an exported field with a key")
		}
		if err != nil {
			errs = append(errs, fmt.Sprintf("%v.%s: %v", s.typ, sf.Name, err))
			continue
		}
		s.fields = append(s.fields, f)
	}
	if errs != nil {
		return fmt.Errorf("%s", strings.Join(errs, "; "))
	}
	return nil
}

func (f *field) readTags(tag reflect.StructTag) error {
	f.constraints.hint = tag.Get("hint")
	f.constraints.isFile = tag.Get("file") == "true"
	f.constraints.mustBeTrue = tag.Get("jsonschema_extras") == "const=true"
	options := tag.Get("jsonschema")
	if options == "" {
		return nil
	}
	for option := range strings.SplitSeq(options, ",") {
		name, value, _ := strings.Cut(option, "=")
		if err := f.readOption(name, value); err != nil {
			return fmt.Errorf("%s: %w", option, err)
		}
	}
	if f.constraints.uniqueItems && (f.shape.kind != list || f.shape.elem.kind < text) {
		return errors.New("uniqueItems is for lists of single values")
	}
	if fallback := f.constraints.defaultValue; fallback != nil {
		if f.shape.kind < text {
			return errors.New("default is for single values")
		}
		v := reflect.New(f.shape.typ).Elem()
		if f.fillDefault(v); f.shape.kind != text && fmt.Sprint(v) != *fallback {
			return fmt.Errorf("default=%s is not the canonical form of a %v", *fallback, f.shape.typ)
		}
	}
	return nil
}

func (f *field) readOption(name, value string) (err error) {
	r := &f.constraints
	switch name {
	case "required":
		f.required = true
	case "oneof_required":
		f.isAlternative = true
	case "default":
		r.defaultValue = &value
	case "minimum":
		r.minimum, err = parseNumber(value)
	case "maximum":
		r.maximum, err = parseNumber(value)
	case "exclusiveMinimum":
		r.exclusiveMinimum, err = parseNumber(value)
	case "minLength":
		r.minLength, err = strconv.Atoi(value)
	case "maxLength":
		r.maxLength, err = strconv.Atoi(value)
	case "pattern":
		r.pattern, err = regexp.Compile(value)
	case "enum":
		r.enum = append(r.enum, value)
	case "minItems":
		r.minItems, err = strconv.Atoi(value)
	case "uniqueItems":
		r.uniqueItems = true
	default:
		err = errors.New("unknown option")
	}
	return err
}

func parseNumber(s string) (*float64, error) {
	n, err := strconv.ParseFloat(s, 64)
	return &n, err
}

// fillDefault sets v, a zero value of the shape, to its default.
func (s *shape) fillDefault(v reflect.Value) {
	if s.optional || s.kind != object {
		return
	}
	for _, f := range s.fields {
		f.fillDefault(v.Field(f.index))
	}
}

func (f *field) fillDefault(v reflect.Value) {
	if f.constraints.defaultValue == nil {
		f.shape.fillDefault(v)
		return
	}
	switch text := *f.constraints.defaultValue; f.shape.kind {
	case duration:
		d, _ := parseDuration(text)
		v.SetInt(int64(d))
	case boolean:
		v.SetBool(text == "true")
	case integer:
		n, _ := strconv.ParseInt(text, 10, 64)
		v.SetInt(n)
	case number:
		n, _ := strconv.ParseFloat(text, 64)
		v.SetFloat(n)
	default:
		v.SetString(text)
	}
}

// keys lists the keys of an object.
func (s *shape) keys() []string {
	keys := make([]string, len(s.fields))
	for i, f := range s.fields {
		keys[i] = f.key
	}
	return keys
}
