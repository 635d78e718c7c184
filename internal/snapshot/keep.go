// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package snapshot

import (
	"bytes"
	"cmp"
	"fmt"
	"io"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// Text is a string type of which only a part is kept. The part must have the same meaning as the
// whole, and keeping it again must not change it.
type Text interface{ KeptText() string }

// Keyed is a type with its own decoder for objects, key by key.
type Keyed interface {
	// KeptKey returns a value of the type that decodes the member key, or nil if only the key is
	// needed.
	KeptKey(key string) any
}

// Nameless is a map whose keys are not needed: numbers replace them.
type Nameless interface{ KeptNameless() }

// Filter returns the part of a value that is kept. A field of a type whose filter is nil is dropped.
type Filter func(jsontext.Value) (jsontext.Value, error)

// Shapes builds shapes of types. It is safe for concurrent use.
type Shapes struct {
	filters map[reflect.Type]Filter

	mu    sync.Mutex
	cache map[reflect.Type]*Shape
}

// NewShapes returns the shapes with filters for types that decode themselves.
func NewShapes(filters map[reflect.Type]Filter) *Shapes {
	return &Shapes{filters: filters, cache: map[reflect.Type]*Shape{}}
}

// Shape reduces a JSON value to the fields that a Go type reads: it drops other members, and
// replaces a value of the wrong type by an empty one of that type. Decoding the result gives the
// same value as decoding the original.
type Shape struct {
	copy   func(enc *jsontext.Encoder, dec *jsontext.Decoder) error
	fields map[string]*Shape // of a struct
	names  map[string]string // of fields that are kept under another name
}

// ForType returns the shape of a type. It fails for a type that decodes itself, unless the type has
// a filter.
func (s *Shapes) ForType(t reflect.Type) (*Shape, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.forType(t)
}

var (
	options = []jsontext.Options{jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true)}

	textType     = reflect.TypeFor[Text]()
	keyedType    = reflect.TypeFor[Keyed]()
	namelessType = reflect.TypeFor[Nameless]()
	timeType     = reflect.TypeFor[time.Time]()
)

// Keep returns the part of one value that is kept.
func (s *Shape) Keep(raw []byte) ([]byte, error) {
	dec := jsontext.NewDecoder(bytes.NewReader(raw), options...)
	var out bytes.Buffer
	if err := s.copy(jsontext.NewEncoder(&out, options...), dec); err != nil {
		return nil, err
	}
	if _, err := dec.ReadToken(); err != io.EOF { //nolint:errorlint // it is never wrapped
		return nil, fmt.Errorf("unexpected data after the value at byte %d", dec.InputOffset())
	}
	return bytes.TrimSpace(out.Bytes()), nil
}

// KeepObject returns the part of an object that is kept, after its apiVersion and kind.
func (s *Shape) KeepObject(apiVersion, kind string, raw []byte) ([]byte, error) {
	kept, err := s.Keep(raw)
	if err != nil {
		return nil, err
	}
	head, err := json.Marshal(typeMeta{apiVersion, kind})
	members, ok := bytes.CutPrefix(kept, []byte("{"))
	if err != nil || !ok || bytes.Equal(members, []byte("}")) { // not an object: it has no name and no rows
		return head, err
	}
	return slices.Concat(bytes.TrimSuffix(head, []byte("}")), []byte(","), members), nil
}

// forType is called with the lock held.
func (s *Shapes) forType(t reflect.Type) (*Shape, error) {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if known := s.cache[t]; known != nil {
		return known, nil
	}
	shape := &Shape{}
	s.cache[t] = shape // before its parts, because types may be recursive
	err := s.fill(shape, t)
	if err != nil {
		delete(s.cache, t)
	}
	return shape, err
}

func (s *Shapes) fill(shape *Shape, t reflect.Type) error {
	filter := s.filters[t]
	switch p := reflect.PointerTo(t); {
	case filter != nil:
		shape.copy = func(enc *jsontext.Encoder, dec *jsontext.Decoder) error { return copyFiltered(enc, dec, filter) }
		return nil
	case t == timeType:
		shape.copy = copyTime
		return nil
	case p.Implements(keyedType):
		keyed, _ := reflect.TypeAssert[Keyed](reflect.New(t))
		shape.copy = func(enc *jsontext.Encoder, dec *jsontext.Decoder) error {
			return copyObject(enc, dec, func(name string) (string, *Shape, error) {
				value := keyed.KeptKey(name)
				if value == nil {
					return name, &Shape{copy: copyNull}, nil
				}
				shape, err := s.ForType(reflect.TypeOf(value))
				return name, shape, err
			})
		}
		return nil
	case isUnmarshaler(p):
		return fmt.Errorf("%s decodes itself: declare the keys it reads with KeptKey or a filter", t)
	}
	switch t.Kind() {
	case reflect.Struct:
		shape.fields, shape.names = map[string]*Shape{}, map[string]string{}
		shape.copy = func(enc *jsontext.Encoder, dec *jsontext.Decoder) error {
			return copyObject(enc, dec, func(name string) (string, *Shape, error) {
				return cmp.Or(shape.names[name], name), shape.fields[name], nil
			})
		}
		return s.addFields(shape, t)
	case reflect.Map:
		elem, err := s.forType(t.Elem())
		nameless := t.Implements(namelessType)
		shape.copy = func(enc *jsontext.Encoder, dec *jsontext.Decoder) error {
			numbers := map[string]string{} // the same key has the same number
			return copyObject(enc, dec, func(name string) (string, *Shape, error) {
				if nameless && numbers[name] == "" {
					numbers[name] = strconv.Itoa(len(numbers))
				}
				return cmp.Or(numbers[name], name), elem, nil
			})
		}
		return err
	case reflect.Slice:
		elem, err := s.forType(t.Elem())
		shape.copy = func(enc *jsontext.Encoder, dec *jsontext.Decoder) error { return copyList(enc, dec, elem) }
		return err
	case reflect.String:
		shape.copy = textCopier(t)
	case reflect.Bool:
		shape.copy = copyEmpty // which copies booleans
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64, reflect.Float32, reflect.Float64,
		reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		shape.copy = copyNumber
	default:
		return fmt.Errorf("%s may hold anything", t)
	}
	return nil
}

// addFields adds the fields of a struct and of its embedded structs. The tag kept renames a field
// to another field of the same type.
func (s *Shapes) addFields(shape *Shape, t reflect.Type) error {
	for f := range t.Fields() {
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		inner := f.Type
		if inner.Kind() == reflect.Pointer {
			inner = inner.Elem()
		}
		var err error
		filter, filtered := s.filters[f.Type]
		switch {
		case name == "-", filtered && filter == nil:
		case f.Anonymous && name == "" && inner.Kind() == reflect.Struct:
			err = s.addFields(shape, inner)
		case !f.IsExported():
		default:
			if name == "" {
				name = f.Name
			}
			shape.fields[name], err = s.forType(f.Type)
			if as := f.Tag.Get("kept"); as != "" {
				shape.names[name] = as
			}
		}
		if err != nil {
			return fmt.Errorf("%s: %w", f.Name, err)
		}
	}
	return nil
}

func isUnmarshaler(t reflect.Type) bool {
	for _, method := range []string{"UnmarshalJSON", "UnmarshalJSONFrom", "UnmarshalText"} {
		if _, ok := t.MethodByName(method); ok {
			return true
		}
	}
	return false
}
