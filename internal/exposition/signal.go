// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package exposition

import "sync/atomic"

// Changed returns a channel that is closed at the next change of rows or groups. Rows of [Exposition.Func] do not count as changes.
func (e *Exposition) Changed() <-chan struct{} { return e.changed.next() }

// signal wakes all goroutines that wait for the next change. A change without waiting goroutines costs one atomic load.
type signal struct{ waiting atomic.Pointer[chan struct{}] }

// next returns the channel that the next raise closes.
func (s *signal) next() <-chan struct{} {
	for {
		if c := s.waiting.Load(); c != nil {
			return *c
		}
		c := make(chan struct{})
		if s.waiting.CompareAndSwap(nil, &c) {
			return c
		}
	}
}

func (s *signal) raise() {
	if s == nil || s.waiting.Load() == nil {
		return
	}
	if c := s.waiting.Swap(nil); c != nil {
		close(*c)
	}
}
