// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package server

import (
	"context"
	"crypto/sha256"
	"sync"
	"time"
)

// memo keeps at most maxDecisions values until they expire, by the hash of what they
// belong to. A value is asked for once for all that wait for it. It is safe for
// concurrent use.
type memo[V any] struct {
	mu      sync.Mutex
	entries map[[sha256.Size]byte]*entry[V]
}

type entry[V any] struct {
	done    chan struct{} // closed when the value is there
	value   V
	err     error
	expires time.Time // zero before
}

func newMemo[V any]() *memo[V] { return &memo[V]{entries: map[[sha256.Size]byte]*entry[V]{}} }

// get returns the value that is kept for key, or the one that ask returns with its
// lifetime; 0 and errors are not kept.
func (m *memo[V]) get(ctx context.Context, key [sha256.Size]byte, ask func() (V, time.Duration, error)) (V, error) {
	m.mu.Lock()
	e := m.entries[key]
	if e != nil && (e.expires.IsZero() || time.Now().Before(e.expires)) {
		m.mu.Unlock()
		select {
		case <-e.done:
			return e.value, e.err
		case <-ctx.Done():
			var none V
			return none, ctx.Err()
		}
	}
	e = &entry[V]{done: make(chan struct{}), err: context.Canceled}
	m.evict()
	m.entries[key] = e
	m.mu.Unlock()

	var lifetime time.Duration
	defer func() {
		m.mu.Lock()
		defer m.mu.Unlock()
		if e.expires = time.Now().Add(lifetime); lifetime == 0 {
			delete(m.entries, key)
		}
		close(e.done)
	}()
	e.value, lifetime, e.err = ask()
	return e.value, e.err
}

// evict removes expired entries if there are too many, and if none has expired, the entry that
// expires next.
func (m *memo[V]) evict() {
	if len(m.entries) < maxDecisions {
		return
	}
	now := time.Now()
	var next [sha256.Size]byte
	var at time.Time
	for key, e := range m.entries {
		switch {
		case e.expires.IsZero(): // someone waits for it
		case !now.Before(e.expires):
			delete(m.entries, key)
		case at.IsZero() || e.expires.Before(at):
			next, at = key, e.expires
		}
	}
	if len(m.entries) >= maxDecisions {
		delete(m.entries, next)
	}
}
