// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package fleet

import (
	jsonv1 "encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/go-json-experiment/json/jsontext"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/failure"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/httpclient"
)

// maxItems limits a list that is decoded as a stream.
const maxItems = 4 << 20

// maxHead limits the bytes of a list before its first item. With [MaxObject], 32 hostile servers that sent spaces
// took 360 MiB and all CPU.
const maxHead = 256 << 10

// List is a list without its items.
type List struct {
	metav1.ListMeta

	Kind string
}

// ReadList decodes a list of at most limit bytes as a stream and calls item with each item, which may have at most
// [MaxObject] bytes and [httpclient.MaxValues] values. raw is valid until item returns. The error is from item, from
// reading or from invalid JSON.
func ReadList(body io.Reader, limit int, item func(raw []byte) error) (List, error) {
	bounded := &boundedReader{r: body, left: maxHead, bound: fmt.Sprintf("%d KiB before the first item", maxHead>>10), total: limit}
	dec := jsontext.NewDecoder(bounded, jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))
	var list List
	switch begin, err := dec.ReadToken(); {
	case err != nil && !errors.Is(err, io.EOF): // a broken connection does not mean invalid JSON
		return list, err
	case err != nil, begin.Kind() != '{':
		return list, fmt.Errorf("%w list: not a JSON object", failure.ErrDecode)
	}
	for dec.PeekKind() != '}' {
		name, err := dec.ReadToken()
		if err != nil {
			return list, err
		}
		switch name.String() {
		case "kind":
			err = readValue(dec, &list.Kind)
		case "metadata":
			err = readValue(dec, &list.ListMeta)
		case "items":
			err = readItems(dec, bounded, item)
		default:
			err = dec.SkipValue()
		}
		if err != nil {
			return list, err
		}
	}
	return list, nil
}

func readValue(dec *jsontext.Decoder, out any) error {
	raw, err := dec.ReadValue()
	if err != nil {
		return err
	}
	if err := jsonv1.Unmarshal(raw, out); err != nil {
		return fmt.Errorf("%w list: %w", failure.ErrDecode, err)
	}
	return nil
}

func readItems(dec *jsontext.Decoder, bounded *boundedReader, item func(raw []byte) error) error {
	if dec.PeekKind() != '[' {
		return dec.SkipValue() // null: no items
	}
	if _, err := dec.ReadToken(); err != nil {
		return err
	}
	bounded.bound = fmt.Sprintf("%d MiB without the end of an object", MaxObject>>20)
	for n := 0; ; n++ {
		bounded.left = MaxObject
		if dec.PeekKind() == ']' {
			break
		}
		if n == maxItems {
			return fmt.Errorf("%w: a list of more than %d items", failure.ErrTooLarge, maxItems)
		}
		BeginObject(bounded.r)
		raw, err := dec.ReadValue()
		if err == nil {
			err = httpclient.CheckValues(raw)
		}
		if err == nil {
			err = item(raw)
		}
		if err != nil {
			return err
		}
	}
	_, err := dec.ReadToken()
	return err
}

// boundedReader returns an error after left bytes, which the caller may increase again, and after total bytes.
type boundedReader struct {
	r           io.Reader
	left, total int
	bound       string // name of the limit of left
}

func (b *boundedReader) Read(p []byte) (int, error) {
	switch {
	case b.left <= 0:
		return 0, fmt.Errorf("%w: more than %s", failure.ErrTooLarge, b.bound)
	case b.total <= 0:
		return 0, fmt.Errorf("%w: a list that is too long", failure.ErrTooLarge)
	}
	n, err := b.r.Read(p[:min(len(p), b.left, b.total)])
	b.left -= n
	b.total -= n
	return n, err
}
