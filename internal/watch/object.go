// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package watch

import (
	"bytes"
	"time"

	"github.com/go-json-experiment/json/jsontext"
)

// Object is embedded in the slim structs into which resources are decoded. A slim struct has only the fields that become
// rows. Everything else in the JSON is skipped without being stored.
type Object struct {
	Metadata Meta `json:"metadata"`
}

// Meta is the part of the object metadata that every kind needs.
type Meta struct {
	Name            string      `json:"name"`
	Namespace       string      `json:"namespace"`
	UID             string      `json:"uid"`
	ResourceVersion string      `json:"resourceVersion"`
	Generation      int64       `json:"generation"`
	Created         time.Time   `json:"creationTimestamp"`
	Deleted         time.Time   `json:"deletionTimestamp"` // when deletion was requested; finalizers may delay it
	Finalizers      []string    `json:"finalizers"`
	Annotations     Annotations `json:"annotations"`
	Own             OwnLabels   `json:"labels"`
	ManagedFields   Edits       `json:"managedFields" kept:"edits"`
	Edits           Edits       `json:"edits"` // a snapshot has these instead of managedFields
}

// Labeled is embedded instead of [Object] if labels become rows. All other kinds skip labels.
type Labeled struct {
	Metadata LabeledMeta `json:"metadata"`
}

// LabeledMeta is a Meta with labels.
type LabeledMeta struct {
	Meta

	Labels Annotations `json:"labels"`
}

func (o *Labeled) meta() *Meta { return &o.Metadata.Meta }

func (o *Labeled) label(name string) string { return o.Metadata.Labels[name] }

// Annotations has the annotations with short values. Long values, such as those of kubectl, never
// become rows.
type Annotations map[string]string

const maxAnnotation = 256

// UnmarshalJSONFrom skips long values without storing them.
func (a *Annotations) UnmarshalJSONFrom(dec *jsontext.Decoder) error {
	*a = nil
	return readStrings(dec, func(name []byte) (string, bool) { return string(name), true }, func(name, value string) {
		if *a == nil {
			*a = Annotations{}
		}
		(*a)[name] = value
	})
}

// readStrings decodes an object and keeps wanted short strings. It skips all other values, including invalid UTF-8.
func readStrings(dec *jsontext.Decoder, wanted func(name []byte) (string, bool), keep func(name, value string)) error {
	if dec.PeekKind() != '{' {
		return dec.SkipValue()
	}
	if _, err := dec.ReadToken(); err != nil {
		return err
	}
	for dec.PeekKind() != '}' {
		quoted, err := dec.ReadValue()
		if err != nil {
			return err
		}
		key := quoted[1 : len(quoted)-1]
		if bytes.IndexByte(key, '\\') >= 0 {
			key, _ = jsontext.AppendUnquote(nil, quoted)
		}
		name, ok := wanted(key)
		value, err := dec.ReadValue()
		if err != nil {
			return err
		}
		if !ok || value.Kind() != '"' || len(value) > maxAnnotation {
			continue
		}
		var buf [maxAnnotation]byte
		if text, err := jsontext.AppendUnquote(buf[:0], value); err == nil {
			keep(name, string(text))
		}
	}
	_, err := dec.ReadToken()
	return err
}

// key identifies the object within its kind.
func (m *Meta) key() string {
	if m.Namespace == "" {
		return m.Name
	}
	return m.Namespace + "/" + m.Name
}

// object is satisfied by *T for every slim struct T.
type object interface {
	meta() *Meta
	label(name string) string
}

func (o *Object) meta() *Meta { return &o.Metadata }

func (o *Object) label(name string) string { return o.Metadata.Own.Get(name) }

// Count is decoded from a JSON array or object as its number of elements, so that an inventory of a thousand entries
// needs no memory.
type Count int

// UnmarshalJSONFrom counts without storing.
func (c *Count) UnmarshalJSONFrom(dec *jsontext.Decoder) error {
	*c = 0
	kind := dec.PeekKind()
	if kind != '[' && kind != '{' {
		return dec.SkipValue()
	}
	if _, err := dec.ReadToken(); err != nil {
		return err
	}
	for {
		switch dec.PeekKind() {
		case ']', '}':
			_, err := dec.ReadToken()
			return err
		}
		if kind == '{' {
			if err := dec.SkipValue(); err != nil { // the name
				return err
			}
		}
		if err := dec.SkipValue(); err != nil {
			return err
		}
		*c++
	}
}
