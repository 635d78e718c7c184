// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package fleet

import (
	"fmt"
	"io"
	"sync"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/failure"
)

// Limits of the objects that are buffered at the same time because they are not yet complete. A decoder needs up to
// twice their size.
const (
	// smallObject is the size up to which objects are not counted. Nearly all objects are smaller.
	smallObject = 64 << 10
	// maxClientBuffered and maxBuffered limit the larger objects, per client and per process.
	maxClientBuffered = 16 << 20
	maxBuffered       = 96 << 20
)

// Buffers counts the bytes of large objects that clients have read in part. A client may use at most half of the
// remaining bytes, so that some are left for other clients. It is safe for concurrent use.
type Buffers struct {
	limit int

	mu  sync.Mutex
	all int
}

// NewBuffers returns the buffers of a process.
func NewBuffers() *Buffers { return &Buffers{limit: maxBuffered} }

// share is the part of one client.
type share struct {
	whole *Buffers

	used int // guarded by the lock of whole
}

// add adds a number of bytes, which may be negative, and reports whether they are within the limits.
func (s *share) add(n int) bool {
	s.whole.mu.Lock()
	defer s.whole.mu.Unlock()
	if n > 0 && s.used+n > min(maxClientBuffered, (s.whole.limit-s.whole.all+s.used)/2) {
		return false
	}
	s.used += n
	s.whole.all += n
	return true
}

// BeginObject notes that the body has reached the next object: earlier objects are no longer buffered.
func BeginObject(body io.Reader) {
	if b, ok := body.(interface{ BeginObject() }); ok {
		b.BeginObject()
	}
}

// body returns a response body whose objects are counted.
func (s *share) body(b io.ReadCloser) io.ReadCloser { return &bufferedBody{ReadCloser: b, share: s} }

// bufferedBody is a body whose objects are counted. Reads fail if a limit is exceeded.
type bufferedBody struct {
	io.ReadCloser

	share *share

	mu     sync.Mutex // Close may be called during Read
	size   int        // of the current object
	held   int        // counted in the share
	closed bool
}

func (b *bufferedBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	b.mu.Lock()
	defer b.mu.Unlock()
	b.size += n
	if more := b.size - smallObject - b.held; more > 0 && !b.closed {
		if !b.share.add(more) {
			return 0, fmt.Errorf("%w: too many large objects are read at the same time", failure.ErrTooLarge)
		}
		b.held += more
	}
	return n, err
}

// BeginObject implements [BeginObject]. Wrappers of a body must forward it.
func (b *bufferedBody) BeginObject() { b.release() }

// Close releases the bytes that the body has counted.
func (b *bufferedBody) Close() error {
	b.mu.Lock()
	b.closed = true
	b.mu.Unlock()
	b.release()
	return b.ReadCloser.Close()
}

func (b *bufferedBody) release() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.share.add(-b.held)
	b.held, b.size = 0, 0
}
