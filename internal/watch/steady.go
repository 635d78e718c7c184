// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package watch

import (
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"time"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/failure"
)

// A healthy watch lasts five minutes or more. If a gateway or a failing server ends the watches of a kind after a second,
// they are opened again with a backoff, and the kind counts as failing even without an error.

const (
	// shortStreams is the number of consecutive short streams after which a kind is failing. It is not less, because a
	// server that stops normally ends one or two watches.
	shortStreams = 3
	firstPause   = 800 * time.Millisecond
)

// stream is an open watch.
type stream struct {
	eventReader

	kind      *kind
	body      io.Closer
	requested time.Time
	cancel    func()
	timer     *time.Timer // until the stream counts as healthy
}

// noteOpened records that a stream, which was requested at a time, has been opened. If alive is set, this counts as a response of the
// server.
func (k *kind) noteOpened(body io.ReadCloser, requested time.Time, alive bool) *stream {
	k.update(func(s *kindState) { s.streaming = true })
	if alive {
		k.noteActivity()
	}
	return &stream{
		eventReader: eventReader{frames: frameReader{r: body}, create: k.resource.create, partial: k.countPartial},
		kind:        k, body: body, requested: requested, cancel: func() {}, timer: time.AfterFunc(k.steady, k.noteSteadyStream),
	}
}

// noteEnd closes the stream and records its end. err is [io.EOF] if the server has ended it without an error. Nothing is recorded if
// ctx has ended.
func (s *stream) noteEnd(ctx context.Context, err error) {
	if errors.Is(err, io.EOF) {
		err = nil
	}
	s.kind.noteFailure(ctx, err)
	if s.timer.Stop() && ctx.Err() == nil {
		s.kind.noteShortStream(ctx, err)
	}
	s.kind.update(func(s *kindState) { s.streaming = false })
	s.cancel()
	_ = s.body.Close()
}

// needsConfirmation reports whether streams have been ending too soon for so long that another
// server may be answering. Then only a list can confirm the rows.
func (k *kind) needsConfirmation() bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.state.short >= shortStreams && k.now().Sub(k.state.heard) > k.silence
}

// noteSteadyStream records that a stream is healthy.
func (k *kind) noteSteadyStream() {
	k.mu.Lock()
	series := k.state.short >= shortStreams
	k.state.short = 0
	k.mu.Unlock()
	if series {
		k.noteSuccess()
	}
}

// noteShortStream records that a stream has ended too soon. After a stream that ends with an error
// response or invalid data, the objects are read again after a backoff.
func (k *kind) noteShortStream(ctx context.Context, err error) {
	if err != nil {
		switch failure.Classify(err) {
		case failure.ReasonNetwork, failure.ReasonTimeout:
		default:
			return
		}
	}
	k.mu.Lock()
	k.state.short++
	unexplained := k.state.short >= shortStreams && err == nil
	k.mu.Unlock()
	if unexplained {
		k.noteFailure(ctx, failure.ErrClosed)
	}
}

// nextPause returns the pause before the next stream is opened; at most the minimum lifetime of a
// healthy stream.
func (k *kind) nextPause() time.Duration {
	k.mu.Lock()
	short := k.state.short
	k.mu.Unlock()
	if short < 2 {
		return 0
	}
	d := min(firstPause<<min(short-2, 16), k.steady)
	return d/2 + time.Duration(rand.Int64N(int64(d)/2+1)) //nolint:gosec // jitter
}
