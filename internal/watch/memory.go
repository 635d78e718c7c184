// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package watch

import (
	"maps"
	"slices"
	"sync"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/lifecycle"
)

// Memories keeps the memories of the objects of all clusters. It outlives connections, clusters and
// configurations, so that a reload keeps them.
type Memories struct {
	mu    sync.Mutex
	kinds map[memoryKey]*memories
}

type memoryKey struct{ cluster, collector, group, kind string }

// NewMemories returns empty Memories.
func NewMemories() *Memories { return &Memories{kinds: map[memoryKey]*memories{}} }

// of returns the memory of a kind in a cluster.
func (m *Memories) of(cluster, collector string, r Resource) *memories {
	m.mu.Lock()
	defer m.mu.Unlock()
	key := memoryKey{cluster, collector, r.Group, r.Kind}
	if m.kinds[key] == nil {
		m.kinds[key] = &memories{}
	}
	return m.kinds[key]
}

// Keep drops all clusters except those with these names.
func (m *Memories) Keep(names []string) {
	m.forget(func(key memoryKey) bool { return !slices.Contains(names, key.cluster) })
}

// KeepCollectors drops all collectors except those of the sets.
func (m *Memories) KeepCollectors(sets []Set) {
	m.forget(func(key memoryKey) bool {
		return !slices.ContainsFunc(sets, func(s Set) bool { return s.Collector == key.collector })
	})
}

func (m *Memories) forget(gone func(memoryKey) bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	maps.DeleteFunc(m.kinds, func(key memoryKey, _ *memories) bool { return gone(key) })
}

// memories keeps the memories of the objects of a kind, by key, across events, relists and
// withdrawals. Objects with a zero memory, such as ready objects, have no entry.
type memories struct {
	mu    sync.Mutex
	byKey map[string]lifecycle.Memory
}

func (m *memories) get(key string) lifecycle.Memory {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.byKey[key]
}

func (m *memories) set(key string, memory lifecycle.Memory) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if memory == (lifecycle.Memory{}) {
		delete(m.byKey, key)
		return
	}
	if m.byKey == nil {
		m.byKey = map[string]lifecycle.Memory{}
	}
	m.byKey[key] = memory
}

// retain drops the memory of all objects that are not in the list.
func (m *memories) retain(listed func(key string) bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	maps.DeleteFunc(m.byKey, func(key string, _ lifecycle.Memory) bool { return !listed(key) })
}
