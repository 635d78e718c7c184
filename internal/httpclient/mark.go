// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package httpclient

import (
	"bytes"
	"errors"
	"io"
)

// byteOrderMark is the prefix that some proxies and files add to a text.
const byteOrderMark = "\xef\xbb\xbf"

// skipMark returns a body without a byte order mark at its begin.
func skipMark(body io.ReadCloser) io.ReadCloser { return &unmarkedBody{ReadCloser: body} }

type unmarkedBody struct {
	io.ReadCloser

	begun bool
	first []byte
	err   error // of the first bytes
}

func (b *unmarkedBody) Read(p []byte) (int, error) {
	if !b.begun {
		b.begun, b.first = true, make([]byte, len(byteOrderMark))
		var n int
		if n, b.err = io.ReadFull(b.ReadCloser, b.first); errors.Is(b.err, io.ErrUnexpectedEOF) {
			b.err = io.EOF
		}
		b.first = bytes.TrimPrefix(b.first[:n], []byte(byteOrderMark))
	}
	if len(b.first) > 0 {
		n := copy(p, b.first)
		b.first = b.first[n:]
		return n, nil
	}
	if b.err != nil {
		return 0, b.err
	}
	return b.ReadCloser.Read(p)
}
