// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package httpclient

import (
	"bytes"
	"encoding/json"
	"errors"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/failure"
)

// FirstJSON returns the first JSON value of a body, without a byte order mark before it and any text after it, which
// proxies may add. A body that does not begin with a JSON value is returned unchanged.
func FirstJSON(body []byte) []byte {
	text := bytes.TrimPrefix(body, []byte(byteOrderMark))
	// The decoder uses the bytes of a buffer directly: the body is not copied.
	value, err := jsontext.NewDecoder(bytes.NewBuffer(text), jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true)).ReadValue()
	if err != nil {
		return body
	}
	return value
}

// DecodeJSON decodes the first JSON value of a body. The error does not quote the body.
func DecodeJSON[T any](body []byte) (T, error) {
	var out T
	body = FirstJSON(body)
	if err := CheckValues(body); err != nil {
		return out, &failure.Error{Reason: failure.ReasonDecode, Err: err}
	}
	if err := json.Unmarshal(body, &out); err != nil {
		var syntax *json.SyntaxError
		var wrong *json.UnmarshalTypeError
		switch {
		case errors.As(err, &wrong):
			return out, failure.Errorf(failure.ReasonDecode, "the value of %s has the wrong type", wrong.Field)
		case errors.As(err, &syntax):
			return out, failure.Errorf(failure.ReasonDecode, "not valid JSON at byte %d", syntax.Offset)
		}
		return out, failure.Errorf(failure.ReasonDecode, "a value has the wrong type")
	}
	return out, nil
}
