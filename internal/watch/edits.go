// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package watch

import (
	"bytes"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// Edits has times of changes according to managedFields: of the spec, of the field or annotation that suspends the object,
// and of the last change by Flux Operator. A time is zero if managedFields does not have it.
type Edits struct {
	Spec     time.Time `json:"spec,omitzero"`
	Suspend  time.Time `json:"suspend,omitzero"`
	Operator time.Time `json:"operator,omitzero"`
}

// UnmarshalJSONFrom reads managedFields, or the part of them in a snapshot.
func (e *Edits) UnmarshalJSONFrom(dec *jsontext.Decoder) error {
	*e = Edits{}
	if dec.PeekKind() != '[' {
		value, err := dec.ReadValue()
		if err != nil {
			return err
		}
		type plain Edits
		_ = json.Unmarshal(value, (*plain)(e), lenientOptions) // of a wrong type: no edits
		return nil
	}
	if _, err := dec.ReadToken(); err != nil {
		return err
	}
	for dec.PeekKind() != ']' {
		value, err := dec.ReadValue()
		if err != nil {
			return err
		}
		e.add(value)
	}
	_, err := dec.ReadToken()
	return err
}

// add reads the entry of a manager. An object may be suspended by a field of its spec or by an annotation.
func (e *Edits) add(entry jsontext.Value) {
	spec := bytes.Contains(entry, []byte(`"f:spec"`))
	suspend := bytes.Contains(entry, []byte(`"f:suspend"`)) || bytes.Contains(entry, []byte(`/reconcile"`))
	operator := bytes.Contains(entry, []byte(`"flux-operator"`))
	if !spec && !suspend && !operator {
		return
	}
	at := timeOf(entry)
	if spec && at.After(e.Spec) {
		e.Spec = at
	}
	if suspend && at.After(e.Suspend) {
		e.Suspend = at
	}
	if operator && at.After(e.Operator) {
		e.Operator = at
	}
}

// timeOf returns the time of an entry by searching its text, which takes a tenth of the time of decoding it. The first
// match is the right one, because quotes in the other fields are escaped.
func timeOf(entry jsontext.Value) time.Time {
	if _, rest, ok := bytes.Cut(entry, []byte(`"time":"`)); ok {
		if text, _, ok := bytes.Cut(rest, []byte(`"`)); ok {
			at, _ := time.Parse(time.RFC3339, string(text)) // else no time
			return at
		}
	}
	var head struct {
		Time time.Time `json:"time"`
	}
	_ = json.Unmarshal(entry, &head, lenientOptions) // of a wrong type: no time
	return head.Time
}

// keptEdits returns the part of managedFields that a snapshot keeps.
func keptEdits(v jsontext.Value) (jsontext.Value, error) {
	var e Edits
	if err := json.Unmarshal(v, &e, jsonOptions, utf8Options); err != nil {
		return nil, err
	}
	type plain Edits
	return json.Marshal(plain(e))
}

// SpecChanged returns the time of the last change of the spec; zero if unknown.
func (m *Meta) SpecChanged() time.Time { return laterTime(m.ManagedFields.Spec, m.Edits.Spec) }

// SuspensionChanged returns the time of the last change of the suspension; zero if unknown.
func (m *Meta) SuspensionChanged() time.Time {
	return laterTime(m.ManagedFields.Suspend, m.Edits.Suspend)
}

// OperatorChanged returns the time of the last change by Flux Operator; zero if unknown.
func (m *Meta) OperatorChanged() time.Time {
	return laterTime(m.ManagedFields.Operator, m.Edits.Operator)
}

func laterTime(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}
