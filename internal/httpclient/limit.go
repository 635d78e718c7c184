// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package httpclient

import (
	"io"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/failure"
)

// LimitBody limits a body. After size bytes, reads fail with [failure.ErrTooLarge].
func LimitBody(body io.ReadCloser, size int) io.ReadCloser {
	return &limitedBody{ReadCloser: body, left: size}
}

type limitedBody struct {
	io.ReadCloser

	left int
}

func (b *limitedBody) Read(p []byte) (int, error) {
	if b.left <= 0 {
		return 0, failure.ErrTooLarge
	}
	n, err := b.ReadCloser.Read(p[:min(len(p), b.left)])
	b.left -= n
	return n, err
}
