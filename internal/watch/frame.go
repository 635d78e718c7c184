// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package watch

import (
	"bytes"
	"errors"
	"fmt"
	"io"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/failure"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/fleet"
)

const (
	// maxEvent is the maximum size of an event.
	maxEvent = fleet.MaxObject
	// smallFrame is the buffer size of a stream that has sent only bookmarks, as most streams have. With a bufio.Reader
	// of 4 KiB, the buffers were 14 % of the heap with 40 clusters.
	smallFrame = 512
	// largeFrame is the largest buffer that is kept, so that one huge object does not use memory permanently.
	largeFrame = 1 << 20
	// busyFrame is the buffer size of a stream with more than one unread event. HTTP/2 updates the flow control window
	// after each read of 4 KiB or more, with a TLS record and a system call. With small buffers, these were 14 % of the
	// CPU time of a start.
	busyFrame = 64 << 10
	// idleReads is the number of consecutive reads with free space after which the large buffer is dropped.
	idleReads = 64
	// emptyReads is the number of consecutive reads that may return nothing.
	emptyReads = 100
)

// frameReader reads the events of a stream. API servers write one event per line.
type frameReader struct {
	r    io.Reader
	buf  []byte // bytes read
	next int    // where the next line begins in buf
	err  error  // of the last read
	idle int    // consecutive reads that did not fill a busyFrame
	full bool   // the last read filled the buffer
}

// frame returns the next non-empty line without its line end. It is valid until the next call.
func (f *frameReader) frame() ([]byte, error) {
	fleet.BeginObject(f.r)
	for searched := 0; ; {
		rest := f.buf[f.next:]
		end := bytes.IndexByte(rest[searched:], '\n')
		if end < 0 && f.err == nil {
			if searched = len(rest); searched > maxEvent {
				return nil, fmt.Errorf("%w: more than %d MiB without the end of an event", failure.ErrTooLarge, maxEvent>>20)
			}
			f.err = f.fill()
			continue
		}
		line := rest
		if end >= 0 {
			line = rest[:searched+end+1]
		}
		f.next, searched = f.next+len(line), 0
		if line = bytes.TrimSpace(line); len(line) > 0 && (end >= 0 || errors.Is(f.err, io.EOF)) {
			return line, nil
		}
		if end < 0 {
			return nil, f.err
		}
	}
}

// fill appends more bytes to the incomplete line.
func (f *frameReader) fill() error {
	rest := f.buf[f.next:]
	switch size := cap(f.buf); {
	case len(rest) == size: // the line is longer
		f.buf = append(make([]byte, 0, max(smallFrame, min(2*size, maxEvent+smallFrame))), rest...)
	case size > largeFrame && len(rest) < largeFrame/2:
		f.buf = append(make([]byte, 0, largeFrame), rest...)
	case f.full && size < busyFrame:
		f.buf = append(make([]byte, 0, min(4*size, busyFrame)), rest...)
	case f.idle >= idleReads && len(rest) == 0:
		f.buf, f.idle = make([]byte, 0, smallFrame), 0
	default:
		f.buf = f.buf[:copy(f.buf[:size], rest)]
	}
	f.next = 0
	for range emptyReads {
		n, err := f.r.Read(f.buf[len(f.buf):cap(f.buf)])
		f.buf = f.buf[:len(f.buf)+n]
		if n > 0 || err != nil {
			f.noteRead()
			return err
		}
	}
	return io.ErrNoProgress
}

// shrink drops the large buffer of a burst, such as the initial events, if all of it has been returned. Otherwise it would
// be kept as long as the stream is idle: 240 KiB for each cluster.
func (f *frameReader) shrink() {
	if f.next == len(f.buf) {
		f.buf, f.next, f.idle, f.full = make([]byte, 0, smallFrame), 0, 0, false
	}
}

// noteRead records whether the last read filled the buffer.
func (f *frameReader) noteRead() {
	f.full = len(f.buf) == cap(f.buf)
	if f.full || cap(f.buf) != busyFrame {
		f.idle = 0
	} else {
		f.idle++
	}
}
