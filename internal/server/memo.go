// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package server

import (
	"context"
	"crypto/sha256"
	"sync"
	"time"
)

// memo keeps at most maxDecisions values until they expire, by the hash of their key. Concurrent
// callers for the same key share one call. It is safe for concurrent use.
type memo[V any] struct {
	mu      sync.Mutex
	entries map[[sha256.Size]byte]*entry[V]
}

type entry[V any] struct {
	done    chan struct{} // closed when the value is set
	value   V
	err     error
	expires time.Time // zero before the value is set
}

func newMemo[V any]() *memo[V] { return &memo[V]{entries: map[[sha256.Size]byte]*entry[V]{}} }

// get returns the cached value of key, or calls load, which returns the value and its lifetime.
// Errors and values with lifetime 0 are not kept.
func (m *memo[V]) get(ctx context.Context, key [sha256.Size]byte, load func() (V, time.Duration, error)) (V, error) {
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
	e.value, lifetime, e.err = load()
	return e.value, e.err
}

// evict removes expired entries if the limit is reached. If none has expired, it removes the entry that expires next.
func (m *memo[V]) evict() {
	if len(m.entries) < maxDecisions {
		return
	}
	now := time.Now()
	var next [sha256.Size]byte
	var at time.Time
	for key, e := range m.entries {
		switch {
		case e.expires.IsZero(): // a caller is waiting for it
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
