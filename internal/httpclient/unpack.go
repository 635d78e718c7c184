// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package httpclient

import (
	"bufio"
	"compress/gzip"
	"io"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/failure"
)

// packedSlack is the number of bytes by which a compressed body may exceed its content. Without this limit, empty
// blocks would be read without an end.
const packedSlack = 1 << 20

// unpack returns the content of a gzip-compressed body.
func unpack(body io.ReadCloser) io.ReadCloser {
	return &unpackedBody{ReadCloser: body, left: packedSlack}
}

type unpackedBody struct {
	io.ReadCloser // as sent

	gzip *gzip.Reader
	err  error
	left int
}

func (b *unpackedBody) Read(p []byte) (int, error) {
	if b.gzip == nil && b.err == nil {
		b.gzip, b.err = gzip.NewReader(bufio.NewReader(sentBytes{b}))
	}
	if b.err != nil {
		return 0, b.err
	}
	n, err := b.gzip.Read(p)
	b.left += n
	b.err = err
	return n, err
}

// sentBytes reads and counts the compressed bytes.
type sentBytes struct{ *unpackedBody }

func (b sentBytes) Read(p []byte) (int, error) {
	if b.left <= 0 {
		return 0, failure.ErrTooLarge
	}
	n, err := b.ReadCloser.Read(p[:min(len(p), b.left)])
	b.unpackedBody.left -= n
	return n, err
}
