// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package httpclient

import (
	"context"
	"errors"
	"io"
	"time"
)

// silence ends a request that waits too long for a byte. The zero value has no limit.
type silence struct {
	limit  time.Duration
	ctx    context.Context //nolint:containedctx // of one request
	cancel context.CancelCauseFunc
	timer  *time.Timer
}

func newSilence(ctx context.Context, limit time.Duration) *silence {
	s := &silence{limit: limit}
	s.ctx, s.cancel = context.WithCancelCause(ctx)
	s.timer = time.AfterFunc(limit, func() { s.cancel(silentError{limit}) })
	return s
}

// begin starts the timer.
func (s *silence) begin() {
	if s.timer != nil {
		s.timer.Reset(s.limit)
	}
}

// end stops the timer. It returns a timeout if the timer ended the wait, or else err.
func (s *silence) end(err error) error {
	if s.timer == nil {
		return err
	}
	s.timer.Stop()
	if silent := (silentError{}); err != nil && errors.As(context.Cause(s.ctx), &silent) {
		return silent
	}
	return err
}

func (s *silence) close() {
	if s.timer != nil {
		s.timer.Stop()
		s.cancel(nil)
	}
}

// silentError is the timeout of a wait for a byte.
type silentError struct{ limit time.Duration }

func (e silentError) Error() string { return "no byte within " + e.limit.String() }

// Timeout returns true.
func (silentError) Timeout() bool { return true }

// timedBody is a body with limited pauses.
type timedBody struct {
	io.ReadCloser

	silence *silence
}

func (b *timedBody) Read(p []byte) (int, error) {
	b.silence.begin()
	n, err := b.ReadCloser.Read(p)
	return n, b.silence.end(err)
}

func (b *timedBody) Close() error {
	defer b.silence.close()
	return b.ReadCloser.Close()
}
