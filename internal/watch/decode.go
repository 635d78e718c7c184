// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package watch

import (
	"bytes"
	jsonv1 "encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	jsonlegacy "github.com/go-json-experiment/json/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/watch"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/failure"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/fleet"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/httpclient"
)

// jsonOptions are lenient, because an API server has already accepted and stored the object.
var jsonOptions = jsontext.AllowDuplicateNames(true)

var utf8Options = jsontext.AllowInvalidUTF8(true)

// lenientOptions continue after a value of the wrong type.
var lenientOptions = json.JoinOptions(
	jsonlegacy.ReportErrorsWithLegacySemantics(true), jsonOptions, utf8Options,
	json.WithUnmarshalers(json.UnmarshalFromFunc(func(dec *jsontext.Decoder, t *time.Time) error {
		value, err := dec.ReadValue()
		if err != nil {
			return err
		}
		if t.UnmarshalJSON(value) != nil {
			*t = time.Time{}
		}
		return nil
	})),
)

// decode fills o from raw. If a value has the wrong type, the object is decoded once more without such values, and partial
// is true. An error means that raw is not JSON.
func decode(raw []byte, o object) (partial bool, err error) {
	err = json.Unmarshal(raw, o, jsonOptions, utf8Options)
	if err == nil {
		return false, nil
	}
	if _, ok := errors.AsType[*jsontext.SyntacticError](err); ok {
		return false, fmt.Errorf("%w object: %w", failure.ErrDecode, err)
	}
	// Unmarshal stopped at the mistyped value; validate the rest.
	if !jsontext.Value(raw).IsValid(jsonOptions, utf8Options) {
		return false, fmt.Errorf("%w object: not JSON behind a value of the wrong type", failure.ErrDecode)
	}
	_ = json.Unmarshal(raw, o, lenientOptions) // values of the wrong type are left out
	return true, nil
}

// mistyped returns the key of the object and the path of the field with a value of the wrong type. The field is empty if
// all types are right.
func (r Resource) mistyped(raw []byte) (key, field string) {
	err := json.Unmarshal(raw, r.create(), jsonOptions, utf8Options)
	if wrong, ok := errors.AsType[*json.SemanticError](err); ok {
		field = strings.ReplaceAll(strings.TrimPrefix(string(wrong.JSONPointer), "/"), "/", ".")
	}
	o := r.create()
	_, _ = decode(raw, o)
	return o.meta().key(), field
}

// eventReader reads the events of a stream. It decodes each event into a slim struct in one pass over its bytes. The decoder of
// client-go needs four passes.
type eventReader struct {
	frames frameReader
	create func() object
	// partial is called for every object that was decoded leniently, and for every object without a name.
	partial func()
}

// next returns the next event of type ADDED, MODIFIED, DELETED or BOOKMARK. An ERROR event is returned as an error.
func (r *eventReader) next() (watch.EventType, object, error) {
	frame, err := r.frames.frame()
	if err == nil {
		err = httpclient.CheckValues(frame)
	}
	if err != nil {
		return "", nil, err
	}
	name, raw, err := splitEvent(frame)
	if err != nil {
		return "", nil, err
	}
	kind := watch.EventType(name)
	switch kind {
	case watch.Added, watch.Modified, watch.Deleted, watch.Bookmark:
	case watch.Error:
		return "", nil, errorOf(raw)
	default:
		return "", nil, fmt.Errorf("%w watch event: unknown type %q", failure.ErrDecode, name)
	}
	o := r.create()
	partial, err := decode(raw, o)
	if err != nil {
		return "", nil, err
	}
	if partial || o.meta().Name == "" && kind != watch.Bookmark {
		r.partial()
	}
	return kind, o, nil
}

// errorOf returns the error of an ERROR event.
func errorOf(raw []byte) error {
	status := &metav1.Status{}
	if err := jsonv1.Unmarshal(raw, status); err != nil {
		return fmt.Errorf("%w watch error: %w", failure.ErrDecode, err)
	}
	return apierrors.FromObject(status)
}

// splitEvent splits an event into its type and the bytes of its object. API servers write
// {"type":"ADDED","object":{…}}; other forms of the same JSON need a second pass.
func splitEvent(frame []byte) (kind string, object []byte, err error) {
	if rest, ok := bytes.CutPrefix(frame, []byte(`{"type":"`)); ok {
		name, object, ok := bytes.Cut(rest, []byte(`","object":`))
		object, end := bytes.CutSuffix(object, []byte("}"))
		if ok && end && len(name) < 16 && !bytes.ContainsAny(name, `"\\`) {
			return string(name), object, nil // the object is checked when it is decoded
		}
	}
	var event struct {
		Type   string         `json:"type"`
		Object jsontext.Value `json:"object"`
	}
	if err := json.Unmarshal(frame, &event, jsonOptions, utf8Options); err != nil {
		return "", nil, fmt.Errorf("%w watch event: %w", failure.ErrDecode, err)
	}
	if event.Object == nil {
		return "", nil, fmt.Errorf("%w watch event: no object", failure.ErrDecode)
	}
	return event.Type, event.Object, nil
}

// decodeList reads a list from body as a stream and passes each item to a function as soon as it is
// decoded.
func decodeList(body io.Reader, create func() object, item func(o object, partial bool) error) (metav1.ListMeta, error) {
	return readList(body, func(raw []byte) error {
		o := create()
		partial, err := decode(raw, o)
		if err != nil {
			return err
		}
		return item(o, partial || o.meta().Name == "")
	})
}

// readList is like decodeList, but does not decode the items. raw is valid until item returns.
func readList(body io.Reader, item func(raw []byte) error) (metav1.ListMeta, error) {
	list, err := fleet.ReadList(body, fleet.MaxList, item)
	switch {
	case err != nil:
		return list.ListMeta, fmt.Errorf("decode list: %w", err)
	case list.ResourceVersion == "":
		return list.ListMeta, fmt.Errorf("%w list: no resource version", failure.ErrDecode)
	}
	return list.ListMeta, nil
}
