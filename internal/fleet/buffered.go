// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package fleet

import (
	"context"
	"fmt"
	"io"
	"runtime"
	"sync"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/failure"
)

// Limits of the memory for objects that are buffered until they are complete. A decoder needs up to twice their size.
const (
	// smallObject is the size up to which objects are not counted. Nearly all objects are smaller.
	smallObject = 64 << 10
	// maxClientBuffered and maxBuffered limit the larger objects, per client and per process.
	maxClientBuffered = 16 << 20
	maxBuffered       = 96 << 20
)

// Buffers limits the memory and the processors that responses need while they are decoded. It is safe for concurrent use.
//
// It counts the bytes of large objects that clients have read in part. A client may use at most half of the remaining
// bytes, so that other clients can continue.
//
// It also limits the number of responses that are decoded concurrently to the number of processors. With more, everything
// else, such as a scrape, would wait for a processor behind all of them. While the client waits for its server, a response
// does not count as being decoded, so that slow servers do not delay others.
type Buffers struct {
	limit    int
	decoding chan struct{} // an element for each body that is being decoded

	mu  sync.Mutex
	all int
}

// NewBuffers returns the buffers of a process.
func NewBuffers() *Buffers {
	return &Buffers{limit: maxBuffered, decoding: make(chan struct{}, runtime.GOMAXPROCS(0))}
}

// share is the part of one client.
type share struct {
	whole *Buffers

	used int // guarded by the lock of whole
}

// add adds a number of bytes, which may be negative. It returns false, and adds nothing, if they exceed the limits.
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

// BeginObject records that the body has reached the next object, so that the previous object no longer counts as buffered.
func BeginObject(body io.Reader) {
	if b, ok := body.(interface{ BeginObject() }); ok {
		b.BeginObject()
	}
}

// body returns a response body that is read within the limits. ctx is that of the request.
func (s *share) body(ctx context.Context, b io.ReadCloser) io.ReadCloser {
	return &bufferedBody{ReadCloser: b, share: s, ended: ctx.Done(), done: make(chan struct{})}
}

// bufferedBody is a body whose objects are counted. Reads fail if a limit is exceeded. The body is decoded between two
// calls of Read, and until Close.
type bufferedBody struct {
	io.ReadCloser

	share *share
	ended <-chan struct{} // closed when the context of the request ends
	done  chan struct{}   // closed by Close

	mu       sync.Mutex // Close may be called during Read
	size     int        // of the current object
	held     int        // counted in the share
	decoding bool       // has an element of the channel
	closed   bool
}

func (b *bufferedBody) Read(p []byte) (int, error) {
	b.endDecoding()
	n, err := b.ReadCloser.Read(p)
	b.beginDecoding()
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

// beginDecoding waits until a processor is free, or until nothing is decoded any more.
func (b *bufferedBody) beginDecoding() {
	select {
	case b.share.whole.decoding <- struct{}{}:
	case <-b.done:
		return
	case <-b.ended:
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.closed { // meanwhile
		<-b.share.whole.decoding
	} else {
		b.decoding = true
	}
}

func (b *bufferedBody) endDecoding() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.decoding {
		<-b.share.whole.decoding
		b.decoding = false
	}
}

// BeginObject implements [BeginObject]. Wrappers of a body must forward it.
func (b *bufferedBody) BeginObject() { b.release() }

// Close releases what the body uses.
func (b *bufferedBody) Close() error {
	b.mu.Lock()
	if !b.closed {
		b.closed = true
		close(b.done)
	}
	b.mu.Unlock()
	b.endDecoding()
	b.release()
	return b.ReadCloser.Close()
}

func (b *bufferedBody) release() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.share.add(-b.held)
	b.held, b.size = 0, 0
}
