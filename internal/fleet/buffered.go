// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package fleet

import (
	"fmt"
	"io"
	"sync"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/failure"
)

// Bounds of the objects that are buffered at the same time because their ends have not arrived. A
// decoder needs up to twice their size.
const (
	// smallObject is not counted: nearly all objects are smaller.
	smallObject = 64 << 10
	// maxClientBuffered and maxBuffered bound all others, of one client and of the process.
	maxClientBuffered = 16 << 20
	maxBuffered       = 96 << 20
)

// Buffers counts the bytes of large objects that clients have read in part. A client may have
// half of the rest at most, so that some is left for the others. It is safe for concurrent use.
type Buffers struct {
	limit int

	mu  sync.Mutex
	all int
}

// NewBuffers returns those of a process.
func NewBuffers() *Buffers { return &Buffers{limit: maxBuffered} }

// share is the part of a client.
type share struct {
	whole *Buffers

	used int // guarded by the lock of the whole
}

// add adds a number of bytes, which may be negative, and reports whether there is room for them.
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

// BeginObject notes that a body has come to the begin of another object: those before are not
// buffered any longer.
func BeginObject(body io.Reader) {
	if b, ok := body.(interface{ BeginObject() }); ok {
		b.BeginObject()
	}
}

// body returns the body of an answer whose objects are buffered.
func (s *share) body(b io.ReadCloser) io.ReadCloser { return &bufferedBody{ReadCloser: b, share: s} }

// bufferedBody is a body whose objects are buffered. Reading fails when there is no room for more.
type bufferedBody struct {
	io.ReadCloser

	share *share

	mu     sync.Mutex // a body may be closed while it is read
	size   int        // of the present object
	held   int        // of the share
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

// BeginObject is for [BeginObject]. What wraps a body passes it on.
func (b *bufferedBody) BeginObject() { b.release() }

// Close releases what the body holds.
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
