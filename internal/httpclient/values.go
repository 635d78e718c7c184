// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package httpclient

import (
	"fmt"
	"io"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/failure"
)

// Limits of a JSON text that is decoded as a whole. The number of bytes does not limit the memory: three bytes, as in
// [{},{}], may need hundreds.
const (
	// MaxValues limits the values of a text; the discovery of a large cluster has 50,000.
	MaxValues = 1 << 18
	// smallText is the size up to which a text is not checked, because it cannot have too many values.
	smallText = 256 << 10
)

// CheckValues fails with [failure.ErrTooLarge] if a JSON text has more than [MaxValues] values. Call it before decoding
// the text.
func CheckValues(text []byte) error {
	if len(text) <= smallText {
		return nil
	}
	v := values{most: MaxValues}
	return v.add(text)
}

// values counts the values of a JSON text: objects and lists, and their members except the first of each.
type values struct {
	most, n           int
	inString, escaped bool
}

// add counts the next part of the text.
func (v *values) add(part []byte) error {
	now := *v // local copies stay in registers
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

// countedBody is a body whose JSON values are limited.
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
