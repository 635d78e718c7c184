// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package snapshot

import (
	"reflect"
	"strings"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/redact"
)

// copyObject copies the members that have a shape, each with the name that member returns.
func copyObject(enc *jsontext.Encoder, dec *jsontext.Decoder, member func(name string) (as string, s *Shape, err error)) error {
	if dec.PeekKind() != '{' {
		return copyEmpty(enc, dec)
	}
	if err := copyToken(enc, dec); err != nil {
		return err
	}
	for dec.PeekKind() != '}' {
		name, err := dec.ReadToken()
		if err != nil {
			return err
		}
		as, s, err := member(name.String())
		switch {
		case err != nil:
			return err
		case s == nil:
			err = dec.SkipValue()
		default:
			if err = enc.WriteToken(jsontext.String(as)); err == nil {
				err = s.copy(enc, dec)
			}
		}
		if err != nil {
			return err
		}
	}
	return copyToken(enc, dec)
}

// copyNull writes null for a value of which only the key is needed.
func copyNull(enc *jsontext.Encoder, dec *jsontext.Decoder) error {
	if err := dec.SkipValue(); err != nil {
		return err
	}
	return enc.WriteToken(jsontext.Null)
}

func copyList(enc *jsontext.Encoder, dec *jsontext.Decoder, elem *Shape) error {
	if dec.PeekKind() != '[' {
		return copyEmpty(enc, dec)
	}
	if err := copyToken(enc, dec); err != nil {
		return err
	}
	for dec.PeekKind() != ']' {
		if err := elem.copy(enc, dec); err != nil {
			return err
		}
	}
	return copyToken(enc, dec)
}

func copyToken(enc *jsontext.Encoder, dec *jsontext.Decoder) error {
	token, err := dec.ReadToken()
	if err != nil {
		return err
	}
	return enc.WriteToken(token)
}

// textCopier returns a function that copies strings and removes possible secrets from URLs in any
// field.
func textCopier(t reflect.Type) func(*jsontext.Encoder, *jsontext.Decoder) error {
	kept := func(text string) string { return text }
	if t.Implements(textType) {
		kept = func(text string) string {
			v, _ := reflect.TypeAssert[Text](reflect.ValueOf(text).Convert(t))
			return v.KeptText()
		}
	}
	return func(enc *jsontext.Encoder, dec *jsontext.Decoder) error {
		if dec.PeekKind() != '"' {
			return copyEmpty(enc, dec)
		}
		token, err := dec.ReadToken()
		if err != nil {
			return err
		}
		text := kept(token.String())
		if strings.Contains(text, "://") {
			text = redact.URL(text).Redacted()
		}
		return enc.WriteToken(jsontext.String(text))
	}
}

func copyNumber(enc *jsontext.Encoder, dec *jsontext.Decoder) error {
	if dec.PeekKind() != '0' {
		return copyEmpty(enc, dec)
	}
	return copyToken(enc, dec)
}

// copyTime copies a valid time, and drops all other strings.
func copyTime(enc *jsontext.Encoder, dec *jsontext.Decoder) error {
	if dec.PeekKind() != '"' {
		return copyEmpty(enc, dec)
	}
	value, err := dec.ReadValue()
	if err != nil {
		return err
	}
	var t time.Time
	if t.UnmarshalJSON(value) != nil {
		return enc.WriteToken(jsontext.String(""))
	}
	return enc.WriteValue(value)
}

func copyFiltered(enc *jsontext.Encoder, dec *jsontext.Decoder, filter Filter) error {
	value, err := dec.ReadValue()
	if err != nil {
		return err
	}
	if value, err = filter(value); err != nil {
		return err
	}
	return enc.WriteValue(value)
}

// copyEmpty writes an empty value of the same type for a value of the wrong type, so that decoding
// fails in the same way. It copies booleans.
func copyEmpty(enc *jsontext.Encoder, dec *jsontext.Decoder) error {
	value, err := dec.ReadValue()
	if err != nil {
		return err
	}
	switch value.Kind() {
	case '"':
		return enc.WriteValue(jsontext.Value(`""`))
	case '0':
		return enc.WriteValue(jsontext.Value("0"))
	case '{':
		return enc.WriteValue(jsontext.Value("{}"))
	case '[':
		return enc.WriteValue(jsontext.Value("[]"))
	}
	return enc.WriteValue(value) // null, true, false
}
