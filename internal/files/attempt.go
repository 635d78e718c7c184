// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package files

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"
)

// stall is the time without progress after which a call of a file system is abandoned.
const stall = 3 * time.Second

// ErrStalled is the error of a file system that does not respond.
var ErrStalled = errors.New("the file system does not respond")

// stalled has the names whose abandoned calls have not returned. Each of these calls occupies a thread, so further
// calls with the same name fail at once. This limits the threads to the number of names.
var stalled sync.Map

// runAttempt runs call, which cannot be interrupted in the kernel. It abandons the call if ctx ends or if proceed was
// not called for some time; proceed then returns an error.
func runAttempt[T any](ctx context.Context, name string, call func(proceed func() error) (T, error)) (T, error) {
	var none T
	if err := ctx.Err(); err != nil {
		return none, err
	}
	if _, ok := stalled.Load(name); ok {
		return none, fmt.Errorf("%s: %w", name, ErrStalled)
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var steps atomic.Int64
	type result struct {
		value T
		err   error
	}
	done := make(chan result, 1)
	go func() {
		value, err := call(func() error { steps.Add(1); return ctx.Err() })
		done <- result{value, err}
	}()
	tick := time.NewTicker(stall)
	defer tick.Stop()
	for last := int64(-1); ; {
		select {
		case r := <-done:
			return r.value, r.err
		case <-tick.C:
			now := steps.Load()
			if now == 0 || now == last {
				cancel(ErrStalled)
			}
			last = now
		case <-ctx.Done():
			stalled.Store(name, nil)
			go func() {
				<-done
				stalled.Delete(name)
			}()
			return none, fmt.Errorf("%s: %w", name, context.Cause(ctx))
		}
	}
}
