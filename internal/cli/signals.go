// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"context"
	"errors"
	"os"
	"os/signal"
	"syscall"
)

// interruptedError is the cause of a context that a signal has ended.
type interruptedError struct{ syscall.Signal }

func (i interruptedError) Error() string { return "interrupted: " + i.String() }

// exitCode returns the exit code of a shell for a command that a signal has ended.
func (i interruptedError) exitCode() int { return 128 + int(i.Signal) }

// NotifyContext returns a context that the first SIGINT or SIGTERM ends. The second one ends the process.
func NotifyContext(parent context.Context) (ctx context.Context, stop func()) {
	ctx, cancel := context.WithCancelCause(parent)
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	go func() {
		defer signal.Stop(signals)
		select {
		case s := <-signals:
			if s, ok := s.(syscall.Signal); ok {
				cancel(interruptedError{s})
			}
		case <-ctx.Done():
		}
	}()
	return ctx, func() { cancel(errors.New("the command has ended")) }
}
