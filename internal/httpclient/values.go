// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package httpclient

import (
	"fmt"
	"io"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/failure"
)

// Bounds of a JSON text that is decoded whole. Its bytes do not bound what it costs:
// three of them, as in [{},{}], become hundreds.
const (
	// MaxValues bounds the values of a text; the kinds of a large cluster are 50,000.
	MaxValues = 1 << 18
	// smallText is the size up to which a text is not checked: its values are few enough.
	smallText = 256 << 10
)

// CheckValues fails with [failure.ErrTooLarge] if a JSON text has more than [MaxValues]
// values. It is called before a text is decoded.
func CheckValues(text []byte) error {
	if len(text) <= smallText {
		return nil
	}
	v := values{most: MaxValues}
	return v.add(text)
}

// values counts the values of a JSON text: its objects and lists, and the members of both
// but for the first.
type values struct {
	most, n           int
	inString, escaped bool
}

// add counts the next part of the text.
func (v *values) add(part []byte) error {
	now := *v // in registers
	for _, c := range part {
		switch {
		case now.escaped:
			now.escaped = false
		case c == '"':
			now.inString = !now.inString
		case now.inString:
			now.escaped = c == '\\'
		case c == ',', c == '{', c == '[':
			now.n++
		}
	}
	if *v = now; v.n > v.most {
		return fmt.Errorf("%w: more than %d values", failure.ErrTooLarge, v.most)
	}
	return nil
}

// countedBody is the body of a JSON text whose values are bounded.
type countedBody struct {
	io.ReadCloser

	values values
}

func (b *countedBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if tooMany := b.values.add(p[:n]); tooMany != nil {
		return 0, tooMany
	}
	return n, err
}
